-- name: use_identity
-- The account of an outside identity, and what its provider says of the person by now.
update auth.identities i
   set identity_data = %(said)s::jsonb, last_sign_in_at = now(), updated_at = now()
 where i.provider = %(provider)s::text and i.provider_id = %(subject)s::text
returning i.user_id;

-- name: free_identity
-- An account that is only a name by now holds no way in any more.
delete from auth.identities i
 using auth.users u
 where u.id = i.user_id and u.deleted_at is not null
   and i.provider = %(provider)s::text and i.provider_id = %(subject)s::text;

-- name: make
-- An account that comes in by an outside provider; no row when there is one with this address.
insert into auth.users as u (email, email_confirmed_at, raw_app_meta_data, raw_user_meta_data)
values (%(email)s::text, now(), %(app_metadata)s::jsonb, %(user_metadata)s::jsonb)
on conflict do nothing
returning u.id;

-- name: keep_identity
-- A way into an account; no row when the identity is one already.
insert into auth.identities as i (user_id, provider, provider_id, identity_data, last_sign_in_at)
values (%(user_id)s::uuid, %(provider)s::text, %(subject)s::text, %(said)s::jsonb, now())
on conflict do nothing
returning i.id;

-- name: adopt_address
-- An account without an address gets a verified one and is nobody's secret any more; no row when another has it.
update auth.users u
   set email = %(email)s::text, email_confirmed_at = now(), is_anonymous = false, updated_at = now()
 where u.id = %(user_id)s::uuid and u.email is null and u.deleted_at is null
   and not exists (select from auth.users o where lower(o.email) = lower(%(email)s::text) and o.deleted_at is null)
returning u.id;

-- name: name_providers
-- By what the account signs in; the first one stays first while it is there.
update auth.users u
   set raw_app_meta_data = u.raw_app_meta_data || jsonb_build_object(
           'provider', case when u.raw_app_meta_data ->> 'provider' = any(ways.names) then u.raw_app_meta_data ->> 'provider'
                            else ways.names[1] end,
           'providers', to_jsonb(ways.names)),
       updated_at = now()
  from (select array_agg(named.provider order by named.since, named.provider) as names
          from (select i.provider, min(i.created_at) as since from auth.identities i
                 where i.user_id = %(user_id)s::uuid group by i.provider) named) ways
 where u.id = %(user_id)s::uuid and ways.names is not null;
