-- name: head
-- Where the chain ends now; an empty log ends with its genesis, at the time 0.
select chain_id, seq, hash,
       case when isfinite(sealed_at) then (extract(epoch from sealed_at) * 1e6)::bigint else 0 end as sealed_at
  from audit.head;

-- name: hash_at
-- The hash of a row that was signed, null when it is not there.
select audit.hash_at(%(seq)s::bigint, timestamptz 'epoch' + %(sealed_at)s::bigint * interval '1 microsecond');

-- name: copy_checkpoint
-- The copy of a document in the database, unless it is there.
insert into audit.checkpoints (made_at, chain_id, seq, hash, kind, previous_sha256, document, signature, public_key)
select timestamptz 'epoch' + %(made_at)s::bigint * interval '1 microsecond', %(chain_id)s::uuid, %(seq)s::bigint,
       %(hash)s::bytea, %(kind)s::text, %(previous_sha256)s::bytea, %(document)s::text, %(signature)s::bytea,
       %(public_key)s::bytea
 where not exists (select from audit.checkpoints as kept where kept.document = %(document)s::text);
