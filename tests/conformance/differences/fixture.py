"""What `schema.sql` holds, as far as requests have to know it to be worth asking."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from joserfc import jws
from joserfc.jwk import OctKey
from tests.conformance import serving

SCHEMA = Path(__file__).with_name("schema.sql")
EXPOSED = "api"
VISITOR = "differences_visitor"
MEMBER = "differences_member"
MEMBER_TOKEN = "Bearer " + jws.serialize_compact(
    {"alg": "HS256"}, json.dumps({"role": MEMBER, "sub": "one"}), OctKey.import_key(serving.SECRET)
)


@dataclass(frozen=True)
class Link:
    """One way from a table to another: the word to embed it by and hints that tell it from others."""

    word: str
    target: str
    is_many: bool
    hints: tuple[str, ...] = ("",)


@dataclass(frozen=True)
class Table:
    """`kinds` are the columns and what values they take; `key` orders rows in one way only."""

    kinds: dict[str, str]
    key: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    is_written: bool = True


def _one(word: str, target: str, *hints: str) -> Link:
    return Link(word, target, is_many=False, hints=hints or ("",))


def _many(word: str, target: str, *hints: str) -> Link:
    return Link(word, target, is_many=True, hints=hints or ("",))


PEOPLE = {
    "id": "integer",
    "name": "text",
    "born": "date",
    "weight": "numeric",
    "height": "float",
    "is_staff": "boolean",
    "contact": "json",
    "notes": "plain json",
    "nicknames": "texts",
    "triage": "triage",
    "seen_at": "moment",
    "ward_id": "integer",
    "mentor_id": "integer",
}

TABLES: dict[str, Table] = {
    "wards": Table(
        {
            "id": "integer",
            "name": "text",
            "floor": "integer",
            "is_open": "boolean",
            "tags": "texts",
            "beds": "range",
            "opened": "date",
        },
        ("id",),
        (
            _many("people", "people", "", "people_ward_id_fkey", "ward_id"),
            _many("stays", "stays", "stays_in", "stays_from", "ward_id", "from_ward_id", ""),
            _many("remarks", "remarks"),
            _many("residents", "people"),
            _many("patients", "patients"),
            _many("odd names", "odd names"),
        ),
    ),
    "people": Table(
        PEOPLE,
        ("id",),
        (
            _one("wards", "wards", "", "people_ward_id_fkey", "ward_id", "stays"),
            _one("ward_id", "wards"),
            _one("home", "wards"),
            _one("passports", "passports", "", "passports_person_id_fkey"),
            _many("stays", "stays"),
            _many("medicines", "medicines", "prescriptions", "allergies", ""),
            _many("prescriptions", "prescriptions"),
            _many("allergies", "allergies"),
            _many("teams", "teams", "", "members"),
            _many("members", "members"),
            _many("people", "people", "people_mentor", "mentor_id", ""),
            _one("mentor_id", "people"),
            _many("visits", "visits"),
            _many("diaries", "diaries"),
            _one("ward_names", "ward_names"),
            _many("prices", "prices", "prescriptions", "allergies", ""),
        ),
    ),
    "passports": Table(
        {"person_id": "integer", "number": "text", "issued": "date"},
        ("person_id",),
        (_one("people", "people"), _one("person_id", "people"), _one("patients", "patients")),
    ),
    "medicines": Table(
        {"code": "text", "name": "text", "summary": "search", "price": "numeric"},
        ("code",),
        (
            _many("people", "people", "prescriptions", "allergies", ""),
            _many("prescriptions", "prescriptions"),
            _many("allergies", "allergies"),
        ),
    ),
    "prescriptions": Table(
        {"person_id": "integer", "medicine_code": "text", "dose": "float"},
        ("person_id", "medicine_code"),
        (_one("people", "people"), _one("medicines", "medicines"), _one("patients", "patients")),
    ),
    "allergies": Table(
        {"person_id": "integer", "medicine_code": "text", "severity": "integer"},
        ("person_id", "medicine_code"),
        (_one("people", "people"), _one("medicine_code", "medicines")),
    ),
    "stays": Table(
        {
            "id": "integer",
            "person_id": "integer",
            "ward_id": "integer",
            "from_ward_id": "integer",
            "during": "days",
            "bill": "json",
            "days": "integer",
        },
        ("id",),
        (
            _one("wards", "wards", "stays_in", "stays_from", "from_ward_id", ""),
            _one("people", "people", "", "stays_person_id_fkey"),
            _one("patients", "patients"),
            _one("ward_id", "wards"),
        ),
    ),
    "teams": Table(
        {"site": "text", "number": "integer", "motto": "text"},
        ("site", "number"),
        (_many("members", "members"), _many("people", "people")),
    ),
    "members": Table(
        {"site": "text", "number": "integer", "person_id": "integer", "since": "date"},
        ("site", "number", "person_id"),
        (_one("teams", "teams"), _one("people", "people")),
    ),
    "remarks": Table({"said": "text", "weight": "integer", "ward_id": "integer"}, (), (_one("wards", "wards"),)),
    "odd names": Table(
        {"the id": "integer", "a.b": "text", "c,d": "integer", "é": "text", "ward": "integer"},
        ("the id",),
        (_one("wards", "wards"), _one("ward", "wards")),
    ),
    "diaries": Table(
        {"id": "integer", "owner_name": "text", "body": "text", "person_id": "integer"},
        ("id",),
        (_one("people", "people"),),
    ),
    "closed": Table({"id": "integer", "ward_id": "integer"}, ("id",), (_one("wards", "wards"),)),
    "half_closed": Table({"id": "integer", "shown": "text", "hidden": "text"}, ("id",)),
    "patients": Table(
        {"id": "integer", "name": "text", "born": "date", "ward_id": "integer", "mentor_id": "integer"},
        ("id",),
        (
            _one("wards", "wards"),
            _many("stays", "stays"),
            _one("passports", "passports"),
            _many("medicines", "medicines", "prescriptions", "allergies", ""),
            _one("ward_names", "ward_names"),
        ),
    ),
    "ward_names": Table({"ward_no": "integer", "title": "text"}, ("ward_no",), (_many("people", "people"),)),
    "crowds": Table(
        {"ward_id": "integer", "name": "text", "people": "integer"}, ("ward_id",), (_many("people", "people"),), False
    ),
    "prices": Table({"code": "text", "price": "numeric"}, ("code",), (_many("prescriptions", "prescriptions"),), False),
    "visits": Table(
        {"id": "integer", "day": "date", "person_id": "integer"}, ("id", "day"), (_one("people", "people"),)
    ),
}

# --- functions -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Call:
    """A function and its arguments; `shows` is the table whose rows it returns, or columns of its own."""

    arguments: dict[str, str]
    shows: str | dict[str, str] | None = None
    is_bare: bool = False
    """Whether the whole body is its one argument."""


FUNCTIONS: dict[str, Call] = {
    "plus": Call({"a": "integer", "b": "integer"}),
    "same": Call({"value": "text"}),
    "same_json": Call({"value": "json"}),
    "whole_body": Call({}, is_bare=True),
    "whole_text": Call({}, is_bare=True),
    "joined": Call({"words": "texts"}),
    "total": Call({"numbers": "integers"}),
    "overloaded": Call({"a": "integer", "b": "text"}),
    "clash": Call({"a": "integer"}),
    "nothing": Call({"a": "integer"}),
    "adults": Call({"beyond": "integer"}, "people"),
    "first_ward": Call({}, "wards"),
    "no_ward": Call({}, "wards"),
    "numbers": Call({"most": "integer"}),
    "listed": Call({"most": "integer"}, {"n": "integer", "word": "text"}),
    "outward": Call({"a": "integer"}, {"b": "integer", "c": "text"}),
    "one_out": Call({"a": "integer"}),
    "both_ways": Call({"a": "integer", "b": "text"}, {"a": "integer", "b": "text"}),
    "a_point": Call({"x": "integer"}, {"x": "integer", "y": "integer", "label": "text"}),
    "points": Call({}, {"x": "integer", "y": "integer", "label": "text"}),
    "records": Call({}),
    "add_ward": Call({"name": "text", "floor": "integer"}, "wards"),
    "count_wards": Call({}),
    "dated": Call({"day": "date", "at": "moment", "flag": "boolean"}),
    "odd function": Call({"the id": "integer"}),
    "refuse": Call({"code": "code", "said": "text"}),
    "answer_with": Call({"status": "status", "headers": "headers"}),
    "asked_with": Call({"name": "setting"}),
    "hidden": Call({}),
    "badge": Call({}),
    "residents": Call({}, "people"),
}

# --- values --------------------------------------------------------------------------------------------------------

VALUES: dict[str, tuple[str, ...]] = {
    "integer": ("1", "2", "3", "0", "-1", "10", "5", "4", "2147483648", "1.5", "x", ""),
    "text": (
        "Amina", "amina", "Bruno", "good", "bad", "North", "X1", "A01", "Bern", "x", "", "null", "*", "Dr. 100%",
        "*mi*", "%", "_", "B,2", 'C"3', "a\\b", "é", "East \"E\"", "West, (far)", "seen", "y.z",
    ),
    "date": ("1980-01-01", "2000-02-29", "2020-01-01", "2019-03-03", "infinity", "never"),
    "moment": ("2024-01-01T10:00:00+00:00", "2024-01-01 08:00+00", "1999-12-31", "soon"),
    "numeric": ("61.5", "61.50", "2.25", "0", "1e2", "NaN", "abc"),
    "float": ("1.65", "0.5", "2", "Infinity", "1e-7", "a"),
    "boolean": ("true", "false", "t", "maybe"),
    "json": ('"x"', "1", '{"paid":true}', '{"city":"Bern"}', "[]", "null", "{"),
    "plain json": ("1", '"text"'),
    "texts": ("{Ami}", "{quiet}", "{}", '{"a,b"}', "{old,quiet}", "old"),
    "integers": ("{1,2}", "{}", "{1,null}", "1"),
    "triage": ("low", "high", "now", "never"),
    "range": ("[1,5)", "[10,20)", "empty", "(,)", "5"),
    "days": ("[2020-01-01,2020-01-05)", "[2021-01-01,2021-01-10]", "empty", "(,)", "[1,5)"),
    "search": ("pain", "fever & pain", "'eases'", "schmerz", "the", "pain fever", "("),
    "code": ("PT404", "PT402", "PT200", "PT40A", "P0001", "23505", "42501", "22012", "28000", "PGRST", "53300"),
    "status": ("201", "404", "x", ""),
    "headers": ('[{"X-One": "1"}]', "[]", "{}", "x", '[{"Cache-Control": "no-store"}, {"Content-Type": "a/b"}]'),
    "setting": ("request.method", "request.path", "role", "search_path", "none", "timezone", "request.cookies"),
}  # fmt: skip

RIGHT = {
    "integer": 8, "date": 5, "moment": 3, "numeric": 6, "float": 5, "boolean": 3, "json": 6, "texts": 5, "triage": 3,
    "search": 6, "integers": 3, "range": 4, "days": 4,
}  # fmt: skip
"""How many of the values of a kind are right for a column of that kind; they come first."""

IN_JSON: dict[str, tuple[object, ...]] = {
    "integer": (7, 8, 1, 2, 3, None, "9", 1.5, "x", True, 2147483648),
    "text": ("new", "Amina", "", None, "é\n\"'", 5, True, "A01", "B,2", {"a": 1}, "Bern", [1]),
    "date": ("2022-02-02", None, "never", 5),
    "moment": ("2024-01-01T10:00:00Z", None, "soon"),
    "numeric": (1.5, "2.50", None, 1e3, "NaN", "abc"),
    "float": (0.25, None, "Infinity", "a"),
    "boolean": (True, False, None, "t", "maybe", 1),
    "json": ({"paid": True, "sum": 1.50}, [1, "2", None], None, "x", 3, {"é": {"a": []}}),
    "plain json": ({"z": 1, "a": [True]}, None, "x"),
    "texts": (["a", "b,c"], [], None, "{a,b}", "a", [None]),
    "integers": ([1, 2], [], None, "{3}", ["x"]),
    "triage": ("low", "now", None, "never"),
    "range": ("[1,5)", None, "5"),
    "days": ("[2022-01-01,2022-01-08)", None, "5"),
    "search": ("a simple text", None),
    "code": ("PT404", "P0001", "PT40A", "42501"),
    "status": ("201", "x"),
    "headers": ('[{"X-One": "1"}]', "x"),
    "setting": ("request.method", "role"),
}
