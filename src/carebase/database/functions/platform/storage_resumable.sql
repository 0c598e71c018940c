-- Uploads that go on after they broke off: what has arrived counts, and ends, under its maker's identity alone.
set local role platform_owner;

-- Puts the bytes of a part aside once they are no part any more; no backup needs them.
create or replace function storage.drop_part() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    insert into storage.trash (key, after) values (old.key, now()) on conflict do nothing;
    return null;
end $$;
create or replace trigger resumable_parts_drop after delete on storage.resumable_parts for each row
    execute function storage.drop_part();

-- Makes received bytes the next part of the caller's upload. False: another part came first, or the upload is over,
-- or its bytes were swept; the caller then rolls back. Bytes become a part only by the intent of whoever received them.
create or replace function private.keep_part(upload uuid, part uuid, starts_at bigint, size bigint, sha256 text) returns boolean
language plpgsql security definer set search_path = ''
as $$
begin
    update storage.resumable r set received = keep_part.starts_at + keep_part.size
      where r.id = upload and r.owner is not distinct from auth.uid() and r.role = auth.role()
        and r.received = keep_part.starts_at and keep_part.size > 0 and r.received + keep_part.size < r.length
        and r.finished_at is null and r.expires_at > now();
    if not found then
        return false;
    end if;
    delete from storage.uploads u where u.key = part and u.owner is not distinct from auth.uid();
    if not found then
        return false;
    end if;
    insert into storage.resumable_parts (key, upload_id, starts_at, size, sha256)
    values (part, upload, keep_part.starts_at, keep_part.size, keep_part.sha256);
    return true;
end $$;

-- Ends the caller's upload whose object is made in the same transaction; false where another request ended it first.
create or replace function private.finish_resumable(upload uuid, received bigint) returns boolean
language plpgsql security definer set search_path = ''
as $$
begin
    update storage.resumable r set received = r.length, finished_at = now()
      where r.id = upload and r.owner is not distinct from auth.uid() and r.role = auth.role()
        and r.received = finish_resumable.received and r.finished_at is null and r.expires_at > now();
    if not found then
        return false;
    end if;
    delete from storage.resumable_parts p where p.upload_id = upload;
    return true;
end $$;

revoke execute on function storage.drop_part(), private.keep_part(uuid, uuid, bigint, bigint, text),
    private.finish_resumable(uuid, bigint) from public;
grant execute on function private.keep_part(uuid, uuid, bigint, bigint, text), private.finish_resumable(uuid, bigint)
    to anon, authenticated, service_role;
grant select (sha256) on storage.resumable_parts to care_queue;
