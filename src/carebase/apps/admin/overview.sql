-- name: people
-- Accounts in use, and those that ask for a role and have none.
select count(*) as total,
       count(*) filter (where u.raw_user_meta_data ->> 'role' is not null and u.raw_app_meta_data ->> 'role' is null) as asking
  from auth.users u
 where u.deleted_at is null;

-- name: mails
-- Mails that no mail server has taken yet, and those that were given up.
select count(*) filter (where o.failed_at is null) as waiting, count(*) filter (where o.failed_at is not null) as given_up
  from auth.outbox o
 where o.kind <> 'none';
