-- name: mark_sent
-- When a mail of the kind was written last.
update auth.users u
   set confirmation_sent_at = case when %(kind)s::text = 'confirmation' then now() else u.confirmation_sent_at end,
       recovery_sent_at = case when %(kind)s::text in ('recovery', 'magic_link') then now() else u.recovery_sent_at end,
       email_change_sent_at = case when %(kind)s::text like 'email_change%%' then now() else u.email_change_sent_at end,
       reauthentication_sent_at = case when %(kind)s::text = 'reauthentication' then now() else u.reauthentication_sent_at end,
       updated_at = now()
 where u.id = %(user_id)s::uuid;

-- name: clear_tokens
-- What was written too long ago to be good for anything.
delete from auth.one_time_tokens t
 using (select id from auth.one_time_tokens where expires_at < now() - interval '1 day' limit 100 for update skip locked) over
 where t.id = over.id;

-- name: clear_flows
-- Sign-ins that were begun and not ended.
delete from auth.flow_state f
 using (select id from auth.flow_state where expires_at < now() - interval '1 day' limit 100 for update skip locked) over
 where f.id = over.id;
