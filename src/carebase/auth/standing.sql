-- name: of_session
-- Where a session stands: its level, whether its account has a second factor, and whether staff needs one.
select s.aal,
       exists (select from auth.mfa_factors f where f.user_id = u.id and f.status = 'verified') as has_factor,
       coalesce(u.raw_app_meta_data ->> 'role', '') in ('attending', 'nurse', 'specialist', 'admin') as is_staff
  from auth.users u
  join auth.sessions s on s.user_id = u.id
 where u.id = %(user_id)s::uuid and s.id = %(session_id)s::uuid
   and u.deleted_at is null and s.not_after > now() and s.idle_after > now();
