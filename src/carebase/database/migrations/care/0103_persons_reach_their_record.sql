set local role care_owner;

create table public.patient_accounts (
    account_id uuid not null references auth.users (id),
    patient_id uuid not null references public.patients (id),
    relation text not null check (relation in ('self', 'parent', 'guardian', 'spouse', 'child', 'caregiver')),
    valid_until timestamptz,
    ended_at timestamptz,
    created_at timestamptz not null default now(),
    primary key (account_id, patient_id),
    check (relation = 'self' or valid_until is not null)
);
create index patient_accounts_patient on public.patient_accounts (patient_id);
create unique index patient_accounts_one_self on public.patient_accounts (patient_id) where relation = 'self' and ended_at is null;
comment on table public.patient_accounts is 'Which account reaches which record in the portal: the person''s own, or a proxy''s (FHIR RelatedPerson). Written by redeeming an invitation only.';
comment on column public.patient_accounts.account_id is 'The account.';
comment on column public.patient_accounts.patient_id is 'The record.';
comment on column public.patient_accounts.relation is 'self, or what the proxy is to the person.';
comment on column public.patient_accounts.valid_until is 'When access ends by itself; a proxy''s always does.';
comment on column public.patient_accounts.ended_at is 'When access was ended before its time.';
comment on column public.patient_accounts.created_at is 'When the invitation was redeemed.';

create view public.proxies with (security_invoker = true) as
    select account_id, patient_id, relation, valid_until, ended_at, created_at
      from public.patient_accounts where relation <> 'self';
comment on view public.proxies is 'Who may act for a person in the portal, and until when.';
comment on column public.proxies.account_id is 'The proxy''s account.';
comment on column public.proxies.patient_id is 'The record.';
comment on column public.proxies.relation is 'What the proxy is to the person.';
comment on column public.proxies.valid_until is 'When access ends by itself.';
comment on column public.proxies.ended_at is 'When access was ended before its time.';
comment on column public.proxies.created_at is 'When the invitation was redeemed.';

create table public.invitations (
    id uuid primary key default gen_random_uuid(),
    patient_id uuid not null references public.patients (id),
    relation text not null default 'self' check (relation in ('self', 'parent', 'guardian', 'spouse', 'child', 'caregiver')),
    email text check (length(email) between 3 and 320),
    token_sha256 bytea not null unique check (length(token_sha256) = 32),
    invited_by uuid not null default auth.uid() references auth.users (id),
    expires_at timestamptz not null default now() + interval '7 days',
    access_until timestamptz,
    tries int not null default 0,
    redeemed_at timestamptz,
    redeemed_by uuid references auth.users (id),
    revoked_at timestamptz,
    created_at timestamptz not null default now(),
    check (relation = 'self' or access_until is not null),
    check ((redeemed_at is null) = (redeemed_by is null))
);
create index invitations_patient on public.invitations (patient_id, created_at desc);
create index invitations_invited_by on public.invitations (invited_by);
create index invitations_redeemed_by on public.invitations (redeemed_by);
comment on table public.invitations is 'An offer to reach a record in the portal: good once, for days, with the birth date as a check.';
comment on column public.invitations.id is 'Of the invitation.';
comment on column public.invitations.patient_id is 'To which record.';
comment on column public.invitations.relation is 'self, or what the invited person is to the patient.';
comment on column public.invitations.email is 'Where it was sent, if by mail; access does not follow from it.';
comment on column public.invitations.token_sha256 is 'Of the token; the token itself is not kept.';
comment on column public.invitations.invited_by is 'The member of staff who invited.';
comment on column public.invitations.expires_at is 'Until when it can be redeemed.';
comment on column public.invitations.access_until is 'When the access it gives ends; a proxy''s always does.';
comment on column public.invitations.tries is 'Wrong birth dates so far; five make it void.';
comment on column public.invitations.redeemed_at is 'When it was redeemed.';
comment on column public.invitations.redeemed_by is 'The account that redeemed it.';
comment on column public.invitations.revoked_at is 'When it was taken back.';
comment on column public.invitations.created_at is 'When it was made.';

create table public.patient_profiles (
    id uuid primary key references auth.users (id),
    record_id uuid unique references public.patients (id),
    mrn text unique not null,
    first_name text not null,
    last_name text not null,
    dob date not null,
    phone text check (length(phone) between 3 and 40),
    preferences jsonb not null default '{}' check (length(preferences::text) <= 10000),
    updated_at timestamptz not null default now()
);
comment on table public.patient_profiles is 'A person''s own profile in the portal; identity data mirror the record in patients.';
comment on column public.patient_profiles.id is 'The person''s account.';
comment on column public.patient_profiles.record_id is 'The record it mirrors.';
comment on column public.patient_profiles.mrn is 'Medical record number, of the record.';
comment on column public.patient_profiles.first_name is 'Given names, of the record.';
comment on column public.patient_profiles.last_name is 'Family name, of the record.';
comment on column public.patient_profiles.dob is 'Date of birth, of the record.';
comment on column public.patient_profiles.phone is 'The person may change it; the record follows.';
comment on column public.patient_profiles.preferences is 'What the person chose for the portal: language, notices.';
comment on column public.patient_profiles.updated_at is 'When it changed last.';

create table public.providers (
    provider_no bigint generated always as identity primary key,
    account_id uuid unique references auth.users (id),
    display_name text not null check (length(display_name) between 1 and 200),
    specialty text check (length(specialty) <= 200),
    is_active boolean not null default true,
    created_at timestamptz not null default now()
);
comment on table public.providers is 'Who gives care here (FHIR Practitioner): the names that patients and colleagues see.';
comment on column public.providers.provider_no is 'A number, because bookings exclude one another by number and time.';
comment on column public.providers.account_id is 'The account of that person, if it has one.';
comment on column public.providers.display_name is 'The name as shown.';
comment on column public.providers.specialty is 'As shown.';
comment on column public.providers.is_active is 'Whether appointments can be made.';
comment on column public.providers.created_at is 'Since when it is listed.';

create table public.slots (
    id uuid primary key default gen_random_uuid(),
    provider_no bigint not null references public.providers (provider_no),
    during tstzrange not null check (not isempty(during) and lower(during) is not null and upper(during) is not null),
    created_at timestamptz not null default now(),
    exclude using gist (int8range(provider_no, provider_no, '[]') with &&, during with &&)
);
create index slots_provider on public.slots (provider_no);
comment on table public.slots is 'When a provider can be booked (FHIR Slot); a booking lies inside one.';
comment on column public.slots.id is 'Of the slot.';
comment on column public.slots.provider_no is 'Whose time.';
comment on column public.slots.during is 'From and to.';
comment on column public.slots.created_at is 'When it was opened.';

create table public.appointments (
    id uuid primary key default gen_random_uuid(),
    patient_id uuid not null default auth.uid() references auth.users (id),
    record_id uuid references public.patients (id),
    provider_name text not null check (length(provider_name) between 1 and 200),
    provider_no bigint references public.providers (provider_no),
    appointment_type text not null check (length(appointment_type) between 1 and 100),
    scheduled_at timestamptz not null,
    minutes int not null default 30 check (minutes between 5 and 480),
    during tstzrange not null,
    status text not null default 'scheduled' check (status in ('scheduled', 'confirmed', 'completed', 'cancelled')),
    notes text check (length(notes) <= 10000),
    created_at timestamptz not null default now(),
    constraint appointments_provider_is_free exclude using gist
        (int8range(provider_no, provider_no, '[]') with &&, during with &&)
        where (provider_no is not null and status in ('scheduled', 'confirmed'))
);
create index appointments_patient_next on public.appointments (patient_id, scheduled_at);
create index appointments_record_next on public.appointments (record_id, scheduled_at);
create index appointments_provider_next on public.appointments (provider_no, scheduled_at);
comment on table public.appointments is 'An agreed time (FHIR Appointment). Requested by the patient, confirmed and completed by staff, cancelled by either.';
comment on column public.appointments.id is 'Of the appointment.';
comment on column public.appointments.patient_id is 'The account it was made for.';
comment on column public.appointments.record_id is 'The patient''s record; found by the account where it is not given.';
comment on column public.appointments.provider_name is 'With whom, as shown.';
comment on column public.appointments.provider_no is 'With whom, where the name is a provider of this site; nobody is booked twice at once.';
comment on column public.appointments.appointment_type is 'What kind of visit, as named by the site.';
comment on column public.appointments.scheduled_at is 'When it begins.';
comment on column public.appointments.minutes is 'How long it takes.';
comment on column public.appointments.during is 'From and to, of the two before.';
comment on column public.appointments.status is 'scheduled → confirmed → completed, or cancelled before that.';
comment on column public.appointments.notes is 'What the patient wrote when asking, then what staff adds.';
comment on column public.appointments.created_at is 'When it was asked for.';

create table public.secure_messages (
    id uuid primary key default gen_random_uuid(),
    patient_id uuid not null references auth.users (id),
    record_id uuid references public.patients (id),
    sender_id uuid not null default auth.uid() references auth.users (id),
    is_from_staff boolean not null default false,
    thread_id uuid not null default gen_random_uuid(),
    subject text not null check (length(subject) between 1 and 200),
    body text not null check (length(body) between 1 and 20000),
    is_read boolean not null default false,
    created_at timestamptz not null default now()
);
create index secure_messages_patient_latest on public.secure_messages (patient_id, created_at desc);
create index secure_messages_record_latest on public.secure_messages (record_id, created_at desc);
create index secure_messages_sender on public.secure_messages (sender_id);
create index secure_messages_thread on public.secure_messages (thread_id, created_at);
comment on table public.secure_messages is 'Between a patient and its care team; never changed once sent, but for the mark that it was read.';
comment on column public.secure_messages.id is 'Of the message.';
comment on column public.secure_messages.patient_id is 'The patient''s account.';
comment on column public.secure_messages.record_id is 'The patient''s record; its team is the other side.';
comment on column public.secure_messages.sender_id is 'The account that wrote it: always the caller.';
comment on column public.secure_messages.is_from_staff is 'Which side wrote it; set by the server.';
comment on column public.secure_messages.thread_id is 'Messages of one conversation share it; a new one begins a thread.';
comment on column public.secure_messages.subject is 'In a line.';
comment on column public.secure_messages.body is 'The text.';
comment on column public.secure_messages.is_read is 'Whether the other side has read it; only that side sets it.';
comment on column public.secure_messages.created_at is 'When it was sent, by the server''s clock.';

create table public.consents (
    id uuid primary key default gen_random_uuid(),
    account_id uuid not null default auth.uid() references auth.users (id),
    patient_id uuid references public.patients (id),
    purpose text not null check (purpose in ('assistant_storage', 'remote_model', 'record_sharing')),
    policy_version text not null check (length(policy_version) between 1 and 64),
    given_at timestamptz not null default now(),
    withdrawn_at timestamptz
);
create unique index consents_one_in_force on public.consents (account_id, purpose, coalesce(patient_id, '00000000-0000-0000-0000-000000000000'))
    where withdrawn_at is null;
create index consents_account on public.consents (account_id);
create index consents_patient on public.consents (patient_id);
comment on table public.consents is 'What a person agreed to and when (FHIR Consent); withdrawing leaves the row.';
comment on column public.consents.id is 'Of the consent.';
comment on column public.consents.account_id is 'The account that gave it: always the caller.';
comment on column public.consents.patient_id is 'For which record, where it concerns one.';
comment on column public.consents.purpose is 'assistant_storage: conversations are kept; remote_model: words go to an outside model; record_sharing: the record is shown to others.';
comment on column public.consents.policy_version is 'The wording that was agreed to.';
comment on column public.consents.given_at is 'When, by the server''s clock.';
comment on column public.consents.withdrawn_at is 'When it was withdrawn, by the server''s clock.';

alter table public.patient_accounts enable row level security;
alter table public.invitations enable row level security;
alter table public.patient_profiles enable row level security;
alter table public.providers enable row level security;
alter table public.slots enable row level security;
alter table public.appointments enable row level security;
alter table public.secure_messages enable row level security;
alter table public.consents enable row level security;

grant select on public.patient_accounts, public.proxies, public.patient_profiles, public.providers, public.slots,
    public.appointments, public.secure_messages, public.consents to authenticated;
-- Not the token's hash.
grant select (id, patient_id, relation, email, invited_by, expires_at, access_until, redeemed_at, redeemed_by, revoked_at, created_at),
    update (revoked_at) on public.invitations to authenticated;
grant update (phone, preferences) on public.patient_profiles to authenticated;
grant insert (account_id, display_name, specialty, is_active), update (display_name, specialty, is_active)
    on public.providers to authenticated;
grant insert (provider_no, during), delete on public.slots to authenticated;
grant insert (patient_id, record_id, provider_name, provider_no, appointment_type, scheduled_at, minutes, status, notes),
    update (provider_name, provider_no, appointment_type, scheduled_at, minutes, status, notes) on public.appointments to authenticated;
grant insert (patient_id, record_id, sender_id, thread_id, subject, body), update (is_read) on public.secure_messages to authenticated;
grant insert (account_id, patient_id, purpose, policy_version), update (withdrawn_at) on public.consents to authenticated;

grant select, insert, update, delete on public.patient_profiles, public.providers, public.slots, public.appointments to service_role;
grant select on public.patient_accounts, public.proxies, public.invitations, public.consents to service_role;
grant select, insert, update (is_read) on public.secure_messages to service_role;
