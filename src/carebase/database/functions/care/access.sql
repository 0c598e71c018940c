-- Who may see what, for policies. Definer functions, so that policies do not recurse.
set local role care_owner;

-- Staff: the role was granted by an administrator and the second factor is there where the site asks for it.
create or replace function private.is_staff() returns boolean
language sql stable parallel safe security definer set search_path = ''
as $$
    select coalesce(auth.jwt() #>> '{app_metadata,role}', '') in ('attending', 'nurse', 'specialist', 'admin')
       and (auth.jwt() ->> 'aal' in ('aal2', 'aal3')
            or (select value from private.site_settings where name = 'staff_mfa') = 'optional')
$$;

-- Staff that treats people; an administrator does not.
create or replace function private.is_clinician() returns boolean
language sql stable parallel safe security definer set search_path = ''
as $$ select private.is_staff() and auth.jwt() #>> '{app_metadata,role}' <> 'admin' $$;

create or replace function private.is_admin() returns boolean
language sql stable parallel safe security definer set search_path = ''
as $$ select private.is_staff() and auth.jwt() #>> '{app_metadata,role}' = 'admin' $$;

-- The bounds of what an administrator sees, null for others. `or private.is_admin()` would keep everybody else from
-- using an index; a range is one more index condition, and an empty one where the bounds are null.
create or replace function private.admin_from() returns uuid
language sql stable parallel safe security definer set search_path = ''
as $$ select case when private.is_admin() then '00000000-0000-0000-0000-000000000000'::uuid end $$;

create or replace function private.admin_to() returns uuid
language sql stable parallel safe security definer set search_path = ''
as $$ select case when private.is_admin() then 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid end $$;

-- The records that the caller treats: by its teams, and by emergency access while that lasts. An administrator's name in a
-- team opens nothing; emergency access does, and says so to everybody concerned.
create or replace function private.my_patients() returns setof uuid
language sql stable parallel safe security definer set search_path = '' rows 100
as $$
    select t.patient_id from public.care_team t
     where t.provider_id = (select auth.uid()) and (select private.is_clinician())
    union
    select g.patient_id from public.break_glass_grants g
     where g.granted_to = (select auth.uid()) and g.expires_at > now() and g.ended_at is null and (select private.is_staff())
$$;

-- The teams themselves: what outlasts an emergency (who is invited, whose number it is, which case names whom) asks for these.
create or replace function private.my_teams() returns setof uuid
language sql stable parallel safe security definer set search_path = '' rows 100
as $$
    select t.patient_id from public.care_team t
     where t.provider_id = (select auth.uid()) and (select private.is_clinician())
$$;

create or replace function private.is_member(patient uuid) returns boolean
language sql stable parallel safe security definer set search_path = ''
as $$
    select private.is_clinician()
           and exists (select from public.care_team t where t.patient_id = patient and t.provider_id = auth.uid())
        or private.is_staff()
           and exists (select from public.break_glass_grants g where g.patient_id = patient and g.granted_to = auth.uid()
                          and g.expires_at > now() and g.ended_at is null)
$$;

-- Adds and removes members. Emergency access does not.
create or replace function private.leads_team(patient uuid) returns boolean
language sql stable parallel safe security definer set search_path = ''
as $$
    select private.is_clinician() and exists (
        select from public.care_team t
         where t.patient_id = patient and t.provider_id = auth.uid() and t.role in ('attending', 'admin'))
$$;

create or replace function private.has_team(patient uuid) returns boolean
language sql stable parallel safe security definer set search_path = ''
as $$ select exists (select from public.care_team t where t.patient_id = patient) $$;

-- Opened by the caller and not yet in anybody's care: it may name the first attending, itself.
create or replace function private.may_begin_team(patient uuid) returns boolean
language sql stable parallel safe security definer set search_path = ''
as $$
    select private.is_staff() and not private.has_team(patient)
       and exists (select from public.patients p where p.id = patient and p.created_by = auth.uid())
$$;

-- The records that are about the caller, or about somebody it acts for.
create or replace function private.my_records() returns setof uuid
language sql stable parallel safe security definer set search_path = '' rows 2
as $$
    select a.patient_id from public.patient_accounts a
     where a.account_id = (select auth.uid()) and a.ended_at is null and (a.valid_until is null or a.valid_until > now())
$$;

-- First folders of files, as their names spell them: of patients treated, of the teams themselves, and of accounts whose
-- documents the caller reads because it treats the person or acts for it.
create or replace function private.my_patient_folders() returns setof text
language sql stable parallel safe security definer set search_path = '' rows 100
as $$ select p::text from private.my_patients() p $$;

create or replace function private.my_team_folders() returns setof text
language sql stable parallel safe security definer set search_path = '' rows 100
as $$ select p::text from private.my_teams() p $$;

create or replace function private.my_document_folders() returns setof text
language sql stable parallel safe security definer set search_path = '' rows 100
as $$
    select p.account_id::text from public.patients p
     where p.account_id is not null
       and (p.id in (select private.my_patients()) or p.id in (select private.my_records()))
$$;

-- The record that a stored file is about, by its bucket and name.
create or replace function private.patient_of_object(bucket text, name text) returns uuid
language plpgsql stable security definer set search_path = ''
as $$
declare
    folder text := (storage.foldername(name))[1];
begin
    if bucket = 'labdocs' then
        return (select c.patient_id from public.cases c where c.case_id = (storage.foldername(name))[2]);
    elsif folder is null or folder !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
        return null;
    elsif bucket = 'medical-files' then
        return (select p.id from public.patients p where p.id = folder::uuid);
    elsif bucket = 'patient-documents' then
        return (select p.id from public.patients p where p.account_id = folder::uuid);
    end if;
    return null;
end $$;

-- The case a worker holds, told by the token it was given; no case without a lease that still runs.
create or replace function private.leased_case() returns text
language sql stable security definer set search_path = ''
as $$
    select case_id from public.cases
     where lease_token = nullif(current_setting('carebase.lease', true), '')::uuid and lease_until > now()
$$;

create or replace function private.leased_objects() returns setof text
language sql stable security definer set search_path = ''
as $$
    select f.object_name from public.case_files f join public.cases c using (case_id)
     where f.case_id = private.leased_case() and (storage.foldername(f.object_name))[1] = c.doctor_id::text
$$;

-- Is it a case of the caller that still exists for it?
create or replace function private.owns_case(asked text) returns boolean
language sql stable security definer set search_path = ''
as $$ select exists (select from public.cases where case_id = asked and doctor_id = auth.uid() and deleted_at is null) $$;

-- Its own, or one of a patient it treats.
create or replace function private.sees_case(asked text) returns boolean
language sql stable security definer set search_path = ''
as $$
    select private.is_staff() and exists (
        select from public.cases c where c.case_id = asked and c.deleted_at is null
           and (c.doctor_id = auth.uid() or private.is_member(c.patient_id)))
$$;

create or replace function private.sees_run(asked uuid) returns boolean
language sql stable security definer set search_path = ''
as $$ select private.sees_case((select r.case_id from public.insight_runs r where r.run_id = asked)) $$;

create or replace function private.sees_message(asked uuid) returns boolean
language sql stable security definer set search_path = ''
as $$ select private.is_member((select m.patient_id from public.care_messages m where m.id = asked)) $$;

-- A file of a case that the caller sees, by the name of its object.
create or replace function private.sees_file(asked text) returns boolean
language sql stable security definer set search_path = ''
as $$ select private.sees_case((select f.case_id from public.case_files f where f.object_name = asked)) $$;

-- Takes responsibility for a run: whoever opened the case, and who leads the patient's team.
create or replace function private.may_sign(asked uuid) returns boolean
language sql stable security definer set search_path = ''
as $$
    select private.is_clinician() and exists (
        select from public.insight_runs r join public.cases c using (case_id)
         where r.run_id = asked and c.deleted_at is null
           and (c.doctor_id = auth.uid() or private.leads_team(c.patient_id)))
$$;

-- What a patient reads: signed, released, not taken back.
create or replace function private.my_released_runs() returns setof uuid
language sql stable security definer set search_path = '' rows 20
as $$
    select s.run_id from public.result_releases l join public.insight_signatures s using (run_id)
     where l.patient_id in (select private.my_records()) and l.release_at <= now() and l.withdrawn_at is null
$$;

create or replace function private.my_released_observations() returns setof uuid
language sql stable security definer set search_path = '' rows 50
as $$
    select l.observation_id from public.result_releases l
     where l.observation_id is not null and l.patient_id in (select private.my_records())
       and l.release_at <= now() and l.withdrawn_at is null
$$;

-- Of these, what a clinician rejected is not shown, and a wording that was edited is shown as edited and in that language only.
create or replace function private.is_rejected(run uuid, statement text) returns boolean
language sql stable security definer set search_path = ''
as $$
    select coalesce((select v.decision = 'reject' from public.statement_reviews v
                      where v.run_id = run and v.statement_id = statement order by v.review_no desc limit 1), false)
$$;

create or replace function private.is_reworded(run uuid, statement text) returns boolean
language sql stable security definer set search_path = ''
as $$
    select exists (select from public.statement_reviews v
                    where v.run_id = run and v.statement_id = statement and v.decision = 'edit')
$$;

-- The wording that stands in a language: no later one replaced it.
create or replace function private.is_last_wording(run uuid, statement text, language text, number bigint) returns boolean
language sql stable security definer set search_path = ''
as $$
    select not exists (select from public.statement_reviews v
                        where v.run_id = run and v.statement_id = statement and v.decision = 'edit' and v.lang = language
                          and v.review_no > number)
$$;

-- Does this agreement of the caller stand?
create or replace function private.has_consent(asked text) returns boolean
language sql stable security definer set search_path = ''
as $$
    select exists (select from public.consents
                    where account_id = auth.uid() and purpose = asked and withdrawn_at is null)
$$;

grant execute on function private.is_staff(), private.owns_case(text), private.sees_case(text), private.sees_file(text)
    to anon, authenticated, service_role, care_worker;
grant execute on function private.is_clinician(), private.is_admin(), private.admin_from(), private.admin_to(), private.my_patients(),
    private.is_member(uuid), private.leads_team(uuid), private.has_team(uuid), private.may_begin_team(uuid), private.my_records(),
    private.sees_run(uuid), private.sees_message(uuid), private.may_sign(uuid),
    private.my_released_runs(), private.my_released_observations(), private.my_teams(), private.is_rejected(uuid, text), private.is_reworded(uuid, text),
    private.is_last_wording(uuid, text, text, bigint), private.has_consent(text), private.my_patient_folders(),
    private.my_team_folders(), private.my_document_folders() to authenticated;
grant execute on function private.leased_case(), private.leased_objects() to care_worker;
-- The record's own views and policies ask the same.
grant execute on function private.is_admin(), private.my_patients(), private.my_records() to audit_owner;
