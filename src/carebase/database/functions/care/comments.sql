-- What each column holds, where the migrations that made it did not say; the data dictionary is written from this.
set local role care_owner;

comment on column private.site_settings.name is 'Of the setting, such as staff_mfa.';
comment on column private.site_settings.value is 'As `carebase migrate` last wrote it.';

comment on column public.cases.id is 'Of the case inside this database; clients use case_id.';
comment on column public.cases.case_id is 'Of the case for clients; made here unless a client brings its own.';
comment on column public.cases.doctor_id is 'The account of the clinician who opened the case: always the caller.';
comment on column public.cases.patient_name is 'As the clinician gave it.';
comment on column public.cases.patient_gender is 'As the clinician gave it; reference ranges know female and male.';
comment on column public.cases.patient_birth_date is 'Null where only the age is known.';
comment on column public.cases.pregnant is 'Null where nobody said.';
comment on column public.cases.gestation_weeks is 'Completed weeks, where pregnant.';
comment on column public.cases.case_summary is 'The question and the story, in the clinician''s words; read by the analysis.';
comment on column public.cases.doctor_notes is 'The clinician''s own notes; read by the analysis.';
comment on column public.cases.status is 'processing until the transaction that stores the result (completed) or the reason (failed).';
comment on column public.cases.lease_until is 'When the worker''s hold ends unless it is extended; then the work is tried again.';
comment on column public.cases.deleted_at is 'When the case was deleted; from then on nobody sees it.';
comment on column public.cases.created_at is 'When the case was opened.';
comment on column public.cases.updated_at is 'When the case changed last.';

comment on column public.case_files.id is 'Of the file inside this database, rising with its arrival.';
comment on column public.case_files.file_id is 'Of the file for clients.';
comment on column public.case_files.case_id is 'The case it belongs to.';
comment on column public.case_files.file_type is 'Media type, told by the content.';
comment on column public.case_files.file_size is 'Bytes.';
comment on column public.case_files.file_url is 'The path of the API that serves it.';
comment on column public.case_files.file_category is 'lab or radiology; pathology and microbiology are lab.';
comment on column public.case_files.object_name is 'Its object: clinician, case and file as folders and name.';
comment on column public.case_files.page_count is 'Pages read; null before the analysis.';
comment on column public.case_files.ai_summary is 'What this file gave the latest analysis; null before.';
comment on column public.case_files.upload_date is 'When it arrived.';

comment on column public.ai_insights.id is 'Of the row.';
comment on column public.ai_insights.case_id is 'The case; one row for each.';
comment on column public.ai_insights.comprehensive_summary is 'The summary of the case.';
comment on column public.ai_insights.key_findings is 'The key findings, each with its evidence.';
comment on column public.ai_insights.patient_context is 'What the case says of the patient, each statement with its evidence.';
comment on column public.ai_insights.doctor_notes is 'The clinician''s notes as the analysis read them.';
comment on column public.ai_insights.lab_summary is 'What the laboratory files say.';
comment on column public.ai_insights.radiology_summary is 'What the radiology files say.';
comment on column public.ai_insights.case_summary_confidence_score is '0 to 1; null is not assessed.';
comment on column public.ai_insights.soap_subjective is 'What the patient tells.';
comment on column public.ai_insights.soap_objective is 'What was measured and seen.';
comment on column public.ai_insights.soap_assessment is 'What it may mean.';
comment on column public.ai_insights.soap_plan is 'What is proposed.';
comment on column public.ai_insights.soap_confidence_score is '0 to 1; null is not assessed.';
comment on column public.ai_insights.primary_diagnosis is 'The suggested diagnosis; null where the rules suggest none.';
comment on column public.ai_insights.icd_code is 'ICD-10 code of the suggested diagnosis.';
comment on column public.ai_insights.diagnosis_description is 'Why it is suggested.';
comment on column public.ai_insights.diagnosis_confidence_score is '0 to 1; null is not assessed.';
comment on column public.ai_insights.supporting_evidence is 'What speaks for the suggested diagnosis, with where it stands.';
comment on column public.ai_insights.overall_confidence_score is '0 to 1; null is not assessed.';
comment on column public.ai_insights.run_id is 'The run shown here.';
comment on column public.ai_insights.generated_at is 'When that run was published.';
comment on column public.ai_insights.created_at is 'When the case first had insights.';
comment on column public.ai_insights.updated_at is 'When they were replaced last.';

comment on column public.insight_runs.run_id is 'Of the run.';
comment on column public.insight_runs.case_id is 'The case that was analysed.';
comment on column public.insight_runs.analysis_no is 'The number of the case''s inputs it answers.';
comment on column public.insight_runs.lease_token is 'The hold under which it was published.';
comment on column public.insight_runs.engine is 'What made it, such as rules.';
comment on column public.insight_runs.version is 'The version of the engine.';
comment on column public.insight_runs.model is 'The language model that took part; null where none did.';
comment on column public.insight_runs.prompt_hash is 'Of what the model was asked; null where none was.';
comment on column public.insight_runs.inputs_sha256 is 'Of the case''s inputs and its files'' hashes.';
comment on column public.insight_runs.published_at is 'When it became visible.';

comment on column public.insight_statements.run_id is 'The run that asserts it.';
comment on column public.insight_statements.statement_id is 'Of the statement within the run.';
comment on column public.insight_statements.code is 'A message id of the clinical texts.';
comment on column public.insight_statements.params is 'What fills the message.';
comment on column public.insight_statements.severity is 'How soon a person must act: emergency, urgent, routine or info.';
comment on column public.insight_statements.evidence is 'Where it stands: file, page, line, or the rule with its source.';
comment on column public.insight_statements.confidence is '0 to 1; null is not assessed.';

comment on column public.insight_texts.run_id is 'The run.';
comment on column public.insight_texts.statement_id is 'The statement that is worded.';
comment on column public.insight_texts.lang is 'fr or en.';
comment on column public.insight_texts.text is 'The sentence.';

comment on column public.case_steps.case_id is 'The case.';
comment on column public.case_steps.analysis_no is 'The number of the inputs being analysed.';
comment on column public.case_steps.step is 'stored, read, labs, imaging or insights, in this order.';
comment on column public.case_steps.state is 'waiting, running, done, failed or skipped.';
comment on column public.case_steps.reason is 'A message id that says why it failed or was skipped.';
comment on column public.case_steps.at is 'Since when it is in this state.';

comment on column public.request_keys.actor is 'The account that asked: always the caller.';
comment on column public.request_keys.key is 'The header Idempotency-Key, as sent.';
comment on column public.request_keys.body_hash is 'Of the request; the same key with another request is refused.';
comment on column public.request_keys.response is 'The answer that is given again.';
comment on column public.request_keys.created_at is 'When it was answered first.';

set local role audit_owner;
comment on column audit.inbox.n is 'Rises with each row; transactions that are undone leave gaps.';
