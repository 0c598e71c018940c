-- name: see
-- Notes a sign-in from a device and says whether the account has others but not this one; those not seen for long are forgotten.
with forgotten as (
    delete from auth.known_devices d
     where d.user_id = %(user_id)s::uuid and d.device_sha256 <> %(device_sha256)s::bytea
       and d.last_seen_at < now() - make_interval(days => %(forgotten_days)s::int)
), others as (
    select exists (select from auth.known_devices d
                    where d.user_id = %(user_id)s::uuid and d.device_sha256 <> %(device_sha256)s::bytea) as are_known
), seen as (
    insert into auth.known_devices (user_id, device_sha256)
    values (%(user_id)s::uuid, %(device_sha256)s::bytea)
    on conflict (user_id, device_sha256) do update set last_seen_at = now()
    returning first_seen_at = now() as is_new
)
select seen.is_new and others.are_known as is_news from seen, others;

-- name: keep
-- A device is known without a sign-in from it.
insert into auth.known_devices (user_id, device_sha256)
values (%(user_id)s::uuid, %(device_sha256)s::bytea)
on conflict (user_id, device_sha256) do update set last_seen_at = now();

-- name: is_known
-- Whether a device was seen with the account within these days.
select exists (select from auth.known_devices d
                where d.user_id = %(user_id)s::uuid and d.device_sha256 = %(device_sha256)s::bytea
                  and d.last_seen_at > now() - make_interval(days => %(within_days)s::int)) as is_known;

-- name: forget
-- A device is known no longer.
delete from auth.known_devices d where d.user_id = %(user_id)s::uuid and d.device_sha256 = %(device_sha256)s::bytea;
