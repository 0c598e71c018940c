set local role care_owner;

create table private.site_settings (
    name text primary key,
    value text not null
);
comment on table private.site_settings is 'What this site decided, where policies need to know it.';
alter table private.site_settings enable row level security;
insert into private.site_settings values ('staff_mfa', 'optional');

create table public.cases (
    id bigint generated always as identity primary key,
    case_id text not null unique default gen_random_uuid()::text check (case_id ~ '^[A-Za-z0-9_-]{1,64}$'),
    doctor_id uuid not null default auth.uid() references auth.users (id),
    patient_name text not null check (length(patient_name) between 1 and 200),
    patient_age int not null check (patient_age between 0 and 130),
    patient_gender text not null check (length(patient_gender) between 1 and 30),
    patient_birth_date date,
    pregnant boolean,
    gestation_weeks int check (gestation_weeks between 0 and 45),
    case_summary text check (length(case_summary) <= 20000),
    doctor_notes text check (length(doctor_notes) <= 20000),
    status text not null default 'processing' check (status in ('processing', 'completed', 'failed')),
    failure_reason text,
    critical_count int,
    analysis_no int not null default 1,
    lease_token uuid,
    lease_until timestamptz,
    deleted_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check ((status = 'failed') = (failure_reason is not null))
);
create index cases_doctor_latest on public.cases (doctor_id, created_at desc, id desc) where deleted_at is null;
create index cases_doctor_status_latest on public.cases (doctor_id, status, created_at desc, id desc) where deleted_at is null;
create index cases_processing on public.cases (updated_at) where status = 'processing' and deleted_at is null;
comment on table public.cases is 'A clinician''s question about one patient, with its files and its analysis.';
comment on column public.cases.patient_age is 'Completed years on the day of opening; the birth date, where known, decides.';
comment on column public.cases.analysis_no is 'Rises with each change of the inputs; only the run of the current number may be published.';
comment on column public.cases.lease_token is 'Held by the worker that analyses the case now; a publication without it is discarded.';
comment on column public.cases.critical_count is 'Critical alerts of the latest published run; null before the first.';
comment on column public.cases.failure_reason is 'A message id of a sentence that a person understands.';

create table public.case_files (
    id bigint generated always as identity primary key,
    file_id text not null unique default gen_random_uuid()::text check (file_id ~ '^[A-Za-z0-9_-]{1,64}$'),
    case_id text not null references public.cases (case_id),
    file_name text not null check (length(file_name) between 1 and 1024),
    file_type text not null,
    file_size bigint not null check (file_size >= 0),
    file_url text not null,
    file_category text not null check (file_category in ('lab', 'radiology')),
    object_name text not null unique,
    sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
    page_count int,
    ai_summary jsonb,
    confirmed_by uuid references auth.users (id),
    upload_date timestamptz not null default now()
);
create index case_files_case on public.case_files (case_id, id);
comment on table public.case_files is 'A file of a case; its bytes are the object `object_name` in the bucket labdocs.';
comment on column public.case_files.file_name is 'The name as given: data, never a path.';
comment on column public.case_files.sha256 is 'Of the bytes, lower-case hexadecimal.';
comment on column public.case_files.confirmed_by is 'The clinician who confirmed that a file with another name on it belongs to this patient.';

create table public.ai_insights (
    id bigint generated always as identity primary key,
    case_id text not null unique references public.cases (case_id),
    comprehensive_summary text,
    key_findings jsonb,
    patient_context jsonb,
    doctor_notes text,
    lab_summary text,
    radiology_summary text,
    case_summary_confidence_score float,
    soap_subjective text,
    soap_objective text,
    soap_assessment text,
    soap_plan text,
    soap_confidence_score float,
    primary_diagnosis text,
    icd_code text,
    diagnosis_description text,
    diagnosis_confidence_score float,
    supporting_evidence jsonb,
    overall_confidence_score float,
    run_id uuid,
    generated_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
comment on table public.ai_insights is 'The latest published run of a case, in French, the default language; insight_runs holds every run.';

create table public.insight_runs (
    run_id uuid primary key default gen_random_uuid(),
    case_id text not null references public.cases (case_id),
    analysis_no int not null,
    lease_token uuid not null,
    engine text not null,
    version text not null,
    model text,
    prompt_hash text,
    inputs_sha256 text not null,
    results jsonb not null,
    published_at timestamptz
);
create unique index insight_runs_published_once on public.insight_runs (case_id, analysis_no) where published_at is not null;
create index insight_runs_latest on public.insight_runs (case_id, published_at desc);
comment on table public.insight_runs is 'Every analysis, immutable: what the clinician saw can always be shown again.';
comment on column public.insight_runs.results is 'The result schema by language: {"fr": {…}, "en": {…}}.';

create table public.insight_statements (
    run_id uuid not null references public.insight_runs (run_id),
    statement_id text not null,
    kind text not null,
    code text not null,
    params jsonb not null,
    severity text not null,
    evidence jsonb not null,
    confidence float,
    primary key (run_id, statement_id, kind)
);
comment on table public.insight_statements is 'What a run asserts, without language: code, parameters, evidence.';
comment on column public.insight_statements.kind is 'Where it stands: critical_alert, key_finding, soap_plan, evidence_for, …';

create table public.insight_texts (
    run_id uuid not null references public.insight_runs (run_id),
    statement_id text not null,
    lang text not null check (lang in ('fr', 'en')),
    text text not null,
    primary key (run_id, statement_id, lang)
);
comment on table public.insight_texts is 'The wording of each statement in each language.';

create table public.case_steps (
    case_id text not null references public.cases (case_id),
    analysis_no int not null,
    step text not null check (step in ('stored', 'read', 'labs', 'imaging', 'insights')),
    state text not null check (state in ('waiting', 'running', 'done', 'failed', 'skipped')),
    reason text,
    at timestamptz not null default now(),
    primary key (case_id, analysis_no, step)
);
comment on table public.case_steps is 'How far the analysis of a case is; `reason` is a message id.';

create table public.request_keys (
    actor uuid not null default auth.uid(),
    key text not null check (length(key) between 1 and 255),
    body_hash text not null,
    response jsonb not null,
    created_at timestamptz not null default now(),
    primary key (actor, key)
);
comment on table public.request_keys is 'Answers by Idempotency-Key, committed with the work; a repeat gets the same answer.';

alter table public.cases enable row level security;
alter table public.case_files enable row level security;
alter table public.ai_insights enable row level security;
alter table public.insight_runs enable row level security;
alter table public.insight_statements enable row level security;
alter table public.insight_texts enable row level security;
alter table public.case_steps enable row level security;
alter table public.request_keys enable row level security;

grant select on public.cases, public.case_files, public.ai_insights, public.insight_runs, public.insight_statements,
    public.insight_texts, public.case_steps to authenticated, service_role;
grant insert (case_id, doctor_id, patient_name, patient_age, patient_gender, patient_birth_date, pregnant, gestation_weeks,
              case_summary, doctor_notes, status) on public.cases to authenticated;
grant update (patient_name, patient_age, patient_gender, patient_birth_date, pregnant, gestation_weeks,
              case_summary, doctor_notes, status) on public.cases to authenticated;
grant insert (file_id, case_id, file_name, file_type, file_size, file_url, file_category, object_name, sha256)
    on public.case_files to authenticated;
grant update (confirmed_by) on public.case_files to authenticated;
grant select, insert, delete on public.request_keys to authenticated;

-- The worker: reads the leased case, writes what it found, nothing else.
grant select on public.cases, public.case_files to care_worker;
grant update (status, failure_reason, critical_count, lease_token, lease_until, updated_at) on public.cases to care_worker;
grant update (ai_summary, page_count) on public.case_files to care_worker;
grant select, insert on public.insight_runs, public.insight_statements, public.insight_texts to care_worker;
grant select, insert, update on public.ai_insights, public.case_steps to care_worker;
