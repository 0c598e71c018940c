-- name: rows
-- The whole log in its order.
select seq, sealed_at, body, hash, at, has_patients from audit.log order by sealed_at, seq;

-- name: altered_columns
-- The first rows of which a column that pages show is not what the sealer took from the body.
select l.seq
  from audit.log l,
       -- `offset 0` keeps the planner from reading a body again for each column.
       lateral (select l.body::jsonb as b offset 0) r,
       lateral (select case jsonb_typeof(r.b -> 'at') when 'number' then (r.b -> 'at')::numeric end as at offset 0) n
 where (l.at, l.actor, l.action, l.relation, l.keys, l.ip, l.agent) is distinct from
       (case when n.at between 0 and 253402300799999999 then to_timestamp(n.at::float8 / 1e6) else l.sealed_at end,
        case when translate(r.b ->> 'actor', '0123456789abcdef', '0000000000000000') = '00000000-0000-0000-0000-000000000000'
             then (r.b ->> 'actor')::uuid end,
        r.b ->> 'action', r.b ->> 'relation', r.b -> 'keys', r.b ->> 'ip', r.b ->> 'agent')
 order by l.sealed_at, l.seq
 limit 100;

-- name: about
-- Whom entries concern, in the order of the entries.
select seq, patient_id, sealed_at, at from audit.about order by seq, patient_id;

-- name: purged
-- Where the log begins after the last purge.
select through_seq, hash from audit.purged order by through_seq desc limit 1;

-- name: copies
-- The copies of the checkpoints.
select document, signature, public_key from audit.checkpoints order by id;

-- name: waiting
-- How many entries wait to be sealed.
select count(*) from audit.inbox;

-- name: altered_structure
-- What the tables have lost that makes the record: months, row security, triggers.
select format('The table audit.%%s is detached from the log.', c.relname) as said
  from pg_class c
 where c.relnamespace = to_regnamespace('audit') and c.relkind = 'r' and c.relname ~ '^log_\d{4}_\d{2}$'
   and not c.relispartition
union all
select format('Row security is switched off on audit.%%s.', c.relname)
  from pg_class c
 where c.relnamespace = to_regnamespace('audit') and c.relkind in ('r', 'p') and not c.relrowsecurity
union all
select format('The trigger %%s on %%s does not fire: what is written there is not recorded.', t.tgname, t.tgrelid::regclass)
  from pg_trigger t
 where t.tgfoid in (select p.oid from pg_proc p where p.pronamespace = to_regnamespace('audit')) and t.tgenabled in ('D', 'R')
union all
select format('No trigger is on %%s: what is written there is not recorded.', k.relation)
  from audit.tracked k
 where to_regclass(k.relation) is not null
   and not exists (select from pg_trigger t
                    where t.tgrelid = to_regclass(k.relation)
                      and t.tgfoid in (select p.oid from pg_proc p where p.pronamespace = to_regnamespace('audit')))
 order by said;
