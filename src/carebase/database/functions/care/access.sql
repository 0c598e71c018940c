-- Who may see what, for policies. Definer functions, so that policies do not recurse.
set local role care_owner;

-- A clinician: the role was granted by an administrator and the second factor is there where the site asks for it.
create or replace function private.is_staff() returns boolean
language sql stable parallel safe security definer set search_path = ''
as $$
    select coalesce(auth.jwt() #>> '{app_metadata,role}', '') in ('attending', 'nurse', 'specialist', 'admin')
       and (auth.jwt() ->> 'aal' in ('aal2', 'aal3')
            or (select value from private.site_settings where name = 'staff_mfa') = 'optional')
$$;

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

grant execute on function private.is_staff(), private.owns_case(text) to anon, authenticated, service_role, care_worker;
grant execute on function private.leased_case(), private.leased_objects() to care_worker;
