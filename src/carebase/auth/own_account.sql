-- name: change
-- What a person may change about the own account.
update auth.users u
   set encrypted_password = coalesce(%(hashed)s::text, u.encrypted_password),
       raw_user_meta_data = coalesce(%(user_metadata)s::jsonb, u.raw_user_meta_data),
       updated_at = now()
 where u.id = %(user_id)s::uuid and u.deleted_at is null
   and u.encrypted_password is not distinct from %(compared)s::text
returning u.id;

-- name: ask_email
-- The first address of an account that has none.
update auth.users u
   set email_change = %(new)s::text, email_change_confirm_status = 0, updated_at = now()
 where u.id = %(user_id)s::uuid and u.email is null and u.deleted_at is null;

-- name: change_phone
-- Another number; no row when another account has it.
update auth.users u
   set phone = %(phone)s::text, phone_confirmed_at = now(), phone_change = null, is_anonymous = false, updated_at = now()
 where u.id = %(user_id)s::uuid and u.deleted_at is null
   and not exists (select from auth.users o where o.phone = %(phone)s::text and o.deleted_at is null and o.id <> u.id)
returning u.id;
