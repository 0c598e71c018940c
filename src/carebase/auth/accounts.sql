-- name: by_email
-- The account with this address, for signing in.
select u.id, u.aud, u.role, u.email, u.phone, u.encrypted_password, u.email_confirmed_at, u.confirmed_at, u.last_sign_in_at,
       u.raw_app_meta_data as app_metadata, u.raw_user_meta_data as user_metadata, u.is_anonymous,
       case when u.banned_until >= timestamptz '9999-01-01 00:00+00' then timestamptz '9999-01-01 00:00+00' when u.banned_until > 'epoch' then u.banned_until end as banned_until,
       u.created_at, u.updated_at,
       u.invited_at, u.phone_confirmed_at, u.confirmation_sent_at, u.recovery_sent_at, u.email_change, u.email_change_sent_at,
       u.email_change_confirm_status, u.phone_change, u.phone_change_sent_at, u.reauthentication_sent_at, u.language, u.time_zone
  from auth.users u
 where lower(u.email) = lower(%(email)s::text) and u.deleted_at is null;

-- name: by_id
-- The account of a session that is being continued.
select u.id, u.aud, u.role, u.email, u.phone, u.encrypted_password, u.email_confirmed_at, u.confirmed_at, u.last_sign_in_at,
       u.raw_app_meta_data as app_metadata, u.raw_user_meta_data as user_metadata, u.is_anonymous,
       case when u.banned_until >= timestamptz '9999-01-01 00:00+00' then timestamptz '9999-01-01 00:00+00' when u.banned_until > 'epoch' then u.banned_until end as banned_until,
       u.created_at, u.updated_at,
       u.invited_at, u.phone_confirmed_at, u.confirmation_sent_at, u.recovery_sent_at, u.email_change, u.email_change_sent_at,
       u.email_change_confirm_status, u.phone_change, u.phone_change_sent_at, u.reauthentication_sent_at, u.language, u.time_zone
  from auth.users u
 where u.id = %(user_id)s::uuid and u.deleted_at is null;

-- name: of_session
-- The account behind a token, while its session lasts and is at the level the token says.
select u.id, u.aud, u.role, u.email, u.phone, u.encrypted_password, u.email_confirmed_at, u.confirmed_at, u.last_sign_in_at,
       u.raw_app_meta_data as app_metadata, u.raw_user_meta_data as user_metadata, u.is_anonymous,
       case when u.banned_until >= timestamptz '9999-01-01 00:00+00' then timestamptz '9999-01-01 00:00+00' when u.banned_until > 'epoch' then u.banned_until end as banned_until,
       u.created_at, u.updated_at,
       u.invited_at, u.phone_confirmed_at, u.confirmation_sent_at, u.recovery_sent_at, u.email_change, u.email_change_sent_at,
       u.email_change_confirm_status, u.phone_change, u.phone_change_sent_at, u.reauthentication_sent_at, u.language, u.time_zone
  from auth.users u
 where u.id = %(user_id)s::uuid and u.deleted_at is null
   and exists (select from auth.sessions s
                where s.id = %(session_id)s::uuid and s.user_id = u.id and s.not_after > now()
                  and s.idle_after > now() and s.aal >= %(aal)s::text);

-- name: by_phone
-- The account with this number, for signing in.
select u.id, u.aud, u.role, u.email, u.phone, u.encrypted_password, u.email_confirmed_at, u.confirmed_at, u.last_sign_in_at,
       u.raw_app_meta_data as app_metadata, u.raw_user_meta_data as user_metadata, u.is_anonymous,
       case when u.banned_until >= timestamptz '9999-01-01 00:00+00' then timestamptz '9999-01-01 00:00+00' when u.banned_until > 'epoch' then u.banned_until end as banned_until,
       u.created_at, u.updated_at,
       u.invited_at, u.phone_confirmed_at, u.confirmation_sent_at, u.recovery_sent_at, u.email_change, u.email_change_sent_at,
       u.email_change_confirm_status, u.phone_change, u.phone_change_sent_at, u.reauthentication_sent_at, u.language, u.time_zone
  from auth.users u
 where u.phone = %(phone)s::text and u.deleted_at is null;

-- name: identities
-- The ways an account can prove who it is.
select i.id, i.provider, i.provider_id, i.identity_data, i.email, i.last_sign_in_at, i.created_at, i.updated_at
  from auth.identities i
 where i.user_id = %(user_id)s::uuid
 order by i.created_at, i.id;

-- name: factors
-- The second factors of an account, verified or not, without their secrets.
select f.id, f.friendly_name, f.factor_type, f.status, f.last_challenged_at, f.created_at, f.updated_at
  from auth.mfa_factors f
 where f.user_id = %(user_id)s::uuid
 order by f.created_at, f.id;

-- name: make
-- An account; no row when there is one with this address.
insert into auth.users as u (email, encrypted_password, email_confirmed_at, raw_app_meta_data, raw_user_meta_data)
values (%(email)s::text, %(hashed)s::text, case when %(is_confirmed)s::boolean then now() end, %(app_metadata)s::jsonb, %(user_metadata)s::jsonb)
on conflict do nothing
returning u.id, u.aud, u.role, u.email, u.phone, u.encrypted_password, u.email_confirmed_at, u.confirmed_at, u.last_sign_in_at,
          u.raw_app_meta_data as app_metadata, u.raw_user_meta_data as user_metadata, u.is_anonymous,
       case when u.banned_until >= timestamptz '9999-01-01 00:00+00' then timestamptz '9999-01-01 00:00+00' when u.banned_until > 'epoch' then u.banned_until end as banned_until,
          u.created_at, u.updated_at,
          u.invited_at, u.phone_confirmed_at, u.confirmation_sent_at, u.recovery_sent_at, u.email_change, u.email_change_sent_at,
          u.email_change_confirm_status, u.phone_change, u.phone_change_sent_at, u.reauthentication_sent_at, u.language, u.time_zone;

-- name: make_by_phone
-- An account named by a number; no row when there is one with it.
insert into auth.users as u (phone, encrypted_password, phone_confirmed_at, raw_app_meta_data, raw_user_meta_data)
values (%(phone)s::text, %(hashed)s::text, now(), %(app_metadata)s::jsonb, %(user_metadata)s::jsonb)
on conflict do nothing
returning u.id;

-- name: make_anonymous
-- An account of somebody who says nothing.
insert into auth.users as u (is_anonymous, raw_user_meta_data)
values (true, %(user_metadata)s::jsonb)
returning u.id;

-- name: make_identity
-- The address or the number as the way in.
insert into auth.identities (user_id, provider, provider_id, identity_data)
values (%(user_id)s::uuid, %(provider)s::text, (%(user_id)s::uuid)::text, %(identity)s::jsonb);

-- name: speak_as
-- The actor of what this transaction puts on record.
select set_config('request.jwt.claims', jsonb_build_object('sub', %(user_id)s::uuid, 'session_id', %(session_id)s::uuid)::text, true);
