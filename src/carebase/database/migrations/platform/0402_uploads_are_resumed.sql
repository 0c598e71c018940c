set local role platform_owner;

create table storage.resumable (
    id uuid primary key default gen_random_uuid(),
    owner uuid,
    role text not null,
    bucket_id text not null references storage.buckets (id) on update cascade on delete cascade,
    name text not null check (octet_length(name) between 1 and 1024),
    length bigint not null check (length >= 0),
    received bigint not null default 0 check (received between 0 and length),
    content_type text check (octet_length(content_type) <= 255),
    cache_control text not null default 'no-cache' check (octet_length(cache_control) <= 255),
    user_metadata jsonb,
    is_upsert boolean not null default false,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null default now() + interval '24 hours',
    finished_at timestamptz,
    check ((finished_at is null) or received = length)
);
create index resumable_expiry on storage.resumable (expires_at);
create index resumable_owner_open on storage.resumable (owner) where finished_at is null;
create index resumable_bucket on storage.resumable (bucket_id);
comment on table storage.resumable is 'Uploads that may go on after they broke off (TUS). What has arrived of one is visible to nobody until all of it has.';
comment on column storage.resumable.id is 'Of the upload, as its address tells it; nobody guesses it, and nobody but its maker may use it.';
comment on column storage.resumable.owner is 'The account that began it; null where it was no account.';
comment on column storage.resumable.role is 'The database role it was begun as.';
comment on column storage.resumable.bucket_id is 'The bucket it is for.';
comment on column storage.resumable.name is 'The name its object will have there.';
comment on column storage.resumable.length is 'Bytes that it will have.';
comment on column storage.resumable.received is 'Bytes that are durable; below the length until its object is there.';
comment on column storage.resumable.content_type is 'The type that the client declared; the content decides.';
comment on column storage.resumable.cache_control is 'What browsers are told about keeping the object.';
comment on column storage.resumable.user_metadata is 'What the client said of it, as an object.';
comment on column storage.resumable.is_upsert is 'Whether it takes the place of an object of that name.';
comment on column storage.resumable.created_at is 'When it was begun.';
comment on column storage.resumable.expires_at is 'When it is forgotten, with what has arrived of it.';
comment on column storage.resumable.finished_at is 'When its object was there; null until then.';

create table storage.resumable_parts (
    key uuid primary key,
    upload_id uuid not null references storage.resumable (id) on delete cascade,
    starts_at bigint not null check (starts_at >= 0),
    size bigint not null check (size > 0),
    sha256 text not null,
    unique (upload_id, starts_at)
);
comment on table storage.resumable_parts is 'What has arrived of an upload, piece by piece in the order of starts_at without a gap.';
comment on column storage.resumable_parts.key is 'The key its bytes lie under.';
comment on column storage.resumable_parts.upload_id is 'The upload it is of.';
comment on column storage.resumable_parts.starts_at is 'Bytes of the upload that come before it.';
comment on column storage.resumable_parts.size is 'Bytes that it has.';
comment on column storage.resumable_parts.sha256 is 'Their hash, in hex.';

alter table storage.resumable enable row level security;
alter table storage.resumable_parts enable row level security;
-- Nobody names the id or the time; what has arrived changes by functions that look at the bytes' intent.
grant insert (owner, role, bucket_id, name, length, content_type, cache_control, user_metadata, is_upsert), select, delete
    on storage.resumable to anon, authenticated, service_role;
grant select on storage.resumable_parts to anon, authenticated, service_role;
grant select, update, delete on storage.resumable to care_queue;
-- What the comparison of rows and bytes needs, without names.
grant select (key, size) on storage.resumable_parts to care_queue;
