-- name: begin_upload
-- A fresh key that the sweeper will clear unless the upload is finished.
insert into storage.uploads (owner) values (auth.uid()) returning key;

-- name: end_upload
-- The intent, taken away by whoever is first: the finished upload, its discarding or the sweeper.
delete from storage.uploads where key = %(key)s;

-- name: keep_object
-- The object's row in place of the intent of its upload; none when the sweeper was first.
with intent as (delete from storage.uploads where key = %(key)s returning key)
insert into storage.objects (bucket_id, name, owner, owner_id, version, metadata)
select %(bucket)s::text, %(name)s::text, auth.uid(), auth.uid()::text, intent.key::text,
       jsonb_build_object('size', %(size)s::bigint, 'mimetype', %(media_type)s::text, 'sha256', %(sha256)s::text,
                          'eTag', '"' || %(sha256)s::text || '"')
  from intent
returning id, bucket_id as bucket, name, version::uuid as key, (metadata ->> 'size')::bigint as size,
          metadata ->> 'mimetype' as media_type, metadata ->> 'sha256' as sha256, metadata ->> 'eTag' as etag, created_at;

-- name: object_by_name
-- One object, as the caller may see it.
select id, bucket_id as bucket, name, version::uuid as key, (metadata ->> 'size')::bigint as size,
       metadata ->> 'mimetype' as media_type, metadata ->> 'sha256' as sha256, metadata ->> 'eTag' as etag, created_at
  from storage.objects
 where bucket_id = %(bucket)s and name = %(name)s;
