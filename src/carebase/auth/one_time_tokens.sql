-- name: put
-- A link and six digits that are being written to somebody, in the place of an earlier pair of the same type; none for nobody.
insert into auth.one_time_tokens as kept
       (user_id, token_type, token_sha256, code_hmac, relates_to, flow_state_id, expires_at, code_expires_at)
select u.id, %(token_type)s::text, %(token_sha256)s::bytea, %(code_hmac)s::bytea, %(relates_to)s::text, %(flow)s::uuid,
       now() + make_interval(mins => %(link_minutes)s::int), now() + make_interval(mins => %(code_minutes)s::int)
  from auth.users u
 where u.id = %(user_id)s::uuid
on conflict (user_id, token_type) do update
   set token_sha256 = excluded.token_sha256, code_hmac = excluded.code_hmac, relates_to = excluded.relates_to,
       flow_state_id = excluded.flow_state_id, tries = 0, expires_at = excluded.expires_at,
       code_expires_at = excluded.code_expires_at, created_at = now(), updated_at = now();

-- name: take
-- A link is good once: whoever deletes the row has it.
delete from auth.one_time_tokens t
 where t.token_sha256 = %(token_sha256)s::bytea and t.token_type = any(%(types)s::text[]) and t.expires_at > now()
returning t.user_id, t.token_type, t.relates_to, t.flow_state_id;

-- name: look
-- What a link is for; it stays good.
select t.user_id, t.token_type, t.relates_to, t.flow_state_id
  from auth.one_time_tokens t
 where t.token_sha256 = %(token_sha256)s::bytea and t.token_type = any(%(types)s::text[]) and t.expires_at > now();

-- name: try
-- Counts a try at every code it may be, before any is compared; no row for one that was tried too often.
update auth.one_time_tokens t
   set tries = t.tries + 1, updated_at = now()
 where t.user_id = %(user_id)s::uuid and t.token_type = any(%(types)s::text[])
   and t.code_expires_at > now() and t.tries < %(most_tries)s::int
returning t.id, t.user_id, t.token_type, t.relates_to, t.flow_state_id, t.code_hmac;

-- name: drop
-- The code was right and is used up, and the link beside it.
delete from auth.one_time_tokens where id = %(token_id)s::uuid;

-- name: withdraw
-- What was written before is good no longer.
delete from auth.one_time_tokens where user_id = %(user_id)s::uuid and token_type = any(%(types)s::text[]);
