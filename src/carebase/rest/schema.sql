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

-- name: timezones
-- The time zones that may be asked for; reading them takes PostgreSQL a tenth of a second.
select z.name from pg_catalog.pg_timezone_names z;
