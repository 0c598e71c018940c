-- name: tracked
-- Tables whose reads are recorded.
select relation, to_jsonb(key_columns) as key_columns, patient_path from audit.tracked;

-- name: role_settings
-- Settings that hold for a role; those of one database behind those of all, so that they win.
select r.rolname::text as role, split_part(each.setting, '=', 1) as name,
       substr(each.setting, strpos(each.setting, '=') + 1) as value
  from pg_catalog.pg_db_role_setting s
  join pg_catalog.pg_roles r on r.oid = s.setrole
  join pg_catalog.pg_database d on s.setdatabase in (0, d.oid) and d.datname = current_database()
 cross join unnest(s.setconfig) as each (setting)
  join pg_catalog.pg_settings known on known.name = split_part(each.setting, '=', 1) and known.context = 'user'
 where r.rolname = any (%(roles)s::text[])
 order by s.setdatabase;

-- name: unrecorded
-- Views and functions that lead to tracked tables without saying which rows of them they show: they are not exposed.
with recursive tracked as (
    select to_regclass(t.relation)::oid as relation from audit.tracked t
), reached as (
    select relation from tracked
    union
    select w.ev_class
      from reached r
      join pg_catalog.pg_depend d on d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid = r.relation
           and d.classid = 'pg_catalog.pg_rewrite'::regclass
      join pg_catalog.pg_rewrite w on w.oid = d.objid
)
select n.nspname::text as schema, c.relname::text as name, false as is_function
  from reached r
  join pg_catalog.pg_class c on c.oid = r.relation and c.relkind in ('v', 'm')
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where n.nspname = any (%(schemas)s::text[]) and c.oid not in (select relation from tracked)
union all
-- What a function reads is nowhere written down but in its text; rows of a tracked table say their own keys.
select n.nspname::text, p.proname::text, true
  from pg_catalog.pg_proc p
  join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  join pg_catalog.pg_type t on t.oid = p.prorettype
 where n.nspname = any (%(schemas)s::text[]) and p.prokind = 'f' and t.typrelid not in (select relation from tracked)
   and exists (select from tracked k join pg_catalog.pg_class c on c.oid = k.relation
                where pg_catalog.pg_get_functiondef(p.oid) ~* ('\m' || c.relname || '\M'));
