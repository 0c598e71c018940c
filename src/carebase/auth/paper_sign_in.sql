-- name: named
-- Whom a name may stand for, of those who may come in by paper.
select u.id as user_id
  from auth.users u
 where u.id in (select e.id from auth.users e where lower(e.email) = lower(%(name)s::text)
                union all
                select p.id from auth.users p where p.phone in (nullif(%(number)s::text, ''), '+' || nullif(%(number)s::text, ''))
                union all
                select private.account_of_mrn(%(name)s::text))
   and u.deleted_at is null and (u.banned_until is null or u.banned_until <= now())
   and coalesce(u.raw_app_meta_data ->> 'role', 'patient') = 'patient'
 order by u.id;

-- name: enter
-- Notes the time; no row when the account was disabled, or given a clinical role, meanwhile.
update auth.users u set last_sign_in_at = now(), updated_at = now()
 where u.id = %(user_id)s::uuid and u.deleted_at is null and (u.banned_until is null or u.banned_until <= now())
   and coalesce(u.raw_app_meta_data ->> 'role', 'patient') = 'patient'
returning u.id;
