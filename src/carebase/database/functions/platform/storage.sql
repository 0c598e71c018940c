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

-- Puts the bytes of a removed object aside; they outlive a backup that began before.
create or replace function storage.keep_trash() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    insert into storage.trash (key, after) values (old.version::uuid, now() + interval '24 hours') on conflict do nothing;
    return null;
end $$;
drop trigger if exists objects_keep_trash on storage.objects;
create trigger objects_keep_trash after delete on storage.objects for each row execute function storage.keep_trash();
