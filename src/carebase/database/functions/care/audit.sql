-- How anything comes into the record. Who, when and from where are set here, never by the caller.
set local role audit_owner;

-- What every entry says of the request that it belongs to.
create or replace function audit.frame() returns jsonb
language sql stable set search_path = ''
as $$
    select jsonb_build_object(
        'at', (extract(epoch from clock_timestamp()) * 1e6)::bigint,
        'actor', coalesce(auth.uid()::text, session_user::text),
        'session', auth.jwt() ->> 'session_id',
        'request', left(c.request ->> 'id', 200), 'ip', left(c.request ->> 'ip', 100), 'agent', left(c.request ->> 'agent', 500))
      from (select nullif(current_setting('carebase.request', true), '')::jsonb as request) c
$$;

create or replace function audit.record(
    action text, relation text, keys jsonb default '[]', patients jsonb default '[]', request text default null, details jsonb default '{}'
) returns void
language sql security definer set search_path = ''
as $$
    insert into audit.inbox (body) values ((
        audit.frame()
        || case when request is null then '{}' else jsonb_build_object('request', request) end
        || jsonb_build_object('action', action, 'relation', relation, 'keys', keys, 'patients', patients, 'details', details))::text)
$$;
grant execute on function audit.record(text, text, jsonb, jsonb, text, jsonb) to authenticated, service_role, auth_service, care_worker, care_owner;

-- The entry of one changed row: for an update the columns that changed, else the row, never what is held back.
create or replace function audit.entry_of(
    frame jsonb, what audit.tracked, operation text, stored_before jsonb, stored_after jsonb
) returns text
language plpgsql stable set search_path = ''
as $$
declare
    stored jsonb := coalesce(stored_after, stored_before);
    patients uuid[];
    changed text[];
    details jsonb := '{}';
begin
    patients := array_remove(array[private.patient_of(what.patient_path, stored_before),
                                   private.patient_of(what.patient_path, stored_after)], null);
    if patients[1] = patients[2] then
        patients := patients[1:1];
    end if;
    if stored_before is not null and stored_after is not null then
        changed := array(select a.key from jsonb_each(stored_after - what.unlogged) a
                          where a.value is distinct from stored_before -> a.key order by a.key);
        if changed && what.withheld then
            details := jsonb_build_object('withheld', array(select c from unnest(changed) c where c = any (what.withheld)));
        end if;
        select jsonb_object_agg(c, stored_before -> c), jsonb_object_agg(c, stored_after -> c)
          into stored_before, stored_after
          from unnest(changed) c where c <> all (what.withheld);
    end if;
    return (frame || jsonb_build_object(
        'action', operation, 'relation', what.relation,
        'keys', jsonb_build_array(audit.key_of(what.key_columns, stored)), 'patients', patients, 'details', details,
        'old', stored_before - what.unlogged - what.withheld, 'new', stored_after - what.unlogged - what.withheld))::text;
end $$;

-- The name of a row: the key itself where it is one column, else an object.
create or replace function audit.key_of(key_columns text[], stored jsonb) returns jsonb
language sql immutable set search_path = ''
as $$
    select case cardinality(key_columns) when 1 then to_jsonb(stored ->> key_columns[1])
                else (select jsonb_object_agg(k, stored -> k) from unnest(key_columns) k) end
$$;

-- After every statement that changes a tracked table, in its transaction: kept with it, undone with it.
create or replace function audit.note_write() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
    what audit.tracked;
    frame jsonb;
begin
    select * into what from audit.tracked where relation = tg_table_schema || '.' || tg_table_name;
    if not found then
        return null;
    end if;
    frame := audit.frame();
    if tg_op = 'TRUNCATE' then
        insert into audit.inbox (body)
        values ((frame || jsonb_build_object('action', tg_op, 'relation', what.relation, 'keys', '[]'::jsonb,
                                             'patients', '[]'::jsonb, 'details', '{}'::jsonb))::text);
    elsif tg_op = 'INSERT' and what.is_grouped then
        insert into audit.inbox (body)
        select audit.group_of(frame, what, tg_op, jsonb_agg(audit.key_of(what.key_columns, r.stored)),
                              jsonb_agg(distinct r.stored -> what.patient_path))
          from (select to_jsonb(n) as stored from new_rows n) r having count(*) > 0;
    elsif tg_op = 'INSERT' then
        insert into audit.inbox (body)
        select audit.entry_of(frame, what, tg_op, null, to_jsonb(n)) from new_rows n;
    elsif tg_op = 'DELETE' and what.is_grouped then
        insert into audit.inbox (body)
        select audit.group_of(frame, what, tg_op, jsonb_agg(audit.key_of(what.key_columns, r.stored)),
                              jsonb_agg(distinct r.stored -> what.patient_path))
          from (select to_jsonb(o) as stored from old_rows o) r having count(*) > 0;
    elsif tg_op = 'DELETE' then
        insert into audit.inbox (body)
        select audit.entry_of(frame, what, tg_op, to_jsonb(o), null) from old_rows o;
    else
        -- Before and after are brought together by the key; where the key itself changed each stands alone.
        insert into audit.inbox (body)
        select audit.entry_of(frame, what, tg_op, o.stored, n.stored)
          from (select to_jsonb(r) as stored, array(select to_jsonb(r) -> k from unnest(what.key_columns) k) as key
                  from old_rows r) o
          full join
               (select to_jsonb(r) as stored, array(select to_jsonb(r) -> k from unnest(what.key_columns) k) as key
                  from new_rows r) n on n.key = o.key
         where o.stored - what.unlogged is distinct from n.stored - what.unlogged;
    end if;
    return null;
end $$;

-- The entry of many rows that were written at once: their names only.
create or replace function audit.group_of(frame jsonb, what audit.tracked, operation text, keys jsonb, paths jsonb) returns text
language sql stable set search_path = ''
as $$
    select (frame || jsonb_build_object(
        'action', operation, 'relation', what.relation, 'keys', keys,
        'patients', array(select distinct p from jsonb_array_elements(paths) e,
                                 private.patient_of(what.patient_path, jsonb_build_object(what.patient_path, e)) p where p is not null),
        'details', '{}'::jsonb))::text
$$;
grant execute on function audit.note_write() to care_owner;
