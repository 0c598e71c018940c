-- name: of_user
-- The second factors of an account, without what their codes are compared with.
select f.id, f.friendly_name, f.factor_type, f.status, f.last_challenged_at, f.created_at, f.updated_at
  from auth.mfa_factors f
 where f.user_id = %(user_id)s::uuid
 order by f.created_at, f.id;

-- name: lock_account
-- One change of an account's factors at a time.
select u.id from auth.users u where u.id = %(user_id)s::uuid for no key update;

-- name: drop_stale
-- Factors whose first code never came.
delete from auth.mfa_factors
 where user_id = %(user_id)s::uuid and status = 'unverified' and created_at < now() - make_interval(mins => %(minutes)s::int);

-- name: keep
-- A factor that proves nothing yet.
insert into auth.mfa_factors as f (id, user_id, friendly_name, factor_type, secret_sealed)
values (%(factor_id)s::uuid, %(user_id)s::uuid, %(name)s::text, %(factor_type)s::text, %(sealed)s::bytea)
returning f.id, f.friendly_name, f.factor_type, f.status, f.last_challenged_at, f.created_at, f.updated_at;

-- name: ask
-- A question for a factor of the account, bound to the session that asks; no row when it is somebody else's.
with asked as (
    update auth.mfa_factors f set last_challenged_at = now()
     where f.id = %(factor_id)s::uuid and f.user_id = %(user_id)s::uuid
    returning f.id, f.factor_type
), kept as (
    insert into auth.mfa_challenges (factor_id, session_id, ip_address, expires_at)
    select a.id, s.id, %(address)s::inet, now() + make_interval(secs => %(seconds)s::int)
      from asked a, auth.sessions s
     where s.id = %(session_id)s::uuid and s.user_id = %(user_id)s::uuid and s.not_after > now() and s.idle_after > now()
    returning id, expires_at
)
select k.id, a.factor_type, k.expires_at from kept k, asked a;

-- name: drop_old_challenges
-- Questions of the factor that are over.
delete from auth.mfa_challenges where factor_id = %(factor_id)s::uuid and (expires_at <= now() or verified_at is not null);

-- name: lock
-- A factor of the account with what its codes are compared with; whoever shows one at the same moment waits here.
select f.id, f.factor_type, f.status, f.secret_sealed, f.last_used_step
  from auth.mfa_factors f
 where f.id = %(factor_id)s::uuid and f.user_id = %(user_id)s::uuid
   for no key update;

-- name: count_try
-- Counts a try before its code is looked at; no row when the question is over, answered or another session's.
update auth.mfa_challenges set tries = tries + 1
 where id = %(challenge_id)s::uuid and factor_id = %(factor_id)s::uuid and session_id = %(session_id)s::uuid
   and verified_at is null and expires_at > now() and tries < %(tries)s::int
returning tries::int;

-- name: use_step
-- Its code and every earlier one are used up.
update auth.mfa_factors set last_used_step = %(step)s::bigint, updated_at = now()
 where id = %(factor_id)s::uuid and (last_used_step is null or last_used_step < %(step)s::bigint);

-- name: answer
-- The question was answered.
update auth.mfa_challenges set verified_at = now() where id = %(challenge_id)s::uuid;

-- name: mark_verified
-- Its first code was right.
update auth.mfa_factors set status = 'verified', updated_at = now() where id = %(factor_id)s::uuid;

-- name: remove
-- The factor goes, with its questions and its codes.
delete from auth.mfa_factors f
 where f.id = %(factor_id)s::uuid and f.user_id = %(user_id)s::uuid
returning f.id, f.friendly_name, f.factor_type, f.status, f.last_challenged_at, f.created_at, f.updated_at;
