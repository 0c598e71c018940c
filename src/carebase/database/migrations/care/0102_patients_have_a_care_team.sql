set local role care_owner;

create table public.patients (
    id uuid primary key default gen_random_uuid(),
    created_by uuid default auth.uid() references auth.users (id),
    account_id uuid unique references auth.users (id),
    first_name text not null check (length(first_name) between 1 and 200),
    last_name text not null check (length(last_name) between 1 and 200),
    date_of_birth date check (date_of_birth > '1850-01-01'),
    mrn text unique check (length(mrn) between 1 and 64),
    gender text check (gender in ('female', 'male', 'other', 'unknown')),
    phone text check (length(phone) between 3 and 40),
    preferred_language text not null default 'fr' check (preferred_language ~ '^[a-z]{2,3}$'),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create index patients_created_by on public.patients (created_by);
comment on table public.patients is 'The record of a person (FHIR Patient); it owns the medical record number.';
comment on column public.patients.id is 'Opaque; the only thing about a person that may stand in an address.';
comment on column public.patients.created_by is 'The account that opened the record; it sees the row until the record has a care team.';
comment on column public.patients.account_id is 'The person''s own account, linked once and by invitation only.';
comment on column public.patients.first_name is 'Given names.';
comment on column public.patients.last_name is 'Family name.';
comment on column public.patients.date_of_birth is 'Null where it is not known; an invitation to the portal needs it.';
comment on column public.patients.mrn is 'Medical record number, given by the site.';
comment on column public.patients.gender is 'FHIR administrative gender.';
comment on column public.patients.phone is 'As given; the person may change it in the portal.';
comment on column public.patients.preferred_language is 'ISO 639 code of the language the person wants to be written to in.';
comment on column public.patients.created_at is 'When the record was opened.';
comment on column public.patients.updated_at is 'When identity data changed last.';

create table public.care_team (
    patient_id uuid not null references public.patients (id) on delete cascade,
    provider_id uuid not null references auth.users (id),
    role text not null check (role in ('attending', 'nurse', 'specialist', 'admin')),
    created_at timestamptz not null default now(),
    primary key (patient_id, provider_id)
);
create index care_team_provider on public.care_team (provider_id) include (patient_id, role);
comment on table public.care_team is 'Who cares for whom (FHIR CareTeam); what a clinician sees of a patient follows from it.';
comment on column public.care_team.patient_id is 'Whose team.';
comment on column public.care_team.provider_id is 'The account of the clinician.';
comment on column public.care_team.role is 'In this team; attending and admin add and remove members.';
comment on column public.care_team.created_at is 'Since when.';

create table public.care_messages (
    id uuid primary key default gen_random_uuid(),
    patient_id uuid not null references public.patients (id),
    sender_id uuid not null default auth.uid() references auth.users (id),
    message text not null check (length(message) between 1 and 10000),
    priority text not null default 'normal' check (priority in ('low', 'normal', 'high', 'urgent')),
    created_at timestamptz not null default now()
);
create index care_messages_patient_latest on public.care_messages (patient_id, created_at desc);
create index care_messages_sender on public.care_messages (sender_id);
comment on table public.care_messages is 'What the team writes to one another about a patient; never changed once sent.';
comment on column public.care_messages.id is 'Of the message.';
comment on column public.care_messages.patient_id is 'About whom; the team of this patient reads it.';
comment on column public.care_messages.sender_id is 'The account that wrote it: always the caller.';
comment on column public.care_messages.message is 'The text.';
comment on column public.care_messages.priority is 'low, normal, high or urgent.';
comment on column public.care_messages.created_at is 'When it was sent, by the server''s clock.';

create table public.care_message_reads (
    message_id uuid not null references public.care_messages (id) on delete cascade,
    reader_id uuid not null default auth.uid() references auth.users (id),
    read_at timestamptz not null default now(),
    primary key (message_id, reader_id)
);
create index care_message_reads_reader on public.care_message_reads (reader_id);
comment on table public.care_message_reads is 'Who has read which message of the team.';
comment on column public.care_message_reads.message_id is 'The message.';
comment on column public.care_message_reads.reader_id is 'The account that read it: always the caller.';
comment on column public.care_message_reads.read_at is 'When it was first read.';

create table public.tasks (
    id uuid primary key default gen_random_uuid(),
    patient_id uuid not null references public.patients (id),
    title text not null check (length(title) between 1 and 200),
    description text check (length(description) <= 10000),
    status text not null default 'requested' check (status in ('requested', 'accepted', 'in-progress', 'completed', 'cancelled')),
    priority text not null default 'normal' check (priority in ('low', 'normal', 'high', 'urgent')),
    requester_id uuid not null default auth.uid() references auth.users (id),
    owner_id uuid references auth.users (id),
    due_at timestamptz,
    completed_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check ((status = 'completed') = (completed_at is not null))
);
create index tasks_patient_due on public.tasks (patient_id, due_at);
create index tasks_owner_due on public.tasks (owner_id, due_at) where status not in ('completed', 'cancelled');
create index tasks_requester on public.tasks (requester_id);
comment on table public.tasks is 'Something to be done for a patient (FHIR Task).';
comment on column public.tasks.id is 'Of the task.';
comment on column public.tasks.patient_id is 'For whom.';
comment on column public.tasks.title is 'What is to be done, in a line.';
comment on column public.tasks.description is 'What is to be done, at length.';
comment on column public.tasks.status is 'FHIR task status.';
comment on column public.tasks.priority is 'low, normal, high or urgent.';
comment on column public.tasks.requester_id is 'The account that asks for it: always the caller.';
comment on column public.tasks.owner_id is 'The member of the team who is to do it; null while nobody is.';
comment on column public.tasks.due_at is 'By when.';
comment on column public.tasks.completed_at is 'When it was done, by the server''s clock.';
comment on column public.tasks.created_at is 'When it was asked for.';
comment on column public.tasks.updated_at is 'When it changed last.';

create table public.break_glass_grants (
    id uuid primary key default gen_random_uuid(),
    patient_id uuid not null references public.patients (id),
    granted_to uuid not null default auth.uid() references auth.users (id),
    reason text not null check (length(trim(reason)) between 10 and 1000),
    granted_at timestamptz not null default now(),
    expires_at timestamptz not null default now() + interval '1 hour',
    ended_at timestamptz,
    check (expires_at > granted_at and expires_at <= granted_at + interval '4 hours')
);
create index break_glass_grants_person on public.break_glass_grants (granted_to, expires_at);
create index break_glass_grants_patient on public.break_glass_grants (patient_id, granted_at desc);
comment on table public.break_glass_grants is 'Emergency access to a record without being on its team: with a reason, for hours, seen by team, patient and administrators.';
comment on column public.break_glass_grants.id is 'Of the grant.';
comment on column public.break_glass_grants.patient_id is 'Whose record was opened.';
comment on column public.break_glass_grants.granted_to is 'The account that opened it: always the caller.';
comment on column public.break_glass_grants.reason is 'Why, in the words of that person; ten characters at least.';
comment on column public.break_glass_grants.granted_at is 'When, by the server''s clock.';
comment on column public.break_glass_grants.expires_at is 'When it ends by itself; four hours at most.';
comment on column public.break_glass_grants.ended_at is 'When it was ended before its time.';

alter table public.cases add column patient_id uuid references public.patients (id);
create index cases_patient_latest on public.cases (patient_id, created_at desc, id desc) where deleted_at is null;
create index case_files_confirmed on public.case_files (confirmed_by) where confirmed_by is not null;
comment on column public.cases.patient_id is 'The patient''s record, where the case names one; its author is on that patient''s team.';

alter table public.patients enable row level security;
alter table public.care_team enable row level security;
alter table public.care_messages enable row level security;
alter table public.care_message_reads enable row level security;
alter table public.tasks enable row level security;
alter table public.break_glass_grants enable row level security;

grant select on public.patients, public.care_team, public.care_messages, public.care_message_reads, public.tasks,
    public.break_glass_grants to authenticated;
grant insert (created_by, first_name, last_name, date_of_birth, mrn, gender, phone, preferred_language),
    update (first_name, last_name, date_of_birth, mrn, gender, phone, preferred_language) on public.patients to authenticated;
grant insert (patient_id, provider_id, role), update (role), delete on public.care_team to authenticated;
grant insert (patient_id, sender_id, message, priority) on public.care_messages to authenticated;
grant insert (message_id, reader_id) on public.care_message_reads to authenticated;
grant insert (patient_id, title, description, priority, requester_id, owner_id, due_at),
    update (title, description, status, priority, owner_id, due_at) on public.tasks to authenticated;
grant insert (patient_id, granted_to, reason, expires_at), update (ended_at) on public.break_glass_grants to authenticated;
grant insert (patient_id), update (patient_id) on public.cases to authenticated;

grant select, insert, update, delete on public.patients, public.care_team, public.tasks to service_role;
grant select, insert on public.care_messages, public.care_message_reads, public.break_glass_grants to service_role;
-- The platform as the documents' own backend uses it: with the service key, outside the request path.
grant insert, update on public.cases, public.case_files, public.ai_insights to service_role;
grant delete on public.case_files to service_role;
