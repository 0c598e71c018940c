-- name: is_admin
-- Whether whoever is asking administers, at the level of assurance that this takes here.
select private.is_admin();
