-- name: queue
-- The work that waits and is being done; `stuck` is in the hands of a worker that has not been heard of.
select count(*) filter (where j.status = 'todo' and coalesce(j.scheduled_at, '-infinity') <= now()) as waiting,
       count(*) filter (where j.status = 'doing') as doing,
       count(*) filter (where j.status = 'failed') as failed,
       count(*) filter (where j.status = 'doing' and coalesce(w.last_heartbeat, '-infinity') < now() - interval '2 minutes') as stuck,
       coalesce(extract(epoch from now() - min(greatest(e.at, j.scheduled_at))
                          filter (where j.status = 'todo' and coalesce(j.scheduled_at, '-infinity') <= now())), 0)::float8 as oldest_seconds
  from jobs.procrastinate_jobs j
  left join jobs.procrastinate_workers w on w.id = j.worker_id
  left join lateral (select max(s.at) as at from jobs.procrastinate_events s where s.job_id = j.id) e on true;

-- name: outbox
-- The mails that no mail server has taken.
select count(*) filter (where o.failed_at is null) as waiting,
       count(*) filter (where o.failed_at is not null) as given_up,
       coalesce(extract(epoch from now() - min(o.created_at) filter (where o.failed_at is null)), 0)::float8 as oldest_seconds
  from auth.outbox o
 where o.kind <> 'none';

-- name: accounts
-- Who may come in: administrators, staff without a second factor, invented people.
select count(*) filter (where u.role = 'admin') as admins,
       count(*) filter (where u.role <> 'patient' and not u.has_factor) as staff_by_one_proof,
       count(*) filter (where u.is_invented) as invented
  from (select a.raw_app_meta_data ->> 'role' as role, a.email like '%%@carebase.example' as is_invented,
               exists (select from auth.mfa_factors f where f.user_id = a.id and f.status = 'verified') as has_factor
          from auth.users a
         where a.deleted_at is null and not coalesce(a.banned_until > now(), false)) u;

-- name: second_factor
-- Whether policies ask staff for a second factor: the setting of the server that started last.
select s.value from private.site_settings s where s.name = 'staff_mfa';

-- name: waiting
-- Entries that are not sealed yet.
select count(*) as waiting,
       coalesce(extract(epoch from now()) - min(case jsonb_typeof(i.body::jsonb -> 'at') when 'number' then (i.body::jsonb ->> 'at')::numeric end) / 1e6, 0)::float8
         as oldest_seconds
  from audit.inbox i;

-- name: first_sealed
-- When the oldest entry of the record was sealed, in seconds since 1970; no row where the record is empty.
select extract(epoch from l.sealed_at)::float8 from audit.log l order by l.sealed_at, l.seq limit 1;
