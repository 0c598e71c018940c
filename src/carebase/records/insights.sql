-- name: current_run
-- The latest published run of a case.
select run_id, case_id, analysis_no, engine, version, inputs_sha256, results, published_at,
       (select c.patient_id from public.cases c where c.case_id = insight_runs.case_id) as patient_id
  from public.insight_runs
 where case_id = %(case_id)s and published_at is not null
 order by published_at desc
 limit 1;

-- name: steps
-- How far the analysis is, in the order of the work.
select s.step, s.state, s.reason, s.at
  from public.case_steps s join public.cases c using (case_id, analysis_no)
 where case_id = %(case_id)s
 order by array_position(array['stored', 'read', 'labs', 'imaging', 'insights'], s.step);

-- name: take_lease
-- A worker asks for the case.
select private.take_lease(%(case_id)s, %(analysis_no)s, make_interval(secs => %(hold)s))::text;

-- name: lease_wait
-- Seconds until the case is free again; null when the work is not wanted any more.
select private.lease_wait(%(case_id)s, %(analysis_no)s);

-- name: extend_lease
-- The worker is still at it; false when the case was changed or taken meanwhile.
select private.extend_lease(%(lease)s::uuid, make_interval(secs => %(hold)s));

-- name: release_lease
-- The worker gives the case back before its lease ends.
select private.release_lease(%(lease)s::uuid);

-- name: give_up
-- The last try is over.
select private.give_up(%(case_id)s, %(analysis_no)s, %(reason)s);

-- name: requeue_forgotten
-- Cases in work that no job will finish get one.
select private.requeue_forgotten();

-- name: lock_leased
-- The case stays as it is until this transaction ends; nothing when it changed, was deleted or was taken.
select true from public.cases
 where case_id = %(case_id)s and analysis_no = %(analysis_no)s and lease_token = %(lease)s::uuid and deleted_at is null
   for update;

-- name: mark_step
-- One step of the leased case.
update public.case_steps set state = %(state)s, reason = %(reason)s, at = now()
 where case_id = %(case_id)s and analysis_no = %(analysis_no)s and step = %(step)s;

-- name: add_run
-- The run itself; a second publication of the same number breaks the unique index.
insert into public.insight_runs (run_id, case_id, analysis_no, lease_token, engine, version, inputs_sha256, results, published_at)
values (%(run_id)s, %(case_id)s, %(analysis_no)s, %(lease)s::uuid, %(engine)s, %(version)s, %(inputs_sha256)s,
        %(results)s::jsonb, now());

-- name: add_statements
-- The assertions of the run, without language.
insert into public.insight_statements (run_id, statement_id, kind, code, params, severity, evidence, confidence)
select %(run_id)s, said.id, said.kind, said.code, said.params, said.severity, said.evidence, said.confidence
  from jsonb_to_recordset(%(statements)s::jsonb)
       as said (id text, kind text, code text, params jsonb, severity text, evidence jsonb, confidence float)
on conflict do nothing;

-- name: add_texts
-- Their wording in each language.
insert into public.insight_texts (run_id, statement_id, lang, text)
select %(run_id)s, worded.id, worded.lang, worded.text
  from jsonb_to_recordset(%(texts)s::jsonb) as worded (id text, lang text, text text)
on conflict do nothing;

-- name: show_insights
-- The row of document 000, replaced by the latest run.
insert into public.ai_insights (case_id, comprehensive_summary, key_findings, patient_context, doctor_notes, lab_summary,
    radiology_summary, case_summary_confidence_score, soap_subjective, soap_objective, soap_assessment, soap_plan,
    soap_confidence_score, primary_diagnosis, icd_code, diagnosis_description, diagnosis_confidence_score,
    supporting_evidence, overall_confidence_score, run_id, generated_at)
values (%(case_id)s, %(comprehensive_summary)s, %(key_findings)s::jsonb, %(patient_context)s::jsonb, %(doctor_notes)s, %(lab_summary)s,
    %(radiology_summary)s, %(case_summary_confidence_score)s, %(soap_subjective)s, %(soap_objective)s, %(soap_assessment)s, %(soap_plan)s,
    %(soap_confidence_score)s, %(primary_diagnosis)s, %(icd_code)s, %(diagnosis_description)s, %(diagnosis_confidence_score)s,
    %(supporting_evidence)s::jsonb, %(overall_confidence_score)s, %(run_id)s, now())
on conflict (case_id) do update set
    comprehensive_summary = excluded.comprehensive_summary, key_findings = excluded.key_findings,
    patient_context = excluded.patient_context, doctor_notes = excluded.doctor_notes, lab_summary = excluded.lab_summary,
    radiology_summary = excluded.radiology_summary, case_summary_confidence_score = excluded.case_summary_confidence_score,
    soap_subjective = excluded.soap_subjective, soap_objective = excluded.soap_objective,
    soap_assessment = excluded.soap_assessment, soap_plan = excluded.soap_plan,
    soap_confidence_score = excluded.soap_confidence_score, primary_diagnosis = excluded.primary_diagnosis,
    icd_code = excluded.icd_code, diagnosis_description = excluded.diagnosis_description,
    diagnosis_confidence_score = excluded.diagnosis_confidence_score, supporting_evidence = excluded.supporting_evidence,
    overall_confidence_score = excluded.overall_confidence_score, run_id = excluded.run_id,
    generated_at = excluded.generated_at, updated_at = now();

-- name: finish_case
-- Last in the transaction: the case leaves `processing` only with its result, and only for the lease that made it.
update public.cases
   set status = 'completed', failure_reason = null, critical_count = %(critical_count)s, lease_token = null, lease_until = null,
       updated_at = now()
 where case_id = %(case_id)s and analysis_no = %(analysis_no)s and lease_token = %(lease)s::uuid and deleted_at is null;
