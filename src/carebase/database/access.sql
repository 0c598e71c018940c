-- name: account
-- An account by its id or address, with its newest open session; the claims are those of its next token.
select u.id,
       u.email,
       u.raw_app_meta_data ->> 'role' as role,
       u.deleted_at is not null as is_deleted,
       coalesce(u.banned_until > now(), false) as is_disabled,
       s.id as session_id,
       s.aal,
       (select value from private.site_settings where name = 'staff_mfa') is distinct from 'optional' as asks_second_factor,
       jsonb_build_object(
           'sub', u.id, 'aud', u.aud, 'email', coalesce(u.email, ''), 'phone', coalesce(u.phone, ''),
           'app_metadata', u.raw_app_meta_data, 'user_metadata', u.raw_user_meta_data, 'role', 'authenticated',
           'aal', coalesce(s.aal, 'aal1'), 'amr', coalesce(s.amr, '[]'),
           'session_id', coalesce(s.id, gen_random_uuid()), 'is_anonymous', u.is_anonymous) as claims
  from auth.users u
  left join lateral (select * from auth.sessions o where o.user_id = u.id and o.not_after > now()
                      order by o.created_at desc, o.id limit 1) s on true
 where u.id::text = lower(%(account)s) or lower(u.email) = lower(%(account)s)
 order by u.deleted_at nulls first
 limit 1;

-- name: relation
-- What is called so, in the schema public where none is named.
select c.oid::bigint as oid, n.nspname as schema, c.relname as name, c.relkind::text as kind,
       c.relrowsecurity as has_row_security, has_schema_privilege('authenticated', n.oid, 'usage') as is_reachable,
       has_table_privilege('authenticated', c.oid, 'delete') as may_delete,
       case c.relkind when 'v' then array(
           select distinct format('%%s.%%s', bn.nspname, b.relname)
             from pg_rewrite w join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid
                              and d.refclassid = 'pg_class'::regclass and d.refobjid <> c.oid
             join pg_class b on b.oid = d.refobjid join pg_namespace bn on bn.oid = b.relnamespace
            where w.ev_class = c.oid order by 1) else '{}' end as reads
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
 where c.oid = to_regclass(%(table)s);

-- name: columns
-- The columns of a relation and what a signed-in person is granted on each.
select a.attname as name,
       has_column_privilege('authenticated', a.attrelid, a.attnum, 'select') as may_select,
       has_column_privilege('authenticated', a.attrelid, a.attnum, 'insert') and a.attgenerated = '' as may_insert,
       has_column_privilege('authenticated', a.attrelid, a.attnum, 'update') and a.attgenerated = '' as may_update
  from pg_attribute a
 where a.attrelid = %(oid)s::oid and a.attnum > 0 and not a.attisdropped
 order by a.attnum;

-- name: unique_keys
-- What tells one row from all others: the primary key first, then every other unique key of plain columns.
select i.indisprimary as is_primary,
       array(select a.attname::text from unnest(i.indkey::int2[]) with ordinality k (attnum, place)
               join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
              where k.place <= i.indnkeyatts order by k.place) as columns
  from pg_index i
 where i.indrelid = %(oid)s::oid and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
 order by i.indisprimary desc, 2;

-- name: policies
-- The policies that apply to a signed-in person, with their conditions as PostgreSQL words them.
select p.polname as name, p.polcmd::text as command, p.polpermissive as is_permissive,
       pg_get_expr(p.polqual, p.polrelid) as using, pg_get_expr(p.polwithcheck, p.polrelid) as with_check,
       obj_description(p.oid, 'pg_policy') as comment
  from pg_policy p
 where p.polrelid = %(oid)s::oid
   and exists (select from unnest(p.polroles) r (oid)
                where r.oid = 0 or pg_has_role('authenticated', r.oid, 'usage'))
 order by p.polname;

-- name: become
-- The person whose access is asked about, in the way every request becomes one.
select set_config('role', 'authenticated', true), set_config('request.jwt.claims', %(claims)s, true),
       set_config('statement_timeout', %(statement_timeout)s, true);

-- name: record
-- An operator looked at who may see what: which row, whose record it is of, and no value of it.
select audit.record('explain_access', %(relation)s::text,
                    jsonb_build_array(coalesce(audit.key_of(t.key_columns, s.stored), %(key)s::jsonb)),
                    case when p.patient is null then '[]' else jsonb_build_array(p.patient) end, null::text, %(details)s::jsonb)
  from (select %(row)s::jsonb as stored) s
  left join audit.tracked t on t.relation = %(relation)s::text
  left join lateral (select private.patient_of(t.patient_path, s.stored) as patient) p on true;
