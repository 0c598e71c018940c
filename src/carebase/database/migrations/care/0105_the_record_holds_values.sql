set local role care_owner;

create table public.observations (
    id uuid primary key default gen_random_uuid(),
    patient_id uuid not null references public.patients (id),
    case_id text references public.cases (case_id),
    category text not null check (category in ('laboratory', 'vital-signs')),
    code text check (code ~ '^[0-9]{1,7}-[0-9]$'),
    display text not null check (length(display) between 1 and 200),
    value_quantity numeric check (value_quantity not in ('NaN', 'Infinity', '-Infinity')),
    comparator text check (comparator in ('<', '<=', '>=', '>')),
    value_text text check (length(value_text) between 1 and 2000),
    unit text check (length(unit) between 1 and 40),
    reference_low numeric,
    reference_high numeric,
    interpretation text check (interpretation in ('LL', 'L', 'N', 'H', 'HH', 'A', 'AA')),
    effective_at timestamptz not null,
    status text not null default 'final' check (status in ('final', 'corrected', 'entered-in-error')),
    replaces uuid references public.observations (id),
    superseded_at timestamptz,
    entered_by uuid not null default auth.uid() references auth.users (id),
    created_at timestamptz not null default now(),
    check (num_nonnulls(value_quantity, value_text) = 1),
    check (comparator is null or value_quantity is not null),
    check (reference_low <= reference_high)
);
create index observations_patient_latest on public.observations (patient_id, effective_at desc);
create index observations_patient_code on public.observations (patient_id, code, effective_at desc);
create index observations_case on public.observations (case_id);
create unique index observations_replaced_once on public.observations (replaces);
create index observations_entered_by on public.observations (entered_by);
comment on table public.observations is 'Laboratory and vital values typed from paper or measured at the bedside (FHIR Observation); corrected by a new row, never changed.';
comment on column public.observations.id is 'Of the value.';
comment on column public.observations.patient_id is 'Whose.';
comment on column public.observations.case_id is 'The case it was typed for, if any.';
comment on column public.observations.category is 'FHIR observation category.';
comment on column public.observations.code is 'LOINC; null where the test has none that fits.';
comment on column public.observations.display is 'The test as named by who typed it.';
comment on column public.observations.value_quantity is 'The number as printed, never rounded.';
comment on column public.observations.comparator is 'Where the report prints a limit and not a value.';
comment on column public.observations.value_text is 'A result in words (positive, not detected).';
comment on column public.observations.unit is 'UCUM, or as printed where it cannot be written in UCUM.';
comment on column public.observations.reference_low is 'Lower limit printed on the report.';
comment on column public.observations.reference_high is 'Upper limit printed on the report.';
comment on column public.observations.interpretation is 'HL7 v3 observation interpretation, as printed.';
comment on column public.observations.effective_at is 'When the sample was taken or the value measured.';
comment on column public.observations.status is 'FHIR observation status; an error stays visible as such.';
comment on column public.observations.replaces is 'The value that this one corrects.';
comment on column public.observations.superseded_at is 'When a correction came.';
comment on column public.observations.entered_by is 'Who typed it: always the caller.';
comment on column public.observations.created_at is 'When it was typed, by the server''s clock.';

create table public.allergies (
    id uuid primary key default gen_random_uuid(),
    patient_id uuid not null references public.patients (id),
    substance text not null check (length(substance) between 1 and 200),
    code text check (length(code) <= 64),
    criticality text check (criticality in ('low', 'high', 'unable-to-assess')),
    clinical_status text not null default 'active' check (clinical_status in ('active', 'inactive', 'resolved')),
    verification_status text not null default 'unconfirmed'
        check (verification_status in ('unconfirmed', 'confirmed', 'refuted', 'entered-in-error')),
    reaction text check (length(reaction) <= 2000),
    recorded_by uuid not null default auth.uid() references auth.users (id),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create index allergies_patient on public.allergies (patient_id);
create index allergies_recorded_by on public.allergies (recorded_by);
comment on table public.allergies is 'Allergies and intolerances (FHIR AllergyIntolerance). No row is not the same as no allergy.';
comment on column public.allergies.id is 'Of the entry.';
comment on column public.allergies.patient_id is 'Whose.';
comment on column public.allergies.substance is 'To what, as said.';
comment on column public.allergies.code is 'A code for the substance, where one is known.';
comment on column public.allergies.criticality is 'FHIR criticality.';
comment on column public.allergies.clinical_status is 'FHIR clinical status.';
comment on column public.allergies.verification_status is 'FHIR verification status.';
comment on column public.allergies.reaction is 'What happened.';
comment on column public.allergies.recorded_by is 'Who wrote it down: always the caller.';
comment on column public.allergies.created_at is 'When.';
comment on column public.allergies.updated_at is 'When it changed last.';

create table public.medicines (
    id uuid primary key default gen_random_uuid(),
    patient_id uuid not null references public.patients (id),
    name text not null check (length(name) between 1 and 200),
    code text check (length(code) <= 64),
    dosage text check (length(dosage) <= 1000),
    status text not null default 'active' check (status in ('active', 'completed', 'stopped', 'on-hold', 'entered-in-error', 'unknown')),
    started_on date,
    ended_on date,
    recorded_by uuid not null default auth.uid() references auth.users (id),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check (ended_on >= started_on)
);
create index medicines_patient on public.medicines (patient_id);
create index medicines_recorded_by on public.medicines (recorded_by);
comment on table public.medicines is 'What a person takes or took, as told or prescribed elsewhere (FHIR MedicationStatement).';
comment on column public.medicines.id is 'Of the entry.';
comment on column public.medicines.patient_id is 'Whose.';
comment on column public.medicines.name is 'As said or printed.';
comment on column public.medicines.code is 'A code for it (ATC), where one is known.';
comment on column public.medicines.dosage is 'As written by the prescriber; nothing here proposes one.';
comment on column public.medicines.status is 'FHIR medication statement status.';
comment on column public.medicines.started_on is 'Since when.';
comment on column public.medicines.ended_on is 'Until when.';
comment on column public.medicines.recorded_by is 'Who wrote it down: always the caller.';
comment on column public.medicines.created_at is 'When.';
comment on column public.medicines.updated_at is 'When it changed last.';

alter table public.observations enable row level security;
alter table public.allergies enable row level security;
alter table public.medicines enable row level security;
grant select on public.observations, public.allergies, public.medicines to authenticated;
grant insert (patient_id, case_id, category, code, display, value_quantity, comparator, value_text, unit, reference_low, reference_high,
              interpretation, effective_at, replaces, entered_by), update (status) on public.observations to authenticated;
grant insert (patient_id, substance, code, criticality, clinical_status, verification_status, reaction, recorded_by),
    update (criticality, clinical_status, verification_status, reaction) on public.allergies to authenticated;
grant insert (patient_id, name, code, dosage, status, started_on, ended_on, recorded_by),
    update (dosage, status, started_on, ended_on) on public.medicines to authenticated;
grant select, insert, update (status) on public.observations to service_role;
grant select, insert, update on public.allergies, public.medicines to service_role;
