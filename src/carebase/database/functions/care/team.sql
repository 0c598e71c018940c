-- What a change in the record of a patient and its team brings with it.
set local role care_owner;

create or replace function private.note_update() returns trigger
language plpgsql set search_path = ''
as $$
begin
    new.updated_at := now();
    return new;
end $$;

-- Identity data stand in the record; the person's profile shows them.
create or replace function private.mirror_record() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    update public.patient_profiles p
       set mrn = new.mrn, first_name = new.first_name, last_name = new.last_name, dob = new.date_of_birth, phone = new.phone
     where p.record_id = new.id
       and (p.mrn, p.first_name, p.last_name, p.dob, p.phone) is distinct from
           (new.mrn, new.first_name, new.last_name, new.date_of_birth, new.phone);
    return null;
end $$;

create or replace function private.mirror_profile() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    update public.patients p set phone = new.phone where p.id = new.record_id and p.phone is distinct from new.phone;
    return null;
end $$;

-- A team keeps an attending: nobody else could add a member.
create or replace function private.keep_an_attending() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    if old.role <> 'attending' or (tg_op = 'UPDATE' and new.role = 'attending') then
        return coalesce(new, old);
    end if;
    -- Two who leave at once would each still see the other. Without the record there is no team to keep.
    perform from public.patients where id = old.patient_id for no key update;
    if not found then
        return old;
    end if;
    if not exists (select from public.care_team where patient_id = old.patient_id and provider_id <> old.provider_id
                      and role = 'attending') then
        raise exception 'a team keeps an attending; name another first' using errcode = 'CA409';
    end if;
    return coalesce(new, old);
end $$;

create or replace function private.note_task() returns trigger
language plpgsql set search_path = ''
as $$
begin
    if new.status <> old.status then
        if old.status in ('completed', 'cancelled') then
            raise exception 'a finished task stays as it is' using errcode = 'CA409';
        end if;
        new.completed_at := case when new.status = 'completed' then now() end;
    end if;
    new.updated_at := now();
    return new;
end $$;

-- Ending emergency access is final, and its time is the server's.
create or replace function private.end_break_glass() returns trigger
language plpgsql set search_path = ''
as $$
begin
    new.ended_at := coalesce(old.ended_at, now());
    return new;
end $$;

-- Colleagues learn of emergency access when it happens; listeners get its id only.
create or replace function private.tell_break_glass() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    perform pg_notify('break_glass', new.id::text);
    return null;
end $$;

-- A record found by its number, for emergency access; that somebody looked is recorded, found or not.
create or replace function private.patient_by_mrn(asked text) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
    found_id uuid;
begin
    if not private.is_staff() then
        return null;
    end if;
    select id into found_id from public.patients where mrn = asked;
    perform audit.record('lookup', 'public.patients', to_jsonb(array_remove(array[found_id], null)),
                         to_jsonb(array_remove(array[found_id], null)));
    return found_id;
end $$;
grant execute on function private.patient_by_mrn(text) to authenticated;

create or replace trigger patients_note_update before update on public.patients
    for each row execute function private.note_update();
create or replace trigger patients_mirror after update on public.patients
    for each row execute function private.mirror_record();
create or replace trigger patient_profiles_note_update before update on public.patient_profiles
    for each row execute function private.note_update();
create or replace trigger patient_profiles_mirror after update of phone on public.patient_profiles
    for each row execute function private.mirror_profile();
create or replace trigger allergies_note_update before update on public.allergies
    for each row execute function private.note_update();
create or replace trigger medicines_note_update before update on public.medicines
    for each row execute function private.note_update();
create or replace trigger care_team_keep_an_attending before update or delete on public.care_team
    for each row execute function private.keep_an_attending();
create or replace trigger tasks_note_change before update on public.tasks
    for each row execute function private.note_task();
create or replace trigger break_glass_grants_end before update on public.break_glass_grants
    for each row execute function private.end_break_glass();
create or replace trigger break_glass_grants_tell after insert on public.break_glass_grants
    for each row execute function private.tell_break_glass();
