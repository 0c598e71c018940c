-- name: move_expired_uploads
-- Uploads that were never finished become trash that is due. One that is being finished now is locked and left alone.
with due as (
    select key from storage.uploads where expires_at < now() order by expires_at limit %(limit)s for update skip locked
), gone as (
    delete from storage.uploads u using due where u.key = due.key returning u.key, u.expires_at
)
insert into storage.trash (key, after) select gone.key, gone.expires_at from gone on conflict do nothing;

-- name: drop_expired_resumable
-- Uploads that nobody went on with; what had arrived of them becomes trash that is due.
with due as (
    select id from storage.resumable where expires_at < now() order by expires_at limit %(limit)s for update skip locked
)
delete from storage.resumable r using due where r.id = due.id;

-- name: due_trash
-- Keys whose time is over.
select key from storage.trash where after < now() order by after limit %(limit)s;

-- name: forget_trash
-- Keys whose bytes are gone.
delete from storage.trash where key = any (%(keys)s::uuid[]);

-- name: known_keys
-- Every key that the database knows, with the size its row tells where it is an object.
select version::uuid as key, (metadata ->> 'size')::bigint as size from storage.objects
union all
select key, size from storage.resumable_parts
union all
select key, null from storage.uploads
union all
select key, null from storage.trash;
