set local role platform_owner;

create table storage.buckets (
    id text primary key,
    name text not null unique,
    owner uuid,
    owner_id text,
    public boolean not null default false,
    file_size_limit bigint,
    allowed_mime_types text[],
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
comment on table storage.buckets is 'Named places for files.';

create table storage.objects (
    id uuid primary key default gen_random_uuid(),
    bucket_id text not null references storage.buckets (id),
    name text not null,
    owner uuid,
    owner_id text,
    metadata jsonb not null default '{}',
    user_metadata jsonb,
    -- Two rows never share bytes: removing one would take the other's. One that is no key would stop the comparison.
    version text not null unique check (version ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'),
    path_tokens text[] generated always as (string_to_array(name, '/')) stored,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    last_accessed_at timestamptz not null default now(),
    unique (bucket_id, name)
);
create index objects_owner_latest on storage.objects (owner, created_at);
comment on table storage.objects is 'One row per stored file; `version` is the immutable key its bytes lie under.';
comment on column storage.objects.metadata is 'size (bytes), mimetype, sha256 (hex), eTag.';

create table storage.uploads (
    key uuid primary key default gen_random_uuid(),
    owner uuid,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null default now() + interval '1 hour'
);
create index uploads_expiry on storage.uploads (expires_at);
comment on table storage.uploads is 'Committed before bytes are written under the key; the sweeper removes what was never finished.';

create table storage.trash (
    key uuid primary key,
    after timestamptz not null
);
create index trash_after on storage.trash (after);
comment on table storage.trash is 'Bytes whose row is gone; removed after the time, which outlasts a backup.';

alter table storage.buckets enable row level security;
alter table storage.objects enable row level security;
alter table storage.uploads enable row level security;
alter table storage.trash enable row level security;
grant select on storage.buckets to authenticated, service_role, care_worker;
grant select, insert, update, delete on storage.objects to authenticated, service_role;
grant select on storage.objects to care_worker;
-- Nobody names the key or the time: a chosen key could have another object's bytes swept.
grant insert (owner), select, delete on storage.uploads to authenticated;
grant select, update, delete on storage.uploads to care_queue;
grant select, insert, delete on storage.trash to care_queue;
-- What the comparison of rows and bytes needs, without names.
grant select (version, metadata) on storage.objects to care_queue;

insert into storage.buckets (id, name, public, file_size_limit)
values ('labdocs', 'labdocs', false, 26214400);
