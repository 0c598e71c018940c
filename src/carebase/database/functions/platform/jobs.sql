-- The one door into the queue for triggers; API roles have no rights on schema jobs.
set local role platform_owner;

-- Waiting jobs under the same lock are superseded by the new one. There is no queueing lock on purpose: it deadlocks
-- the reaper and aborts the caller.
create or replace function jobs.enqueue(task text, queue text, lock_name text, arguments jsonb) returns bigint
language plpgsql security definer set search_path = jobs, pg_temp
as $$
declare
    made bigint[];
begin
    perform jobs.cancel_waiting(lock_name);
    made := procrastinate_defer_jobs_v1(array[row(queue, task, 0, lock_name, null, arguments, null)::procrastinate_job_to_defer_v1]);
    return made[1];
end $$;

create or replace function jobs.cancel_waiting(lock_name text) returns bigint
language plpgsql security definer set search_path = jobs, pg_temp
as $$
declare
    cancelled bigint;
begin
    -- A job that a worker is just fetching stays: it finds its number superseded and ends by itself.
    with waiting as (
        select id from procrastinate_jobs where lock = lock_name and status = 'todo' for update skip locked)
    update procrastinate_jobs j set status = 'cancelled' from waiting w where j.id = w.id;
    get diagnostics cancelled = row_count;
    return cancelled;
end $$;

-- Is there a job that will still do this work?
create or replace function jobs.is_pending(lock_name text, arguments jsonb) returns boolean
language sql stable security definer set search_path = jobs, pg_temp
as $$ select exists (select from procrastinate_jobs where lock = lock_name and args = arguments and status in ('todo', 'doing')) $$;

grant execute on function jobs.enqueue(text, text, text, jsonb), jobs.cancel_waiting(text), jobs.is_pending(text, jsonb) to care_owner, care_queue;

-- The package's own functions search no schema of whoever calls them.
do $$
declare
    brought regprocedure;
begin
    for brought in select p.oid from pg_proc p where p.pronamespace = 'jobs'::regnamespace and p.proname like 'procrastinate%' loop
        execute format('alter function %s set search_path = jobs, pg_temp', brought);
    end loop;
end $$;
