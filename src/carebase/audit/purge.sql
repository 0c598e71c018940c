-- name: purge
-- Removes whole months that are older than they must be kept: how many entries, and the last of them.
select rows, through_seq from audit.purge(%(before)s::timestamptz);

-- name: purged
-- The last entry that was removed.
select through_seq, hash, (extract(epoch from sealed_at) * 1e6)::bigint as sealed_at
  from audit.purged where through_seq = %(through_seq)s::bigint;
