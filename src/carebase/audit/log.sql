-- name: record
-- One action, in the transaction that does it; who and when are set by the database.
select audit.record(%(action)s::text, %(relation)s::text, %(keys)s::jsonb, %(patients)s::jsonb,
                    %(request_id)s::text, %(details)s::jsonb);

-- name: note_reads
-- The reads of several requests in one commit, durable even where the server's default is not. What leads to a record is
-- followed here, for all of them at once.
insert into audit.inbox (body)
select case when noted.leads is null then noted.body else audit.with_patients(noted.body, noted.leads::jsonb) end
  from set_config('synchronous_commit',
                  case current_setting('synchronous_commit') when 'off' then 'on' else current_setting('synchronous_commit') end,
                  true) as durable,
       unnest(%(bodies)s::text[], %(leads)s::text[]) as noted (body, leads);
