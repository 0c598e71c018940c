-- name: open_case
-- A new case of the caller.
insert into public.cases (case_id, patient_name, patient_age, patient_gender, patient_birth_date, pregnant, gestation_weeks,
                          case_summary, doctor_notes)
values (%(case_id)s, %(patient_name)s, %(patient_age)s, %(patient_gender)s, %(patient_birth_date)s, %(pregnant)s, %(gestation_weeks)s,
        %(case_summary)s, %(doctor_notes)s)
returning case_id, doctor_id, patient_name, patient_age, patient_gender, patient_birth_date, pregnant, gestation_weeks,
          case_summary, doctor_notes, status, failure_reason, critical_count, analysis_no, created_at, updated_at, id as row_id, patient_id;

-- name: case_by_id
-- One case, as the caller may see it.
select case_id, doctor_id, patient_name, patient_age, patient_gender, patient_birth_date, pregnant, gestation_weeks,
       case_summary, doctor_notes, status, failure_reason, critical_count, analysis_no, created_at, updated_at, id as row_id, patient_id
  from public.cases
 where case_id = %(case_id)s;

-- name: lock_case
-- The same, kept from other writers until the end of the transaction.
select case_id, doctor_id, patient_name, patient_age, patient_gender, patient_birth_date, pregnant, gestation_weeks,
       case_summary, doctor_notes, status, failure_reason, critical_count, analysis_no, created_at, updated_at, id as row_id, patient_id
  from public.cases
 where case_id = %(case_id)s
   for update;

-- name: latest_cases
-- A page of cases, the latest first; the cursor is the last row's time and id.
select case_id, doctor_id, patient_name, patient_age, patient_gender, patient_birth_date, pregnant, gestation_weeks,
       case_summary, doctor_notes, status, failure_reason, critical_count, analysis_no, created_at, updated_at, id as row_id, patient_id
  from public.cases
 where doctor_id = (select auth.uid()) and deleted_at is null
   and (created_at, id) < (%(cursor_at)s, %(cursor_id)s) and created_at >= %(since)s and created_at < %(until)s
   and (%(status)s::text is null or status = %(status)s)
   and (%(gender)s::text is null or lower(patient_gender) = lower(%(gender)s))
   and (%(words)s::text is null or id in (select private.search_cases(%(words)s)))
 order by created_at desc, id desc
 limit %(limit)s;

-- name: earliest_cases
-- The same, the earliest first.
select case_id, doctor_id, patient_name, patient_age, patient_gender, patient_birth_date, pregnant, gestation_weeks,
       case_summary, doctor_notes, status, failure_reason, critical_count, analysis_no, created_at, updated_at, id as row_id, patient_id
  from public.cases
 where doctor_id = (select auth.uid()) and deleted_at is null
   and (created_at, id) > (%(cursor_at)s, %(cursor_id)s) and created_at >= %(since)s and created_at < %(until)s
   and (%(status)s::text is null or status = %(status)s)
   and (%(gender)s::text is null or lower(patient_gender) = lower(%(gender)s))
   and (%(words)s::text is null or id in (select private.search_cases(%(words)s)))
 order by created_at, id
 limit %(limit)s;

-- name: count_cases
-- How many there are under the same filter.
select count(*)
  from public.cases
 where doctor_id = (select auth.uid()) and deleted_at is null
   and created_at >= %(since)s and created_at < %(until)s
   and (%(status)s::text is null or status = %(status)s)
   and (%(gender)s::text is null or lower(patient_gender) = lower(%(gender)s))
   and (%(words)s::text is null or id in (select private.search_cases(%(words)s)));

-- name: change_case
-- The case with the fields given changed; a null argument of `set_…` leaves its field.
update public.cases
   set patient_name = case when %(set_patient_name)s then %(patient_name)s else patient_name end,
       patient_age = case when %(set_patient_age)s then %(patient_age)s else patient_age end,
       patient_gender = case when %(set_patient_gender)s then %(patient_gender)s else patient_gender end,
       patient_birth_date = case when %(set_patient_birth_date)s then %(patient_birth_date)s else patient_birth_date end,
       pregnant = case when %(set_pregnant)s then %(pregnant)s else pregnant end,
       gestation_weeks = case when %(set_gestation_weeks)s then %(gestation_weeks)s else gestation_weeks end,
       case_summary = case when %(set_case_summary)s then %(case_summary)s else case_summary end,
       doctor_notes = case when %(set_doctor_notes)s then %(doctor_notes)s else doctor_notes end
 where case_id = %(case_id)s
returning case_id, doctor_id, patient_name, patient_age, patient_gender, patient_birth_date, pregnant, gestation_weeks,
          case_summary, doctor_notes, status, failure_reason, critical_count, analysis_no, created_at, updated_at, id as row_id, patient_id;

-- name: analyse_again
-- Asks for a new analysis of the inputs as they are.
update public.cases set status = 'processing' where case_id = %(case_id)s and status <> 'processing';

-- name: discard_case
-- Takes the case out of every view.
select private.discard_case(%(case_id)s);

-- name: count_running
-- How many analyses of the caller are in work.
select count(*) from public.cases where doctor_id = (select auth.uid()) and status = 'processing' and deleted_at is null;
