-- name: ask
-- The address an account wants; nobody has confirmed it yet.
update auth.users u
   set email_change = %(new)s::text, email_change_confirm_status = 0, updated_at = now()
 where u.id = %(user_id)s::uuid and u.deleted_at is null;
