-- name: counts
-- How much work there is, and the server's version beside it.
select count(*) filter (where status = 'todo') as waiting,
       count(*) filter (where status = 'doing') as doing,
       count(*) filter (where status = 'failed') as failed,
       current_setting('server_version') as server_version
  from jobs.procrastinate_jobs;
