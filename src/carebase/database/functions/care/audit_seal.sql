-- Moves entries from the inbox into the chained log, and removes whole months once their retention is over.
set local role audit_owner;

-- The month that holds the time, made where it is missing. It is filled in before it is attached, which no reader waits for.
create or replace function audit.make_partition(month_of timestamptz) returns text
language plpgsql security definer set search_path = ''
as $$
declare
    begins timestamp := date_trunc('month', month_of at time zone 'UTC');
    name text := to_char(begins, '"log_"YYYY_MM');
begin
    if to_regclass('audit.' || name) is null then
        execute format('create table audit.%I (like audit.log including all)', name);
        execute format('comment on table audit.%I is %L', name, to_char(begins, '"Entries sealed in "YYYY-MM" (UTC)."'));
        execute format('alter table audit.%I enable row level security', name);
        execute format('alter table audit.log attach partition audit.%I for values from (%L) to (%L)', name,
                       begins at time zone 'UTC', (begins + interval '1 month') at time zone 'UTC');
    end if;
    return name;
end $$;

-- Seals what is committed and waiting, in the order it came: how many entries, 0 when none is waiting, -1 while another
-- sealer is at work. Numbers are given here, so a rollback leaves no gap.
create or replace function audit.seal(max_rows int default 10000) returns bigint
language plpgsql security definer set search_path = '' set work_mem = '64MB'
as $$
declare
    head audit.head;
    sealing_at timestamptz;
    sealed_at_bytes bytea;
    waiting record;
    last_seq bigint;
    last_hash bytea;
    bodies text[] := '{}';
    hashes bytea[] := '{}';
begin
    select * into head from audit.head h for update skip locked;
    if not found then
        return -1;
    end if;
    sealing_at := greatest(clock_timestamp(), head.sealed_at);
    sealed_at_bytes := int8send((extract(epoch from sealing_at) * 1000000)::bigint);
    last_seq := head.seq;
    last_hash := head.hash;
    for waiting in
        -- A batch is held in memory, so it ends where its bodies reach 32 MB as well.
        with bound as (
            select max(f.n) as n
              from (select i.n, sum(octet_length(i.body)) over (order by i.n rows unbounded preceding) - octet_length(i.body) as before
                      from audit.inbox i order by i.n limit greatest(max_rows, 1)) f
             where f.before < 33554432),
        taken as (delete from audit.inbox i using bound b where i.n <= b.n returning i.n, i.body)
        select t.body from taken t order by t.n
    loop
        last_seq := last_seq + 1;
        last_hash := sha256(last_hash || int8send(last_seq) || sealed_at_bytes || convert_to(waiting.body, 'UTF8'));
        bodies := array_append(bodies, waiting.body);
        hashes := array_append(hashes, last_hash);
    end loop;
    if last_seq = head.seq then
        return 0;
    end if;
    perform audit.make_partition(sealing_at);
    -- `offset 0` keeps the planner from reading a body again for each column.
    with read as (
        select s.i, s.body, s.hash, s.body::jsonb as b
          from unnest(bodies, hashes) with ordinality s (body, hash, i) offset 0),
    named as materialized (
        select head.seq + r.i as seq, r.body, r.hash,
               case jsonb_typeof(r.b -> 'at') when 'number' then (r.b -> 'at')::numeric end as at,
               r.b ->> 'actor' as actor, r.b ->> 'action' as action, r.b ->> 'relation' as relation,
               r.b -> 'keys' as keys, r.b ->> 'ip' as ip, r.b ->> 'agent' as agent,
               case when jsonb_typeof(r.b -> 'patients') <> 'array' then '{}'
                    -- Nearly every entry concerns one record or none, and those need no subquery.
                    when r.b -> 'patients' -> 1 is null then
                        case when translate(r.b -> 'patients' ->> 0, '0123456789abcdef', '0000000000000000') = '00000000-0000-0000-0000-000000000000'
                             then array[(r.b -> 'patients' ->> 0)::uuid] end
                    else array(select distinct p.id::uuid from jsonb_array_elements_text(r.b -> 'patients') p (id)
                                where translate(p.id, '0123456789abcdef', '0000000000000000') = '00000000-0000-0000-0000-000000000000')
               end as patients
          from read r),
    kept as (
        insert into audit.log (seq, sealed_at, body, hash, at, actor, action, relation, keys, ip, agent, has_patients)
        select n.seq, sealing_at, n.body, n.hash,
               case when n.at between 0 and 253402300799999999 then to_timestamp(n.at::float8 / 1e6) else sealing_at end,
               case when translate(n.actor, '0123456789abcdef', '0000000000000000') = '00000000-0000-0000-0000-000000000000'
                    then n.actor::uuid end,
               n.action, n.relation, n.keys, n.ip, n.agent, coalesce(cardinality(n.patients), 0) > 0
          from named n)
    -- In the order of the index, so that neighbours share its pages.
    insert into audit.about (patient_id, at, sealed_at, seq)
    select p.id, case when n.at between 0 and 253402300799999999 then to_timestamp(n.at::float8 / 1e6) else sealing_at end,
           sealing_at, n.seq
      from named n, unnest(n.patients) p (id)
     order by 1;
    update audit.head set seq = last_seq, hash = last_hash, sealed_at = sealing_at;
    -- What a checkpoint vouches for must outlast a crash, whatever the server's default is.
    if current_setting('synchronous_commit') = 'off' then
        perform set_config('synchronous_commit', 'on', true);
    end if;
    return last_seq - head.seq;
end $$;
revoke all on function audit.make_partition(timestamptz) from public;
grant execute on function audit.seal(int) to audit_sealer;

-- Removes the months that ended before the time, oldest first: how many entries, and the last of them. Nothing is removed
-- within six years of its sealing, nor part of a month. For the owner alone.
create or replace function audit.purge(before timestamptz, out rows bigint, out through_seq bigint)
language plpgsql security definer set search_path = ''
as $$
declare
    month record;
    last_of record;
    counted bigint;
begin
    if before is null or before > now() - interval '2192 days' then
        raise exception 'entries are kept for six years (2192 days); nothing younger is removed' using errcode = 'CA409';
    end if;
    perform from audit.head for update;
    rows := 0;
    for month in
        select c.oid::regclass as name,
               substring(pg_get_expr(c.relpartbound, c.oid) from 'TO \(''([^'']+)''\)')::timestamptz as ends
          from pg_catalog.pg_inherits i join pg_catalog.pg_class c on c.oid = i.inhrelid
         where i.inhparent = 'audit.log'::regclass
         order by ends
    loop
        exit when month.ends > before;
        execute format('select count(*) from %s', month.name) into counted;
        execute format('select seq, hash, sealed_at from %s order by sealed_at desc, seq desc limit 1', month.name) into last_of;
        if counted > 0 then
            rows := rows + counted;
            through_seq := last_of.seq;
            insert into audit.purged (through_seq, hash, sealed_at, rows) values (last_of.seq, last_of.hash, last_of.sealed_at, counted);
            execute format('delete from audit.about a using %s l where a.at = l.at and a.seq = l.seq', month.name);
        end if;
        execute format('drop table %s', month.name);
    end loop;
    if rows > 0 then
        perform audit.record('purge', 'audit.log', jsonb_build_array(through_seq::text),
                             details => jsonb_build_object('rows', rows, 'through_seq', through_seq, 'before', before));
    end if;
end $$;
