-- name: source
-- The object that is to be moved, held until the move has ended.
select (metadata ->> 'size')::bigint as size, metadata ->> 'mimetype' as media_type
  from storage.objects where bucket_id = %(bucket)s and name = %(name)s;

-- name: limits_of
-- What the other bucket takes; none without such a bucket.
select file_size_limit, allowed_mime_types from private.limits_of(%(bucket)s);

-- name: move_object
-- The object under its new name; its bytes stay where they are. None where the caller may not change it.
update storage.objects
   set bucket_id = %(to_bucket)s, name = %(to_name)s, owner = auth.uid(), owner_id = auth.uid()::text
 where bucket_id = %(bucket)s and name = %(name)s
returning id;
