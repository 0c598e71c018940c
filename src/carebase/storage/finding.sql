-- name: for_reader
-- One object, as the caller may see it; what lies in a public bucket, everybody may.
select found.id, found.bucket_id as bucket, found.name, found.version::uuid as key, (found.metadata ->> 'size')::bigint as size,
       found.metadata ->> 'mimetype' as media_type, found.metadata ->> 'sha256' as sha256, found.metadata ->> 'eTag' as etag,
       found.metadata ->> 'cacheControl' as cache_control, found.updated_at as modified_at,
       private.is_public(found.bucket_id) as is_public
  from (select o.* from storage.objects o where o.bucket_id = %(bucket)s and o.name = %(name)s
        union all
        select p.* from private.public_object(%(bucket)s, %(name)s) p) found
 limit 1;

-- name: for_everybody
-- One object of a bucket that is public at this moment.
select found.id, found.bucket_id as bucket, found.name, found.version::uuid as key, (found.metadata ->> 'size')::bigint as size,
       found.metadata ->> 'mimetype' as media_type, found.metadata ->> 'sha256' as sha256, found.metadata ->> 'eTag' as etag,
       found.metadata ->> 'cacheControl' as cache_control, found.updated_at as modified_at, true as is_public
  from private.public_object(%(bucket)s, %(name)s) found;

-- name: names_for_reader
-- Which of these there are for the caller.
select o.name, private.is_public(o.bucket_id) as is_public from storage.objects o
 where o.bucket_id = %(bucket)s and o.name = any (%(names)s::text[])
union
select p.name, true from unnest(%(names)s::text[]) as asked (name), private.public_object(%(bucket)s, asked.name) p;
