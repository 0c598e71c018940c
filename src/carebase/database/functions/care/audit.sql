-- The one way to write what was done. Who and when are set here, never by the caller.
set local role audit_owner;

create or replace function audit.record(
    action text, relation text, keys jsonb default '[]', patients jsonb default '[]', request text default null, details jsonb default '{}'
) returns void
language sql security definer set search_path = ''
as $$
    insert into audit.inbox (body) values (jsonb_build_object(
        'at', (extract(epoch from clock_timestamp()) * 1e6)::bigint,
        'actor', coalesce(auth.uid()::text, session_user::text),
        'session', auth.jwt() ->> 'session_id',
        'action', action, 'relation', relation, 'keys', keys, 'patients', patients,
        'request', request, 'details', details)::text)
$$;
grant execute on function audit.record(text, text, jsonb, jsonb, text, jsonb) to authenticated, service_role, auth_service, care_worker, care_owner;
