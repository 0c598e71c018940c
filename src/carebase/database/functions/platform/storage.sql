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
create or replace function storage.limits_of(bucket text)
returns table (file_size_limit bigint, allowed_mime_types text[])
language sql stable security definer set search_path = ''
as $$ select b.file_size_limit, b.allowed_mime_types from storage.buckets b where b.id = bucket $$;
grant execute on function storage.limits_of(text) to anon, authenticated, service_role;

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
