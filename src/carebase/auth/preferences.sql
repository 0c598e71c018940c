-- name: choose
-- The language of an account's mails and the zone its times are shown in; what is null stays.
update auth.users u
   set language = coalesce(%(language)s::text, u.language),
       time_zone = coalesce(%(time_zone)s::text, u.time_zone),
       updated_at = now()
 where u.id = %(user_id)s::uuid and u.deleted_at is null
returning u.id;
