-- name: entries
-- Entries of the record, the latest first, from behind a place on; only for administrators, by the table's own policy.
select l.seq, (extract(epoch from l.sealed_at) * 1000000)::bigint as sealed_at, l.at, l.actor, l.action, l.relation, l.keys
  from audit.log l
 where (%(actor)s::uuid is null or l.actor = %(actor)s::uuid)
   and (%(action)s::text is null or lower(l.action) = lower(%(action)s::text))
   and (%(relation)s::text is null or l.relation = %(relation)s::text or l.relation = 'public.' || %(relation)s::text)
   and (%(since)s::timestamptz is null or l.at >= %(since)s::timestamptz)
   and (%(until)s::timestamptz is null or l.at < %(until)s::timestamptz)
   and (%(before_at)s::timestamptz is null or (l.at, l.seq) < (%(before_at)s::timestamptz, %(before_seq)s::bigint))
 order by l.at desc, l.seq desc
 limit %(most)s::int;

-- name: entries_about
-- The same of what concerns one record, found by it.
select l.seq, (extract(epoch from l.sealed_at) * 1000000)::bigint as sealed_at, l.at, l.actor, l.action, l.relation, l.keys
  from audit.about a
  join audit.log l on l.sealed_at = a.sealed_at and l.seq = a.seq
 where a.patient_id = %(patient)s::uuid
   and (%(actor)s::uuid is null or l.actor = %(actor)s::uuid)
   and (%(action)s::text is null or lower(l.action) = lower(%(action)s::text))
   and (%(relation)s::text is null or l.relation = %(relation)s::text or l.relation = 'public.' || %(relation)s::text)
   and (%(since)s::timestamptz is null or a.at >= %(since)s::timestamptz)
   and (%(until)s::timestamptz is null or a.at < %(until)s::timestamptz)
   and (%(before_at)s::timestamptz is null or (a.at, a.seq) < (%(before_at)s::timestamptz, %(before_seq)s::bigint))
 order by a.at desc, a.seq desc
 limit %(most)s::int;

-- name: entry
-- One entry; what it changed only for whoever may read those records' clinical content at this moment.
select l.seq, l.sealed_at, l.at, l.actor, l.action, l.relation, l.keys, l.ip, l.agent,
       audit.change_in(l.sealed_at, l.seq, 'old') as before, audit.change_in(l.sealed_at, l.seq, 'new') as after
  from audit.log l
 where l.sealed_at = timestamptz 'epoch' + %(sealed_at)s::bigint * interval '1 microsecond' and l.seq = %(seq)s::bigint;

-- name: concerned
-- Whose records an entry concerns.
select a.patient_id
  from audit.about a
 where a.at = %(at)s::timestamptz and a.seq = %(seq)s::bigint
 order by a.patient_id
 limit 200;

-- name: named
-- The addresses of accounts, by the accounts service.
select u.id, coalesce(u.email, '+' || u.phone) as name from auth.users u where u.id = any (%(ids)s::uuid[]);
