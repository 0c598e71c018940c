-- What happens between a patient and the site: invitations, appointments, messages.
set local role care_owner;

-- Offers access to a record. The token is shown once, by this answer; only its hash is kept. Null where the caller may not.
create or replace function private.invite(patient uuid, relation text, email text, access_until timestamptz) returns text
language plpgsql security definer set search_path = ''
as $$
declare
    token text := replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '');
begin
    if not (private.is_admin() or patient in (select private.my_teams())) then
        return null;
    end if;
    if exists (select from public.patients p where p.id = patient and (p.mrn is null or p.date_of_birth is null)) then
        raise exception 'the record needs a number and a birth date first' using errcode = 'CA409';
    end if;
    if invite.relation = 'self' and exists (select from public.patients p where p.id = patient and p.account_id is not null) then
        raise exception 'the record has an account' using errcode = 'CA409';
    end if;
    if invite.access_until > now() + interval '5 years' then
        raise exception 'access is given for five years at most' using errcode = 'CA409';
    end if;
    insert into public.invitations (patient_id, relation, email, token_sha256, access_until)
    values (patient, invite.relation, invite.email, sha256(convert_to(token, 'UTF8')), invite.access_until);
    return token;
end $$;

-- Links the caller's account to the record: once, with the birth date as a check. It answers and does not raise, since the
-- tries that were wrong have to be counted: redeemed, wrong_birth_date, not_valid.
create or replace function private.redeem_invitation(token text, birth_date date) returns text
language plpgsql security definer set search_path = ''
as $$
declare
    offered public.invitations;
    person public.patients;
begin
    if auth.uid() is null or coalesce((auth.jwt() ->> 'is_anonymous')::boolean, false) then
        return 'not_valid';
    end if;
    select * into offered from public.invitations i
     where i.token_sha256 = sha256(convert_to(token, 'UTF8')) and i.redeemed_at is null and i.revoked_at is null
       and i.expires_at > now() and i.tries < 5 and i.invited_by <> auth.uid()
       for update;
    if not found then
        return 'not_valid';
    end if;
    select * into person from public.patients p where p.id = offered.patient_id for update;
    if person.date_of_birth is distinct from birth_date then
        update public.invitations set tries = tries + 1 where id = offered.id;
        return 'wrong_birth_date';
    end if;
    if offered.relation = 'self' then
        if person.account_id is not null or person.mrn is null
           or exists (select from public.patients p where p.account_id = auth.uid()) then
            return 'not_valid';
        end if;
        update public.patients set account_id = auth.uid() where id = person.id;
        insert into public.patient_profiles (id, record_id, mrn, first_name, last_name, dob, phone)
        values (auth.uid(), person.id, person.mrn, person.first_name, person.last_name, person.date_of_birth, person.phone)
        on conflict (id) do update set record_id = excluded.record_id, mrn = excluded.mrn, first_name = excluded.first_name,
            last_name = excluded.last_name, dob = excluded.dob, phone = coalesce(patient_profiles.phone, excluded.phone);
    end if;
    if offered.relation <> 'self' and exists (select from public.patient_accounts a
                                               where a.account_id = auth.uid() and a.patient_id = person.id and a.relation = 'self' and a.ended_at is null) then
        return 'not_valid';
    end if;
    insert into public.patient_accounts (account_id, patient_id, relation, valid_until)
    values (auth.uid(), person.id, offered.relation, offered.access_until)
    on conflict (account_id, patient_id) do update
       set relation = excluded.relation, valid_until = excluded.valid_until, ended_at = null;
    update public.invitations set redeemed_at = now(), redeemed_by = auth.uid() where id = offered.id;
    return 'redeemed';
end $$;

-- Ends an account's way to a record: the person itself, whoever leads its team, an administrator. The record stays.
create or replace function private.end_access(account uuid, patient uuid) returns boolean
language plpgsql security definer set search_path = ''
as $$
begin
    if not (private.is_admin() or private.leads_team(patient) or account = auth.uid()
            or exists (select from public.patients p where p.id = patient and p.account_id = auth.uid())) then
        return false;
    end if;
    update public.patient_accounts a set ended_at = now()
     where a.account_id = account and a.patient_id = patient and a.ended_at is null;
    if not found then
        return false;
    end if;
    update public.patients set account_id = null where id = patient and account_id = account;
    -- The profile repeats who the person is: an account that was linked by mistake keeps nothing of it.
    delete from public.patient_profiles where record_id = patient and id = account;
    return true;
end $$;

-- On whose side of an appointment or a message is the caller? Its record's team or its own provider is staff.
create or replace function private.is_staff_side(record uuid, provider bigint) returns boolean
language sql stable security definer set search_path = ''
as $$
    select private.is_member(record)
        or private.is_clinician() and exists (select from public.providers p where p.provider_no = provider and p.account_id = auth.uid())
$$;

create or replace function private.my_provider_numbers() returns setof bigint
language sql stable parallel safe security definer set search_path = '' rows 1
as $$ select provider_no from public.providers where account_id = (select auth.uid()) and (select private.is_clinician()) $$;

-- The record that something for an account is about: its own where none is named. A child's proxy writes under its own account
-- for the child's record; an account that does not reach the record is refused.
create or replace function private.record_for(account uuid, named uuid) returns uuid
language plpgsql stable security definer set search_path = ''
as $$
declare
    record uuid := coalesce(named, (select p.id from public.patients p where p.account_id = account));
begin
    if record is not null and not exists (
        select from public.patient_accounts a where a.account_id = account and a.patient_id = record
           and a.ended_at is null and (a.valid_until is null or a.valid_until > now())) then
        raise exception 'this account does not reach this record' using errcode = '42501';
    end if;
    return record;
end $$;

create or replace function private.fill_appointment() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    if new.provider_no is not null then
        select display_name into new.provider_name from public.providers where provider_no = new.provider_no and is_active;
        if not found then
            raise exception 'this provider takes no appointments' using errcode = 'CA409';
        end if;
    elsif tg_op = 'INSERT' or new.provider_name <> old.provider_name then
        -- A name that two share says nothing.
        select case when count(*) = 1 then min(provider_no) end into new.provider_no
          from public.providers where display_name = new.provider_name and is_active;
    end if;
    new.during := tstzrange(new.scheduled_at, new.scheduled_at + make_interval(mins => new.minutes));
    return new;
end $$;

-- A request: always `scheduled`, in the future, in a free hour where the provider has opened hours.
create or replace function private.open_appointment() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    new.record_id := private.record_for(new.patient_id, new.record_id);
    if new.status <> 'scheduled' then
        raise exception 'an appointment begins as scheduled' using errcode = 'CA409';
    end if;
    if session_user = 'service_gateway' or private.is_staff_side(new.record_id, new.provider_no) then
        return new;
    end if;
    if new.scheduled_at <= now() then
        raise exception 'an appointment lies in the future' using errcode = 'CA409';
    end if;
    if exists (select from public.slots s where s.provider_no = new.provider_no and upper(s.during) > now())
       and not exists (select from public.slots s where s.provider_no = new.provider_no and s.during @> new.during) then
        raise exception 'the provider cannot be booked at this time' using errcode = 'CA409';
    end if;
    return new;
end $$;

-- scheduled → confirmed → completed, or cancelled before that. The patient may cancel and nothing else.
create or replace function private.move_appointment() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    if session_user <> 'service_gateway' and not private.is_staff_side(old.record_id, old.provider_no)
       and ((new.provider_name, new.provider_no, new.appointment_type, new.scheduled_at, new.minutes, new.notes)
            is distinct from
            (old.provider_name, old.provider_no, old.appointment_type, old.scheduled_at, old.minutes, old.notes)
            or new.status not in (old.status, 'cancelled')) then
        raise exception 'a patient may cancel an appointment, staff changes it' using errcode = '42501';
    end if;
    if new.status <> old.status
       and (old.status, new.status) not in (('scheduled', 'confirmed'), ('confirmed', 'completed'),
                                            ('scheduled', 'cancelled'), ('confirmed', 'cancelled')) then
        raise exception 'an appointment does not go from % to %', old.status, new.status using errcode = 'CA409';
    end if;
    if old.status in ('completed', 'cancelled') and (new.scheduled_at, new.minutes, new.provider_no) is distinct from
                                                    (old.scheduled_at, old.minutes, old.provider_no) then
        raise exception 'what is over is not moved' using errcode = 'CA409';
    end if;
    return new;
end $$;

-- Which side writes is found and not believed; an account stands for the record it is linked to.
create or replace function private.address_message() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    new.record_id := private.record_for(new.patient_id, new.record_id);
    new.is_from_staff := coalesce(new.sender_id <> new.patient_id and private.is_member(new.record_id), false);
    new.is_read := false;
    if exists (select from public.secure_messages m where m.thread_id = new.thread_id
                  and (m.patient_id, m.record_id) is distinct from (new.patient_id, new.record_id)) then
        raise exception 'a thread stays with one patient' using errcode = '42501';
    end if;
    return new;
end $$;

create or replace function private.keep_message() returns trigger
language plpgsql set search_path = ''
as $$
begin
    if old.is_read and not new.is_read then
        raise exception 'what was read stays read' using errcode = 'CA409';
    end if;
    return new;
end $$;

create or replace function private.withdraw() returns trigger
language plpgsql set search_path = ''
as $$
begin
    new.withdrawn_at := coalesce(old.withdrawn_at, now());
    return new;
end $$;

create or replace function private.revoke_invitation() returns trigger
language plpgsql set search_path = ''
as $$
begin
    if old.revoked_at is not null or new.revoked_at is not null then
        new.revoked_at := coalesce(old.revoked_at, now());
    end if;
    return new;
end $$;

-- Two who want the same hours of a provider at once would each wait for the other to give way, and both lose a second
-- before one is told; so whoever writes hours of a provider waits for its turn.
create or replace function private.take_turns() returns trigger
language plpgsql set search_path = ''
as $$
begin
    if new.provider_no is not null then
        perform pg_advisory_xact_lock(hashtextextended('hours of provider ' || new.provider_no, 0));
    end if;
    return new;
end $$;

create or replace trigger slots_turns before insert on public.slots
    for each row execute function private.take_turns();
create or replace trigger appointments_a_turns before insert or update of scheduled_at, minutes, provider_no on public.appointments
    for each row execute function private.take_turns();
create or replace trigger appointments_a_fill before insert or update on public.appointments
    for each row execute function private.fill_appointment();
create or replace trigger appointments_b_open before insert on public.appointments
    for each row execute function private.open_appointment();
create or replace trigger appointments_b_move before update on public.appointments
    for each row execute function private.move_appointment();
create or replace trigger secure_messages_address before insert on public.secure_messages
    for each row execute function private.address_message();
create or replace trigger secure_messages_keep before update on public.secure_messages
    for each row execute function private.keep_message();
create or replace trigger consents_withdraw before update on public.consents
    for each row execute function private.withdraw();
create or replace trigger invitations_revoke before update on public.invitations
    for each row execute function private.revoke_invitation();

grant execute on function private.invite(uuid, text, text, timestamptz), private.redeem_invitation(text, date),
    private.end_access(uuid, uuid), private.is_staff_side(uuid, bigint), private.my_provider_numbers() to authenticated;
