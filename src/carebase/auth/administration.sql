-- name: grant_role
-- Gives an account a clinical role; tokens that name another are refused from the next request on.
update auth.users u
   set raw_app_meta_data = u.raw_app_meta_data || jsonb_build_object('role', %(role)s::text), updated_at = now()
 where lower(u.email) = lower(%(email)s::text) and u.deleted_at is null
returning u.id, u.aud, u.role, u.email, u.phone, u.encrypted_password, u.email_confirmed_at, u.confirmed_at, u.last_sign_in_at,
          u.raw_app_meta_data as app_metadata, u.raw_user_meta_data as user_metadata, u.is_anonymous, u.banned_until,
          u.created_at, u.updated_at,
          u.invited_at, u.phone_confirmed_at, u.confirmation_sent_at, u.recovery_sent_at, u.email_change, u.email_change_sent_at,
          u.email_change_confirm_status, u.phone_change, u.phone_change_sent_at, u.reauthentication_sent_at, u.language, u.time_zone;

-- name: everybody
-- Every account, the oldest first, for the operator.
select u.id, u.aud, u.role, u.email, u.phone, u.encrypted_password, u.email_confirmed_at, u.confirmed_at, u.last_sign_in_at,
       u.raw_app_meta_data as app_metadata, u.raw_user_meta_data as user_metadata, u.is_anonymous, u.banned_until,
       u.created_at, u.updated_at,
       u.invited_at, u.phone_confirmed_at, u.confirmation_sent_at, u.recovery_sent_at, u.email_change, u.email_change_sent_at,
       u.email_change_confirm_status, u.phone_change, u.phone_change_sent_at, u.reauthentication_sent_at, u.language, u.time_zone
  from auth.users u
 where u.deleted_at is null
 order by u.created_at, u.id;
