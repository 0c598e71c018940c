-- name: lock_account
-- One change of an account's factors at a time.
select u.id from auth.users u where u.id = %(user_id)s::uuid for no key update;

-- name: lock
-- The session that asks, while it lasts; whoever comes at the same moment waits here.
select s.id, s.user_id, s.aal, s.amr,
       exists (select from auth.mfa_factors f where f.user_id = s.user_id and f.status = 'verified') as has_factor
  from auth.sessions s
 where s.id = %(session_id)s::uuid and s.user_id = %(user_id)s::uuid and s.not_after > now() and s.idle_after > now()
   for no key update;

-- name: raise_one
-- The second factor was shown: that is also a sign of life.
update auth.sessions
   set aal = %(aal)s::text, amr = %(amr)s::jsonb, factor_id = %(factor_id)s::uuid, last_active_at = now(), updated_at = now(),
       idle_after = least(not_after, now() + make_interval(mins => %(idle_minutes)s::int))
 where id = %(session_id)s::uuid;

-- name: drop_tokens
-- Tokens of the lower level continue nothing.
delete from auth.refresh_tokens where session_id = %(session_id)s::uuid;

-- name: keep_token
-- The hash of the first refresh token of the higher level.
insert into auth.refresh_tokens (token_sha256, session_id) values (%(token_sha256)s::bytea, %(session_id)s::uuid);

-- name: lower
-- What the factor raised falls; with the last verified factor every session does, whatever raised it.
update auth.sessions s
   set aal = 'aal1', factor_id = null, updated_at = now(),
       amr = coalesce((select jsonb_agg(entry order by at) from jsonb_array_elements(s.amr) with ordinality as e (entry, at)
                        where entry ->> 'method' <> all (%(second_factors)s::text[])), '[]')
 where s.user_id = %(user_id)s::uuid and s.aal <> 'aal1'
   and (s.factor_id = %(factor_id)s::uuid
        or not exists (select from auth.mfa_factors f
                        where f.user_id = s.user_id and f.status = 'verified' and f.id <> %(factor_id)s::uuid));
