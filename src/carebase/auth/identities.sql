-- name: drop
-- It is no way into the account any more.
delete from auth.identities where id = %(identity_id)s::uuid and user_id = %(user_id)s::uuid;
