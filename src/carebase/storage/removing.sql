-- name: remove_objects
-- Those of these names that the caller may remove; their bytes are put aside.
delete from storage.objects
 where bucket_id = %(bucket)s and name = any (%(names)s::text[])
returning id, bucket_id, name, owner, version::uuid as version, metadata, user_metadata, created_at, updated_at, last_accessed_at;

-- name: is_there
-- Whether the caller sees such an object.
select exists (select from storage.objects where bucket_id = %(bucket)s and name = %(name)s);

-- name: names_after
-- The next names of a bucket that the caller sees.
select name from storage.objects
 where bucket_id = %(bucket)s and name collate "C" > %(after)s and created_at <= %(until)s::timestamptz
 order by name collate "C" limit %(most)s;

-- name: time_now
-- The database's clock.
select now();
