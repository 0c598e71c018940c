-- What is recorded when it is read or written, as data, and the triggers that follow from it.
set local role care_owner;

-- The record that a row belongs to, by the column that leads there.
create or replace function private.patient_of(path text, stored jsonb) returns uuid
language plpgsql stable security definer set search_path = ''
as $$
declare
    -- A file leads there by its bucket and name.
    led_by text := case path when 'object' then coalesce(stored ->> 'object', (stored ->> 'bucket_id') || '/' || (stored ->> 'name'))
                             else stored ->> path end;
begin
    if led_by is null then
        return null;
    end if;
    case path
        when 'case_id' then
            return (select c.patient_id from public.cases c where c.case_id = led_by);
        when 'run_id' then
            return (select c.patient_id from public.insight_runs r join public.cases c using (case_id) where r.run_id = led_by::uuid);
        when 'message_id' then
            return (select m.patient_id from public.care_messages m where m.id = led_by::uuid);
        when 'user_id' then
            return (select p.id from public.patients p where p.account_id = led_by::uuid);
        when 'conversation_id' then
            return (select p.id from public.conversations c join public.patients p on p.account_id = c.user_id
                     where c.id = led_by::bigint);
        when 'object' then
            return private.patient_of_object(split_part(led_by, '/', 1), substr(led_by, strpos(led_by, '/') + 1));
        else
            return led_by::uuid;
    end case;
end $$;
grant execute on function private.patient_of(text, jsonb) to audit_owner;

set local role audit_owner;

-- The entry of a read with the records that its rows lead to: values of such columns, by the column.
create or replace function audit.with_patients(body text, leads jsonb) returns text
language sql stable security definer set search_path = ''
as $$
    select (body::jsonb || jsonb_build_object('patients', (body::jsonb -> 'patients') || coalesce(
        (select jsonb_agg(distinct found.patient)
           from jsonb_each(leads) as lead (path, stored),
                jsonb_array_elements_text(lead.stored) as led (led_by),
                private.patient_of(lead.path, jsonb_build_object(lead.path, led.led_by)) as found (patient)
          where found.patient is not null), '[]')))::text
$$;
revoke all on function audit.with_patients(text, jsonb) from public;
grant execute on function audit.with_patients(text, jsonb) to audit_sealer;

-- Tables of ours; what an operator registered besides stays.
insert into audit.tracked (relation, key_columns, patient_path, unlogged, withheld, is_grouped) values
    ('public.patients', '{id}', 'id', '{updated_at}', '{}', false),
    ('public.care_team', '{patient_id,provider_id}', 'patient_id', '{}', '{}', false),
    ('public.care_messages', '{id}', 'patient_id', '{}', '{message}', false),
    ('public.care_message_reads', '{message_id,reader_id}', 'message_id', '{}', '{}', false),
    ('public.tasks', '{id}', 'patient_id', '{updated_at}', '{}', false),
    ('public.break_glass_grants', '{id}', 'patient_id', '{}', '{}', false),
    ('public.patient_accounts', '{account_id,patient_id}', 'patient_id', '{}', '{}', false),
    ('public.invitations', '{id}', 'patient_id', '{token_sha256,tries}', '{}', false),
    ('public.patient_profiles', '{id}', 'record_id', '{updated_at}', '{}', false),
    ('public.appointments', '{id}', 'record_id', '{during}', '{}', false),
    ('public.secure_messages', '{id}', 'record_id', '{}', '{subject,body}', false),
    ('public.consents', '{id}', 'patient_id', '{}', '{}', false),
    ('public.users', '{id}', null, '{}', '{}', false),
    ('public.conversations', '{id}', 'user_id', '{}', '{context}', false),
    ('public.messages', '{id}', 'conversation_id', '{}', '{content}', false),
    ('public.observations', '{id}', 'patient_id', '{}', '{}', false),
    ('public.allergies', '{id}', 'patient_id', '{updated_at}', '{}', false),
    ('public.medicines', '{id}', 'patient_id', '{updated_at}', '{}', false),
    -- Cases and files are named by the keys that the documents name them by.
    ('public.cases', '{case_id}', 'patient_id', '{lease_token,lease_until,updated_at}', '{}', false),
    ('public.case_files', '{file_id}', 'case_id', '{}', '{ai_summary}', false),
    ('public.ai_insights', '{case_id}', 'case_id', '{updated_at}',
     '{comprehensive_summary,key_findings,patient_context,doctor_notes,lab_summary,radiology_summary,soap_subjective,soap_objective,soap_assessment,soap_plan,supporting_evidence}', false),
    ('public.insight_runs', '{run_id}', 'case_id', '{lease_token}', '{results}', false),
    ('public.insight_statements', '{run_id,statement_id,kind}', 'run_id', '{}', '{}', true),
    ('public.insight_texts', '{run_id,statement_id,lang}', 'run_id', '{}', '{}', true),
    ('public.statement_reviews', '{id}', 'run_id', '{}', '{text}', false),
    ('public.insight_signatures', '{run_id,signed_by}', 'run_id', '{}', '{}', false),
    ('public.result_releases', '{id}', 'patient_id', '{}', '{}', false),
    -- The remembered answers hold what cases hold.
    ('public.request_keys', '{actor,key}', null, '{body_hash}', '{response}', false),
    -- So do forms in work.
    ('public.drafts', '{owner,form}', null, '{kept_at}', '{fields}', false)
on conflict (relation) do update
   set key_columns = excluded.key_columns, patient_path = excluded.patient_path, unlogged = excluded.unlogged,
       withheld = excluded.withheld, is_grouped = excluded.is_grouped;

-- Files, where they are ours to record: a hosted project keeps its own.
insert into audit.tracked (relation, key_columns, patient_path, unlogged, withheld)
select 'storage.objects', '{id}', 'object', '{updated_at,last_accessed_at,path_tokens,owner_id}', '{user_metadata}'
  from pg_catalog.pg_class c
 where c.oid = to_regclass('storage.objects') and pg_catalog.pg_get_userbyid(c.relowner) = 'platform_owner'
on conflict (relation) do update
   set key_columns = excluded.key_columns, patient_path = excluded.patient_path, unlogged = excluded.unlogged, withheld = excluded.withheld;

-- Views of ours; what an operator registered besides stays.
insert into audit.tracked_views (relation, records, key_columns, patient_path) values
    ('public.proxies', 'public.patient_accounts', '{account_id,patient_id}', 'patient_id'),
    -- Who asks who saw what is on record too.
    ('public.audit_log', 'public.audit_log', '{id}', null),
    ('public.phi_audit_log', 'public.phi_audit_log', '{id}', 'patient_id')
on conflict (relation, records) do update
   set key_columns = excluded.key_columns, patient_path = excluded.patient_path, patient_column = excluded.patient_column;

-- A function is registered under one spelling, whichever it was written in, and only where there is one.
create or replace function audit.spell_signature() returns trigger
language plpgsql set search_path = ''
as $$
declare
    named regprocedure := to_regprocedure(new.signature);
begin
    if named is null then
        raise exception 'there is no function %', new.signature
            using errcode = '42883', hint = 'Name its schema and the types of its arguments: public.my_cases(uuid).';
    end if;
    select n.nspname || '.' || p.proname || '(' || oidvectortypes(p.proargtypes) || ')' into new.signature
      from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace where p.oid = named;
    return new;
end $$;
create or replace trigger tracked_functions_spelled before insert or update of signature on audit.tracked_functions
    for each row execute function audit.spell_signature();

do $$
declare
    listed record;
    former record;
begin
    for former in
        select t.tgname as name, t.tgrelid::regclass as relation from pg_catalog.pg_trigger t
          join pg_catalog.pg_class c on c.oid = t.tgrelid and c.relowner = 'care_owner'::regrole
         where t.tgfoid = 'audit.note_write()'::regprocedure
           and t.tgrelid not in (select to_regclass(k.relation) from audit.tracked k where to_regclass(k.relation) is not null)
    loop
        set local role care_owner;
        execute format('drop trigger %I on %s', former.name, former.relation);
        set local role audit_owner;
    end loop;
    -- Tables of an operator's own have triggers of the operator's own.
    for listed in
        select c.oid::regclass as relation, pg_catalog.pg_get_userbyid(c.relowner) as owner
          from audit.tracked t join pg_catalog.pg_class c on c.oid = to_regclass(t.relation)
         where pg_catalog.pg_get_userbyid(c.relowner) in ('care_owner', 'platform_owner')
    loop
        if listed.owner = 'platform_owner' then
            set local role none;
            grant usage on schema audit to platform_owner;
            set local role audit_owner;
            grant execute on function audit.note_write() to platform_owner;
            execute format('set local role %I', listed.owner);
        else
            set local role care_owner;
        end if;
        execute format('create or replace trigger audit_insert after insert on %s referencing new table as new_rows '
                       'for each statement execute function audit.note_write()', listed.relation);
        execute format('create or replace trigger audit_update after update on %s referencing old table as old_rows new table as new_rows '
                       'for each statement execute function audit.note_write()', listed.relation);
        execute format('create or replace trigger audit_delete after delete on %s referencing old table as old_rows '
                       'for each statement execute function audit.note_write()', listed.relation);
        execute format('create or replace trigger audit_truncate after truncate on %s '
                       'for each statement execute function audit.note_write()', listed.relation);
    end loop;
end $$;
