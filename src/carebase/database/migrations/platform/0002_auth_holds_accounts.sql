set local role platform_owner;

create table auth.users (
    id uuid primary key default gen_random_uuid(),
    aud text not null default 'authenticated',
    role text not null default 'authenticated',
    email text,
    encrypted_password text,
    email_confirmed_at timestamptz,
    phone text,
    phone_confirmed_at timestamptz,
    confirmed_at timestamptz generated always as (least(email_confirmed_at, phone_confirmed_at)) stored,
    last_sign_in_at timestamptz,
    raw_app_meta_data jsonb not null default '{}',
    raw_user_meta_data jsonb not null default '{}',
    is_anonymous boolean not null default false,
    banned_until timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    deleted_at timestamptz
);
create unique index users_email on auth.users (lower(email)) where deleted_at is null;
create unique index users_phone on auth.users (phone) where deleted_at is null;
comment on table auth.users is 'Accounts. A person signs in with one; what it may see is decided by row policies.';
comment on column auth.users.raw_app_meta_data is 'Written by administrators only; `role` here is the clinical role.';
comment on column auth.users.raw_user_meta_data is 'Written by the person; never trusted for access.';

create table auth.identities (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references auth.users (id) on delete cascade,
    provider text not null,
    provider_id text not null,
    identity_data jsonb not null,
    email text generated always as (lower(identity_data ->> 'email')) stored,
    last_sign_in_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (provider, provider_id)
);
create index identities_user on auth.identities (user_id);
comment on table auth.identities is 'The ways an account can prove who it is: e-mail, or an outside provider.';

create table auth.sessions (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references auth.users (id) on delete cascade,
    aal text not null default 'aal1' check (aal in ('aal1', 'aal2', 'aal3')),
    amr jsonb not null default '[]',
    not_after timestamptz not null,
    last_active_at timestamptz not null default now(),
    user_agent text,
    ip inet,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create index sessions_user on auth.sessions (user_id);
comment on table auth.sessions is 'One signed-in device. A missing row means signed out, at once and everywhere.';

create table auth.refresh_tokens (
    id bigint generated always as identity primary key,
    token_sha256 bytea not null unique,
    session_id uuid not null references auth.sessions (id) on delete cascade,
    parent_id bigint references auth.refresh_tokens (id) on delete cascade,
    revoked_at timestamptz,
    created_at timestamptz not null default now()
);
create index refresh_tokens_session on auth.refresh_tokens (session_id);
comment on table auth.refresh_tokens is 'Each is good once; only its hash is kept. Use of a revoked one ends its session.';

create table auth.attempts (
    account_sha256 bytea not null,
    address text not null,
    tries integer not null,
    last_at timestamptz not null,
    primary key (account_sha256, address)
);
create index attempts_last on auth.attempts (last_at);
comment on table auth.attempts is 'Passwords tried since the last right one, for each account and address, so that guessing grows slower.';
comment on column auth.attempts.account_sha256 is 'Of the e-mail address in lower case: addresses without an account are counted alike and not kept.';

alter table auth.users enable row level security;
alter table auth.identities enable row level security;
alter table auth.sessions enable row level security;
alter table auth.refresh_tokens enable row level security;
alter table auth.attempts enable row level security;
grant select, insert, update, delete on auth.users, auth.identities, auth.sessions, auth.refresh_tokens, auth.attempts to auth_service;
grant references on auth.users to care_owner;
