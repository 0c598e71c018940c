-- Parts of an object's name, as policies of the documents use them.
set local role platform_owner;

create or replace function storage.foldername(name text) returns text[]
language sql immutable parallel safe
as $$ select (string_to_array(name, '/'))[1 : array_length(string_to_array(name, '/'), 1) - 1] $$;

create or replace function storage.filename(name text) returns text
language sql immutable parallel safe
as $$ select (string_to_array(name, '/'))[array_length(string_to_array(name, '/'), 1)] $$;

create or replace function storage.extension(name text) returns text
language sql immutable parallel safe
as $$ select case when storage.filename(name) like '%.%' then reverse(split_part(reverse(storage.filename(name)), '.', 1)) end $$;

grant execute on function storage.foldername(text), storage.filename(text), storage.extension(text) to public;

-- What an upload has to keep to, for whoever may not see the bucket itself: policies on objects decide who may upload.
create or replace function private.limits_of(bucket text)
returns table (file_size_limit bigint, allowed_mime_types text[])
language sql stable security definer set search_path = ''
as $$ select b.file_size_limit, b.allowed_mime_types from storage.buckets b where b.id = bucket $$;

-- How many objects the caller has stored within the hour, counted up to a number.
create or replace function private.added_within_the_hour(most bigint) returns bigint
language sql stable security definer set search_path = ''
as $$
    select count(*) from (select from storage.objects o
                           where o.owner = auth.uid() and o.created_at > now() - interval '1 hour' limit most) counted
$$;

-- Tries to store an object under the caller's own policies and takes it back: whoever may not is told before its bytes
-- are sent. Brings the bucket's limits, and nothing where there is no such bucket.
create or replace function storage.try_object(bucket text, called text, is_upsert boolean, described jsonb, said jsonb)
returns table (file_size_limit bigint, allowed_mime_types text[])
language plpgsql set search_path = ''
as $$
#variable_conflict use_column
begin
    return query select l.file_size_limit, l.allowed_mime_types from private.limits_of(bucket) l;
    if not found then
        return;
    end if;
    begin
        if is_upsert then
            insert into storage.objects as o (bucket_id, name, owner, owner_id, version, metadata, user_metadata)
            values (bucket, called, auth.uid(), auth.uid()::text, gen_random_uuid()::text, described, said)
            on conflict (bucket_id, name) do update
               set owner = excluded.owner, owner_id = excluded.owner_id, version = excluded.version,
                   metadata = excluded.metadata, user_metadata = excluded.user_metadata;
        else
            insert into storage.objects (bucket_id, name, owner, owner_id, version, metadata, user_metadata)
            values (bucket, called, auth.uid(), auth.uid()::text, gen_random_uuid()::text, described, said);
        end if;
        raise exception 'tried' using errcode = 'CATRY';
    exception when sqlstate 'CATRY' then
        null;
    end;
end $$;

-- What is kept about an object's bytes, in the shape that clients read.
create or replace function storage.described(size bigint, media_type text, sha256 text, cache_control text) returns jsonb
language sql stable set search_path = ''
as $$
    select jsonb_build_object('eTag', '"' || sha256 || '"', 'size', size, 'mimetype', media_type, 'cacheControl', cache_control,
                              'lastModified', to_char(now() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
                              'contentLength', size, 'httpStatusCode', 200, 'sha256', sha256)
$$;
grant execute on function private.limits_of(text), private.added_within_the_hour(bigint), storage.try_object(text, text, boolean, jsonb, jsonb),
    storage.described(bigint, text, text, text) to anon, authenticated, service_role;

-- Puts the bytes of a removed or replaced object aside; they outlive a backup that began before.
create or replace function storage.keep_trash() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    insert into storage.trash (key, after) values (old.version::uuid, now() + interval '24 hours') on conflict do nothing;
    return null;
end $$;
drop trigger if exists objects_keep_trash on storage.objects;
create trigger objects_keep_trash after delete on storage.objects for each row execute function storage.keep_trash();
drop trigger if exists objects_keep_replaced on storage.objects;
create trigger objects_keep_replaced after update on storage.objects for each row
    when (old.version is distinct from new.version) execute function storage.keep_trash();

create or replace function storage.note_update() returns trigger
language plpgsql set search_path = ''
as $$
begin
    new.updated_at := now();
    return new;
end $$;
create or replace trigger buckets_note_update before update on storage.buckets for each row execute function storage.note_update();
create or replace trigger objects_note_update before update on storage.objects for each row execute function storage.note_update();
