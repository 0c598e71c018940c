-- name: known
-- Who has used up something, as all processes know it.
select a.key_sha256 as key, extract(epoch from a.full_at - now())::float8 as seconds
  from auth.allowances a
 where a.kind = %(kind)s::text and a.full_at > now()
 order by a.full_at desc
 limit %(most)s::int;

-- name: add
-- Adds what was used up here, in the order of keys so that two processes never wait for each other in a circle; no more than a minute is ever used up.
insert into auth.allowances as kept (kind, key_sha256, full_at)
select %(kind)s::text, used.key, now() + make_interval(secs => used.seconds)
  from unnest(%(keys)s::bytea[], %(seconds)s::float8[]) as used (key, seconds)
 order by used.key
on conflict (kind, key_sha256) do update
   set full_at = least(greatest(kept.full_at, now()) + (excluded.full_at - now()), now() + interval '1 minute');
