-- The schema that PostgREST and the data API are asked about alike: small, with every cardinality and kind of value.
-- Nothing here depends on the clock, on chance or on what was asked before.

do $$
begin
  if not exists (select from pg_roles where rolname = 'differences_visitor') then
    create role differences_visitor nologin;
    create role differences_member nologin;
  end if;
end
$$;

create schema api;
grant usage on schema api to differences_visitor, differences_member;

-- Numbers new rows within a transaction, so that both servers, which undo what they did, count alike.
create function api.next_number() returns integer
language plpgsql volatile as $$
declare
  number integer := coalesce(nullif(current_setting('fixture.number', true), '')::integer, 1000) + 1;
begin
  perform set_config('fixture.number', number::text, true);
  return number;
end
$$;

create type api.triage as enum ('low', 'high', 'now');
create domain api.short as text check (length(value) < 20);
create type api.point3 as (x integer, y integer, label text);

create table api.wards (
  id integer primary key default api.next_number(),
  name text not null unique,
  floor smallint,
  is_open boolean default true,
  tags text[] default '{}',
  beds int4range,
  opened date
);

create table api.people (
  id integer primary key default api.next_number(),
  name text not null,
  born date,
  weight numeric(6, 2),
  height double precision,
  is_staff boolean default false,
  contact jsonb,
  notes json,
  nicknames text[],
  triage api.triage default 'low',
  seen_at timestamptz,
  ward_id integer references api.wards,
  mentor_id integer constraint people_mentor references api.people
);

create table api.passports (
  person_id integer primary key references api.people,
  number varchar(12) not null,
  issued date default '2020-02-02'
);

create table api.medicines (
  code text primary key,
  name api.short not null,
  summary tsvector,
  price numeric default 1.5
);

create table api.prescriptions (
  person_id integer references api.people,
  medicine_code text references api.medicines,
  dose real default 1,
  primary key (person_id, medicine_code)
);

create table api.allergies (
  person_id integer references api.people,
  medicine_code text references api.medicines,
  severity integer,
  primary key (person_id, medicine_code)
);

create table api.stays (
  id integer primary key,
  person_id integer not null references api.people,
  ward_id integer constraint stays_in references api.wards,
  from_ward_id integer constraint stays_from references api.wards,
  during daterange,
  bill jsonb default '{"paid": false}',
  days integer generated always as (upper(during) - lower(during)) stored
);

create table api.teams (
  site text,
  number integer,
  motto text,
  primary key (site, number)
);

create table api.members (
  site text,
  number integer,
  person_id integer references api.people,
  since date,
  primary key (site, number, person_id),
  foreign key (site, number) references api.teams
);

create table api.remarks (
  said text,
  weight integer,
  ward_id integer references api.wards
);

create table api."odd names" (
  "the id" integer primary key,
  "a.b" text,
  "c,d" integer,
  "é" text,
  "ward" integer references api.wards
);

create table api.diaries (
  id integer primary key,
  owner_name text not null default current_user,
  body text,
  person_id integer references api.people
);
alter table api.diaries enable row level security;
create policy diaries_own on api.diaries using (owner_name = current_user) with check (owner_name = current_user);

create table api.closed (id integer primary key, ward_id integer references api.wards);
create table api.half_closed (id integer primary key, shown text, hidden text);

create view api.patients as select id, name, born, ward_id, mentor_id from api.people where not is_staff;
create view api.ward_names as select id as ward_no, name as title from api.wards;
create view api.crowds as
  select w.id as ward_id, w.name, count(p.id)::integer as people
    from api.wards w left join api.people p on p.ward_id = w.id group by w.id, w.name;

create materialized view api.prices as select code, price from api.medicines;

create table api.visits (id integer, day date not null, person_id integer references api.people, primary key (id, day))
  partition by range (day);
create table api.visits_early partition of api.visits for values from ('2000-01-01') to ('2020-01-01');
create table api.visits_late partition of api.visits for values from ('2020-01-01') to ('2100-01-01');

create function api.badge(api.people) returns text language sql stable as $$ select $1.id || '-' || $1.name $$;
create function api.home(api.people) returns setof api.wards rows 1 language sql stable as
  $$ select * from api.wards where id = $1.ward_id $$;
create function api.residents(api.wards) returns setof api.people language sql stable as
  $$ select * from api.people where ward_id = $1.id $$;

create function api.plus(a integer, b integer default 10) returns integer language sql immutable as
  $$ select a + b $$;
create function api.same(value text) returns text language sql immutable as $$ select value $$;
create function api.same_json(value json) returns json language sql immutable as $$ select value $$;
create function api.whole_body(json) returns json language sql immutable as $$ select $1 $$;
create function api.whole_text(text) returns text language sql immutable as $$ select $1 $$;
create function api.joined(variadic words text[]) returns text language sql immutable as
  $$ select array_to_string(words, '+') $$;
create function api.total(numbers integer[]) returns bigint language sql immutable as
  $$ select sum(n) from unnest(numbers) as n $$;
create function api.overloaded() returns text language sql stable as $$ select 'none' $$;
create function api.overloaded(a integer) returns text language sql stable as $$ select 'one ' || a $$;
create function api.overloaded(a integer, b text) returns text language sql stable as $$ select 'two ' || a || b $$;
create function api.clash(a integer) returns text language sql stable as $$ select 'number' $$;
create function api.clash(a text) returns text language sql stable as $$ select 'text' $$;
create function api.nothing(a integer default 1) returns void language sql as $$ select $$;
create function api.adults(beyond integer default 0) returns setof api.people language sql stable as
  $$ select * from api.people where id > beyond order by id $$;
create function api.first_ward() returns api.wards language sql stable as
  $$ select * from api.wards order by id limit 1 $$;
create function api.no_ward() returns api.wards language sql stable as $$ select * from api.wards where false $$;
create function api.numbers(most integer) returns setof integer language sql immutable as
  $$ select n from generate_series(1, most) as n $$;
create function api.listed(most integer) returns table (n integer, word text) language sql immutable as
  $$ select n, repeat('x', n) from generate_series(1, most) as n $$;
create function api.outward(in a integer, out b integer, out c text) language sql immutable as
  $$ select a + 1, 'c' || a $$;
create function api.one_out(in a integer, out b integer) language sql immutable as $$ select a * 2 $$;
create function api.both_ways(inout a integer, inout b text) language sql immutable as $$ select a + 1, b || '!' $$;
create function api.a_point(x integer) returns api.point3 language sql immutable as
  $$ select row(x, x + 1, 'p')::api.point3 $$;
create function api.points() returns setof api.point3 language sql immutable as
  $$ select row(n, n, 'p' || n)::api.point3 from generate_series(1, 3) as n $$;
create function api.records() returns setof record language sql immutable as $$ select 1, 'one' $$;
create function api.add_ward(name text, floor smallint default null) returns setof api.wards language sql as
  $$ insert into api.wards (name, floor) values (name, floor) returning * $$;
create function api.count_wards() returns bigint language sql as $$ select count(*) from api.wards $$;
create function api.dated(day date, at timestamptz default null, flag boolean default false) returns text
  language sql immutable as $$ select day || ' ' || flag $$;
create function api."odd function"("the id" integer) returns integer language sql immutable as $$ select "the id" $$;
create function api.refuse(code text, said text default 'no') returns void language plpgsql as $$
begin
  raise exception using errcode = code, message = said, detail = 'in detail', hint = 'a hint';
end
$$;
create function api.answer_with(status text, headers text) returns text language plpgsql as $$
begin
  perform set_config('response.status', status, true), set_config('response.headers', headers, true);
  return 'done';
end
$$;
create function api.asked_with(name text) returns text language sql stable as
  $$ select current_setting(name, true) $$;
create function api.hidden() returns integer language sql as $$ select 1 $$;

insert into api.wards (id, name, floor, is_open, tags, beds, opened) values
  (1, 'North', 1, true, '{quiet,old}', '[1,10)', '1990-05-01'),
  (2, 'South', 2, false, '{}', '[10,20)', null),
  (3, 'East "E"', null, null, null, 'empty', '2001-01-31'),
  (4, 'West, (far)', -1, true, '{"a,b","c d",quiet}', '[5,)', '2001-01-31');

insert into api.people
  (id, name, born, weight, height, is_staff, contact, notes, nicknames, triage, seen_at, ward_id, mentor_id) values
  (1, 'Amina', '1980-01-01', 61.5, 1.65, false, '{"phone": "1", "at": {"city": "Bern", "zip": 3000}, "l": [1, 2]}',
   '{"a": [1, {"b": null}], "z": "x"}', '{Ami}', 'high', '2024-01-01 10:00+00', 1, null),
  (2, 'Bruno', '1975-12-31', null, 1e-7, false, '{"phone": null, "at": {}}', '[1, "two", null]', '{}', 'low',
   '2024-01-01 10:00+02', 1, 1),
  (3, 'chloé', null, 0.10, 'NaN', true, 'null', '"text"', null, null, null, 2, 1),
  (4, 'Dr. 100%', '2000-02-29', 9999.99, 'Infinity', true, '[{"a": 1}]', 'null', '{"x,y","{q}",null}', 'now',
   '2023-06-30 23:59:59.123456+00', null, 3),
  (5, 'Eve_*', '1980-01-01', 61.50, 2, null, null, null, '{Ami,Eve}', 'high', '2024-01-01 08:00+00', 3, 5),
  (6, 'amina', '1980-01-01', -1, 0, false, '{"phone": 1, "at": {"city": "bern"}, "true": true}', '{"a": {"0": 1}}',
   '{}', 'low', '1999-12-31 00:00+00', 1, 2);

insert into api.passports values (1, 'X1', '2019-01-01'), (3, 'x 3', null), (6, 'é', '2021-01-01');
insert into api.medicines values
  ('A01', 'Aspirin', to_tsvector('english', 'eases the pains and a fever'), 2.25),
  ('B,2', 'Balm', to_tsvector('german', 'lindert alle Schmerzen'), null),
  ('C"3', 'Cod oil', null, 0);
insert into api.prescriptions values (1, 'A01', 0.5), (1, 'B,2', 2), (2, 'A01', null), (6, 'C"3', 1.25), (4, 'A01', 1);
insert into api.allergies values (1, 'C"3', 3), (2, 'A01', 1), (5, 'B,2', null), (5, 'A01', 2);
insert into api.stays (id, person_id, ward_id, from_ward_id, during, bill) values
  (1, 1, 1, 2, '[2020-01-01,2020-01-05)', '{"paid": true, "sum": 12.5}'),
  (2, 1, 2, null, '[2021-01-01,2021-02-01)', '{"sum": 3}'),
  (3, 2, 1, 1, null, null),
  (4, 3, null, 3, '[2020-01-03,2020-01-04)', '{"paid": true}'),
  (5, 6, 4, 4, 'empty', '[]');
insert into api.teams values ('Bern', 1, 'care'), ('Bern', 2, null), ('Biel', 1, 'haste');
insert into api.members values
  ('Bern', 1, 1, '2020-01-01'), ('Bern', 1, 2, null), ('Biel', 1, 1, '2021-01-01'), ('Bern', 2, 6, '2019-01-01');
insert into api.remarks values ('good', 3, 1), ('bad', 1, 1), ('good', null, 2), (null, 3, null), ('bad', 1, 1);
insert into api."odd names" values (1, 'x', 10, 'é', 1), (2, 'y.z', null, 'e', 2), (3, null, 30, null, null);
insert into api.diaries values
  (1, 'differences_visitor', 'a visit', 1), (2, 'differences_member', 'my day', 1), (3, 'differences_member', null, 2);
insert into api.closed values (1, 1);
insert into api.half_closed values (1, 'seen', 'unseen');
insert into api.visits values (1, '2019-03-03', 1), (2, '2022-04-04', 1), (3, '2022-05-05', 2);
refresh materialized view api.prices;

grant select, insert, update, delete on all tables in schema api to differences_visitor, differences_member;
revoke all on api.closed, api.half_closed from differences_visitor, differences_member;
revoke insert, update, delete on api.teams from differences_visitor;
grant select (id, shown), insert (id, shown), update (shown) on api.half_closed to differences_visitor;
revoke execute on function api.hidden() from public;
analyze;
