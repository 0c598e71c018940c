-- The functions of the extension uuid-ossp, written from RFC 9562 in SQL, for a server that comes without it.

-- Section 5.9: the nil UUID. Section 6.6: the name spaces.
create function uuid_nil() returns uuid language sql immutable parallel safe
as $$ select '00000000-0000-0000-0000-000000000000'::pg_catalog.uuid $$;
create function uuid_ns_dns() returns uuid language sql immutable parallel safe
as $$ select '6ba7b810-9dad-11d1-80b4-00c04fd430c8'::pg_catalog.uuid $$;
create function uuid_ns_url() returns uuid language sql immutable parallel safe
as $$ select '6ba7b811-9dad-11d1-80b4-00c04fd430c8'::pg_catalog.uuid $$;
create function uuid_ns_oid() returns uuid language sql immutable parallel safe
as $$ select '6ba7b812-9dad-11d1-80b4-00c04fd430c8'::pg_catalog.uuid $$;
create function uuid_ns_x500() returns uuid language sql immutable parallel safe
as $$ select '6ba7b814-9dad-11d1-80b4-00c04fd430c8'::pg_catalog.uuid $$;

-- Section 5.4: random but for version and variant.
create function uuid_generate_v4() returns uuid language sql volatile parallel safe
as $$ select pg_catalog.gen_random_uuid() $$;

-- Section 5.1: the time in steps of 100 ns since 1582-10-15, of which the clock knows every tenth. SQL sees no network
-- card, so clock sequence and node are random for each UUID, the node with the multicast bit of section 6.10. That is what
-- the original calls v1mc; its v1 would tell on which machine it was made.
do $make$
declare
    wanted text;
begin
    foreach wanted in array array['uuid_generate_v1', 'uuid_generate_v1mc'] loop
        execute format($create$
            create function %I() returns uuid language plpgsql volatile parallel safe
            set search_path = pg_catalog, pg_temp
            as $$
            declare
                -- 12,219,292,800 s lie between 1582-10-15 and 1970-01-01.
                ticks constant int8 := (extract(epoch from clock_timestamp()) * 10000000)::int8 + 122192928000000000;
                -- The second half of a random UUID: variant, 14 random bits, 48 random bits.
                chance constant bytea := substring(uuid_send(gen_random_uuid()) from 9);
            begin
                return (lpad(to_hex(ticks & 4294967295), 8, '0')
                        || lpad(to_hex((ticks >> 32) & 65535), 4, '0')
                        || '1' || lpad(to_hex((ticks >> 48) & 4095), 3, '0')
                        || encode(set_byte(chance, 2, get_byte(chance, 2) | 1), 'hex'))::uuid;
            end $$$create$, wanted);
    end loop;
end $make$;

-- Section 5.3: MD5 of name space and name, but for version and variant.
create function uuid_generate_v3(namespace uuid, name text) returns uuid language plpgsql immutable strict parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    digest bytea := decode(md5(uuid_send(namespace) || convert_to(name, 'UTF8')), 'hex');
begin
    digest := set_byte(digest, 6, (get_byte(digest, 6) & 15) | 48);
    digest := set_byte(digest, 8, (get_byte(digest, 8) & 63) | 128);
    return encode(digest, 'hex')::uuid;
end $$;

-- Section 5.5: SHA-1 of name space and name, but for version and variant. PostgreSQL has no SHA-1 of its own; this one
-- is written from FIPS 180-4, section 6.1.2, in 64-bit integers of which the lower 32 bits count.
create function uuid_generate_v5(namespace uuid, name text) returns uuid language plpgsql immutable strict parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    mask constant int8 := 4294967295;
    message bytea := uuid_send(namespace) || convert_to(name, 'UTF8');
    bits constant int8 := length(message)::int8 * 8;
    state int8[] := array[1732584193, 4023233417, 2562383102, 271733878, 3285377520];
    words int8[];
    word int8;
    a int8;
    b int8;
    c int8;
    d int8;
    e int8;
    f int8;
    k int8;
    digest bytea;
begin
    -- One bit, zeros up to 8 bytes before the end of a block, the length in bits.
    message := message || decode('80' || repeat('00', 63 - (length(message) + 8) % 64), 'hex') || int8send(bits);
    for block in 0 .. length(message) / 64 - 1 loop
        for t in 0 .. 15 loop
            words[t] := (get_byte(message, block * 64 + t * 4)::int8 << 24) | (get_byte(message, block * 64 + t * 4 + 1) << 16)
                      | (get_byte(message, block * 64 + t * 4 + 2) << 8) | get_byte(message, block * 64 + t * 4 + 3);
        end loop;
        for t in 16 .. 79 loop
            word := words[t - 3] # words[t - 8] # words[t - 14] # words[t - 16];
            words[t] := ((word << 1) | (word >> 31)) & mask;
        end loop;
        a := state[1];
        b := state[2];
        c := state[3];
        d := state[4];
        e := state[5];
        for t in 0 .. 79 loop
            if t < 20 then
                f := (b & c) | ((b # mask) & d);
                k := 1518500249;
            elsif t < 40 then
                f := b # c # d;
                k := 1859775393;
            elsif t < 60 then
                f := (b & c) | (b & d) | (c & d);
                k := 2400959708;
            else
                f := b # c # d;
                k := 3395469782;
            end if;
            word := ((((a << 5) | (a >> 27)) & mask) + f + e + k + words[t]) & mask;
            e := d;
            d := c;
            c := ((b << 30) | (b >> 2)) & mask;
            b := a;
            a := word;
        end loop;
        state := array[(state[1] + a) & mask, (state[2] + b) & mask, (state[3] + c) & mask, (state[4] + d) & mask, (state[5] + e) & mask];
    end loop;
    -- A UUID has room for 128 of the 160 bits.
    digest := substring(int8send(state[1]) from 5) || substring(int8send(state[2]) from 5)
           || substring(int8send(state[3]) from 5) || substring(int8send(state[4]) from 5);
    digest := set_byte(digest, 6, (get_byte(digest, 6) & 15) | 80);
    digest := set_byte(digest, 8, (get_byte(digest, 8) & 63) | 128);
    return encode(digest, 'hex')::uuid;
end $$;
