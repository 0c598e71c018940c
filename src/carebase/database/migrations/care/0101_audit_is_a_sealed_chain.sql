grant usage on schema private to audit_owner;
set local role audit_owner;

-- What could not be sealed is not taken: one bad row would stop the record for all.
alter table audit.inbox add constraint inbox_body_is_an_object check (jsonb_typeof(body::jsonb) = 'object');
-- It is emptied every second, so its pages are worth tidying long before a fifth of a large table is dead.
alter table audit.inbox set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,
                             autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 100000);
comment on column audit.inbox.n is 'In the order of writing; the number of an entry in the log is given when it is sealed.';
comment on column audit.inbox.body is 'A JSON object: at (microseconds since 1970), actor, session, action, relation, keys, patients, request, ip, agent, details; for writes old and new as well.';

create table audit.log (
    seq bigint not null,
    sealed_at timestamptz not null,
    body text not null,
    hash bytea not null,
    at timestamptz not null,
    actor uuid,
    action text,
    relation text,
    keys jsonb,
    ip text,
    agent text,
    has_patients boolean not null,
    primary key (sealed_at, seq)
) partition by range (sealed_at);
create index log_at on audit.log (at);
create index log_without_patients_at on audit.log (at) where not has_patients;
create index log_actor_at on audit.log (actor, at);
comment on table audit.log is 'The record: every entry once, in the order of sealing, each bound to the one in front of it. Only ever added to.';
comment on column audit.log.seq is 'Counts from 1 without a gap.';
comment on column audit.log.sealed_at is 'When its batch was sealed; never earlier than the one in front.';
comment on column audit.log.body is 'The entry as it was written, byte for byte; see audit.inbox.';
comment on column audit.log.hash is 'SHA-256 of: the hash in front, seq and sealed_at (microseconds since 1970) as eight bytes each, most significant first, and the body in UTF-8.';
comment on column audit.log.at is 'When it happened: from the body, like all that follow. The sealer reads each body once; generated columns would read it eight times.';
comment on column audit.log.actor is 'The account that did it; null where it was no account but a login of the system.';
comment on column audit.log.action is 'What was done: INSERT, UPDATE and DELETE are writes seen by the database itself, client:… is what a client said it did.';
comment on column audit.log.relation is 'To what: a table with its schema, or the page''s word for it.';
comment on column audit.log.keys is 'To which rows: an array of keys.';
comment on column audit.log.ip is 'The address of the client, as far as it was known.';
comment on column audit.log.agent is 'The client, by its own word.';
comment on column audit.log.has_patients is 'Whether audit.about says of it whose record it concerns.';

create table audit.about (
    patient_id uuid not null,
    at timestamptz not null,
    sealed_at timestamptz not null,
    seq bigint not null,
    primary key (at, seq, patient_id)
);
create index about_patient_at on audit.about (patient_id, at);
comment on table audit.about is 'Which entries concern which record: taken from the bodies when they are sealed, so it can be made again from them.';
comment on column audit.about.patient_id is 'The record.';
comment on column audit.about.at is 'When it happened; as in audit.log.';
comment on column audit.about.sealed_at is 'When the entry was sealed; as in audit.log.';
comment on column audit.about.seq is 'The entry.';

create table audit.head (
    one boolean primary key default true check (one),
    chain_id uuid not null default gen_random_uuid(),
    seq bigint not null,
    hash bytea not null,
    sealed_at timestamptz not null
);
comment on table audit.head is 'Where the chain ends now; whoever seals holds this row.';
comment on column audit.head.one is 'There is one row.';
comment on column audit.head.chain_id is 'Of this chain alone; what is in front of the first entry is SHA-256 of ''carebase audit '' and this.';
comment on column audit.head.seq is 'The last entry.';
comment on column audit.head.hash is 'Its hash.';
comment on column audit.head.sealed_at is 'When it was sealed.';
insert into audit.head (seq, hash, sealed_at) values (0, '', '-infinity');
update audit.head set hash = sha256(convert_to('carebase audit ' || chain_id, 'UTF8'));

create table audit.purged (
    through_seq bigint primary key,
    hash bytea not null,
    sealed_at timestamptz not null,
    rows bigint not null,
    purged_at timestamptz not null default clock_timestamp()
);
comment on table audit.purged is 'What was removed after its retention, and the link from which the rest goes on.';
comment on column audit.purged.through_seq is 'The last entry removed.';
comment on column audit.purged.hash is 'Its hash: what is in front of the first entry that is left.';
comment on column audit.purged.sealed_at is 'When it had been sealed.';
comment on column audit.purged.rows is 'How many were removed in this purge.';
comment on column audit.purged.purged_at is 'When they were removed.';

create table audit.checkpoints (
    id bigint generated always as identity primary key,
    made_at timestamptz not null default clock_timestamp(),
    chain_id uuid not null,
    seq bigint not null,
    hash bytea not null,
    kind text not null check (length(kind) between 1 and 40),
    previous_sha256 bytea,
    document text not null,
    signature bytea not null,
    public_key bytea not null
);
comment on table audit.checkpoints is 'A copy of the signed checkpoints; the ones that count are kept outside the database.';
comment on column audit.checkpoints.id is 'In the order of making.';
comment on column audit.checkpoints.made_at is 'When it was written here.';
comment on column audit.checkpoints.chain_id is 'Of which chain.';
comment on column audit.checkpoints.seq is 'The last entry it vouches for.';
comment on column audit.checkpoints.hash is 'The hash of that entry.';
comment on column audit.checkpoints.kind is 'Why it was made.';
comment on column audit.checkpoints.previous_sha256 is 'Of the document of the checkpoint in front; null for the first.';
comment on column audit.checkpoints.document is 'What was signed, byte for byte.';
comment on column audit.checkpoints.signature is 'Ed25519, over the document in UTF-8.';
comment on column audit.checkpoints.public_key is 'The key it was signed with: 32 bytes.';

create table audit.tracked (
    relation text primary key,
    key_columns text[] not null check (cardinality(key_columns) > 0),
    patient_path text,
    unlogged text[] not null default '{}',
    withheld text[] not null default '{}',
    is_grouped boolean not null default false
);
comment on table audit.tracked is 'Tables whose reading and writing is recorded.';
comment on column audit.tracked.relation is 'The table with its schema.';
comment on column audit.tracked.key_columns is 'Its primary key: what an entry names a row by.';
comment on column audit.tracked.patient_path is 'The column that leads to the record: the record''s own id, or a case, a run, a message, an account; null where no record is concerned.';
comment on column audit.tracked.unlogged is 'Bookkeeping that is never recorded; a change of nothing else is no entry.';
comment on column audit.tracked.withheld is 'Columns whose values are never recorded; that one changed is.';
comment on column audit.tracked.is_grouped is 'Written many rows at once and never changed: one entry names them all, without their values.';

alter table audit.log enable row level security;
alter table audit.about enable row level security;
alter table audit.head enable row level security;
alter table audit.purged enable row level security;
alter table audit.checkpoints enable row level security;
alter table audit.tracked enable row level security;

-- The person at the other end reads entries through the views; the body, which may hold clinical values, is not granted.
grant select (seq, sealed_at, at, actor, action, relation, keys, ip, agent, has_patients) on audit.log to authenticated;
grant select on audit.about to authenticated;
-- The sealer signs where the chain ends.
grant select on audit.head to audit_sealer;
grant select, insert on audit.checkpoints to audit_sealer;
