-- name: seal
-- One batch, durable even where the server's default is not: what is sealed may be signed next.
select audit.seal(%(rows)s::int)
  from set_config('synchronous_commit',
                  case current_setting('synchronous_commit') when 'off' then 'on' else current_setting('synchronous_commit') end,
                  true) as durable;
