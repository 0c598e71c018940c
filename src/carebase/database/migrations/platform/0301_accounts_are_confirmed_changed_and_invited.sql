set local role platform_owner;

alter table auth.users
    add column invited_at timestamptz,
    add column confirmation_sent_at timestamptz,
    add column recovery_sent_at timestamptz,
    add column email_change text,
    add column email_change_sent_at timestamptz,
    add column email_change_confirm_status smallint not null default 0 check (email_change_confirm_status in (0, 1)),
    add column phone_change text,
    add column phone_change_sent_at timestamptz,
    add column reauthentication_sent_at timestamptz,
    add column language text check (language in ('fr', 'en')),
    add column time_zone text;
comment on column auth.users.invited_at is 'When it was invited; null where the person came by itself.';
comment on column auth.users.confirmation_sent_at is 'When the mail that confirms its address, or the invitation, was written last.';
comment on column auth.users.recovery_sent_at is 'When a link or a code to sign in with was written last.';
comment on column auth.users.email_change is 'The address it asked to change to, until that is confirmed.';
comment on column auth.users.email_change_sent_at is 'When the mails for that were written.';
comment on column auth.users.email_change_confirm_status is '1: one of the two addresses has confirmed the change; 0: none has.';
comment on column auth.users.phone_change is 'The number it asked to change to, until that is confirmed.';
comment on column auth.users.phone_change_sent_at is 'When the code for that was made.';
comment on column auth.users.reauthentication_sent_at is 'When a code that proves its presence again was written last.';
comment on column auth.users.language is 'Of its mails and pages; null: as the browser or the site has it.';
comment on column auth.users.time_zone is 'In which its pages show times, as the IANA names it; null: the site''s.';
create index users_latest on auth.users (created_at desc, id);

create table auth.flow_state (
    id uuid primary key default gen_random_uuid(),
    user_id uuid references auth.users (id) on delete cascade,
    provider_type text not null,
    authentication_method text not null,
    code_challenge text,
    code_challenge_method text check (code_challenge_method = 's256'),
    auth_code_sha256 bytea unique,
    auth_code_issued_at timestamptz,
    nonce text,
    provider_verifier text,
    browser_sha256 bytea,
    referrer text,
    invite_token_sha256 bytea,
    linking_target_id uuid references auth.users (id) on delete cascade,
    amr jsonb not null default '[]',
    used_at timestamptz,
    expires_at timestamptz not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create index flow_state_user on auth.flow_state (user_id);
create index flow_state_linking_target on auth.flow_state (linking_target_id);
create index flow_state_expiry on auth.flow_state (expires_at);
comment on table auth.flow_state is 'Sign-ins under way: by a mail that is still to be opened, or at an outside provider.';
comment on column auth.flow_state.id is 'Of the sign-in; an outside provider gets it as state.';
comment on column auth.flow_state.user_id is 'The account, once it is known.';
comment on column auth.flow_state.provider_type is 'Who vouches: email, or the name of an outside provider.';
comment on column auth.flow_state.authentication_method is 'By what it goes: oauth, magiclink, recovery, email/signup, invite, email_change.';
comment on column auth.flow_state.code_challenge is 'What the client''s verifier must hash to; null where the tokens go to it in the address.';
comment on column auth.flow_state.code_challenge_method is 'How it hashes; SHA-256 alone is taken.';
comment on column auth.flow_state.auth_code_sha256 is 'Of the code that is exchanged for a session once, which itself is kept nowhere.';
comment on column auth.flow_state.auth_code_issued_at is 'When the code was given.';
comment on column auth.flow_state.nonce is 'What the outside provider''s token must repeat.';
comment on column auth.flow_state.provider_verifier is 'Our own verifier towards the outside provider.';
comment on column auth.flow_state.browser_sha256 is 'Of the cookie of the browser that began, so that no other one ends it.';
comment on column auth.flow_state.referrer is 'Where the browser goes afterwards; checked against the allowed addresses.';
comment on column auth.flow_state.invite_token_sha256 is 'Of the invitation that is redeemed with it.';
comment on column auth.flow_state.linking_target_id is 'The account that the outside identity is to be linked to.';
comment on column auth.flow_state.amr is 'By what means the person was proven before the code was given.';
comment on column auth.flow_state.used_at is 'When its code was exchanged; null until then.';
comment on column auth.flow_state.expires_at is 'When it is over, done or not.';
comment on column auth.flow_state.created_at is 'When it began.';
comment on column auth.flow_state.updated_at is 'When it changed last.';

create table auth.one_time_tokens (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references auth.users (id) on delete cascade,
    token_type text not null check (token_type in (
        'confirmation_token', 'invite_token', 'magiclink_token', 'recovery_token', 'reauthentication_token',
        'email_change_token_new', 'email_change_token_current', 'phone_change_token')),
    token_sha256 bytea not null unique,
    code_hmac bytea not null,
    relates_to text not null,
    flow_state_id uuid references auth.flow_state (id) on delete cascade,
    tries smallint not null default 0,
    expires_at timestamptz not null,
    code_expires_at timestamptz not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (user_id, token_type)
);
create index one_time_tokens_flow_state on auth.one_time_tokens (flow_state_id);
create index one_time_tokens_expiry on auth.one_time_tokens (expires_at);
comment on table auth.one_time_tokens is 'What was written to a person to prove who it is: a link and six digits, either good once and for its purpose alone.';
comment on column auth.one_time_tokens.id is 'Of the row.';
comment on column auth.one_time_tokens.user_id is 'The account.';
comment on column auth.one_time_tokens.token_type is 'For what it is good; a newer one of the same kind takes its place.';
comment on column auth.one_time_tokens.token_sha256 is 'Of the token in the link, which itself is kept nowhere.';
comment on column auth.one_time_tokens.code_hmac is 'Of the six digits, keyed with the deployment''s secret: they are too few for a plain hash.';
comment on column auth.one_time_tokens.relates_to is 'The address or number it was written to.';
comment on column auth.one_time_tokens.flow_state_id is 'The sign-in that waits for it; null where the link itself signs in.';
comment on column auth.one_time_tokens.tries is 'Wrong codes so far; after some it is good for nothing.';
comment on column auth.one_time_tokens.expires_at is 'When the link is over.';
comment on column auth.one_time_tokens.code_expires_at is 'When the digits are over.';
comment on column auth.one_time_tokens.created_at is 'When it was made.';
comment on column auth.one_time_tokens.updated_at is 'When it changed last.';

alter table auth.flow_state enable row level security;
alter table auth.one_time_tokens enable row level security;
grant select, insert, update, delete on auth.flow_state, auth.one_time_tokens to auth_service;
