-- What a server asks before it signs: whether the row that was signed last is still in the log.
set local role audit_owner;

create or replace function audit.hash_at(seq bigint, sealed_at timestamptz) returns bytea
language sql stable security definer set search_path = ''
as $$ select l.hash from audit.log l where l.sealed_at = hash_at.sealed_at and l.seq = hash_at.seq $$;
revoke all on function audit.hash_at(bigint, timestamptz) from public;
grant execute on function audit.hash_at(bigint, timestamptz) to audit_sealer;
