create table cases (
  id bigint primary key generated always as identity,
  case_id text unique not null,
  doctor_id uuid references auth.users not null,
  patient_name text not null,
  patient_age int not null,
  patient_gender text not null,
  case_summary text,
  status text default 'processing',
  created_at timestamptz default now(),
  updated_at timestamptz default now()
);

-- Enable RLS
alter table cases enable row level security;

-- Policy: Users can only access their own cases
create policy "Users can view own cases"
  on cases for select
  using (auth.uid() = doctor_id);

create policy "Users can insert own cases"
  on cases for insert
  with check (auth.uid() = doctor_id);

create policy "Users can update own cases"
  on cases for update
  using (auth.uid() = doctor_id);
create table case_files (
  id bigint primary key generated always as identity,
  file_id text unique not null,
  case_id text references cases(case_id) not null,
  file_name text not null,
  file_type text not null,
  file_size bigint not null,
  file_url text not null,
  file_category text not null, -- 'lab' or 'radiology'
  ai_summary jsonb,
  upload_date timestamptz default now()
);

alter table case_files enable row level security;

create policy "Users can view files for their cases"
  on case_files for select
  using (
    exists (
      select 1 from cases
      where cases.case_id = case_files.case_id
      and cases.doctor_id = auth.uid()
    )
  );
create table ai_insights (
  id bigint primary key generated always as identity,
  case_id text references cases(case_id) unique not null,
  
  -- Case Summary
  comprehensive_summary text,
  key_findings jsonb,
  patient_context jsonb,
  doctor_notes text,
  lab_summary text,
  radiology_summary text,
  case_summary_confidence_score float,
  
  -- SOAP Note
  soap_subjective text,
  soap_objective text,
  soap_assessment text,
  soap_plan text,
  soap_confidence_score float,
  
  -- Primary Diagnosis
  primary_diagnosis text,
  icd_code text,
  diagnosis_description text,
  diagnosis_confidence_score float,
  supporting_evidence jsonb,
  
  -- Metadata
  overall_confidence_score float,
  generated_at timestamptz,
  created_at timestamptz default now(),
  updated_at timestamptz default now()
);

alter table ai_insights enable row level security;

create policy "Users can view insights for their cases"
  on ai_insights for select
  using (
    exists (
      select 1 from cases
      where cases.case_id = ai_insights.case_id
      and cases.doctor_id = auth.uid()
    )
  );
-- Allow authenticated users to upload files
create policy "Authenticated users can upload files"
  on storage.objects for insert
  to authenticated
  with check (bucket_id = 'labdocs');

-- Allow users to read their own files
create policy "Users can view their own files"
  on storage.objects for select
  to authenticated
  using (bucket_id = 'labdocs');

