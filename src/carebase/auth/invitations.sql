-- name: mark
-- It was invited, with a clinical role where one is granted; no row when the address was confirmed meanwhile.
update auth.users u
   set invited_at = now(), confirmation_sent_at = now(), updated_at = now(),
       raw_user_meta_data = coalesce(%(said)s::jsonb, u.raw_user_meta_data),
       raw_app_meta_data = case when %(role)s::text is null then u.raw_app_meta_data
                                else u.raw_app_meta_data || jsonb_build_object('role', %(role)s::text) end
 where u.id = %(user_id)s::uuid and u.confirmed_at is null and u.deleted_at is null
returning u.id;
