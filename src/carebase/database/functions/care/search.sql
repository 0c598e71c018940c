-- Search by a patient's name. `ilike` is not leakproof, so under a row policy it would read every row; these functions
-- return candidates among the caller's own cases, and the policy filters them once more.
set local role care_owner;

create or replace function private.fold(words text) returns text
language sql immutable parallel safe set search_path = ''
as $$
    select regexp_replace(translate(lower(words),
        'àâäáãåçèéêëìíîïñòóôöõùúûüýÿ', 'aaaaaaceeeeiiiinooooouuuuyy'), '[^a-z0-9]+', ' ', 'g')
$$;

create or replace function private.search_cases(words text) returns setof bigint
language sql stable security definer set search_path = ''
as $$
    select id from public.cases
     where doctor_id = auth.uid() and deleted_at is null
       and private.fold(patient_name) like '%' || trim(private.fold(words)) || '%'
$$;
grant execute on function private.search_cases(text) to authenticated;
