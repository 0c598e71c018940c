-- A case belongs to the clinician who opened it; the team of the patient it names reads it.
create policy cases_clinician_or_team_reads on public.cases for select to authenticated
    using (deleted_at is null and (select private.is_staff())
           and (doctor_id = (select auth.uid()) or patient_id = any (array(select private.my_patients()))));
-- It names a patient only if its author is on that patient's team.
create policy cases_clinician_opens on public.cases for insert to authenticated
    with check (doctor_id = (select auth.uid()) and (select private.is_staff())
                and (patient_id is null or patient_id = any (array(select private.my_teams()))));
create policy cases_clinician_changes on public.cases for update to authenticated
    using (doctor_id = (select auth.uid()) and deleted_at is null and (select private.is_staff()))
    with check (doctor_id = (select auth.uid()) and deleted_at is null
                and (patient_id is null or patient_id = any (array(select private.my_teams()))));

create policy case_files_clinician_or_team_reads on public.case_files for select to authenticated
    using (private.sees_case(case_id));
create policy case_files_clinician_adds on public.case_files for insert to authenticated
    with check (private.owns_case(case_id) and (select private.is_staff())
                and (storage.foldername(object_name))[1] = (select auth.uid())::text
                and (storage.foldername(object_name))[2] = case_id);
create policy case_files_clinician_confirms on public.case_files for update to authenticated
    using (private.owns_case(case_id) and (select private.is_staff()))
    with check (private.owns_case(case_id));

create policy ai_insights_clinician_or_team_reads on public.ai_insights for select to authenticated
    using (private.sees_case(case_id));
create policy insight_runs_clinician_or_team_reads on public.insight_runs for select to authenticated
    using (private.sees_case(case_id));
-- A patient reads the statements of what was signed and released to it, as they were reviewed; the run itself holds them as
-- they were before.
create policy insight_statements_reader_of_the_run_or_patient_reads on public.insight_statements for select to authenticated
    using (exists (select from public.insight_runs r where r.run_id = insight_statements.run_id)
           or (run_id = any (array(select private.my_released_runs())) and not private.is_rejected(run_id, statement_id)));
create policy insight_texts_reader_of_the_run_or_patient_reads on public.insight_texts for select to authenticated
    using (exists (select from public.insight_runs r where r.run_id = insight_texts.run_id)
           or (run_id = any (array(select private.my_released_runs())) and not private.is_rejected(run_id, statement_id)
               and not private.is_reworded(run_id, statement_id)));
create policy case_steps_clinician_or_team_reads on public.case_steps for select to authenticated
    using (private.sees_case(case_id));

create policy statement_reviews_clinician_team_or_patient_reads on public.statement_reviews for select to authenticated
    using (private.sees_run(run_id)
           or (decision = 'edit' and run_id = any (array(select private.my_released_runs()))
               and not private.is_rejected(run_id, statement_id)
               and private.is_last_wording(run_id, statement_id, lang, review_no)));
create policy statement_reviews_clinician_or_team_adds on public.statement_reviews for insert to authenticated
    with check (reviewed_by = (select auth.uid()) and (select private.is_clinician()) and private.sees_run(run_id));
create policy insight_signatures_reader_of_the_run_or_patient_reads on public.insight_signatures for select to authenticated
    using (exists (select from public.insight_runs r where r.run_id = insight_signatures.run_id)
           or run_id = any (array(select private.my_released_runs())));
create policy insight_signatures_author_or_lead_signs on public.insight_signatures for insert to authenticated
    with check (signed_by = (select auth.uid()) and private.may_sign(run_id));

-- A remembered answer shows a case, so it asks for as much as the case does.
create policy request_keys_clinician_keeps on public.request_keys for all to authenticated
    using (actor = (select auth.uid()) and (select private.is_staff()))
    with check (actor = (select auth.uid()) and (select private.is_staff()));

-- A form in work shows what its case will, and nobody but its writer has to do with it; after a week it is gone.
create policy drafts_writer_keeps on public.drafts for all to authenticated
    using (owner = (select auth.uid()) and (select private.is_staff()) and kept_at > now() - interval '7 days')
    with check (owner = (select auth.uid()) and (select private.is_staff()));

-- The worker sees the case it holds and nothing beside it.
create policy cases_worker_reads on public.cases for select to care_worker using (case_id = (select private.leased_case()));
create policy cases_worker_finishes on public.cases for update to care_worker
    using (case_id = (select private.leased_case())) with check (true);
create policy case_files_worker_reads on public.case_files for select to care_worker using (case_id = (select private.leased_case()));
create policy case_files_worker_summarises on public.case_files for update to care_worker using (case_id = (select private.leased_case()));
create policy ai_insights_worker_writes on public.ai_insights for all to care_worker
    using (case_id = (select private.leased_case())) with check (case_id = (select private.leased_case()));
create policy insight_runs_worker_reads on public.insight_runs for select to care_worker using (case_id = (select private.leased_case()));
create policy insight_runs_worker_writes on public.insight_runs for insert to care_worker with check (case_id = (select private.leased_case()));
create policy insight_statements_worker_reads on public.insight_statements for select to care_worker
    using (exists (select from public.insight_runs r where r.run_id = insight_statements.run_id));
create policy insight_statements_worker_writes on public.insight_statements for insert to care_worker
    with check (exists (select from public.insight_runs r where r.run_id = insight_statements.run_id));
create policy insight_texts_worker_reads on public.insight_texts for select to care_worker
    using (exists (select from public.insight_runs r where r.run_id = insight_texts.run_id));
create policy insight_texts_worker_writes on public.insight_texts for insert to care_worker
    with check (exists (select from public.insight_runs r where r.run_id = insight_texts.run_id));
create policy case_steps_worker_writes on public.case_steps for all to care_worker
    using (case_id = (select private.leased_case())) with check (case_id = (select private.leased_case()));
