"""Finds out what an actor may do, by doing it, and says it in words.

Reading: which of the known rows come. Adding: whether a row at each kind of place is taken. Changing and removing:
which rows a statement without any condition reaches; triggers may refuse more than policies do, and the tests of
attacks say so.
"""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg
from psycopg import errors as refusals
from psycopg import sql
from tests.security.actors import PATIENT_OF, PEOPLE, RECORDS, Actor, Bond, become
from tests.security.clinic import SCHEMAS, Clinic, bonds, insertion
from tests.security.rows import DOCUMENT, MAKERS, MEDICAL_FILE, RECORD_OF_CASE, Spot

VERBS = {"select": "reads", "insert": "adds", "update": "changes", "delete": "removes"}
WORDS = ("own", "held", *(bond.value for bond in Bond))
FOR_ANOTHER = " for another"

PROBE = """
create schema probe;
create table probe.reached (relation text, verb text, stored jsonb);
create function probe.note() returns trigger language plpgsql security definer set search_path = '' as $$
begin
    if coalesce(current_setting('probe.is_on', true), '') <> 'on' then
        return coalesce(new, old);
    end if;
    insert into probe.reached values (tg_table_schema || '.' || tg_table_name, lower(tg_op), to_jsonb(old));
    return null;  -- goes no further, so that neither triggers nor constraints of the table have their say
end $$;
"""
HOOK = 'create trigger "A probe" before update or delete on {} for each row execute function probe.note()'


@dataclass(frozen=True)
class Relation:
    """A table or view, as the catalogue describes it."""

    name: str
    kind: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    writable: frozenset[str]

    @property
    def target(self) -> sql.Identifier:
        return sql.Identifier(*self.name.split("."))

    @property
    def schema(self) -> str:
        return self.name.partition(".")[0]


@dataclass
class Watch:
    """A clinic whose tables tell which rows a statement reaches."""

    clinic: Clinic
    relations: list[Relation] = field(default_factory=list)
    stored: dict[str, dict[tuple[Any, ...], dict[str, Any]]] = field(default_factory=dict)
    spots: dict[tuple[str, tuple[Any, ...]], Spot] = field(default_factory=dict)

    def __post_init__(self) -> None:
        owner = self.clinic.owner
        owner.execute(PROBE)
        for name, kind in owner.execute(
            "select n.nspname || '.' || relname, relkind::text"
            " from pg_class c join pg_namespace n on n.oid = relnamespace"
            " where nspname = any (%s) and relkind in ('r', 'p', 'v', 'm') and not relispartition order by 1",
            [list(SCHEMAS)],
        ).fetchall():
            columns = owner.execute(
                "select attname::text, attidentity = '' and attgenerated = '' from pg_attribute"
                " where attrelid = %s::regclass and attnum > 0 and not attisdropped order by attnum",
                [name],
            ).fetchall()
            relation = Relation(
                name,
                kind,
                tuple(self.clinic.keys(name)),
                tuple(column for column, _ in columns),
                frozenset(column for column, is_writable in columns if is_writable),
            )
            self.relations.append(relation)
            if kind in "rp":
                owner.execute(sql.SQL(HOOK).format(relation.target))
            # Views of the record ask who is asking; an administrator reads all of it.
            with owner.transaction(force_rollback=True):
                claims = self.clinic.people["admin"].claims_json
                owner.execute("select set_config('request.jwt.claims', %s, true)", [claims])
                rows = owner.execute(sql.SQL("select to_jsonb(t) from {} t").format(relation.target)).fetchall()
            self.stored[name] = {key_of(relation, row): row for (row,) in rows}
        for row in self.clinic.rows:
            self.spots[row.table, row.key] = row.spot

    @contextmanager
    def as_(self, actor: Actor) -> Iterator[psycopg.Connection]:
        """The actor's transaction on the superuser's connection, whose eyes can be used again within it."""
        owner = self.clinic.owner
        with self.clinic.second_factor_asked_of(actor), owner.transaction(force_rollback=True):
            owner.execute("select set_config('probe.is_on', 'on', true)")
            owner.execute(sql.SQL("set local session authorization {}").format(sql.Identifier(actor.login.value)))
            become(owner, actor)
            yield owner

    def spot(self, relation: Relation, key: tuple[Any, ...]) -> Spot:
        # A view shows rows of a table of ours.
        below = {"public.proxies": "public.patient_accounts"}.get(relation.name, relation.name)
        return self.spots.get((below, key), Spot())


def key_of(relation: Relation, row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[column] for column in relation.key) if relation.key else (json.dumps(row, sort_keys=True),)


def granted(watch: Watch, actor: Actor, relation: Relation, verb: str) -> list[str]:
    """The columns in which the actor's role holds that right."""
    found = watch.clinic.owner.execute(
        "select attname::text from pg_attribute"
        " where attrelid = %(relation)s::regclass and attnum > 0 and not attisdropped"
        " and has_schema_privilege(%(role)s, %(schema)s, 'usage')"
        " and has_column_privilege(%(role)s, attrelid, attnum, %(verb)s) order by attnum",
        {"relation": relation.name, "role": actor.role, "schema": relation.schema, "verb": verb},
    )
    names = [name for (name,) in found]
    return names if verb == "select" else [name for name in names if name in relation.writable]


def may_remove(watch: Watch, actor: Actor, relation: Relation) -> bool:
    (holds,) = watch.clinic.owner.execute(
        "select has_schema_privilege(%s, %s, 'usage') and has_table_privilege(%s, %s, 'delete')",
        [actor.role, relation.schema, actor.role, relation.name],
    ).fetchone() or (False,)
    return bool(holds)


@dataclass
class Rights:
    """What one actor was seen to do in one table."""

    read: set[tuple[Any, ...]] = field(default_factory=set)
    added: set[str] = field(default_factory=set)
    changed: set[tuple[Any, ...]] = field(default_factory=set)
    changeable: str = ""
    removed: set[tuple[Any, ...]] = field(default_factory=set)


def observe(watch: Watch, actor: Actor) -> dict[str, Rights]:
    """Everything the actor may do, by table."""
    held = {
        relation.name: {verb: granted(watch, actor, relation, verb) for verb in ("select", "insert", "update")}
        | {"delete": ["x"] if may_remove(watch, actor, relation) else []}
        for relation in watch.relations
    }
    found = {relation.name: Rights() for relation in watch.relations}
    with watch.as_(actor) as connection:
        for relation in watch.relations:
            rights, may = found[relation.name], held[relation.name]
            if may["select"]:
                rights.read = _read(watch, connection, relation, may["select"])
            if may["update"]:
                changing = sql.SQL("update {} set {} = default").format(
                    relation.target, sql.Identifier(may["update"][0])
                )
                _try(connection, changing)
                if len(may["update"]) < len(relation.writable):
                    rights.changeable = " ".join(may["update"])
            if may["delete"]:
                _try(connection, sql.SQL("delete from {}").format(relation.target))
            if may["insert"]:
                rights.added = _added(watch, connection, actor, relation, may["insert"])
        connection.execute("set local session authorization default")
        for relation in watch.relations:
            for verb, row in connection.execute(
                "select verb, stored from probe.reached where relation = %s", [relation.name]
            ).fetchall():
                rights = found[relation.name]
                (rights.changed if verb == "update" else rights.removed).add(key_of(relation, row))
    return found


def _try(connection: psycopg.Connection, statement: sql.Composed) -> bool:
    try:
        with connection.transaction():
            connection.execute(statement)
    except refusals.InsufficientPrivilege:
        return False
    return True


def _read(watch: Watch, connection: psycopg.Connection, relation: Relation, columns: list[str]) -> set[tuple[Any, ...]]:
    """The keys of the rows that come; where the key is not readable, of those that look like them."""
    named = sql.SQL(", ").join(map(sql.Identifier, columns))
    asking = sql.SQL("select to_jsonb(r) from (select {} from {}) r").format(named, relation.target)
    try:
        with connection.transaction():
            seen = Counter(json.dumps(row, sort_keys=True) for (row,) in connection.execute(asking))
    except refusals.InsufficientPrivilege:
        return set()
    keys = set()
    for key, row in watch.stored[relation.name].items():
        looks = json.dumps({column: row[column] for column in columns}, sort_keys=True)
        if seen[looks] > 0:
            seen[looks] -= 1
            keys.add(key)
    assert not +seen, f"{relation.name} shows rows that nobody stored: {+seen}"
    return keys


def _added(
    watch: Watch, connection: psycopg.Connection, actor: Actor, relation: Relation, columns: list[str]
) -> set[str]:
    """The kinds of places at which it may add a row, in words."""
    if relation.name not in MAKERS:
        return {"all"}
    words, refused = set(), set()
    for word, spot in places(actor, relation.name):
        row = watch.clinic.makings.row(relation.name, spot)
        given = {name: value for name, value in row.items() if name in columns}
        outcome = _insert(connection, insertion(relation.name, given), list(given.values()))
        (words if outcome else refused).add(word)
    if words and not refused:
        return {"all"}
    return {f"{word} (some)" if word in refused else word for word in words}


def _insert(connection: psycopg.Connection, statement: sql.Composed, values: list[Any]) -> bool:
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(statement, values)
    except refusals.InsufficientPrivilege:
        return False
    except psycopg.IntegrityError:
        return True  # the policies let it, a constraint did not
    except psycopg.Error as error:
        if (error.sqlstate or "").startswith("CA"):
            return False
        raise
    return True


ABOUT_RECORDS = (
    "care_team",
    "care_messages",
    "care_message_reads",
    "tasks",
    "break_glass_grants",
    "observations",
    "allergies",
    "medicines",
    "patient_accounts",
    "proxies",
    "invitations",
    "appointments",
    "secure_messages",
    "result_releases",
    "consents",
)
OF_PUBLISHED_RUNS = ("statement_reviews", "insight_signatures")
IN_CASES = (
    "case_files",
    "ai_insights",
    "insight_runs",
    "insight_statements",
    "insight_texts",
    "case_steps",
    *OF_PUBLISHED_RUNS,
)
Places = Iterator[tuple[str, Spot]]


def places(actor: Actor, table: str) -> Places:
    """Where the actor could try to add a row, each with the word for it."""
    schema, _, name = table.partition(".")
    if schema == "public" and name in ABOUT_RECORDS:
        return _about_records(actor, name)
    if schema == "public" and name in IN_CASES:
        return _in_cases(actor, name)
    return _of_accounts(actor, name)


def _writers(actor: Actor, name: str) -> list[tuple[str | None, str]]:
    """In whose name: its own and another's; a booking is in the name of a patient."""
    me = actor.person
    names = ("patient", "another patient") if name == "appointments" else ("attending", "another attending")
    another = next(other for other in reversed(names) if other != me)
    if me is None:
        return [(None if name == "appointments" else another, "")]
    if name == "appointments" and PEOPLE[me].role != "patient":
        return [(me, "")]
    return [(me, ""), (another, FOR_ANOTHER)]


def _about_records(actor: Actor, name: str) -> Places:
    sides = name in ("appointments", "secure_messages", "result_releases")
    for record in PATIENT_OF if sides else RECORDS:
        for writer, suffix in _writers(actor, name):
            yield actor.bond(record) + suffix, Spot(account=writer, record=record)
            if name == "result_releases":
                yield f"{actor.bond(record)} (values){suffix}", Spot(account=writer, record=record, tag="value")
    if name == "consents":
        yield "own", Spot(account=_writers(actor, name)[0][0])


def _in_cases(actor: Actor, name: str) -> Places:
    for of, is_leased in itertools.product(PEOPLE, (True, False)):
        if is_leased and name in OF_PUBLISHED_RUNS:
            continue  # nothing is said of what is not published
        spot = Spot(account=of, record=RECORD_OF_CASE.get(of), case_of=of, is_leased=is_leased)
        word = bonds(actor, spot)
        for writer, suffix in _writers(actor, name):
            if not suffix or name in OF_PUBLISHED_RUNS:
                yield word + suffix, replace(spot, account=writer)


def _of_accounts(actor: Actor, name: str) -> Places:
    for writer, suffix in _writers(actor, name):
        yield "own" + suffix, Spot(account=writer)
        if name == "objects":
            yield f"own (documents){suffix}", Spot(account=writer, tag=DOCUMENT)
            for record in RECORDS:
                yield (
                    f"{actor.bond(record)} (medical files){suffix}",
                    Spot(account=writer, record=record, tag=MEDICAL_FILE),
                )
        if name == "cases":
            for record in RECORDS:
                yield actor.bond(record) + suffix, Spot(account=writer, record=record)


def in_words(watch: Watch, actor: Actor, relation: Relation, rights: Rights) -> str:
    """What the actor may do in the table: `reads own, team's patients; adds own`."""
    changes = _scope(watch, actor, relation, rights.changed)
    said = {
        "select": _scope(watch, actor, relation, rights.read),
        "insert": ", ".join(sorted(rights.added, key=_place)),
        "update": f"{changes} [{rights.changeable}]" if changes and rights.changeable else changes,
        "delete": _scope(watch, actor, relation, rights.removed),
    }
    return "; ".join(f"{VERBS[verb]} {what}" for verb, what in said.items() if what)


def _place(word: str) -> tuple[int, str]:
    plain = word.partition(" (")[0].removesuffix(FOR_ANOTHER)
    return (WORDS.index(plain) if plain in WORDS else len(WORDS), word)


def _scope(watch: Watch, actor: Actor, relation: Relation, keys: set[tuple[Any, ...]]) -> str:
    stored = watch.stored[relation.name]
    if not keys:
        return ""
    if len(keys) == len(stored):
        return "all"
    by_word: dict[str, Counter[str]] = {}
    reached: dict[str, Counter[str]] = {}
    for key in stored:
        spot = watch.spot(relation, key)
        word = bonds(actor, spot)
        by_word.setdefault(word, Counter())[spot.tag] += 1
        if key in keys:
            reached.setdefault(word, Counter())[spot.tag] += 1
    return ", ".join(_part(word, reached[word], by_word[word]) for word in sorted(reached, key=_place))


def _part(word: str, reached: Counter[str], there: Counter[str]) -> str:
    if reached == there:
        return word
    if any(reached[tag] != there[tag] for tag in reached):
        return f"{word} ({sum(reached.values())} of {sum(there.values())})"
    if "" in reached:
        return f"{word} (not: {' / '.join(sorted(there.keys() - reached.keys()))})"
    return f"{word} ({' / '.join(sorted(reached))})"
