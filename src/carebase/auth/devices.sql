-- name: clear_ended
-- Sessions of the account that are over. Those that were used a moment ago may still be lengthened.
delete from auth.sessions
 where user_id = %(user_id)s::uuid and (not_after <= now() or idle_after <= now() - interval '1 minute');

-- name: open
-- A new session.
insert into auth.sessions (user_id, aal, amr, not_after, idle_after, user_agent, ip)
values (%(user_id)s::uuid, %(aal)s::text, %(amr)s::jsonb,
        now() + make_interval(hours => %(longest_hours)s::int),
        now() + make_interval(mins => %(idle_minutes)s::int),
        %(user_agent)s::text, %(address)s::inet)
returning id;

-- name: keep_token
-- The hash of a refresh token that was handed out, behind the one it replaces.
insert into auth.refresh_tokens (token_sha256, session_id, parent_id)
values (%(token_sha256)s::bytea, %(session_id)s::uuid, %(parent_id)s::bigint);

-- name: lock_of_token
-- The session a refresh token belongs to; whoever comes at the same moment waits here.
select s.id, s.user_id, s.aal, s.amr, s.not_after <= now() as is_over, s.idle_after <= now() as is_idle
  from auth.sessions s
 where s.id = (select t.session_id from auth.refresh_tokens t where t.token_sha256 = %(token_sha256)s::bytea)
   for update;

-- name: token
-- A refresh token as it is after the wait for its session.
select t.id, t.revoked_at is not null as is_used,
       coalesce(t.revoked_at > clock_timestamp() - make_interval(secs => %(reuse_seconds)s::int), false) as is_just_used
  from auth.refresh_tokens t
 where t.token_sha256 = %(token_sha256)s::bytea;

-- name: use_token
-- It was good once.
update auth.refresh_tokens set revoked_at = clock_timestamp() where id = %(token_id)s::bigint;

-- name: mark_refreshed
-- Its tokens are renewed; a program does that by itself, so nobody was active.
update auth.sessions set refreshed_at = now(), updated_at = now() where id = %(session_id)s::uuid;

-- name: end_one
-- Signs one device out.
delete from auth.sessions where id = %(session_id)s::uuid and user_id = %(user_id)s::uuid;

-- name: end_others
-- Signs every other device out.
delete from auth.sessions where id <> %(session_id)s::uuid and user_id = %(user_id)s::uuid;

-- name: end_all
-- Signs every device out.
delete from auth.sessions where user_id = %(user_id)s::uuid;
