-- name: lock_account
-- Two sheets made at the same moment come one after the other, so that one of them stays.
select u.id from auth.users u where u.id = %(user_id)s::uuid for no key update;

-- name: drop_sheet
-- The old sheet, used up or not.
delete from auth.paper_codes
 where user_id = %(user_id)s::uuid and purpose = %(purpose)s::text and factor_id is not distinct from %(factor_id)s::uuid;

-- name: keep_sheet
-- Keyed hashes of the codes of a sheet.
insert into auth.paper_codes (user_id, purpose, factor_id, code_hmac, sheet_id, issued_by, expires_at)
select %(user_id)s::uuid, %(purpose)s::text, %(factor_id)s::uuid, code_hmac, %(sheet_id)s::uuid, %(issued_by)s::uuid, %(expires_at)s::timestamptz
  from unnest(%(code_hmacs)s::bytea[]) as code_hmac;

-- name: use
-- A code is good once: of two that come at the same moment one finds no row.
update auth.paper_codes p set used_at = now()
  from unnest(%(user_ids)s::uuid[], %(code_hmacs)s::bytea[]) as asked (user_id, code_hmac)
 where p.user_id = asked.user_id and p.code_hmac = asked.code_hmac and p.purpose = %(purpose)s::text
   and p.factor_id is not distinct from %(factor_id)s::uuid
   and p.used_at is null and (p.expires_at is null or p.expires_at > now())
returning p.user_id;

-- name: drop
-- Codes for what the account has not any more.
delete from auth.paper_codes where user_id = %(user_id)s::uuid and purpose = %(purpose)s::text;

-- name: left
-- What is not used up.
select count(*)::int from auth.paper_codes
 where user_id = %(user_id)s::uuid and purpose = %(purpose)s::text and used_at is null and (expires_at is null or expires_at > now());
