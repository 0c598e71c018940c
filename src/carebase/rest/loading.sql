-- name: write_schemas_out
-- Types and defaults name their schema wherever it is not pg_catalog: nothing depends on who loads.
select set_config('search_path', '', true);

-- name: relations
-- Tables, views and foreign tables of the exposed schemas with their columns; partitions are reached by their parent.
with recursive steps (type, base, modifier) as (
    -- A domain may stand on a domain; what counts is the type at the bottom and the length given last.
    select d.oid, d.typbasetype, d.typtypmod from pg_catalog.pg_type d where d.typtype = 'd'
    union all
    select s.type, d.typbasetype, d.typtypmod
      from steps s join pg_catalog.pg_type d on d.oid = s.base where d.typtype = 'd'
), bottom as (
    select s.type, s.base, s.modifier
      from steps s join pg_catalog.pg_type b on b.oid = s.base where b.typtype <> 'd'
), exposed as (
    select c.oid, c.relname, c.relkind, n.nspname
      from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where n.nspname = any (%(schemas)s::text[]) and c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition
), listed as (
    select a.attrelid,
           jsonb_agg(jsonb_build_object(
               'number', a.attnum,
               'name', a.attname,
               'type', case
                   when t.typtype = 'd' and b.typnamespace = 'pg_catalog'::regnamespace then format_type(b.oid, null)
                   when t.typtype <> 'd' and t.typnamespace = 'pg_catalog'::regnamespace then format_type(t.oid, null)
                   else format_type(a.atttypid, a.atttypmod)
               end,
               'declared_type', format_type(a.atttypid, a.atttypmod),
               'is_nullable', not (a.attnotnull or t.typtype = 'd' and t.typnotnull),
               'default', case
                   when d.adbin is null and t.typtype = 'd' then pg_get_expr(t.typdefaultbin, 0)
                   when a.attidentity = 'd' then format('nextval(%%L)', q.objid::regclass)
                   when a.attgenerated = '' then pg_get_expr(d.adbin, d.adrelid)
               end,
               'identity', a.attidentity,
               'generated', a.attgenerated,
               'max_length', case
                   when m.modifier < 0 then null
                   when b.oid in ('bpchar'::regtype, 'varchar'::regtype) then m.modifier - 4
                   when b.oid in ('bit'::regtype, 'varbit'::regtype) then m.modifier
               end,
               'enum', case when b.typtype = 'e' then
                   (select jsonb_agg(e.enumlabel order by e.enumsortorder)
                      from pg_catalog.pg_enum e where e.enumtypid = b.oid)
               end,
               'comment', c.description
           ) order by a.attnum) as columns
      from exposed x
      join pg_catalog.pg_attribute a on a.attrelid = x.oid and a.attnum > 0 and not a.attisdropped
      join pg_catalog.pg_type t on t.oid = a.atttypid
      left join bottom on bottom.type = t.oid
      join pg_catalog.pg_type b on b.oid = coalesce(bottom.base, t.oid)
     cross join lateral (select case when t.typtype = 'd' then bottom.modifier else a.atttypmod end as modifier) m
      left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      left join pg_catalog.pg_depend q
        on a.attidentity = 'd' and q.refclassid = 'pg_catalog.pg_class'::regclass and q.refobjid = a.attrelid
       and q.refobjsubid = a.attnum and q.deptype = 'i' and q.classid = 'pg_catalog.pg_class'::regclass
      left join pg_catalog.pg_description c
        on c.classoid = 'pg_catalog.pg_class'::regclass and c.objoid = a.attrelid and c.objsubid = a.attnum
     group by a.attrelid
)
select x.oid::int8 as oid,
       x.nspname::text as schema,
       x.relname::text as name,
       x.relkind::text as kind,
       case x.relkind
           when 'r' then 28
           when 'p' then 28
           when 'm' then 0
           -- Triggers may stand in for what the view itself cannot do.
           else coalesce(pg_relation_is_updatable(x.oid, true), 0)
       end as events,
       coalesce(l.columns, '[]') as columns,
       obj_description(x.oid, 'pg_class') as comment
  from exposed x
  left join listed l on l.attrelid = x.oid
 order by x.nspname, x.relname;

-- name: constraints
-- Every key of every schema, as a view that is exposed may show a table that is not; none of partitions alone.
select k.conname::text as name,
       k.contype::text as kind,
       k.conrelid::int8 as relation,
       to_jsonb(k.conkey) as columns,
       k.confrelid::int8 as target,
       coalesce(to_jsonb(k.confkey), '[]') as target_columns
  from pg_catalog.pg_constraint k
  join pg_catalog.pg_class c on c.oid = k.conrelid
 where k.contype in ('p', 'u', 'f')
   and (k.contype <> 'f' or k.conparentid = 0)
   -- From 18 on a key may hold for a time only; then equal columns are not all there is to it.
   and to_jsonb(k) ->> 'conperiod' is distinct from 'true'
 order by k.conrelid, k.conname;

-- name: views
-- What each view was made of, as PostgreSQL keeps it. The select is the rule that a view does instead of itself.
select r.ev_class::int8 as relation, r.ev_action::text as tree
  from pg_catalog.pg_rewrite r
  join pg_catalog.pg_class c on c.oid = r.ev_class
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where c.relkind in ('v', 'm') and r.ev_type = '1' and n.nspname = any (%(schemas)s::text[]);

-- name: functions
-- Functions of the exposed schemas: those that are called and those that compute something of a row.
with recursive steps (type, base) as (
    select d.oid, d.typbasetype from pg_catalog.pg_type d where d.typtype = 'd'
    union all
    select s.type, d.typbasetype from steps s join pg_catalog.pg_type d on d.oid = s.base where d.typtype = 'd'
), bottom as (
    select s.type, s.base from steps s join pg_catalog.pg_type b on b.oid = s.base where b.typtype <> 'd'
)
select n.nspname::text as schema,
       p.proname::text as name,
       p.provolatile::text as volatility,
       p.proretset as is_set,
       p.prorows = 1 as is_one_row,
       rn.nspname::text as return_schema,
       coalesce(rc.relname, r.typname)::text as return_name,
       format_type(p.prorettype, null) as return_type,
       r.typtype = 'c' or coalesce(p.proargmodes::text[] && '{o,b,t}', false) as is_composite,
       bottom.type is not null as is_domain,
       case when rc.relkind in ('r', 'p', 'v', 'm', 'f') then rc.oid::int8 end as return_relation,
       case when p.pronargs = 1 then
           (select c.oid::int8
              from pg_catalog.pg_type t join pg_catalog.pg_class c on c.oid = t.typrelid
             where t.oid = p.proargtypes[0] and c.relkind in ('r', 'p', 'v', 'm', 'f'))
       end as row_of,
       (p.pronargs - p.pronargdefaults)::int4 as required,
       coalesce(a.arguments, '[]') as arguments,
       coalesce(to_jsonb(p.proconfig), '[]') as settings,
       obj_description(p.oid, 'pg_proc') as comment,
       p.oid::int8 as number
  from pg_catalog.pg_proc p
  join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  left join bottom on bottom.type = p.prorettype
  join pg_catalog.pg_type r on r.oid = coalesce(bottom.base, p.prorettype)
  join pg_catalog.pg_namespace rn on rn.oid = r.typnamespace
  left join pg_catalog.pg_class rc on rc.oid = r.typrelid
  left join lateral (
      select jsonb_agg(jsonb_build_object(
                 'name', coalesce(u.name, ''), 'type', format_type(u.type, null), 'mode', coalesce(u.mode, 'i')
             ) order by u.place) as arguments
        from unnest(coalesce(p.proallargtypes, p.proargtypes::oid[]), p.proargnames, p.proargmodes::text[])
             with ordinality as u (type, name, mode, place)
  ) a on true
 where p.prokind = 'f'
   and n.nspname = any (%(schemas)s::text[])
   and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
 order by n.nspname, p.proname, p.pronargs, p.oid;

-- name: representations
-- Casts that are made without being asked for and turn a domain into json or text, or one of these into it.
select format_type(k.castsource, null) as source,
       format_type(k.casttarget, null) as target,
       n.nspname::text as schema,
       p.proname::text as name
  from pg_catalog.pg_cast k
  join pg_catalog.pg_type s on s.oid = k.castsource
  join pg_catalog.pg_type t on t.oid = k.casttarget
  join pg_catalog.pg_proc p on p.oid = k.castfunc
  join pg_catalog.pg_namespace n on n.oid = p.pronamespace
 where k.castcontext = 'i'
   and k.castmethod = 'f'
   and (s.typtype = 'd' and t.oid in ('json'::regtype, 'text'::regtype)
        or t.typtype = 'd' and s.oid in ('json'::regtype, 'text'::regtype));

-- name: comments
-- What is said of the exposed schemas themselves.
select n.nspname::text as schema, obj_description(n.oid, 'pg_namespace') as comment
  from pg_catalog.pg_namespace n
 where n.nspname = any (%(schemas)s::text[]) and obj_description(n.oid, 'pg_namespace') is not null;

-- name: visible
-- What each role may use in some way, functions apart from relations.
select r.rolname::text as role, false as is_function, n.nspname::text as schema, c.relname::text as name
  from pg_catalog.pg_roles r
 cross join pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where r.rolname = any (%(roles)s::text[])
   and n.nspname = any (%(schemas)s::text[])
   and c.relkind in ('r', 'p', 'v', 'm', 'f')
   and not c.relispartition
   and has_schema_privilege(r.oid, n.oid, 'usage')
   and (has_table_privilege(r.oid, c.oid, 'select, insert, update, delete')
        or has_any_column_privilege(r.oid, c.oid, 'select, insert, update'))
union
select r.rolname::text, true, n.nspname::text, p.proname::text
  from pg_catalog.pg_roles r
 cross join pg_catalog.pg_proc p
  join pg_catalog.pg_namespace n on n.oid = p.pronamespace
 where r.rolname = any (%(roles)s::text[])
   and n.nspname = any (%(schemas)s::text[])
   and p.prokind = 'f'
   and has_schema_privilege(r.oid, n.oid, 'usage')
   and has_function_privilege(r.oid, p.oid, 'execute');
