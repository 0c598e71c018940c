-- name: by_email
-- The account with this address, for signing in.
select u.id, u.aud, u.role, u.email, u.phone, u.encrypted_password, u.email_confirmed_at, u.confirmed_at, u.last_sign_in_at,
       u.raw_app_meta_data as app_metadata, u.raw_user_meta_data as user_metadata, u.is_anonymous, u.banned_until,
       u.created_at, u.updated_at
  from auth.users u
 where lower(u.email) = lower(%(email)s::text) and u.deleted_at is null;

-- name: by_id
-- The account of a session that is being continued.
select u.id, u.aud, u.role, u.email, u.phone, u.encrypted_password, u.email_confirmed_at, u.confirmed_at, u.last_sign_in_at,
       u.raw_app_meta_data as app_metadata, u.raw_user_meta_data as user_metadata, u.is_anonymous, u.banned_until,
       u.created_at, u.updated_at
  from auth.users u
 where u.id = %(user_id)s::uuid and u.deleted_at is null;

-- name: of_session
-- The account behind a token, while its session lasts.
select u.id, u.aud, u.role, u.email, u.phone, u.encrypted_password, u.email_confirmed_at, u.confirmed_at, u.last_sign_in_at,
       u.raw_app_meta_data as app_metadata, u.raw_user_meta_data as user_metadata, u.is_anonymous, u.banned_until,
       u.created_at, u.updated_at
  from auth.users u
 where u.id = %(user_id)s::uuid and u.deleted_at is null
   and exists (select from auth.sessions s
                where s.id = %(session_id)s::uuid and s.user_id = u.id and s.not_after > now());

-- name: everybody
-- Every account, the oldest first, for the operator.
select u.id, u.aud, u.role, u.email, u.phone, u.encrypted_password, u.email_confirmed_at, u.confirmed_at, u.last_sign_in_at,
       u.raw_app_meta_data as app_metadata, u.raw_user_meta_data as user_metadata, u.is_anonymous, u.banned_until,
       u.created_at, u.updated_at
  from auth.users u
 where u.deleted_at is null
 order by u.created_at, u.id;

-- name: make
-- A confirmed account; no row when there is one with this address.
insert into auth.users as u (email, encrypted_password, email_confirmed_at, raw_app_meta_data, raw_user_meta_data)
values (%(email)s::text, %(hashed)s::text, now(), %(app_metadata)s::jsonb, %(user_metadata)s::jsonb)
on conflict do nothing
returning u.id, u.aud, u.role, u.email, u.phone, u.encrypted_password, u.email_confirmed_at, u.confirmed_at, u.last_sign_in_at,
          u.raw_app_meta_data as app_metadata, u.raw_user_meta_data as user_metadata, u.is_anonymous, u.banned_until,
          u.created_at, u.updated_at;

-- name: make_identity
-- The address as the way in.
insert into auth.identities (user_id, provider, provider_id, identity_data)
values (%(user_id)s::uuid, 'email', (%(user_id)s::uuid)::text, %(identity)s::jsonb);

-- name: identities
-- The ways an account can prove who it is.
select i.id, i.provider, i.provider_id, i.identity_data, i.email, i.last_sign_in_at, i.created_at, i.updated_at
  from auth.identities i
 where i.user_id = %(user_id)s::uuid
 order by i.created_at, i.id;

-- name: mark_signed_in
-- Notes the time, and keeps a stronger hash where there is one; no row when the account changed while its password was compared.
update auth.users u
   set last_sign_in_at = now(), updated_at = now(),
       encrypted_password = coalesce(%(rehashed)s::text, u.encrypted_password)
 where u.id = %(user_id)s::uuid and u.deleted_at is null and u.encrypted_password = %(compared)s::text
   and (u.banned_until is null or u.banned_until <= now())
returning u.id, u.aud, u.role, u.email, u.phone, u.encrypted_password, u.email_confirmed_at, u.confirmed_at, u.last_sign_in_at,
          u.raw_app_meta_data as app_metadata, u.raw_user_meta_data as user_metadata, u.is_anonymous, u.banned_until,
          u.created_at, u.updated_at;

-- name: mark_identity
-- The address was used to sign in.
update auth.identities set last_sign_in_at = now(), updated_at = now()
 where user_id = %(user_id)s::uuid and provider = 'email';

-- name: change
-- What a person may change about the own account.
update auth.users u
   set encrypted_password = coalesce(%(hashed)s::text, u.encrypted_password),
       raw_user_meta_data = coalesce(%(user_metadata)s::jsonb, u.raw_user_meta_data),
       updated_at = now()
 where u.id = %(user_id)s::uuid and u.deleted_at is null
   and u.encrypted_password is not distinct from %(compared)s::text
returning u.id, u.aud, u.role, u.email, u.phone, u.encrypted_password, u.email_confirmed_at, u.confirmed_at, u.last_sign_in_at,
          u.raw_app_meta_data as app_metadata, u.raw_user_meta_data as user_metadata, u.is_anonymous, u.banned_until,
          u.created_at, u.updated_at;

-- name: grant_role
-- Gives an account a clinical role; tokens that name another are refused from the next request on.
update auth.users u
   set raw_app_meta_data = u.raw_app_meta_data || jsonb_build_object('role', %(role)s::text), updated_at = now()
 where lower(u.email) = lower(%(email)s::text) and u.deleted_at is null
returning u.id, u.aud, u.role, u.email, u.phone, u.encrypted_password, u.email_confirmed_at, u.confirmed_at, u.last_sign_in_at,
          u.raw_app_meta_data as app_metadata, u.raw_user_meta_data as user_metadata, u.is_anonymous, u.banned_until,
          u.created_at, u.updated_at;

-- name: speak_as
-- The actor of what this transaction puts on record.
select set_config('request.jwt.claims', jsonb_build_object('sub', %(user_id)s::uuid, 'session_id', %(session_id)s::uuid)::text, true);
