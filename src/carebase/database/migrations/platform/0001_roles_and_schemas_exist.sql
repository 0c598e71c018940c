-- Roles are of the whole cluster, so each is made only where it is missing.
do $$
declare
    wanted text;
begin
    foreach wanted in array array['anon', 'authenticated', 'service_role', 'platform_owner', 'care_owner', 'audit_owner'] loop
        if not exists (select from pg_roles where rolname = wanted) then
            execute format('create role %I nologin noinherit', wanted);
        end if;
    end loop;
    -- Passwords are set by the migration runner, derived from the deployment's secret.
    foreach wanted in array array['authenticator', 'service_gateway', 'auth_service', 'care_worker', 'care_queue', 'audit_sealer'] loop
        if not exists (select from pg_roles where rolname = wanted) then
            execute format('create role %I login noinherit', wanted);
        end if;
    end loop;
end $$;

grant anon, authenticated to authenticator;
grant service_role to service_gateway;
grant platform_owner, care_owner, audit_owner to current_user;

create schema if not exists auth;
create schema if not exists storage;
create schema if not exists jobs;
create schema if not exists private;
grant all on schema auth, storage, jobs, private to platform_owner;
grant create, usage on schema private, public to care_owner;

revoke create on schema public from public;
grant usage on schema public to anon, authenticated, service_role, care_worker;
grant usage on schema auth, storage to anon, authenticated, service_role, auth_service, care_worker, care_queue, care_owner, audit_owner;
grant usage on schema private to anon, authenticated, service_role, authenticator, service_gateway, auth_service, care_worker;
grant usage on schema jobs to care_queue, care_owner;
-- Functions answer only those they are granted to.
alter default privileges for role platform_owner, care_owner, audit_owner revoke execute on functions from public;
do $$
begin
    -- A session cannot fill a disk with temporary tables or change what a name means.
    execute format('revoke temporary on database %I from public', current_database());
end $$;
