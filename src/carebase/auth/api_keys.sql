-- name: is_good
-- Whether a key is still let in: by its row, or a signed one by its role not being withdrawn.
select case when %(key_sha256)s::text is null
            then not exists (select from auth.api_keys k
                              where k.kind = 'legacy' and k.role = %(role)s::text and k.revoked_at is not null)
            else exists (select from auth.api_keys k
                          where k.key_sha256 = decode(%(key_sha256)s::text, 'hex') and k.role = %(role)s::text
                            and k.kind <> 'legacy' and k.revoked_at is null
                            and (k.expires_at is null or k.expires_at > now()))
       end;

-- name: keep
-- A new key by its hash; no row when a good one has its name.
insert into auth.api_keys as k (kind, role, name, key_sha256, hint, expires_at)
values (%(kind)s::text, %(role)s::text, %(name)s::text, %(key_sha256)s::bytea, %(hint)s::text, %(expires_at)s::timestamptz)
on conflict do nothing
returning k.id, k.kind, k.role, k.name, k.hint, k.expires_at, k.revoked_at, k.created_at;

-- name: revoke
-- Withdraws the good key of a name.
update auth.api_keys k
   set revoked_at = now()
 where k.name = %(name)s::text and k.revoked_at is null
returning k.id, k.kind, k.role, k.name, k.hint, k.expires_at, k.revoked_at, k.created_at;

-- name: revoke_legacy
-- Withdraws the signed keys of a role; again does nothing more.
insert into auth.api_keys as k (kind, role, name, key_sha256, hint, revoked_at)
values ('legacy', %(role)s::text, %(name)s::text, %(key_sha256)s::bytea, %(hint)s::text, now())
on conflict (key_sha256) do update set revoked_at = coalesce(k.revoked_at, excluded.revoked_at)
returning k.id, k.kind, k.role, k.name, k.hint, k.expires_at, k.revoked_at, k.created_at;

-- name: restore_legacy
-- Forgets that the signed keys of a role were withdrawn.
delete from auth.api_keys k
 where k.kind = 'legacy' and k.role = %(role)s::text
returning k.id, k.kind, k.role, k.name, k.hint, k.expires_at, k.revoked_at, k.created_at;

-- name: every
-- Every key that was made.
select k.id, k.kind, k.role, k.name, k.hint, k.expires_at, k.revoked_at, k.created_at
  from auth.api_keys k
 order by k.created_at desc, k.id;
