-- name: remembered
-- The answer that was given under this key.
select body_hash, response from public.request_keys where actor = (select auth.uid()) and key = %(key)s;

-- name: remember
-- Keeps the answer with the work; a second writer of the same key waits here and then fails.
insert into public.request_keys (key, body_hash, response) values (%(key)s, %(body_hash)s, %(response)s::jsonb);
