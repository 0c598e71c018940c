-- name: begin
-- A sign-in that a client will end with its verifier.
insert into auth.flow_state (user_id, provider_type, authentication_method, code_challenge, code_challenge_method, expires_at)
values (%(user_id)s::uuid, %(provider)s::text, %(method)s::text, %(challenge)s::text, 's256', now() + make_interval(mins => %(minutes)s::int))
returning id;

-- name: issue
-- The person is proven: a code, once, for the client that began.
update auth.flow_state f
   set user_id = %(user_id)s::uuid, auth_code_sha256 = %(code_sha256)s::bytea, auth_code_issued_at = now(), amr = %(amr)s::jsonb,
       expires_at = now() + make_interval(mins => %(minutes)s::int), updated_at = now()
 where f.id = %(flow_id)s::uuid and f.auth_code_sha256 is null and f.used_at is null and f.code_challenge is not null
   and f.expires_at > now() and (f.user_id is null or f.user_id = %(user_id)s::uuid)
returning f.id;

-- name: exchange
-- A code is good once, for whoever marks it first; what comes with it is compared afterwards.
update auth.flow_state f
   set used_at = now(), updated_at = now()
 where f.auth_code_sha256 = %(code_sha256)s::bytea and f.used_at is null and f.user_id is not null
returning f.id, f.user_id, f.authentication_method, f.amr, f.code_challenge, f.expires_at <= now() as is_over;
