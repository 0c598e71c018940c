-- name: mark
-- The time at which a link of the kind was made.
update auth.users u
   set confirmation_sent_at = case when %(kind)s::text in ('signup', 'invite') then now() else u.confirmation_sent_at end,
       invited_at = case when %(kind)s::text = 'invite' then now() else u.invited_at end,
       recovery_sent_at = case when %(kind)s::text in ('magiclink', 'recovery') then now() else u.recovery_sent_at end,
       email_change_sent_at = case when %(kind)s::text like 'email_change%%' then now() else u.email_change_sent_at end,
       updated_at = now()
 where u.id = %(user_id)s::uuid;

-- name: begin_anew
-- An account that nobody has confirmed, as the operator wants it.
update auth.users u
   set encrypted_password = %(hashed)s::text, raw_user_meta_data = %(said)s::jsonb, updated_at = now()
 where u.id = %(user_id)s::uuid and u.confirmed_at is null;

-- name: ask_change
-- The address an account is to change to.
update auth.users u
   set email_change = %(new)s::text, email_change_confirm_status = 0, updated_at = now()
 where u.id = %(user_id)s::uuid;
