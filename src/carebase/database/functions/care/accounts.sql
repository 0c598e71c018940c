-- What the accounts service may ask of the record: whose account a record number stands for, and nothing else.
set local role care_owner;

-- Signing in with the number on one's papers; null where nobody has it or its person has no account.
create or replace function private.account_of_mrn(asked text) returns uuid
language sql stable security definer set search_path = ''
as $$ select p.account_id from public.patients p where p.mrn = asked $$;

-- The account of a patient for whom the caller may print codes to sign in with: whoever leads its team.
create or replace function private.account_to_print_for(patient uuid) returns uuid
language sql stable security definer set search_path = ''
as $$ select p.account_id from public.patients p where p.id = patient and private.leads_team(patient) $$;

grant execute on function private.account_of_mrn(text) to auth_service;
grant execute on function private.account_to_print_for(uuid) to authenticated;
