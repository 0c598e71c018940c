-- name: confirm
-- The address is the person's.
update auth.users u
   set email_confirmed_at = coalesce(u.email_confirmed_at, now()), updated_at = now()
 where u.id = %(user_id)s::uuid;

-- name: confirm_identity
-- And so is the way in by it.
update auth.identities i
   set identity_data = i.identity_data || '{"email_verified": true}', updated_at = now()
 where i.user_id = %(user_id)s::uuid and i.provider = 'email';

-- name: drop_password_and_words
-- Nobody knows whose they are: the address was not confirmed when they came.
update auth.users u
   set encrypted_password = null, raw_user_meta_data = '{}',
       raw_app_meta_data = u.raw_app_meta_data || '{"provider": "email", "providers": ["email"]}', updated_at = now()
 where u.id = %(user_id)s::uuid and u.email_confirmed_at is null;

-- name: drop_other_identities
-- Nor whose these are.
delete from auth.identities i
 using auth.users u
 where u.id = %(user_id)s::uuid and u.email_confirmed_at is null and i.user_id = u.id and i.provider <> 'email';

-- name: drop_factors
-- A stranger's second factor would lock the owner out.
delete from auth.mfa_factors f
 using auth.users u
 where u.id = %(user_id)s::uuid and u.email_confirmed_at is null and f.user_id = u.id;

-- name: drop_paper_codes
-- Nor are codes good that a stranger has printed.
delete from auth.paper_codes c
 using auth.users u
 where u.id = %(user_id)s::uuid and u.email_confirmed_at is null and c.user_id = u.id;

-- name: drop_known_devices
-- Nor does a stranger's browser stay known.
delete from auth.known_devices d
 using auth.users u
 where u.id = %(user_id)s::uuid and u.email_confirmed_at is null and d.user_id = u.id;

-- name: confirm_first
-- The first of the two addresses of a change; whoever answers from the other one at the same moment waits here.
update auth.users u
   set email_change_confirm_status = 1, updated_at = now()
 where u.id = %(user_id)s::uuid and u.email_change_confirm_status = 0 and u.email is not null;

-- name: finish_change
-- The account under its new address; no row when it is taken, or another change was asked for meanwhile.
update auth.users u
   set email = u.email_change, email_confirmed_at = now(), email_change = null, email_change_confirm_status = 0,
       is_anonymous = false, updated_at = now(),
       raw_app_meta_data = case when u.is_anonymous
           then u.raw_app_meta_data || '{"provider": "email", "providers": ["email"]}' else u.raw_app_meta_data end
 where u.id = %(user_id)s::uuid and u.email_change = %(new)s::text and u.deleted_at is null
   and (u.email is null or u.email_change_confirm_status = 1)
   and not exists (select from auth.users o where lower(o.email) = lower(u.email_change) and o.deleted_at is null and o.id <> u.id)
returning u.id;

-- name: change_identity
-- The new address as the way in.
insert into auth.identities as i (user_id, provider, provider_id, identity_data)
values (%(user_id)s::uuid, 'email', (%(user_id)s::uuid)::text, %(said)s::jsonb)
on conflict (provider, provider_id) do update
   set identity_data = i.identity_data || excluded.identity_data, updated_at = now();
