-- name: note_export
-- That the record was read out, by whom and which part; before the first entry leaves.
select audit.record('export', 'audit.log', '[]'::jsonb, %(patients)s::jsonb, null::text, %(details)s::jsonb);

-- name: every_entry
-- The whole log.
select seq, sealed_at, body, hash from audit.log order by sealed_at, seq;

-- name: some_entries
-- What happened in a time, or by somebody.
select l.seq, l.sealed_at, l.body, l.hash
  from audit.log l
 where (%(since)s::timestamptz is null or l.at >= %(since)s::timestamptz)
   and (%(until)s::timestamptz is null or l.at < %(until)s::timestamptz)
   and (%(account)s::uuid is null or l.actor = %(account)s::uuid)
   and (%(login)s::text is null or (l.actor is null and l.body::jsonb ->> 'actor' = %(login)s::text))
 order by l.sealed_at, l.seq;

-- name: entries_about
-- The same, of what concerns one record.
select l.seq, l.sealed_at, l.body, l.hash
  from audit.about a
  join audit.log l on l.sealed_at = a.sealed_at and l.seq = a.seq
 where a.patient_id = %(patient)s::uuid
   and (%(since)s::timestamptz is null or a.at >= %(since)s::timestamptz)
   and (%(until)s::timestamptz is null or a.at < %(until)s::timestamptz)
   and (%(account)s::uuid is null or l.actor = %(account)s::uuid)
   and (%(login)s::text is null or (l.actor is null and l.body::jsonb ->> 'actor' = %(login)s::text))
 order by l.sealed_at, l.seq;
