-- name: take
-- Fills the vessel by one part; 0 where it had room, else the seconds until it has. Whoever comes at the same moment waits here.
with taken as (
    insert into auth.allowances as kept (kind, key_sha256, full_at)
    values (%(kind)s::text, %(key_sha256)s::bytea, clock_timestamp() + make_interval(secs => %(part_seconds)s::float8))
    on conflict (kind, key_sha256) do update
       set full_at = greatest(kept.full_at, clock_timestamp()) + make_interval(secs => %(part_seconds)s::float8)
     where kept.full_at <= clock_timestamp() + make_interval(secs => %(part_seconds)s::float8 * (%(most_parts)s::int - 1))
    returning 0 as seconds
)
select coalesce(
    (select seconds from taken),
    (select greatest(1, ceil(extract(epoch from kept.full_at - clock_timestamp())
                             - %(part_seconds)s::float8 * (%(most_parts)s::int - 1))::int)
       from auth.allowances kept
      where kept.kind = %(kind)s::text and kept.key_sha256 = %(key_sha256)s::bytea),
    1) as seconds;

-- name: give_back
-- Takes one part out of the vessel.
update auth.allowances
   set full_at = full_at - make_interval(secs => %(part_seconds)s::float8)
 where kind = %(kind)s::text and key_sha256 = %(key_sha256)s::bytea;

-- name: forget_full
-- Vessels that have drained; those somebody is using at this moment stay.
delete from auth.allowances a
 using (select kind, key_sha256 from auth.allowances where full_at < now() order by full_at limit 10000 for update skip locked) gone
 where a.kind = gone.kind and a.key_sha256 = gone.key_sha256;
