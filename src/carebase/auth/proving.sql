-- name: changing
-- Accounts that were written to at this address about a change, the latest first.
select t.user_id
  from auth.one_time_tokens t
 where t.relates_to = %(address)s::text and t.token_type in ('email_change_token_new', 'email_change_token_current')
 group by t.user_id
 order by max(t.created_at) desc
 limit %(most)s::int;
