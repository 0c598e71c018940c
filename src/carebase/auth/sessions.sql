-- name: of_user
-- Where an account is signed in.
select s.id, s.aal, s.user_agent, host(s.ip) as address, s.created_at, s.last_active_at,
       least(s.idle_after, s.not_after) as idle_after, s.not_after, s.id = %(session_id)s::uuid as is_this
  from auth.sessions s
 where s.user_id = %(user_id)s::uuid and s.not_after > now() and s.idle_after > now()
 order by s.last_active_at desc, s.id;

-- name: end
-- Signs one device of the account out; no row for another account's.
delete from auth.sessions where id = %(session_id)s::uuid and user_id = %(user_id)s::uuid returning id;
