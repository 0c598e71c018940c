-- name: begin
-- A sign-in at an outside provider that this browser has begun.
insert into auth.flow_state (provider_type, authentication_method, code_challenge, code_challenge_method, nonce, provider_verifier,
                             browser_sha256, referrer, linking_target_id, expires_at)
values (%(provider)s::text, 'oauth', %(challenge)s::text, case when %(challenge)s::text is null then null else 's256' end,
        %(nonce)s::text, %(verifier)s::text, %(browser_sha256)s::bytea, %(referrer)s::text, %(target)s::uuid,
        now() + make_interval(mins => %(minutes)s::int))
returning id;

-- name: waiting
-- An identity that somebody is about to link, and to whose account.
select f.provider_type, f.nonce, f.provider_verifier, coalesce(u.email, u.phone, '') as holder
  from auth.flow_state f join auth.users u on u.id = f.linking_target_id
 where f.id = %(flow_id)s::uuid and f.browser_sha256 = %(browser_sha256)s::bytea and f.authentication_method = 'oauth'
   and f.expires_at > now();

-- name: come_back
-- It comes back once, in the browser that began.
update auth.flow_state f
   set browser_sha256 = null, updated_at = now()
 where f.id = %(flow_id)s::uuid and f.browser_sha256 = %(browser_sha256)s::bytea and f.authentication_method = 'oauth'
   and f.expires_at > now()
returning f.id, f.provider_type, f.code_challenge, f.nonce, f.provider_verifier, f.referrer, f.linking_target_id;

-- name: clear
-- Sign-ins that were begun and not ended.
delete from auth.flow_state f
 using (select id from auth.flow_state where expires_at < now() - interval '1 hour' limit 100 for update skip locked) over
 where f.id = over.id;
