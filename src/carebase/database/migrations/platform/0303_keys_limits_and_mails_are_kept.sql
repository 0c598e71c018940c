set local role platform_owner;

create table auth.api_keys (
    id uuid primary key default gen_random_uuid(),
    kind text not null check (kind in ('publishable', 'secret', 'legacy')),
    role text not null check (role in ('anon', 'service_role')),
    name text not null check (trim(name) <> ''),
    key_sha256 bytea not null unique,
    hint text not null,
    expires_at timestamptz,
    revoked_at timestamptz,
    created_at timestamptz not null default now(),
    check ((kind = 'publishable' and role = 'anon') or (kind = 'secret' and role = 'service_role') or kind = 'legacy')
);
create unique index api_keys_name on auth.api_keys (name) where revoked_at is null;
comment on table auth.api_keys is 'Keys that programs send before anybody has signed in. Each can be withdrawn by itself and stops working with the next request.';
comment on column auth.api_keys.id is 'Of the key.';
comment on column auth.api_keys.kind is 'publishable and secret: sb_ keys; legacy: a signed key, listed here once it is minted or withdrawn.';
comment on column auth.api_keys.role is 'The database role of its requests.';
comment on column auth.api_keys.name is 'As the operator calls it.';
comment on column auth.api_keys.key_sha256 is 'Of the key, which itself is kept nowhere.';
comment on column auth.api_keys.hint is 'Its first characters, to know it by.';
comment on column auth.api_keys.expires_at is 'When it ends by itself; null: never.';
comment on column auth.api_keys.revoked_at is 'When it was withdrawn; null while it is good.';
comment on column auth.api_keys.created_at is 'When it was made.';

create table auth.allowances (
    kind text not null,
    key_sha256 bytea not null,
    full_at timestamptz not null,
    primary key (kind, key_sha256)
);
create index allowances_full on auth.allowances (full_at);
comment on table auth.allowances is 'How much of a limit is used up, for every process alike and over restarts: mails to an address, accounts made from one, codes tried.';
comment on column auth.allowances.kind is 'Which limit.';
comment on column auth.allowances.key_sha256 is 'Of whom it limits: an account, a mail address or a client''s address.';
comment on column auth.allowances.full_at is 'When nothing of it will be used up any more; each use moves it on.';

create table auth.outbox (
    id uuid primary key default gen_random_uuid(),
    kind text not null,
    message_sealed bytea not null,
    tries smallint not null default 0,
    next_try_at timestamptz not null default now(),
    failed_at timestamptz,
    failure text,
    created_at timestamptz not null default now()
);
create index outbox_next on auth.outbox (next_try_at) where failed_at is null;
comment on table auth.outbox is 'Mails that were decided on and not yet taken by the mail server; a row goes with its mail.';
comment on column auth.outbox.id is 'Of the mail.';
comment on column auth.outbox.kind is 'Which mail, such as recovery; none where nobody is to be written to and only the time has to pass.';
comment on column auth.outbox.message_sealed is 'To whom and what, sealed with a key made of the deployment''s secret: its link signs in.';
comment on column auth.outbox.tries is 'How often the mail server was asked.';
comment on column auth.outbox.next_try_at is 'When it is asked next.';
comment on column auth.outbox.failed_at is 'When it was given up; null while it is tried.';
comment on column auth.outbox.failure is 'Why it was not taken, in our own words.';
comment on column auth.outbox.created_at is 'When it was decided on.';

create table auth.oauth_clients (
    id uuid primary key default gen_random_uuid(),
    client_name text,
    client_uri text,
    logo_uri text,
    redirect_uris text[] not null,
    grant_types text[] not null,
    client_type text not null default 'confidential' check (client_type in ('public', 'confidential')),
    registration_type text not null default 'manual' check (registration_type in ('manual', 'dynamic')),
    token_endpoint_auth_method text not null,
    client_secret_sha256 bytea,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    deleted_at timestamptz
);
comment on table auth.oauth_clients is 'Programs that an administrator registered to sign people in with their accounts here.';
comment on column auth.oauth_clients.id is 'Of the program; it is its client_id.';
comment on column auth.oauth_clients.client_name is 'As people are told of it.';
comment on column auth.oauth_clients.client_uri is 'Where it tells about itself.';
comment on column auth.oauth_clients.logo_uri is 'Its picture; never fetched by us.';
comment on column auth.oauth_clients.redirect_uris is 'Where people may be sent back to, letter by letter.';
comment on column auth.oauth_clients.grant_types is 'By what it may get tokens.';
comment on column auth.oauth_clients.client_type is 'confidential where it can keep a secret.';
comment on column auth.oauth_clients.registration_type is 'Who registered it: an administrator, or the program itself.';
comment on column auth.oauth_clients.token_endpoint_auth_method is 'How it proves itself: none, client_secret_basic or client_secret_post.';
comment on column auth.oauth_clients.client_secret_sha256 is 'Of its secret, which is random and kept nowhere; null for a public one.';
comment on column auth.oauth_clients.created_at is 'When it was registered.';
comment on column auth.oauth_clients.updated_at is 'When it changed last.';
comment on column auth.oauth_clients.deleted_at is 'When it was removed.';

alter table auth.api_keys enable row level security;
alter table auth.allowances enable row level security;
alter table auth.outbox enable row level security;
alter table auth.oauth_clients enable row level security;
grant select, insert, update, delete on auth.api_keys, auth.allowances, auth.outbox, auth.oauth_clients to auth_service;
