-- name: only_one_moves
-- Whether nobody else moves bytes; held until the transaction ends.
select pg_try_advisory_xact_lock(%(lock)s);

-- name: to_move
-- Which of these keys have a row that stays for a while: not what is just being uploaded or about to be removed.
select version::uuid as key from storage.objects where version = any (%(keys)s::uuid[]::text[])
union all
select key from storage.resumable_parts where key = any (%(keys)s::uuid[])
union all
select key from storage.trash where key = any (%(keys)s::uuid[]) and after > now() + interval '1 hour';

-- name: to_wait_for
-- How many of these keys are being uploaded, or about to be removed.
select (select count(*) from storage.uploads where key = any (%(keys)s::uuid[]))
     + (select count(*) from storage.trash where key = any (%(keys)s::uuid[]) and after <= now() + interval '1 hour');
