-- The record in the documents' words: two views over what is sealed. They may be read under policies, and a client may add
-- what it has to say; it is marked as the client's word, and nothing in it stands for a person, a time or an address.
set local role audit_owner;

create or replace function audit.chain() returns uuid
language sql stable parallel safe security definer set search_path = ''
as $$ select h.chain_id from audit.head h $$;

-- The same entry always has the same id (a UUID of version 8), with one for each record it concerns.
create or replace function audit.entry_id(chain uuid, seq bigint, patient uuid default null) returns uuid
language plpgsql immutable parallel safe set search_path = ''
as $$
declare
    made bytea := substr(sha256(uuid_send(chain) || int8send(seq) || coalesce(uuid_send(patient), '')), 1, 16);
begin
    made := set_byte(set_byte(made, 6, get_byte(made, 6) & 15 | 128), 8, get_byte(made, 8) & 63 | 128);
    return encode(made, 'hex')::uuid;
end $$;

-- What a write changed, for whoever may read those records' clinical content at this moment; null for everybody else.
create or replace function audit.change_in(asked_sealed_at timestamptz, asked_seq bigint, side text) returns jsonb
language sql stable security definer set search_path = ''
as $$
    select nullif(l.body::jsonb -> side, 'null')
      from audit.log l
     where l.sealed_at = asked_sealed_at and l.seq = asked_seq and side in ('old', 'new')
       and exists (select from audit.about a where a.at = l.at and a.seq = l.seq)
       and not exists (select from audit.about a where a.at = l.at and a.seq = l.seq and a.patient_id not in (select private.my_patients()))
$$;
grant execute on function audit.chain(), audit.entry_id(uuid, bigint, uuid), audit.change_in(timestamptz, bigint, text) to authenticated;

-- The record that a client names, by the record or, as document 003 does, by the person's account. It counts where the caller
-- sees that record; elsewhere it stays a word.
create or replace function audit.claimed_patient(named text) returns jsonb
language plpgsql stable set search_path = ''
as $$
begin
    if auth.uid() is null or translate(named, '0123456789abcdef', '0000000000000000') is distinct from '00000000-0000-0000-0000-000000000000' then
        return '[]';
    end if;
    return coalesce((select jsonb_agg(p.id) from public.patients p
                      where (p.id = named::uuid or p.account_id = named::uuid)
                        and (p.id in (select private.my_patients()) or p.id in (select private.my_records()))), '[]');
end $$;

-- What a client adds. Its words are checked for length, marked, and stand beside what the server knows.
create or replace function audit.take_claim() returns trigger
language plpgsql set search_path = ''
as $$
declare
    claimed jsonb := jsonb_strip_nulls(to_jsonb(new) - '{id,user_id,action,table_name,resource,ip_address,user_agent,created_at}'::text[]);
    what text := case tg_table_name when 'audit_log' then to_jsonb(new) ->> 'table_name' else to_jsonb(new) ->> 'resource' end;
begin
    if new.action is null or new.action !~ '^[A-Za-z][A-Za-z0-9_.:-]{0,63}$' then
        raise exception 'action: up to 64 letters, digits and _ . : -' using errcode = '23514';
    end if;
    if what is null or length(what) not between 1 and 200 or what ~ '[[:cntrl:]]' then
        raise exception 'table_name or resource: up to 200 characters' using errcode = '23514';
    end if;
    if length(claimed::text) > 20000 then
        claimed := jsonb_build_object('omitted', length(claimed::text));
    end if;
    perform audit.record('client:' || new.action, what, patients => audit.claimed_patient(to_jsonb(new) ->> 'patient_id'),
                         details => jsonb_build_object('by', 'client', 'claimed', claimed));
    new.id := null;
    new.user_id := auth.uid();
    new.is_client_word := true;
    new.ip_address := null;
    new.created_at := now();
    return new;
end $$;

create or replace function audit.refuse_change() returns trigger
language plpgsql set search_path = ''
as $$
begin
    raise exception 'the record is only ever added to' using errcode = '42501';
end $$;
grant execute on function audit.take_claim(), audit.refuse_change() to care_owner;
grant execute on function audit.claimed_patient(text) to authenticated, service_role, care_owner;

set local role care_owner;

-- Each view is several: what an administrator reads goes along the log by time, what a person reads starts at its record;
-- one condition for both could use no index for either. The order inside lets the latest few be found without the rest, and
-- `offset 0` keeps the planner from reading all of both tables to join them.
create or replace view public.audit_log with (security_invoker = true) as
    (select audit.entry_id((select audit.chain()), l.seq) as id, l.actor as user_id, regexp_replace(l.action, '^client:', '') as action, l.relation as table_name,
            case when l.keys -> 1 is null and translate(l.keys ->> 0, '0123456789abcdef', '0000000000000000') = '00000000-0000-0000-0000-000000000000'
                 then (l.keys ->> 0)::uuid end as record_id,
            case when (select exists (select from private.my_patients())) then audit.change_in(l.sealed_at, l.seq, 'old') end as old_data,
            case when (select exists (select from private.my_patients())) then audit.change_in(l.sealed_at, l.seq, 'new') end as new_data,
            l.ip as ip_address, l.at as created_at,
            l.action like 'client:%' as is_client_word
       from audit.log l
      where (select private.is_admin())
      order by l.at desc)
    union all
    (select audit.entry_id((select audit.chain()), l.seq), l.actor, regexp_replace(l.action, '^client:', ''), l.relation,
            case when l.keys -> 1 is null and translate(l.keys ->> 0, '0123456789abcdef', '0000000000000000') = '00000000-0000-0000-0000-000000000000'
                 then (l.keys ->> 0)::uuid end,
            null, null, l.ip, a.at, l.action like 'client:%'
       from (select distinct b.at, b.sealed_at, b.seq from audit.about b
              where b.patient_id = any (array(select private.my_records())) order by b.at desc) a
      cross join lateral (select e.seq, e.actor, e.action, e.relation, e.keys, e.ip from audit.log e
                           where e.sealed_at = a.sealed_at and e.seq = a.seq offset 0) l
      where not (select private.is_admin())
      order by a.at desc);
comment on view public.audit_log is 'Every sealed entry of the record: administrators read all, a person and its proxies those about the person''s record. What is inserted is kept and marked as the client''s word; by whom, from where and when is set by the server; nothing is changed or deleted.';
comment on column public.audit_log.id is 'Of the entry, made from its number: the same each time.';
comment on column public.audit_log.user_id is 'The account that did it; null where it was a login of the system.';
comment on column public.audit_log.action is 'What was done: INSERT, UPDATE, DELETE are writes, the rest reads and acts.';
comment on column public.audit_log.table_name is 'The table with its schema, or the page''s word for it; or the client''s word.';
comment on column public.audit_log.record_id is 'The row, where it is one and its key is a UUID.';
comment on column public.audit_log.old_data is 'Before an update (what changed) or a deletion; only for an administrator who has emergency access to the record just now.';
comment on column public.audit_log.new_data is 'After an insertion or an update (what changed); only for an administrator who has emergency access to the record just now.';
comment on column public.audit_log.ip_address is 'Where the request came from, as the server knows it.';
comment on column public.audit_log.created_at is 'When it happened, by the server''s clock.';
comment on column public.audit_log.is_client_word is 'Whether a client said so; else the server saw it.';

create or replace view public.phi_audit_log with (security_invoker = true) as
    (select audit.entry_id((select audit.chain()), l.seq, a.patient_id) as id, l.actor as user_id, a.patient_id, regexp_replace(l.action, '^client:', '') as action,
            l.relation || case when l.keys -> 1 is null and l.keys ->> 0 is not null then ':' || (l.keys ->> 0) else '' end as resource,
            l.ip as ip_address, l.agent as user_agent, a.at as created_at,
            l.action like 'client:%' as is_client_word
       from audit.about a
      cross join lateral (select e.seq, e.actor, e.action, e.relation, e.keys, e.ip, e.agent from audit.log e
                           where e.sealed_at = a.sealed_at and e.seq = a.seq offset 0) l
      where (select private.is_admin())
      order by a.at desc)
    union all
    (select audit.entry_id((select audit.chain()), l.seq), l.actor, null, regexp_replace(l.action, '^client:', ''),
            l.relation || case when l.keys -> 1 is null and l.keys ->> 0 is not null then ':' || (l.keys ->> 0) else '' end,
            l.ip, l.agent, l.at, l.action like 'client:%'
       from audit.log l
      where (select private.is_admin()) and not l.has_patients
      order by l.at desc)
    union all
    (select audit.entry_id((select audit.chain()), l.seq, a.patient_id), l.actor, a.patient_id, regexp_replace(l.action, '^client:', ''),
            l.relation || case when l.keys -> 1 is null and l.keys ->> 0 is not null then ':' || (l.keys ->> 0) else '' end,
            l.ip, l.agent, a.at, l.action like 'client:%'
       from (select b.patient_id, b.at, b.sealed_at, b.seq from audit.about b
              where b.patient_id = any (array(select private.my_records())) order by b.at desc) a
      cross join lateral (select e.seq, e.actor, e.action, e.relation, e.keys, e.ip, e.agent from audit.log e
                           where e.sealed_at = a.sealed_at and e.seq = a.seq offset 0) l
      where not (select private.is_admin())
      order by a.at desc);
comment on view public.phi_audit_log is 'Who saw and changed which person''s data: one row for each sealed entry and record. Administrators read all, a person and its proxies those about the person''s record. What is inserted is kept and marked as the client''s word; it counts for the record it names where the caller sees that record; nothing is changed or deleted.';
comment on column public.phi_audit_log.id is 'Of the entry and the record, made from their numbers: the same each time.';
comment on column public.phi_audit_log.user_id is 'The account that did it; null where it was a login of the system.';
comment on column public.phi_audit_log.patient_id is 'The record (patients.id); null where none is concerned.';
comment on column public.phi_audit_log.action is 'What was done: INSERT, UPDATE, DELETE are writes, the rest reads and acts.';
comment on column public.phi_audit_log.resource is 'What was seen or changed: the table or the page''s word, and the row where it is one.';
comment on column public.phi_audit_log.ip_address is 'Where the request came from, as the server knows it.';
comment on column public.phi_audit_log.user_agent is 'The client, by its own word.';
comment on column public.phi_audit_log.created_at is 'When it happened, by the server''s clock.';
comment on column public.phi_audit_log.is_client_word is 'Whether a client said so; else the server saw it.';

do $$
declare
    listed text;
begin
    foreach listed in array array['audit_log', 'phi_audit_log'] loop
        execute format('create or replace trigger %I instead of insert on public.%I for each row execute function audit.take_claim()',
                       listed || '_take_claim', listed);
        execute format('create or replace trigger %I instead of update or delete on public.%I for each row execute function audit.refuse_change()',
                       listed || '_refuse_change', listed);
    end loop;
end $$;
grant select on public.audit_log, public.phi_audit_log to authenticated;
grant insert (id, user_id, action, table_name, record_id, old_data, new_data, ip_address, created_at) on public.audit_log
    to authenticated, service_role;
grant insert (id, user_id, patient_id, action, resource, ip_address, user_agent, created_at) on public.phi_audit_log
    to authenticated, service_role;
