do $$
declare
    wanted text;
begin
    foreach wanted in array array['care_owner', 'audit_owner'] loop
        if not exists (select from pg_roles where rolname = wanted) then
            execute format('create role %I nologin noinherit', wanted);
        end if;
    end loop;
end $$;
create schema if not exists audit;
grant all on schema audit to audit_owner;
grant usage on schema audit to anon, authenticated, service_role, auth_service, care_worker, audit_sealer, care_owner;

set local role audit_owner;
create table audit.inbox (
    n bigint generated always as identity primary key,
    body text not null
);
comment on table audit.inbox is 'What was done and read, as written; a sealer moves rows into the chained log.';
comment on column audit.inbox.body is 'A JSON object: at (microseconds since 1970), actor, session, action, relation, keys, patients, request, ip, details.';
alter table audit.inbox enable row level security;
grant insert on audit.inbox to audit_sealer;
