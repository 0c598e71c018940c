"""Where PostgREST 12.0.2 and the version we follow (14) answer differently, or we do on purpose; each with its reason.

Every entry is as narrow as can be: what is not told here is a fault.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

from tests.conformance.differences.comparing import HEADERS, Answer
from tests.conformance.differences.fixture import TABLES
from tests.conformance.differences.making import Asked

ALL = frozenset({"status", "body", *HEADERS})
BODY = frozenset({"body"})


@dataclass(frozen=True)
class Explained:
    """Why some answers differ: `parts` of them may, where the test says so."""

    reason: str
    parts: frozenset[str]
    applies: Callable[[Asked, Answer, Answer], bool]


def _target(asked: Asked) -> str:
    return asked.path.partition("?")[0]


def _says(asked: Asked, name: str, value: str) -> bool:
    return any(said.lower() == name and value in text for said, text in asked.headers)


def _message(answer: Answer) -> str:
    return str(answer.body["message"]) if answer.code else ""


def _only(field: str, theirs: Answer, ours: Answer) -> bool:
    """Whether two errors differ in nothing but this."""
    if theirs.code is None or ours.code is None:
        return False
    return {**theirs.body, field: None} == {**ours.body, field: None}


def _is_not_null(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    return theirs.code == "PGRST100" and "(is.not_null)" in _message(theirs).lower().replace("not.is.", "is.")


def _is_value(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    details = "expecting null or trilean value (unknown, true, false)"
    return theirs.code == ours.code == "PGRST100" and details in str(theirs.body["details"])


def _is_hidden(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    named = re.search("'(half_closed|closed)' instead", str(theirs.body["hint"])) if theirs.code == "PGRST200" else None
    return named is not None and _only("hint", theirs, ours)


def _is_far(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    if not (theirs.code == "PGRST202" and _only("hint", theirs, ours) and ours.body["hint"] is None):
        return False
    return re.fullmatch(r"Perhaps you meant to call the function api\.[a-z_ ]+", str(theirs.body["hint"])) is not None


def _is_aliased(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    def without(answer: Answer) -> str:
        return re.sub(r'"\w+\.', '"', _message(answer))

    return theirs.code == ours.code == "42803" and without(theirs) == without(ours)


def _is_unknown(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    target = _target(asked).removeprefix("/")
    is_told = ours.code == "PGRST205" or (asked.method == "HEAD" and ours.status == 404)
    return is_told and target not in TABLES and theirs.code != "PGRST205"


EXPLAINED: tuple[Explained, ...] = (
    Explained("12 does not know `is.not_null`", ALL, _is_not_null),
    Explained("12 says otherwise what may follow `is.`", BODY, _is_value),
    Explained(
        "12 takes `Authorization: Bearer` without a token for none",
        ALL,
        lambda asked, theirs, ours: ("Authorization", "Bearer") in asked.headers and ours.code == "PGRST301",
    ),
    Explained(
        "12 says otherwise what is wrong with a token",
        frozenset({"body", "www-authenticate"}),
        lambda asked, theirs, ours: theirs.code == ours.code == "PGRST301" and _only("message", theirs, ours),
    ),
    Explained(
        "12 does not know `max-affected`",
        ALL,
        lambda asked, theirs, ours: theirs.code == "PGRST122" and "max-affected=" in str(theirs.body["details"]),
    ),
    Explained(
        "12 answers 415 where no media type can be made",
        frozenset({"status"}),
        lambda asked, theirs, ours: (theirs.status, ours.status) == (415, 406) and theirs.body == ours.body,
    ),
    Explained("a hint of ours never names what the caller may not use", BODY, _is_hidden),
    Explained("12 suggests functions whose names are not alike", BODY, _is_far),
    Explained(
        "12 limits updates and deletes, and wants an order for that",
        ALL,
        lambda asked, theirs, ours: theirs.code == "PGRST109" and asked.method in {"PATCH", "DELETE"},
    ),
    Explained(
        "12 takes a row too many for the client's fault",
        frozenset({"status"}),
        lambda asked, theirs, ours: theirs.code == ours.code == "21000" and (theirs.status, ours.status) == (400, 500),
    ),
    Explained("PostgreSQL names the alias of a table, which is another here", BODY, _is_aliased),
    Explained("12 asks PostgreSQL for tables it does not know", ALL, _is_unknown),
    Explained(
        "12 searches for words in `tsvector` alone",
        ALL,
        lambda asked, theirs, ours: theirs.code == "42883" and _message(theirs).endswith(" @@ tsquery"),
    ),
    Explained(
        "12 says less of an error that is no JSON",
        BODY,
        lambda asked, theirs, ours: theirs.code == ours.code == "PGRST121",
    ),
    Explained(
        "12 says otherwise that rows are not one",
        BODY,
        lambda asked, theirs, ours: theirs.code == ours.code == "PGRST116" and _only("message", theirs, ours),
    ),
    Explained(
        "12 says nothing of an address with too many parts",
        BODY,
        lambda asked, theirs, ours: ours.code == "PGRST125" and theirs.body == {},
    ),
    Explained(
        "12 says otherwise that a column is not there",
        BODY,
        lambda asked, theirs, ours: theirs.code == ours.code == "PGRST204" and _only("message", theirs, ours),
    ),
    Explained(
        "12 takes texts in an address for JSON's texts",
        ALL,
        lambda asked, theirs, ours: _target(asked) == "/rpc/same_json" and asked.method in {"GET", "HEAD"},
    ),
    Explained(
        "12 does not spread several rows",
        ALL,
        lambda asked, theirs, ours: theirs.code == "PGRST119" and "spread of many" in asked.marks,
    ),
)


def reasons(asked: Asked, theirs: Answer, ours: Answer, *, parts: Collection[str]) -> list[str]:
    """The reasons that together explain all parts that differ; empty where one is left unexplained."""
    found = [one for one in EXPLAINED if one.parts & set(parts) and one.applies(asked, theirs, ours)]
    covered = frozenset().union(*(one.parts for one in found))
    return [one.reason for one in found] if set(parts) <= covered else []
