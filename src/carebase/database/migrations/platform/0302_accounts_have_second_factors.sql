set local role platform_owner;

create table auth.mfa_factors (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references auth.users (id) on delete cascade,
    friendly_name text,
    factor_type text not null check (factor_type in ('totp', 'codes')),
    status text not null default 'unverified' check (status in ('unverified', 'verified')),
    secret_sealed bytea check ((secret_sealed is not null) = (factor_type = 'totp')),
    last_used_step bigint,
    last_challenged_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create unique index mfa_factors_user_friendly_name on auth.mfa_factors (user_id, friendly_name) where trim(friendly_name) <> '';
create index mfa_factors_user on auth.mfa_factors (user_id);
comment on table auth.mfa_factors is 'What proves a person beside its first proof: an app that counts time, or codes on paper.';
comment on column auth.mfa_factors.id is 'Of the factor.';
comment on column auth.mfa_factors.user_id is 'The account.';
comment on column auth.mfa_factors.friendly_name is 'As the person calls it.';
comment on column auth.mfa_factors.factor_type is 'totp: codes of an app; codes: codes printed on paper.';
comment on column auth.mfa_factors.status is 'verified once a first code was right; until then it proves nothing.';
comment on column auth.mfa_factors.secret_sealed is 'What the app counts with, sealed with a key made of the deployment''s secret.';
comment on column auth.mfa_factors.last_used_step is 'The 30 seconds whose code was used last; that one and earlier ones are refused.';
comment on column auth.mfa_factors.last_challenged_at is 'When it was asked for last.';
comment on column auth.mfa_factors.created_at is 'When it was enrolled.';
comment on column auth.mfa_factors.updated_at is 'When it changed last.';

create table auth.mfa_challenges (
    id uuid primary key default gen_random_uuid(),
    factor_id uuid not null references auth.mfa_factors (id) on delete cascade,
    session_id uuid not null references auth.sessions (id) on delete cascade,
    ip_address inet,
    tries smallint not null default 0,
    verified_at timestamptz,
    expires_at timestamptz not null,
    created_at timestamptz not null default now()
);
create index mfa_challenges_factor on auth.mfa_challenges (factor_id);
create index mfa_challenges_session on auth.mfa_challenges (session_id);
create index mfa_challenges_expiry on auth.mfa_challenges (expires_at);
comment on table auth.mfa_challenges is 'Each time a second factor is asked for.';
comment on column auth.mfa_challenges.id is 'Of the question.';
comment on column auth.mfa_challenges.factor_id is 'The factor.';
comment on column auth.mfa_challenges.session_id is 'The session that is to be raised; no other one may answer.';
comment on column auth.mfa_challenges.ip_address is 'From where it was asked.';
comment on column auth.mfa_challenges.tries is 'Wrong codes so far.';
comment on column auth.mfa_challenges.verified_at is 'When it was answered; null until then.';
comment on column auth.mfa_challenges.expires_at is 'When it is over.';
comment on column auth.mfa_challenges.created_at is 'When it was asked.';

create table auth.paper_codes (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references auth.users (id) on delete cascade,
    purpose text not null check (purpose in ('sign_in', 'second_factor', 'recovery')),
    factor_id uuid references auth.mfa_factors (id) on delete cascade check ((factor_id is not null) = (purpose = 'second_factor')),
    code_hmac bytea not null,
    sheet_id uuid not null,
    issued_by uuid references auth.users (id) on delete set null,
    used_at timestamptz,
    expires_at timestamptz,
    created_at timestamptz not null default now(),
    unique (user_id, purpose, code_hmac)
);
create index paper_codes_factor on auth.paper_codes (factor_id);
create index paper_codes_issuer on auth.paper_codes (issued_by);
comment on table auth.paper_codes is 'Codes on paper, each good once: to sign in without e-mail, as a second factor without a telephone, or when that is lost.';
comment on column auth.paper_codes.id is 'Of the code.';
comment on column auth.paper_codes.user_id is 'The account.';
comment on column auth.paper_codes.purpose is 'sign_in: a first proof; second_factor: the second; recovery: in place of a lost second factor.';
comment on column auth.paper_codes.factor_id is 'The factor that a second_factor code belongs to.';
comment on column auth.paper_codes.code_hmac is 'Of the code, keyed with the deployment''s secret; the code itself is kept nowhere.';
comment on column auth.paper_codes.sheet_id is 'Those that were made together; a new sheet of the same purpose takes the place of the old one.';
comment on column auth.paper_codes.issued_by is 'Who printed it for somebody else; null where the person did, or the operator.';
comment on column auth.paper_codes.used_at is 'When it was used; null while it is good.';
comment on column auth.paper_codes.expires_at is 'When it is over; null: never by time.';
comment on column auth.paper_codes.created_at is 'When it was made.';

alter table auth.sessions
    add column factor_id uuid references auth.mfa_factors (id) on delete set null,
    add column refreshed_at timestamptz,
    add column idle_after timestamptz not null default now() + interval '20 minutes';
create index sessions_factor on auth.sessions (factor_id);
comment on column auth.sessions.factor_id is 'The second factor that raised it.';
comment on column auth.sessions.refreshed_at is 'When its tokens were renewed last; that is no activity.';
comment on column auth.sessions.idle_after is 'When it ends unless somebody does something with it before.';

create table auth.known_devices (
    user_id uuid not null references auth.users (id) on delete cascade,
    device_sha256 bytea not null,
    first_seen_at timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    primary key (user_id, device_sha256)
);
comment on table auth.known_devices is 'From where an account was signed in to; another device is told to the person by mail.';
comment on column auth.known_devices.user_id is 'The account.';
comment on column auth.known_devices.device_sha256 is 'Of the cookie that the browser keeps, or of what a client without cookies calls itself.';
comment on column auth.known_devices.first_seen_at is 'When it signed in first.';
comment on column auth.known_devices.last_seen_at is 'When it signed in last.';

alter table auth.mfa_factors enable row level security;
alter table auth.mfa_challenges enable row level security;
alter table auth.paper_codes enable row level security;
alter table auth.known_devices enable row level security;
grant select, insert, update, delete on auth.mfa_factors, auth.mfa_challenges, auth.paper_codes, auth.known_devices to auth_service;
