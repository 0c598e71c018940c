-- name: mark_signed_in
-- Notes the time, and keeps a stronger hash where there is one; no row when the account changed while its password was compared.
update auth.users u
   set last_sign_in_at = now(), updated_at = now(),
       encrypted_password = coalesce(%(rehashed)s::text, u.encrypted_password)
 where u.id = %(user_id)s::uuid and u.deleted_at is null and u.encrypted_password = %(compared)s::text
   and (u.banned_until is null or u.banned_until <= now())
returning u.id, u.aud, u.role, u.email, u.phone, u.encrypted_password, u.email_confirmed_at, u.confirmed_at, u.last_sign_in_at,
          u.raw_app_meta_data as app_metadata, u.raw_user_meta_data as user_metadata, u.is_anonymous,
       case when u.banned_until >= timestamptz '9999-01-01 00:00+00' then timestamptz '9999-01-01 00:00+00' when u.banned_until > 'epoch' then u.banned_until end as banned_until,
          u.created_at, u.updated_at,
          u.invited_at, u.phone_confirmed_at, u.confirmation_sent_at, u.recovery_sent_at, u.email_change, u.email_change_sent_at,
          u.email_change_confirm_status, u.phone_change, u.phone_change_sent_at, u.reauthentication_sent_at, u.language, u.time_zone;

-- name: mark_proven
-- Notes the time of a sign-in that needed no password; no row for an account that is gone or disabled.
update auth.users u
   set last_sign_in_at = now(), updated_at = now()
 where u.id = %(user_id)s::uuid and u.deleted_at is null and (u.banned_until is null or u.banned_until <= now())
returning u.id;

-- name: mark_identity
-- The address was used to sign in.
update auth.identities set last_sign_in_at = now(), updated_at = now()
 where user_id = %(user_id)s::uuid and provider = 'email';
