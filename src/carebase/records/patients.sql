-- name: name_of
-- Whose record it is, as the caller may see it.
select first_name, last_name from public.patients where id = %(patient_id)s::uuid;
