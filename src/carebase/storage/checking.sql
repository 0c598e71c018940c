-- name: objects_after
-- Some objects in the order of their keys, from behind a key on.
select version::uuid as key, (metadata ->> 'size')::bigint as size, metadata ->> 'sha256' as sha256
  from storage.objects
 where version > %(after)s
 order by version
 limit %(limit)s;

-- name: parts_after
-- The same of parts of uploads that may go on.
select key, size, sha256 from storage.resumable_parts where key::text > %(after)s order by key::text limit %(limit)s;

-- name: still_known
-- Which of these keys a row still names.
select version::uuid as key from storage.objects where version = any (%(keys)s::uuid[]::text[])
union all
select key from storage.resumable_parts where key = any (%(keys)s::uuid[]);

-- name: put_aside
-- Bytes that no row names become trash with a day's grace.
insert into storage.trash (key, after)
select k, now() + interval '24 hours'
  from unnest(%(keys)s::uuid[]) k
 where not exists (select from storage.objects where version = k::text)
   and not exists (select from storage.uploads u where u.key = k)
   and not exists (select from storage.resumable_parts p where p.key = k)
on conflict do nothing;
