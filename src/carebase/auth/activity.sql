-- name: write
-- Sessions were used so many seconds ago and are good for longer from then on; one that had ended by then stays so, one that somebody holds has to wait.
with used as (
    select s.id, now() - make_interval(secs => u.seconds_ago) as at
      from unnest(%(session_ids)s::uuid[], %(seconds_ago)s::float8[]) as u (id, seconds_ago)
      join auth.sessions s on s.id = u.id
     where s.idle_after > now() - make_interval(secs => u.seconds_ago) and s.not_after > now()
       for no key update of s skip locked
)
update auth.sessions s
   set last_active_at = greatest(s.last_active_at, used.at),
       idle_after = greatest(s.idle_after, least(s.not_after, used.at + make_interval(mins => %(idle_minutes)s::int)))
  from used
 where s.id = used.id
returning s.id;
