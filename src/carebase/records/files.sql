-- name: add_file
-- A file of a case whose bytes are kept already.
insert into public.case_files (file_id, case_id, file_name, file_type, file_size, file_url, file_category, object_name, sha256)
values (%(file_id)s, %(case_id)s, %(file_name)s, %(file_type)s, %(file_size)s, %(file_url)s, %(file_category)s,
        %(object_name)s, %(sha256)s)
returning file_id, case_id, file_name, file_type, file_size, file_url, file_category, object_name, sha256, page_count,
          ai_summary, confirmed_by is not null as is_confirmed, upload_date,
          (select c.patient_id from public.cases c where c.case_id = case_files.case_id) as patient_id;

-- name: files_of_case
-- The files of a case, in the order they came.
select file_id, case_id, file_name, file_type, file_size, file_url, file_category, object_name, sha256, page_count,
       ai_summary, confirmed_by is not null as is_confirmed, upload_date,
          (select c.patient_id from public.cases c where c.case_id = case_files.case_id) as patient_id
  from public.case_files
 where case_id = %(case_id)s
 order by id;

-- name: file_by_id
-- One file of a case.
select file_id, case_id, file_name, file_type, file_size, file_url, file_category, object_name, sha256, page_count,
       ai_summary, confirmed_by is not null as is_confirmed, upload_date,
          (select c.patient_id from public.cases c where c.case_id = case_files.case_id) as patient_id
  from public.case_files
 where case_id = %(case_id)s and file_id = %(file_id)s;

-- name: confirm_file
-- The caller says that a file with other identity data on it belongs to this patient.
update public.case_files set confirmed_by = (select auth.uid())
 where case_id = %(case_id)s and file_id = %(file_id)s;

-- name: count_recent
-- How many files the caller added in the last hour.
select count(*) from storage.objects where owner = (select auth.uid()) and created_at > now() - interval '1 hour';

-- name: summarise_file
-- What the analysis says of one file.
update public.case_files set ai_summary = %(ai_summary)s::jsonb, page_count = %(page_count)s
 where file_id = %(file_id)s;
