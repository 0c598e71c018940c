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
          u.created_at, u.updated_at,
          u.invited_at, u.phone_confirmed_at, u.confirmation_sent_at, u.recovery_sent_at, u.email_change, u.email_change_sent_at,
          u.email_change_confirm_status, u.phone_change, u.phone_change_sent_at, u.reauthentication_sent_at, u.language, u.time_zone;
