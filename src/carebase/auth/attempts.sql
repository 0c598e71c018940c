-- name: take
-- Counts a try before its password is looked at, so that tries at the same moment are counted too; no row when it is too early, or were one too many.
insert into auth.attempts as kept (account_sha256, address, tries, last_at)
values (%(account_sha256)s::bytea, %(address)s::text, 1, clock_timestamp())
on conflict (account_sha256, address) do update
   set tries = case when kept.last_at < clock_timestamp() - make_interval(secs => %(forgotten_seconds)s::float8) then 1 else kept.tries + 1 end,
       last_at = clock_timestamp()
 where kept.tries < %(most)s::int
   and (kept.tries < %(free)s::int
        or kept.last_at + make_interval(secs => least(%(longest_seconds)s::float8, power(2.0::float8, least(kept.tries - %(free)s::int, 20)::float8))) <= clock_timestamp())
returning kept.tries;

-- name: seconds_to_wait
-- How long until the next try is looked at; where that takes a sign-in, the longest.
select case when kept.tries >= %(most)s::int then %(longest_seconds)s::int
            else ceil(extract(epoch from kept.last_at - clock_timestamp())
                      + least(%(longest_seconds)s::float8, power(2.0::float8, least(kept.tries - %(free)s::int, 20)::float8)))::int end as seconds
  from auth.attempts kept
 where kept.account_sha256 = %(account_sha256)s::bytea and kept.address = %(address)s::text;

-- name: forget
-- After a right password the count begins again; counts nobody asked for in a day go with it, and those that have come to their end a year later.
delete from auth.attempts
 where (account_sha256 = %(account_sha256)s::bytea and address = %(address)s::text)
    or (last_at < now() - interval '1 day'
        and (address <> all(%(shared)s::text[]) or tries < %(most)s::int or last_at < now() - interval '1 year'));

-- name: ease
-- The tries in a row are over; who had to wait after them goes on to wait.
update auth.attempts set tries = least(tries, %(free)s::int)
 where account_sha256 = %(account_sha256)s::bytea and address = %(address)s::text;

-- name: give_back
-- The latest try was right, which is none of those that are counted.
update auth.attempts set tries = greatest(tries - 1, 0)
 where account_sha256 = %(account_sha256)s::bytea and address = %(address)s::text;
