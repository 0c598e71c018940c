-- name: write_schemas_out
-- Types of arguments name their schema wherever it is not pg_catalog: nothing depends on who loads.
select set_config('search_path', '', true);

-- name: tracked
-- Tables whose reads are recorded.
select relation, to_jsonb(key_columns) as key_columns, patient_path from audit.tracked;

-- name: tracked_views
-- Views whose reads are recorded, and as rows of what.
select relation, records, to_jsonb(key_columns) as key_columns, patient_path, patient_column from audit.tracked_views;

-- name: tracked_functions
-- Functions that read tracked tables, and how that is recorded.
select signature, recording, records, coalesce(to_jsonb(key_columns), '[]') as key_columns, patient_path, patient_column
  from audit.tracked_functions;

-- name: parts
-- Every relation and function that somebody made, functions with their text and as the registry spells them.
select c.oid::int8 as number, n.nspname::text as schema, c.relname::text as name, false as is_function,
       '' as signature, '' as language, '' as text
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname not in ('pg_catalog', 'information_schema')
   and n.nspname not like 'pg\_t%%'
union all
select p.oid::int8, n.nspname::text, p.proname::text, true,
       n.nspname || '.' || p.proname || '(' || pg_catalog.oidvectortypes(p.proargtypes) || ')', l.lanname::text,
       case when l.lanname in ('internal', 'c') then '' else p.prosrc end
  from pg_catalog.pg_proc p
  join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  join pg_catalog.pg_language l on l.oid = p.prolang
 where n.nspname not in ('pg_catalog', 'information_schema');

-- name: uses
-- What views, rules and functions refer to, and which tables inherit from which, as far as PostgreSQL keeps it.
select w.ev_class::int8 as origin, false as is_function, d.refobjid::int8 as target,
       d.refclassid = 'pg_catalog.pg_proc'::regclass as is_target_function
  from pg_catalog.pg_depend d
  join pg_catalog.pg_rewrite w on w.oid = d.objid
 where d.classid = 'pg_catalog.pg_rewrite'::regclass and d.refobjid >= 16384
   and d.refclassid in ('pg_catalog.pg_class'::regclass, 'pg_catalog.pg_proc'::regclass)
union
select d.objid::int8, true, d.refobjid::int8, d.refclassid = 'pg_catalog.pg_proc'::regclass
  from pg_catalog.pg_depend d
 where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid >= 16384 and d.refobjid >= 16384
   and d.refclassid in ('pg_catalog.pg_class'::regclass, 'pg_catalog.pg_proc'::regclass)
union
select i.inhrelid::int8, false, i.inhparent::int8, false from pg_catalog.pg_inherits i;
