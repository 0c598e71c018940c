"""Where PostgREST 12.0.2 and the version we follow (14) answer differently, or we do on purpose; each with its reason.

Every entry is as narrow as can be: what is not told here is a fault.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from urllib.parse import unquote

from tests.conformance.differences import comparing
from tests.conformance.differences.comparing import HEADERS, Answer
from tests.conformance.differences.fixture import TABLES
from tests.conformance.differences.making import Asked

ALL = frozenset({"status", "body", *HEADERS})
BODY = frozenset({"body"})
JSON_IS_LESS = ("operator does not exist: json ", "could not identify an equality operator for type json")


@dataclass(frozen=True)
class Explained:
    """Why some answers differ: `parts` of them may, where the test says so."""

    reason: str
    parts: frozenset[str]
    applies: Callable[[Asked, Answer, Answer], bool]


def _target(asked: Asked) -> str:
    return asked.path.partition("?")[0]


def _is_call(asked: Asked) -> bool:
    return asked.path.startswith("/rpc/")


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
    return theirs.code == "PGRST100" and "is.not_null" in _message(theirs) and ours.code != "PGRST100"


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
    if theirs.code != ours.code or theirs.code not in {"42803", "42703"}:
        return False
    if theirs.code == "42803":
        # Of several that are not grouped another may be told.
        return True
    said, here = (re.search(r'column "?[\w ]+"?\.(.+)', _message(answer)) for answer in (theirs, ours))
    return _is_call(asked) and said is not None and here is not None and said[1] == here[1]


def _is_unknown(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    target = _target(asked).removeprefix("/")
    is_told = ours.code == "PGRST205" or (asked.method == "HEAD" and ours.status == 404)
    return is_told and target not in TABLES and theirs.code != "PGRST205"


def _is_grouped(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    is_told = theirs.code in {"42803", "42883", "42703"} and ours.code in {None, "42803", "42883"}
    is_json = "equality operator for type json" in _message(theirs)
    return "aggregate" in asked.marks and (theirs.code == "42803" or is_json or (is_told and ours.code is not None))


def _is_order_of_embed(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    missing = re.fullmatch(r'column "?[\w ]+_\d"?\.(.+) does not exist', _message(theirs))
    return theirs.code == "42703" and missing is not None and f"({missing[1]})" in unquote(asked.path)


def _is_unselected(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    is_call = _is_call(asked) and "select=" in asked.path
    return is_call and theirs.code == "42703" and not _names_nothing(ours)


def _names_nothing(answer: Answer) -> bool:
    """Whether the answer tells of a column that no table of the fixture has."""
    missing = re.fullmatch(r"column .+\.(.*) does not exist", _message(answer))
    return (
        answer.code == "42703" and missing is not None and not any(missing[1] in one.kinds for one in TABLES.values())
    )


def _is_logic_of_all(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    has_logic = re.search(r"[?&.](not\.)?(and|or)=", asked.path) is not None
    return asked.method in {"PATCH", "DELETE", "POST", "PUT"} and not _is_call(asked) and has_logic


def _is_of_cut_embed(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    is_cut = "aggregate" in asked.marks or re.search(r"\.(limit|offset)=", asked.path) is not None
    return is_cut and re.search("is.null|!inner", asked.path) is not None and _says(asked, "prefer", "count=")


def _is_of_cut_embed_behind(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    return _is_of_cut_embed(asked, theirs, ours) and 416 in {theirs.status, ours.status}


def _is_function_of_row(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    return theirs.code == "0A000" and "set-returning functions" in _message(theirs)


def _is_empty_embed_grouped(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    missing = re.fullmatch(r'column "([\w ]+)" does not exist', _message(theirs))
    return missing is not None and "aggregate" in asked.marks and "()" in asked.path


def _is_nothing_selected(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    is_slip = "slip" in asked.marks and theirs.status < 300 and not _is_call(asked) and asked.method != "GET"
    is_empty = is_slip or re.search(r"select=(&|$|\*:)", unquote(asked.path)) is not None
    return is_empty and _says(asked, "prefer", "representation")


def _is_slip_in_range(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    is_range = re.search(r"\.(limit|offset)=", asked.path) is not None
    return "slip" in asked.marks and is_range and theirs.status < 300 and ours.status < 300


def _is_head_without_row(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    is_counted = theirs.headers.get("content-range") == "*/0" or (theirs.status == 406 and ours.status < 300)
    return asked.method == "HEAD" and _is_call(asked) and is_counted


def _is_head_of_csv(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    tables = [comparing.csv_of(asked, answer) for answer in (theirs, ours)]
    if any(table is None for table in tables) or (asked.method in {"GET", "HEAD"} and not _is_call(asked)):
        return False
    lines, here = (sorted(sorted(row) for row in table[1]) for table in tables if table is not None)
    return lines == here


def _is_repeated_in_spread(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    there, here = (comparing.csv_of(asked, answer) for answer in (theirs, ours))
    if there is None or here is None or "..." not in asked.path or len(there[1]) != len(here[1]):
        return False
    return all(len(row) > len(own) for row, own in zip(there[1], here[1], strict=True))


def _is_guessed(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    is_asked = _says(asked, "prefer", "count=planned") or _says(asked, "prefer", "count=estimated")
    return is_asked and theirs.status < 300 and ours.status < 300


def _is_hidden_table(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    is_told = theirs.code in {"PGRST204", "PGRST105", "42703"}
    return ours.code == "42501" and is_told and _target(asked) in {"/closed", "/half_closed"}


def _is_order_by_written(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    is_changed = "::" in unquote(asked.path) or re.search(r"\.(limit|offset)=", asked.path) is not None
    return is_changed and re.search(r"order=[^&]*\(", asked.path) is not None


def _is_body_of_no_rows(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    is_none = theirs.headers.get("content-range") in {"*/0", "*/*"}
    return asked.method == "PATCH" and theirs.status < 300 and is_none and str(ours.code).startswith("22")


def _is_same_json(theirs: Answer, ours: Answer) -> bool:
    return (json.loads(theirs.body) if isinstance(theirs.body, str) else theirs.body) == ours.body


def _is_json_by_text(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    is_text = asked.method in {"GET", "HEAD"} or _says(asked, "content-type", "urlencoded")
    return _target(asked) == "/rpc/same_json" and is_text


def _is_order_of_written(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    is_write = asked.method not in {"GET", "HEAD"} and not _is_call(asked)
    is_told = ours.code in {"PGRST108", "PGRST118", "42803"} or _names_nothing(ours)
    is_told = is_told or ("slip" in asked.marks and ours.code == "42703") or "ordering operator" in _message(ours)
    return is_write and "order=" in asked.path and is_told and theirs.code != ours.code


def _is_empty_embed_spread(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    missing = re.fullmatch(r'column "?[\w ]+_\d"?\.([\w ]+) does not exist', _message(theirs))
    return missing is not None and "..." in asked.path and "()" in asked.path and ours.code != "42703"


def _is_unread(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    is_left_out = asked.method == "HEAD" or any(
        one in asked.path for one in ("()", "limit=0", "limit=-1", "=is.null", "::")
    )
    return is_left_out and (theirs.code or "").startswith("22") and ours.status < 300


def _is_raw_key(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    return asked.method == "PUT" and "slip" in asked.marks and theirs.code == "PGRST105"


def _is_json_of_unknown(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    return theirs.status < 300 and _message(ours).startswith(JSON_IS_LESS)


def _is_half_closed(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    is_short = _says(asked, "prefer", "headers-only")
    return _target(asked) == "/half_closed" and is_short and theirs.code == "42501" and ours.status < 300


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
        lambda asked, theirs, ours: (
            ours.code in {"PGRST124", "PGRST128"}
            or (theirs.code == "PGRST122" and "max-affected=" in str(theirs.body["details"]))
        ),
    ),
    Explained(
        "12 does not tell that it heeded `max-affected`",
        frozenset({"preference-applied"}),
        lambda asked, theirs, ours: "max-affected=" in ours.headers.get("preference-applied", ""),
    ),
    Explained(
        "12 does not know the columns of what a function returns beside aggregates",
        ALL,
        lambda asked, theirs, ours: "aggregate" in asked.marks and _is_call(asked) and "*" in asked.path,
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
        _is_json_by_text,
    ),
    Explained("12 does not group by `*`, by what is embedded or by what is ordered by", ALL, _is_grouped),
    Explained("of embeds PostgREST orders by what is selected alone", ALL, _is_order_of_embed),
    Explained("12 filters and orders what a function returned by what is selected alone", ALL, _is_unselected),
    Explained(
        "12 says otherwise that a schema is not exposed",
        BODY,
        lambda asked, theirs, ours: theirs.code == ours.code == "PGRST106",
    ),
    Explained(
        "zero bytes are refused before anything else",
        ALL,
        lambda asked, theirs, ours: "%00" in asked.path and ours.code == "22021",
    ),
    Explained(
        "columns with one name are answered (42702 there)",
        ALL,
        lambda asked, theirs, ours: theirs.code == "42702" and " ambiguous" in _message(theirs),
    ),
    Explained(
        "PostgREST encodes what is not ASCII twice in this header",
        frozenset({"content-location"}),
        lambda asked, theirs, ours: "%C3%83" in theirs.headers.get("content-location", ""),
    ),
    Explained(
        "of two faults PostgREST tells others before a column that is not there",
        ALL,
        lambda asked, theirs, ours: theirs.status >= 300 and _names_nothing(ours),
    ),
    Explained(
        "media types are refused before bodies, keys and functions are looked at",
        ALL,
        lambda asked, theirs, ours: (
            ours.code == "PGRST107" and theirs.code in {"PGRST102", "PGRST105", "PGRST202", "PGRST203"}
        ),
    ),
    Explained("PostgREST chooses rows to write by the logic of embeds, and 12 shows them by it", ALL, _is_logic_of_all),
    Explained(
        "PostgREST counts as if embeds were neither cut off nor grouped",
        frozenset({"status", "content-range"}),
        _is_of_cut_embed,
    ),
    Explained("PostgREST counts so, and finds no page", BODY, _is_of_cut_embed_behind),
    Explained(
        "the planner guesses about another statement",
        frozenset({"status", "content-range"}),
        _is_guessed,
    ),
    Explained("PostgreSQL takes functions of rows for columns", BODY, _is_function_of_row),
    Explained("PostgREST groups by embeds without columns", ALL, _is_empty_embed_grouped),
    Explained(
        "PostgREST shows nothing but the key of written rows where nothing is selected", BODY, _is_nothing_selected
    ),
    Explained(
        "HEAD counts the one row of a function's as GET does",
        ALL,
        _is_head_without_row,
    ),
    Explained(
        "PostgREST names columns of CSV as they were written or returned, not as selected", BODY, _is_head_of_csv
    ),
    Explained("12 shows twice what is embedded in a spread of all columns", BODY, _is_repeated_in_spread),
    Explained(
        "of a name with more behind it the start is read here",
        frozenset({"status", "content-range", "body"}),
        _is_slip_in_range,
    ),
    Explained("12 orders rows to be written, not those that were", ALL, _is_order_of_written),
    Explained("PostgREST looks for the columns of embeds without any", ALL, _is_empty_embed_spread),
    Explained(
        "PostgREST does not know the types of what is embedded by the name of a column", ALL, _is_json_of_unknown
    ),
    Explained(
        "PostgreSQL tells the first wrong value that it meets",
        BODY,
        lambda asked, theirs, ours: theirs.code == ours.code and str(ours.code).startswith("22"),
    ),
    Explained(
        "columns of on_conflict are looked for as all that are written are",
        BODY,
        lambda asked, theirs, ours: "on_conflict=" in asked.path and (theirs.code, ours.code) == ("42703", "PGRST204"),
    ),
    Explained(
        "of two values with one name another one is the last",
        BODY,
        lambda asked, theirs, ours: theirs.is_ambiguous or ours.is_ambiguous,
    ),
    Explained(
        "of what is embedded PostgREST orders by what is written of it, cast and cut off",
        BODY,
        _is_order_by_written,
    ),
    Explained(
        "PostgREST looks at the schema before all else",
        ALL,
        lambda asked, theirs, ours: theirs.code == "PGRST106" and ours.status >= 400,
    ),
    Explained(
        "OPTIONS asks for the function alone, without looking for embeds",
        ALL,
        lambda asked, theirs, ours: (
            asked.method == "OPTIONS" and theirs.code in {"PGRST108", "PGRST200", "PGRST201"} and ours.status == 200
        ),
    ),
    Explained("whether a body is read for no rows is PostgreSQL's choice", ALL, _is_body_of_no_rows),
    Explained("a value that nobody looks at cannot be wrong", ALL, _is_unread),
    Explained("PostgREST compares keys of a PUT as they are written, with what follows the name", ALL, _is_raw_key),
    Explained(
        "embeds with one name are answered (42712 there)",
        ALL,
        lambda asked, theirs, ours: theirs.code == "42712" and "specified more than once" in _message(theirs),
    ),
    Explained(
        "PostgREST calls functions of rows with embeds that have their argument's name",
        ALL,
        lambda asked, theirs, ours: (
            theirs.code == "42846" and re.match("cannot cast type (jsonb|record) to ", _message(theirs)) is not None
        ),
    ),
    Explained(
        "12 fails at an address that is not UTF-8",
        ALL,
        lambda asked, theirs, ours: (
            theirs.status == 500 and ours.code == "PGRST100" and ours.body["details"] == "It is not UTF-8."
        ),
    ),
    Explained(
        "12 takes a named argument of JSON for one without a name",
        ALL,
        lambda asked, theirs, ours: _target(asked) == "/rpc/same_json" and ours.code == "PGRST202",
    ),
    Explained(
        "an error is JSON, and says so",
        frozenset({"content-type", "body"}),
        lambda asked, theirs, ours: theirs.status == ours.status == 416 and _is_same_json(theirs, ours),
    ),
    Explained("nothing is told of a table that the caller may not use", ALL, _is_hidden_table),
    Explained("only what is wanted is given back by a write", ALL, _is_half_closed),
    Explained(
        "PostgREST names the written rows by a name of its own",
        BODY,
        lambda asked, theirs, ours: (
            theirs.code == ours.code == "PGRST118" and "pgrst_source" in str(theirs.body["details"])
        ),
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
