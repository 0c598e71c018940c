-- When an analysis starts, who may hold it, when it is given up. Every path that changes a case's inputs comes through
-- the triggers here: API, REST client, SQL.
set local role care_owner;

create or replace function private.analysis_lock(case_id text) returns text
language sql immutable set search_path = ''
as $$ select 'case:' || case_id $$;

-- Inputs changed: a new number, and the case is in work again. A client may ask for `processing` (analyse again), and may
-- repeat the status that a stored result supports; it may not claim another.
create or replace function private.note_case_change() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    if old.deleted_at is null and new.deleted_at is not null then
        new.updated_at := now();
        return new;
    end if;
    if new.patient_id is distinct from old.patient_id and exists (
        select from public.insight_signatures s join public.insight_runs r using (run_id) where r.case_id = old.case_id) then
        raise exception 'a case that was signed stays with its patient' using errcode = 'CA409';
    end if;
    if (new.patient_name, new.patient_age, new.patient_gender, new.patient_birth_date, new.pregnant, new.gestation_weeks,
        new.case_summary, new.doctor_notes)
       is distinct from
       (old.patient_name, old.patient_age, old.patient_gender, old.patient_birth_date, old.pregnant, old.gestation_weeks,
        old.case_summary, old.doctor_notes)
       or new.analysis_no <> old.analysis_no
       or (new.status = 'processing' and old.status <> 'processing') then
        new.analysis_no := greatest(new.analysis_no, old.analysis_no + 1);
        new.status := 'processing';
        new.failure_reason := null;
        new.lease_token := null;
        new.lease_until := null;
        new.updated_at := now();
    elsif new.status <> old.status and session_user <> 'care_worker' then
        raise exception 'the stored result does not support this status' using errcode = 'CA409';
    end if;
    return new;
end $$;
drop trigger if exists cases_note_change on public.cases;
create trigger cases_note_change before update on public.cases for each row execute function private.note_case_change();

-- A new case is always in work; the client's word on its status is not taken.
create or replace function private.note_case_opening() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    new.status := 'processing';
    new.failure_reason := null;
    return new;
end $$;
drop trigger if exists cases_note_opening on public.cases;
create trigger cases_note_opening before insert on public.cases for each row execute function private.note_case_opening();

-- Files that come later are a change of the inputs; files that come with the case are not.
create or replace function private.note_file_change() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    update public.cases c set analysis_no = c.analysis_no + 1
     where c.case_id in (select case_id from changed) and c.deleted_at is null
       and c.xmin::text <> (pg_current_xact_id()::xid)::text;
    return null;
end $$;
drop trigger if exists case_files_note_insert on public.case_files;
create trigger case_files_note_insert after insert on public.case_files
    referencing new table as changed for each statement execute function private.note_file_change();
drop trigger if exists case_files_note_delete on public.case_files;
create trigger case_files_note_delete after delete on public.case_files
    referencing old table as changed for each statement execute function private.note_file_change();

create or replace function private.note_confirmation() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    if new.confirmed_by is distinct from old.confirmed_by then
        new.confirmed_by := auth.uid();
        update public.cases set analysis_no = analysis_no + 1 where case_id = new.case_id and deleted_at is null;
    end if;
    return new;
end $$;
drop trigger if exists case_files_note_confirmation on public.case_files;
create trigger case_files_note_confirmation before update of confirmed_by on public.case_files
    for each row execute function private.note_confirmation();

-- At commit, once the whole of the change is there: one job for the number that stands.
create or replace function private.queue_analysis() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
    now_at public.cases;
begin
    -- Attached to a hosted project there is no queue, and nobody who would analyse.
    if to_regprocedure('jobs.enqueue(text,text,text,jsonb)') is null then
        return null;
    end if;
    select * into now_at from public.cases where id = new.id;
    if now_at.deleted_at is not null then
        perform jobs.cancel_waiting(private.analysis_lock(now_at.case_id));
        perform pg_notify('case_progress', now_at.case_id);
    elsif now_at.status = 'processing'
          and not jobs.is_pending(private.analysis_lock(now_at.case_id),
                                  jsonb_build_object('case_id', now_at.case_id, 'analysis_no', now_at.analysis_no)) then
        insert into public.case_steps (case_id, analysis_no, step, state)
        select now_at.case_id, now_at.analysis_no, step, case step when 'stored' then 'done' else 'waiting' end
          from unnest(array['stored', 'read', 'labs', 'imaging', 'insights']) step
        on conflict do nothing;
        perform jobs.enqueue('analyse_case', 'analysis', private.analysis_lock(now_at.case_id),
                             jsonb_build_object('case_id', now_at.case_id, 'analysis_no', now_at.analysis_no));
        perform pg_notify('case_progress', now_at.case_id);
    end if;
    return null;
end $$;
drop trigger if exists cases_queue_opening on public.cases;
create constraint trigger cases_queue_opening after insert on public.cases
    deferrable initially deferred for each row execute function private.queue_analysis();
drop trigger if exists cases_queue_change on public.cases;
create constraint trigger cases_queue_change after update on public.cases
    deferrable initially deferred for each row
    when (old.analysis_no <> new.analysis_no or old.deleted_at is distinct from new.deleted_at)
    execute function private.queue_analysis();

-- Deleting is soft: the row leaves every view at once, its record stays for its retention.
create or replace function private.discard_case(asked text) returns boolean
language plpgsql security definer set search_path = ''
as $$
begin
    if exists (select from public.insight_signatures s join public.insight_runs r using (run_id) join public.cases c using (case_id)
                where c.case_id = asked and c.doctor_id = auth.uid() and c.deleted_at is null) then
        raise exception 'a signed case stays in the record' using errcode = 'CA409';
    end if;
    update public.cases set deleted_at = now(), lease_token = null, lease_until = null
     where case_id = asked and doctor_id = auth.uid() and deleted_at is null and private.is_staff();
    return found;
end $$;

-- The lease: granted for the number asked, while the case waits for it and nobody holds it.
create or replace function private.take_lease(asked text, number int, hold interval) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
    token uuid := gen_random_uuid();
begin
    update public.cases set lease_token = token, lease_until = now() + hold
     where case_id = asked and analysis_no = number and status = 'processing' and deleted_at is null
       and (lease_until is null or lease_until <= now());
    return case when found then token end;
end $$;

-- How long a worker that got no lease should wait: the seconds another one still holds it, 0 when nobody does; null when
-- the work is no longer wanted (a newer number, a stored result, a deleted case).
create or replace function private.lease_wait(asked text, number int) returns int
language sql stable security definer set search_path = ''
as $$
    select coalesce(ceil(extract(epoch from greatest(lease_until - now(), interval '0'))), 0)::int from public.cases
     where case_id = asked and analysis_no = number and status = 'processing' and deleted_at is null
$$;

create or replace function private.extend_lease(token uuid, hold interval) returns boolean
language plpgsql security definer set search_path = ''
as $$
begin
    update public.cases set lease_until = now() + hold
     where lease_token = token and lease_until > now() and status = 'processing' and deleted_at is null;
    return found;
end $$;

-- Given back early, so that a retry need not wait for its end.
create or replace function private.release_lease(token uuid) returns boolean
language plpgsql security definer set search_path = ''
as $$
begin
    update public.cases set lease_token = null, lease_until = null where lease_token = token;
    return found;
end $$;

-- The last try is over: the case says so in a sentence and can be tried again by its clinician.
create or replace function private.give_up(asked text, number int, reason text) returns boolean
language plpgsql security definer set search_path = ''
as $$
begin
    update public.cases set status = 'failed', failure_reason = reason, lease_token = null, lease_until = null, updated_at = now()
     where case_id = asked and analysis_no = number and status = 'processing' and deleted_at is null
       and (lease_until is null or lease_until <= now());
    if not found then
        return false;
    end if;
    update public.case_steps set state = 'failed', reason = give_up.reason, at = now()
     where case_id = asked and analysis_no = number and state in ('waiting', 'running');
    perform pg_notify('case_progress', asked);
    return true;
end $$;

-- Cases in work that no job will finish (a queue restored without its jobs, say) get one.
create or replace function private.requeue_forgotten() returns int
language plpgsql security definer set search_path = ''
as $$
declare
    forgotten record;
    queued int := 0;
begin
    for forgotten in
        select case_id, analysis_no from public.cases
         where status = 'processing' and deleted_at is null and updated_at < now() - interval '10 seconds'
           and (lease_until is null or lease_until <= now())
         order by updated_at limit 100
    loop
        if not jobs.is_pending(private.analysis_lock(forgotten.case_id), to_jsonb(forgotten)) then
            perform jobs.enqueue('analyse_case', 'analysis', private.analysis_lock(forgotten.case_id), to_jsonb(forgotten));
            queued := queued + 1;
        end if;
    end loop;
    return queued;
end $$;

-- Progress reaches listeners as the case's id only.
create or replace function private.tell_progress() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    perform pg_notify('case_progress', new.case_id);
    return null;
end $$;
drop trigger if exists case_steps_tell on public.case_steps;
create trigger case_steps_tell after update on public.case_steps for each row execute function private.tell_progress();

grant execute on function private.discard_case(text) to authenticated;
grant execute on function private.take_lease(text, int, interval), private.lease_wait(text, int), private.extend_lease(uuid, interval),
    private.release_lease(uuid), private.give_up(text, int, text), private.requeue_forgotten() to care_worker;
