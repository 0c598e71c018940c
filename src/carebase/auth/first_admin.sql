-- name: is_needed
-- Whether nobody administers yet.
select not exists (select from auth.users u where u.deleted_at is null and u.raw_app_meta_data ->> 'role' = 'admin');

-- name: lock
-- Lets one at a time make the first administrator.
select pg_advisory_xact_lock(hashtextextended('carebase first administrator', 0));
