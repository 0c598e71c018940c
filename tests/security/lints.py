"""The checks of Supabase's database linter, asked of PostgreSQL's own catalogue for every schema of ours.

Each lint names what it finds. `:schemas` are all of ours, `:exposed` those that clients reach through the data API.
The linter's checks that need a server's statistics (unused indexes, bloat) have no answer on a fresh database.
"""

from __future__ import annotations

from dataclasses import dataclass

SCHEMAS = ("public", "private", "auth", "storage", "audit", "jobs", "migrations")
EXPOSED = ("public", "storage")

# A policy's function without arguments, called once for a query when it is wrapped in a select of its own.
PLAIN_CALL = r"(auth|private|public|storage|audit)\.[a-z_0-9]+\(\)|current_setting\("
WRAPPED_CALL = (
    r"\( SELECT (auth|private|public|storage|audit)\.[a-z_0-9]+\(\) AS [a-z_0-9]+\)"
    r"|\( SELECT current_setting\([^)]*\) AS current_setting\)"
    # The set is made once as well: `= any (array(select f()))`.
    r"|ARRAY\( SELECT (auth|private|public|storage|audit)\.[a-z_0-9]+\(\) AS [a-z_0-9]+\)"
)

TABLES = """
    select c.oid, n.nspname as schema, c.relname as name, c.relkind as kind, c.relrowsecurity as is_on,
           c.relispartition as is_partition, format('%%I.%%I', n.nspname, c.relname) as title
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = any (%(schemas)s)
"""
POLICIES = """
    select p.oid, t.title as relation, p.polname as name, p.polpermissive as is_permissive, p.polroles as roles,
           case p.polcmd when 'r' then array['select'] when 'a' then array['insert'] when 'w' then array['update']
                         when 'd' then array['delete'] else array['select', 'insert', 'update', 'delete'] end as verbs,
           pg_get_expr(p.polqual, p.polrelid) as qual, pg_get_expr(p.polwithcheck, p.polrelid) as checked, t.is_on
      from pg_policy p join tables t on t.oid = p.polrelid
"""
FUNCTIONS = """
    select p.oid, n.nspname as schema, p.oid::regprocedure::text as title, p.prosecdef as is_definer,
           p.proconfig as settings
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace
     where n.nspname = any (%(schemas)s)
"""
WITH = f"with tables as ({TABLES}), policies as ({POLICIES}), functions as ({FUNCTIONS})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lint:
    """What is looked for, and something that it must find: a lint that finds nothing may just be blind."""

    asks: str
    specimen: str
    finds: str

    @property
    def query(self) -> str:
        return f"{WITH} {self.asks}"


INDEX_OF_A_KEY = """
    select 1 from pg_index i
     where i.indrelid = k.conrelid and i.indisvalid
       and (i.indpred is null
            -- An index of the rows where the key is not null holds all that the check looks for.
            or pg_get_expr(i.indpred, i.indrelid)
               = format('(%%I IS NOT NULL)', (select attname from pg_attribute a
                                              where a.attrelid = k.conrelid and a.attnum = k.conkey[1])))
       -- indkey counts from 0.
       and (i.indkey::int2[])[0:array_length(k.conkey, 1) - 1] @> k.conkey
"""

LINTS = {
    "a foreign key has an index": Lint(
        asks=f"""
            select format('%%s (%%s)', t.title, k.conname) from pg_constraint k join tables t on t.oid = k.conrelid
             where k.contype = 'f' and k.conparentid = 0 and not exists ({INDEX_OF_A_KEY})""",
        specimen="create table public.odd (id int primary key, of_case bigint references public.cases (id))",
        finds="public.odd (odd_of_case_fkey)",
    ),
    "no view shows accounts": Lint(
        asks="""
            select distinct t.title from tables t join pg_rewrite r on r.ev_class = t.oid
              join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
             where t.kind in ('v', 'm') and d.refobjid = 'auth.users'::regclass
               and (has_any_column_privilege('anon', t.oid, 'select')
                    or has_any_column_privilege('authenticated', t.oid, 'select'))""",
        specimen="create view public.odd with (security_invoker = true) as select id from auth.users;"
        " grant select on public.odd to authenticated",
        finds="public.odd",
    ),
    "policies ask who it is once and not for each row": Lint(
        asks=f"""
            select format('%%s: %%s', relation, name) from policies
             where regexp_replace(concat(qual, ' ', checked), '{WRAPPED_CALL}', '', 'g') ~ '{PLAIN_CALL}'""",
        specimen="create policy odd on public.cases for delete to authenticated using (doctor_id = auth.uid())",
        finds="public.cases: odd",
    ),
    "every table has a primary key": Lint(
        asks="""
            select title from tables t where kind in ('r', 'p')
               and not exists (select from pg_index i where i.indrelid = t.oid and i.indisprimary)""",
        specimen="create table private.odd (n int)",
        finds="private.odd",
    ),
    "one policy decides for a role and a verb": Lint(
        asks="""
            select format('%%s: %%s %%ss by %%s', relation, r.rolname, verb, string_agg(p.name, ', ' order by p.name))
              from policies p, unnest(p.verbs) verb, pg_roles r
             where p.is_permissive and (r.oid = any (p.roles) or p.roles = '{0}') and r.rolname !~ '^pg_'
             group by relation, r.rolname, verb having count(*) > 1""",
        specimen="create policy odd on public.cases for select to authenticated using (false)",
        finds="public.cases: authenticated selects by cases_clinician_or_team_reads, odd",
    ),
    "where policies are, they are in force": Lint(
        asks="select distinct relation from policies where not is_on",
        specimen="alter table public.cases disable row level security",
        finds="public.cases",
    ),
    "a role that holds a right has a policy for it": Lint(
        # The linter tells of tables without any policy; a grant that no policy lets through is a mistake as well.
        asks="""
            select format('%%s: %%s may %%s', t.title, r.rolname, verb)
              from tables t, pg_roles r, unnest(array['select', 'insert', 'update', 'delete']) verb
             where t.kind in ('r', 'p') and t.is_on and not r.rolsuper and not r.rolbypassrls and r.rolname !~ '^pg_'
               and r.oid <> (select relowner from pg_class where oid = t.oid)
               and has_schema_privilege(r.oid, t.schema, 'usage')
               and case verb when 'delete' then has_table_privilege(r.oid, t.oid, 'delete')
                             else has_any_column_privilege(r.oid, t.oid, verb) end
               and not exists (select from policies p where p.relation = t.title and verb = any (p.verbs)
                                  and (r.oid = any (p.roles) or p.roles = '{0}'))""",
        specimen="grant delete on public.cases to authenticated",
        finds="public.cases: authenticated may delete",
    ),
    "no policy is for a role without the right": Lint(
        asks="""
            select format('%%s: %%s', relation, p.name) from policies p
             where not exists (
                select from unnest(p.roles) role, unnest(p.verbs) verb
                 where role <> 0
                   and case verb when 'delete' then has_table_privilege(role, p.relation, 'delete')
                                 else has_any_column_privilege(role, p.relation, verb) end)""",
        specimen="create policy odd on public.cases for delete to authenticated using (false)",
        finds="public.cases: odd",
    ),
    "no two indexes are one": Lint(
        asks="""
            select format('%%s: %%s', t.title, string_agg(made.title, ', ' order by made.title))
              from pg_index i join tables t on t.oid = i.indrelid join pg_class c on c.oid = i.indexrelid,
                   lateral (select i.indexrelid::regclass::text as title) made
             group by t.title, c.relam, i.indkey::text, i.indclass::text, i.indcollation::text, i.indoption::text,
                      pg_get_expr(i.indexprs, i.indrelid), pg_get_expr(i.indpred, i.indrelid)
            having count(*) > 1""",
        specimen="create index odd on auth.attempts (last_at)",
        finds="auth.attempts: auth.attempts_last, auth.odd",
    ),
    "no index is the beginning of another": Lint(
        asks="""
            select format('%%s: %%s', t.title, i.indexrelid::regclass)
              from pg_index i join tables t on t.oid = i.indrelid join pg_class ic on ic.oid = i.indexrelid,
                   pg_index j join pg_class jc on jc.oid = j.indexrelid
             where j.indrelid = i.indrelid and j.indexrelid <> i.indexrelid and ic.relam = jc.relam
               and not i.indisunique and i.indexprs is null and j.indexprs is null
               and pg_get_expr(i.indpred, i.indrelid) is not distinct from pg_get_expr(j.indpred, j.indrelid)
               and i.indnatts < j.indnatts and i.indnatts = i.indnkeyatts
               and starts_with(j.indkey::text || ' ', i.indkey::text || ' ')
               and starts_with(j.indoption::text || ' ', i.indoption::text || ' ')""",
        specimen="create index odd on public.case_files (case_id)",
        finds="public.case_files: odd",
    ),
    "views show what their reader may see": Lint(
        asks="""
            select title from tables t join pg_class c using (oid)
             where t.kind = 'v'
               and not coalesce(c.reloptions, '{}') && '{security_invoker=true,security_invoker=on}'""",
        specimen="create view public.odd as select * from public.cases",
        finds="public.odd",
    ),
    "functions name the schemas they search": Lint(
        asks="""
            select title from functions
             where not exists (select from unnest(settings) s where s like 'search_path=%%')""",
        specimen="create function private.odd() returns int language sql as 'select 1'",
        finds="private.odd()",
    ),
    "row policies are on": Lint(
        asks="""
            select title from tables
             where kind in ('r', 'p') and not is_on
               and (schema = any (%(exposed)s)
                    or exists (select from unnest(array['anon', 'authenticated', 'service_role']) r
                                where has_schema_privilege(r, schema, 'usage')))""",
        specimen="create table public.odd (n int primary key)",
        finds="public.odd",
    ),
    "no extension lives among our tables": Lint(
        asks="""
            select extname::text from pg_extension e join pg_namespace n on n.oid = e.extnamespace
             where n.nspname = any (%(schemas)s)""",
        specimen="update pg_extension set extnamespace = 'public'::regnamespace where extname = 'plpgsql'",
        finds="plpgsql",
    ),
    "extensions are of the server's version": Lint(
        asks="select name::text from pg_available_extensions where installed_version <> default_version",
        specimen="update pg_extension set extversion = '0' where extname = 'plpgsql'",
        finds="plpgsql",
    ),
    "no policy believes what a user wrote about itself": Lint(
        asks="""
            select format('%%s: %%s', relation, name) from policies
             where concat(qual, ' ', checked) ~* 'user_?meta_?data'
            union all select title from functions f join pg_proc p using (oid) where p.prosrc ~* 'user_?meta_?data'""",
        specimen="create policy odd on public.cases for delete to authenticated"
        " using ((select auth.jwt() #>> '{user_metadata,role}') = 'admin')",
        finds="public.cases: odd",
    ),
    "no materialized view or foreign table": Lint(
        asks="select title from tables where kind in ('m', 'f')",
        specimen="create materialized view public.odd as select 1",
        finds="public.odd",
    ),
    "no column is of a type that stops an upgrade": Lint(
        asks="""
            select format('%%s.%%s', t.title, a.attname) from tables t join pg_attribute a on a.attrelid = t.oid
             where t.kind in ('r', 'p') and a.attnum > 0 and not a.attisdropped
               and a.atttypid = any (array['regcollation', 'regconfig', 'regdictionary', 'regnamespace', 'regoper',
                                           'regoperator', 'regproc', 'regprocedure']::regtype[])""",
        specimen="create table private.odd (f regproc primary key)",
        finds="private.odd.f",
    ),
    "accounts are referred to by their key": Lint(
        asks="""
            select format('%%s (%%s)', t.title, k.conname) from pg_constraint k join tables t on t.oid = k.conrelid
              join pg_class r on r.oid = k.confrelid join pg_index i on i.indexrelid = k.conindid
             where k.contype = 'f' and r.relnamespace = 'auth'::regnamespace and not i.indisprimary""",
        specimen="create table private.odd (h bytea primary key references auth.refresh_tokens (token_sha256))",
        finds="private.odd (odd_h_fkey)",
    ),
    "nothing at all is open to who is not signed in": Lint(
        # Stronger than the linter, which tells of sensitive names in tables without policies and of what GraphQL shows.
        asks="""
            select title from tables
             where kind in ('r', 'p', 'v', 'm', 'f') and has_schema_privilege('anon', schema, 'usage')
               and (has_any_column_privilege('anon', oid, 'select, insert, update, references')
                    or has_table_privilege('anon', oid, 'delete, truncate, trigger'))""",
        specimen="grant select (id) on public.cases to anon",
        finds="public.cases",
    ),
    "no column that holds a secret is readable": Lint(
        asks="""
            select format('%%s.%%s: %%s', t.title, a.attname, r)
              from tables t join pg_attribute a on a.attrelid = t.oid, unnest(array['anon', 'authenticated']) r
             where a.attnum > 0 and not a.attisdropped and t.kind in ('r', 'p', 'v')
               and a.attname ~ '(^|_)(password|secret|token|credential|private_key)(_|$)'
               and has_schema_privilege(r, t.schema, 'usage') and has_column_privilege(r, t.oid, a.attnum, 'select')""",
        specimen="alter table public.slots add column api_token text",
        finds="public.slots.api_token: authenticated",
    ),
    "no policy lets everything through": Lint(
        asks="""
            select format('%%s: %%s', relation, name) from policies
             where is_permissive
               and (roles = '{0}' or 'anon'::regrole::oid = any (roles) or 'authenticated'::regrole::oid = any (roles))
               and (coalesce(qual, 'true') in ('true', '(1 = 1)') and verbs && '{update,delete}'
                    or coalesce(checked, qual) in ('true', '(1 = 1)') and verbs && '{insert,update}')""",
        specimen="create policy odd on public.cases for delete to authenticated using (true)",
        finds="public.cases: odd",
    ),
    "no bucket is public": Lint(
        asks="select id from storage.buckets where public",
        specimen="update storage.buckets set public = true",
        finds="labdocs",
    ),
    "no function with its owner's rights is in an exposed schema": Lint(
        asks="""
            select title from functions
             where is_definer and schema = any (%(exposed)s)
               and (has_function_privilege('anon', oid, 'execute')
                    or has_function_privilege('authenticated', oid, 'execute'))""",
        specimen="create function public.odd() returns int language sql security definer set search_path = ''"
        " as 'select 1'; grant execute on function public.odd() to authenticated",
        finds="odd()",
    ),
    "functions with their owner's rights are not for everybody": Lint(
        asks="""
            select f.title from functions f join pg_proc p using (oid),
                   aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) granted
             where f.is_definer and granted.grantee = 0""",
        specimen="create function private.odd() returns int language sql security definer set search_path = ''"
        " as 'select 1'",
        finds="private.odd()",
    ),
    "nobody but the owner may truncate, refer to or hang triggers on a table": Lint(
        asks="""
            select format('%%s: %%s may %%s', t.title, a.grantee::regrole, lower(a.privilege_type))
              from tables t join pg_class c using (oid), aclexplode(c.relacl) a
             where a.grantee <> c.relowner and a.privilege_type in ('TRUNCATE', 'TRIGGER', 'REFERENCES')
               and a.grantee not in ('care_owner'::regrole, 'platform_owner'::regrole, 'audit_owner'::regrole)""",
        specimen="grant truncate on public.cases to service_role",
        finds="public.cases: service_role may truncate",
    ),
}
