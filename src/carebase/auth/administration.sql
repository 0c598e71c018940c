-- name: some
-- Accounts, the newest first; those whose address or full name holds the text, where one is given.
select u.id, u.aud, u.role, u.email, u.phone, u.encrypted_password, u.email_confirmed_at, u.confirmed_at, u.last_sign_in_at,
       u.raw_app_meta_data as app_metadata, u.raw_user_meta_data as user_metadata, u.is_anonymous,
       case when u.banned_until >= timestamptz '9999-01-01 00:00+00' then timestamptz '9999-01-01 00:00+00' when u.banned_until > 'epoch' then u.banned_until end as banned_until,
       u.created_at, u.updated_at,
       u.invited_at, u.phone_confirmed_at, u.confirmation_sent_at, u.recovery_sent_at, u.email_change, u.email_change_sent_at,
       u.email_change_confirm_status, u.phone_change, u.phone_change_sent_at, u.reauthentication_sent_at, u.language, u.time_zone
  from auth.users u
 where u.deleted_at is null
   and (%(asked)s::text is null
        or position(lower(%(asked)s::text) in lower(coalesce(u.email, ''))) > 0
        or position(lower(%(asked)s::text) in lower(coalesce(u.raw_user_meta_data ->> 'full_name', ''))) > 0)
 order by u.created_at desc, u.id
 limit %(most)s::bigint offset %(skipped)s::bigint;

-- name: count
-- How many accounts there are, of all or of those whose address or full name holds the text.
select count(*)
  from auth.users u
 where u.deleted_at is null
   and (%(asked)s::text is null
        or position(lower(%(asked)s::text) in lower(coalesce(u.email, ''))) > 0
        or position(lower(%(asked)s::text) in lower(coalesce(u.raw_user_meta_data ->> 'full_name', ''))) > 0);

-- name: put
-- An account as an administrator wants it; no row when its address, its number or its id is taken.
insert into auth.users as u
       (id, email, phone, encrypted_password, email_confirmed_at, phone_confirmed_at, raw_app_meta_data, raw_user_meta_data, banned_until)
values (coalesce(%(user_id)s::uuid, gen_random_uuid()), %(email)s::text, %(phone)s::text, %(hashed)s::text,
        case when %(is_email_confirmed)s::boolean then now() end, case when %(is_phone_confirmed)s::boolean then now() end,
        %(providers)s::jsonb || jsonb_strip_nulls(%(app_metadata)s::jsonb), jsonb_strip_nulls(%(user_metadata)s::jsonb),
        now() + nullif(%(ban_seconds)s::float8, 0) * interval '1 second')
on conflict do nothing
returning u.id;

-- name: change
-- An account as an administrator wants it; no row when there is none, or its address or number is another's.
update auth.users u
   set email = coalesce(%(email)s::text, u.email),
       phone = coalesce(%(phone)s::text, u.phone),
       encrypted_password = coalesce(%(hashed)s::text, u.encrypted_password),
       email_confirmed_at = case when %(is_email_confirmed)s::boolean then coalesce(u.email_confirmed_at, now()) else u.email_confirmed_at end,
       phone_confirmed_at = case when %(is_phone_confirmed)s::boolean then coalesce(u.phone_confirmed_at, now()) else u.phone_confirmed_at end,
       is_anonymous = u.is_anonymous
           and not (%(is_email_confirmed)s::boolean and %(email)s::text is not null)
           and not (%(is_phone_confirmed)s::boolean and %(phone)s::text is not null),
       raw_app_meta_data = (u.raw_app_meta_data || %(app_metadata)s::jsonb)
           - array(select e.key from jsonb_each(%(app_metadata)s::jsonb) e where e.value = 'null'),
       raw_user_meta_data = (u.raw_user_meta_data || %(user_metadata)s::jsonb)
           - array(select e.key from jsonb_each(%(user_metadata)s::jsonb) e where e.value = 'null'),
       banned_until = case when %(ban_seconds)s::float8 is null then u.banned_until
                           else now() + nullif(%(ban_seconds)s::float8, 0) * interval '1 second' end,
       updated_at = now()
 where u.id = %(user_id)s::uuid and u.deleted_at is null
   and not exists (select from auth.users o
                    where o.id <> u.id and o.deleted_at is null
                      and (lower(o.email) = lower(%(email)s::text) or o.phone = %(phone)s::text))
returning u.id;

-- name: say_way
-- The address or the number as a way in, new or as it is now.
insert into auth.identities as i (user_id, provider, provider_id, identity_data)
values (%(user_id)s::uuid, %(provider)s::text, (%(user_id)s::uuid)::text, %(said)s::jsonb)
on conflict (provider, provider_id) do update
   set identity_data = i.identity_data || excluded.identity_data, updated_at = now();

-- name: erase
-- Removes an account with all that is its own; refused where a record names it.
delete from auth.users u
 where u.id = %(user_id)s::uuid and u.deleted_at is null;

-- name: empty
-- Leaves of an account nothing but its id.
update auth.users u
   set email = encode(sha256(convert_to(u.id::text || coalesce(u.email, ''), 'UTF8')), 'hex'),
       phone = case when u.phone is not null then left(encode(sha256(convert_to(u.id::text || u.phone, 'UTF8')), 'hex'), 15) end,
       encrypted_password = null, email_change = null, phone_change = null,
       raw_app_meta_data = '{}', raw_user_meta_data = '{}', deleted_at = now(), updated_at = now()
 where u.id = %(user_id)s::uuid and u.deleted_at is null;

-- name: drop_identities
-- Removes the ways in.
delete from auth.identities i where i.user_id = %(user_id)s::uuid;

-- name: drop_factors
-- Removes the second factors.
delete from auth.mfa_factors f where f.user_id = %(user_id)s::uuid;

-- name: drop_paper_codes
-- Removes the codes on paper.
delete from auth.paper_codes p where p.user_id = %(user_id)s::uuid;

-- name: drop_tokens
-- Removes what was written to the person.
delete from auth.one_time_tokens t where t.user_id = %(user_id)s::uuid;

-- name: drop_flows
-- Removes sign-ins that are under way.
delete from auth.flow_state f where f.user_id = %(user_id)s::uuid or f.linking_target_id = %(user_id)s::uuid;
