-- name: put
-- A new program.
insert into auth.oauth_clients as c
       (client_name, client_uri, logo_uri, redirect_uris, grant_types, client_type, token_endpoint_auth_method, client_secret_sha256)
values (%(client_name)s::text, %(client_uri)s::text, %(logo_uri)s::text, %(redirect_uris)s::text[], %(grant_types)s::text[],
        %(client_type)s::text, %(method)s::text, %(secret_sha256)s::bytea)
returning c.id, c.client_name, c.client_uri, c.logo_uri, c.redirect_uris, c.grant_types, c.client_type, c.registration_type,
          c.token_endpoint_auth_method, c.created_at, c.updated_at;

-- name: some
-- The programs, the newest first.
select c.id, c.client_name, c.client_uri, c.logo_uri, c.redirect_uris, c.grant_types, c.client_type, c.registration_type,
       c.token_endpoint_auth_method, c.created_at, c.updated_at
  from auth.oauth_clients c
 where c.deleted_at is null
 order by c.created_at desc, c.id
 limit %(most)s::bigint offset %(skipped)s::bigint;

-- name: count
-- How many programs there are.
select count(*) from auth.oauth_clients c where c.deleted_at is null;

-- name: by_id
-- One program.
select c.id, c.client_name, c.client_uri, c.logo_uri, c.redirect_uris, c.grant_types, c.client_type, c.registration_type,
       c.token_endpoint_auth_method, c.created_at, c.updated_at
  from auth.oauth_clients c
 where c.id = %(client_id)s::uuid and c.deleted_at is null;

-- name: change
-- A program as it is from now on.
update auth.oauth_clients c
   set client_name = coalesce(%(client_name)s::text, c.client_name),
       client_uri = coalesce(%(client_uri)s::text, c.client_uri),
       logo_uri = coalesce(%(logo_uri)s::text, c.logo_uri),
       redirect_uris = coalesce(%(redirect_uris)s::text[], c.redirect_uris),
       grant_types = coalesce(%(grant_types)s::text[], c.grant_types),
       token_endpoint_auth_method = coalesce(%(method)s::text, c.token_endpoint_auth_method),
       updated_at = now()
 where c.id = %(client_id)s::uuid and c.deleted_at is null
returning c.id, c.client_name, c.client_uri, c.logo_uri, c.redirect_uris, c.grant_types, c.client_type, c.registration_type,
          c.token_endpoint_auth_method, c.created_at, c.updated_at;

-- name: renew
-- A new secret.
update auth.oauth_clients c
   set client_secret_sha256 = %(secret_sha256)s::bytea, updated_at = now()
 where c.id = %(client_id)s::uuid and c.deleted_at is null
returning c.id, c.client_name, c.client_uri, c.logo_uri, c.redirect_uris, c.grant_types, c.client_type, c.registration_type,
          c.token_endpoint_auth_method, c.created_at, c.updated_at;

-- name: remove
-- The program is no longer registered.
update auth.oauth_clients c
   set deleted_at = now(), client_secret_sha256 = null
 where c.id = %(client_id)s::uuid and c.deleted_at is null
returning c.id;
