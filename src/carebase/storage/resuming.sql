-- name: begin
-- An upload that may go on later; nothing has arrived of it.
insert into storage.resumable (owner, role, bucket_id, name, length, content_type, cache_control, user_metadata, is_upsert)
values (auth.uid(), auth.role(), %(bucket)s::text, %(name)s::text, %(length)s::bigint, %(content_type)s::text,
        %(cache_control)s::text, %(user_metadata)s::jsonb, %(is_upsert)s::boolean)
returning id, bucket_id as bucket, name, length, received, content_type, cache_control, coalesce(user_metadata, '{}') as user_metadata, is_upsert,
          expires_at, finished_at is not null as is_finished;

-- name: open_of_caller
-- How many of the caller's uploads are under way.
select count(*) from storage.resumable where finished_at is null and expires_at > now();

-- name: by_id
-- One upload, as its maker sees it; nobody else does.
select id, bucket_id as bucket, name, length, received, content_type, cache_control, coalesce(user_metadata, '{}') as user_metadata, is_upsert,
       expires_at, finished_at is not null as is_finished
  from storage.resumable
 where id = %(id)s and expires_at > now();

-- name: parts
-- What has arrived of an upload, in its order.
select key, size, sha256 from storage.resumable_parts where upload_id = %(id)s order by starts_at;

-- name: keep_part
-- What was received becomes the upload's next part; false where it cannot any more.
select private.keep_part(%(id)s::uuid, %(key)s::uuid, %(starts_at)s::bigint, %(size)s::bigint,
                         %(sha256)s::text);

-- name: finish
-- The upload has become an object; its parts are trash. False where another request was first.
select private.finish_resumable(%(id)s::uuid, %(received)s::bigint);

-- name: end
-- The upload is given up, and its parts are trash.
delete from storage.resumable where id = %(id)s;
