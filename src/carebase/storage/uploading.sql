-- name: try_object
-- The limits of the bucket, once policies have let the object be stored for a moment; none without such a bucket.
select file_size_limit, allowed_mime_types
  from storage.try_object(%(bucket)s, %(name)s, %(is_upsert)s, %(described)s::jsonb, %(user_metadata)s::jsonb);

-- name: added_within_the_hour
-- How many objects the caller has stored within the hour.
select private.added_within_the_hour(%(most)s);

-- name: keep_new
-- The object's row in place of the intent of its upload; none when the sweeper was first.
with intent as (delete from storage.uploads where key = %(key)s returning key)
insert into storage.objects (bucket_id, name, owner, owner_id, version, metadata, user_metadata)
select %(bucket)s::text, %(name)s::text, auth.uid(), auth.uid()::text, intent.key::text,
       storage.described(%(size)s, %(media_type)s, %(sha256)s, %(cache_control)s), %(user_metadata)s::jsonb
  from intent
returning id, bucket_id as bucket, name, version::uuid as key, (metadata ->> 'size')::bigint as size,
          metadata ->> 'mimetype' as media_type, metadata ->> 'sha256' as sha256, metadata ->> 'eTag' as etag, created_at;

-- name: keep_or_replace
-- The same over an object of that name, whose bytes are put aside.
with intent as (delete from storage.uploads where key = %(key)s returning key)
insert into storage.objects as o (bucket_id, name, owner, owner_id, version, metadata, user_metadata)
select %(bucket)s::text, %(name)s::text, auth.uid(), auth.uid()::text, intent.key::text,
       storage.described(%(size)s, %(media_type)s, %(sha256)s, %(cache_control)s), %(user_metadata)s::jsonb
  from intent
on conflict (bucket_id, name) do update
   set owner = excluded.owner, owner_id = excluded.owner_id, version = excluded.version, metadata = excluded.metadata,
       user_metadata = excluded.user_metadata
returning o.id, o.bucket_id as bucket, o.name, o.version::uuid as key, (o.metadata ->> 'size')::bigint as size,
          o.metadata ->> 'mimetype' as media_type, o.metadata ->> 'sha256' as sha256, o.metadata ->> 'eTag' as etag,
          o.created_at;
