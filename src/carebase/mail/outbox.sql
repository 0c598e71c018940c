-- name: put
-- A mail that was decided on.
insert into auth.outbox (id, kind, message_sealed)
values (%(mail_id)s::uuid, %(kind)s::text, %(sealed)s::bytea);

-- name: claim
-- The mail whose turn it is; until its time has passed again nobody else takes it.
update auth.outbox o
   set tries = least(o.tries + 1, 32000), next_try_at = now() + make_interval(secs => %(lease_seconds)s::int)
 where o.id = (select w.id from auth.outbox w
                where w.failed_at is null and w.next_try_at <= now()
                order by w.next_try_at
                limit 1
                  for update skip locked)
returning o.id, o.kind, o.message_sealed, o.tries, extract(epoch from now() - o.created_at)::float8 as age_seconds;

-- name: forget
-- It was taken by the mail server.
delete from auth.outbox where id = %(mail_id)s::uuid and tries = %(tries)s::int;

-- name: try_again
-- It was not taken this time.
update auth.outbox
   set next_try_at = now() + make_interval(secs => %(after_seconds)s::int), failure = %(failure)s::text
 where id = %(mail_id)s::uuid and tries = %(tries)s::int;

-- name: give_up
-- It was not taken and will not be.
update auth.outbox set failed_at = now(), failure = %(failure)s::text
 where id = %(mail_id)s::uuid and tries = %(tries)s::int;

-- name: forget_old
-- What was given up long ago.
delete from auth.outbox where failed_at <= now() - make_interval(days => %(kept_days)s::int);

-- name: waiting
-- What was not taken yet, for the operator.
select o.id, o.kind, o.message_sealed, o.tries, o.next_try_at, o.failed_at, o.failure, o.created_at
  from auth.outbox o
 where o.kind <> 'none'
 order by o.created_at, o.id;

-- name: retry
-- The operator wants one, or all, tried now.
update auth.outbox set failed_at = null, tries = 0, next_try_at = now()
 where kind <> 'none' and (%(mail_id)s::uuid is null or id = %(mail_id)s::uuid);
