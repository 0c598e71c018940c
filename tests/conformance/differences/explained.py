"""Where PostgREST 12.0.2 and the version we follow (14) answer differently, or we do on purpose; each with its reason.

Every entry is as narrow as can be: what is not told here is a fault.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from tests.conformance.differences import comparing
from tests.conformance.differences.comparing import HEADERS, Answer
from tests.conformance.differences.fixture import TABLES
from tests.conformance.differences.making import Asked

ALL = frozenset({"status", "body", *HEADERS})
BODY = frozenset({"body"})
COLUMNS = {name for table in TABLES.values() for name in table.kinds}
OF_VALUES = frozenset({"PGRST103", "PGRST116", "23502", "23503", "23505", "22003", "25006", "42501"})
"""Codes of what only the values, or the rows that are there, make wrong."""
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


def _form(answer: Answer) -> str:
    """The message without the values it quotes."""
    return re.sub(r'"[^"]*"', '""', _message(answer))


def _only(field: str, theirs: Answer, ours: Answer) -> bool:
    """Whether two errors differ in nothing but this."""
    if theirs.code is None or ours.code is None:
        return False
    return {**theirs.body, field: None} == {**ours.body, field: None}


def _sides(asked: Asked) -> list[tuple[str, str]]:
    """The parameters, read."""
    found = (pair.partition("=") for pair in asked.path.partition("?")[2].split("&"))
    return [(unquote(name), unquote(value)) for name, _, value in found]


def _orders(asked: Asked, column: str) -> bool:
    """Whether rows are ordered by a column of this name somewhere, be it of an embed."""
    return any(
        name.rpartition(".")[2] == "order" and re.search(rf'(^|[,("]){re.escape(column)}($|[,.)"-])', value)
        for name, value in _sides(asked)
    )


def _missing(answer: Answer) -> str | None:
    """The column that is told not to be there."""
    found = re.fullmatch(r'column (?:"[^"]+"|[\w ]+)\.(.+) does not exist', _message(answer))
    return found[1].strip('"') if answer.code == "42703" and found else None


def _is_fit(asked: Asked, ours: Answer) -> bool:
    """Whether ours, where PostgREST refuses, is an answer, or refuses what is wrong in other ways."""
    return ours.status < 300 or "fault" in asked.marks or ours.code in OF_VALUES


def _is_part(theirs: object, ours: object) -> bool:
    """Whether all that they show is shown here; an object, as pairs, has the same names and values of theirs."""
    if isinstance(theirs, tuple) and isinstance(ours, tuple):
        names = [{name for name, _ in side} for side in (theirs, ours)]
        return names[0] == names[1] and _is_matched(theirs, ours)
    if isinstance(theirs, list) and isinstance(ours, list):
        return len(theirs) == len(ours) and _is_matched(theirs, ours)
    return theirs == ours


def _is_matched(theirs: Sequence[object], ours: Sequence[object]) -> bool:
    left = list(ours)
    for one in theirs:
        at = next((at for at, other in enumerate(left) if _is_pair(one, other)), None)
        if at is None:
            return False
        left.pop(at)
    return True


def _is_pair(one: object, other: object) -> bool:
    if isinstance(one, tuple) and isinstance(other, tuple) and len(one) == 2 and isinstance(one[0], str):
        return len(other) == 2 and one[0] == other[0] and _is_part(one[1], other[1])
    return _is_part(one, other)


def _counted(answer: Answer) -> tuple[int, int] | None:
    """How many rows an answer has and how many there are, as it says, where its status agrees."""
    found = re.fullmatch(r"(?:(\d+)-(\d+)|\*)/(\d+)", answer.headers.get("content-range", ""))
    if found is None:
        return None
    rows, total = int(found[2]) - int(found[1]) + 1 if found[1] else 0, int(found[3])
    return (rows, total) if answer.status == (206 if rows < total else 200) else None


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
        there, here = _ungrouped(theirs), _ungrouped(ours)
        return there is not None and there == here
    return _is_call(asked) and _missing(theirs) is not None and _missing(theirs) == _missing(ours)


def _ungrouped(answer: Answer) -> str | None:
    """The column that is told not to be grouped by; `*` of a whole embed."""
    found = re.match(r'column "(.+?)\.(.+)" must appear in the GROUP BY clause', _message(answer))
    return None if found is None else "*" if found[1] == found[2] else found[2]


def _is_unknown(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    target = _target(asked).removeprefix("/")
    is_told = ours.code == "PGRST205" or (asked.method == "HEAD" and ours.status == 404)
    return is_told and target not in TABLES and theirs.code != "PGRST205"


def _is_grouped(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    if theirs.code == "42703":
        return "aggregate" in asked.marks and _missing(theirs) == "*"
    if "aggregate" in asked.marks and "equality operator for type json" in _message(theirs):
        return ("notes" in asked.path or "*" in asked.path) and _is_ungrouped_here(asked, ours)
    if theirs.code != "42803" or not _is_ungrouped_here(asked, ours):
        return False
    query, column = unquote(asked.path), _ungrouped(theirs)
    if column is None:
        return _message(theirs).startswith("aggregate functions are not allowed in ") and _has_old_count(asked)
    is_called_otherwise = any(
        re.search(rf'[=,(]"?{re.escape(name)}"?:"?{re.escape(column)}"?[-:,)&]', query + "&")
        for name in COLUMNS | {"al", "x y", "q.r"}
    )
    return column == "*" or is_called_otherwise or f"({column})" in query or "*" in query or _has_old_count(asked)


def _is_ungrouped_here(asked: Asked, ours: Answer) -> bool:
    """Whether ours is fit for rows that are grouped: refused only for an order, or a value that has none."""
    if ours.code != "42803":
        return _is_fit(asked, ours) or "operator for type json" in _message(ours)
    if _message(ours).startswith("subquery uses ungrouped column"):
        return _is_order_outside_of_groups(asked, ours)
    return _orders(asked, _ungrouped(ours) or "") or _has_old_count(asked)


def _is_order_outside_of_groups(asked: Asked, ours: Answer) -> bool:
    """Whether groups are to be ordered by a column of what is embedded, which PostgreSQL refuses."""
    is_told = _message(ours).startswith("subquery uses ungrouped column")
    return is_told and any(name.endswith("order") and "(" in value for name, value in _sides(asked))


def _has_old_count(asked: Asked) -> bool:
    """Whether rows are counted as clients did before there were aggregates, where PostgREST groups by nothing."""
    return re.search(r"[=,(]([^(),:=]+:)?count([,)&]|$)", unquote(asked.path)) is not None


def _is_order_of_embed(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    missing = _missing(theirs)
    is_embed = re.match(r'column "?[\w ]+_\d"?\.', _message(theirs)) is not None
    return missing is not None and is_embed and f"({missing})" in unquote(asked.path).replace('"', "")


def _is_unselected(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    if not (_is_call(asked) and "select=" in asked.path) or _names_nothing(ours):
        return False
    missing = _missing(theirs)
    known = any(missing in one.kinds for one in TABLES.values()) or missing in {
        "n",
        "word",
        "x",
        "y",
        "label",
        "a",
        "b",
        "c",
    }
    return missing is not None and known and missing in unquote(asked.path)


def _names_nothing(answer: Answer) -> bool:
    """Whether the answer tells of a column that no table of the fixture has."""
    missing = re.fullmatch(r"column .+\.(.*) does not exist", _message(answer))
    return (
        answer.code == "42703" and missing is not None and not any(missing[1] in one.kinds for one in TABLES.values())
    )


def _is_logic_of_all(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    if asked.method not in {"PATCH", "DELETE", "POST", "PUT"} or _is_call(asked):
        return False
    words = [name.split(".") for name, _ in _sides(asked)]
    logic = [[word for word in path[:-1] if word != "not"] for path in words if path[-1] in {"and", "or"}]
    if not logic:
        return False
    if theirs.status < 300 and ours.status < 300:
        # What they show or count, or have written, is some of what is here.
        there, here = comparing.whole(theirs), comparing.whole(ours)
        return _is_matched(there, here) if isinstance(there, list) and isinstance(here, list) else there == here
    missing = _missing(theirs)
    if missing is not None:
        return any(missing in value for name, value in _sides(asked) if name.rpartition(".")[2] in {"and", "or"})
    is_none = theirs.code == "PGRST116" and "0 rows" in str(theirs.body["details"]) and ours.status < 300
    return is_none or (any(logic) and (theirs.code or "")[:2] in {"22", "42"} and theirs.code != "42501")


def _is_of_cut_embed(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    is_cut = "aggregate" in asked.marks or re.search(r"\.(limit|offset)=", asked.path) is not None
    is_counted = re.search("is.null|!inner", asked.path) is not None and _says(asked, "prefer", "count=")
    return is_cut and is_counted and (_is_total_alone(theirs, ours) or 416 in {theirs.status, ours.status})


def _is_total_alone(theirs: Answer, ours: Answer) -> bool:
    """Whether the rows are as many, and only how many there are in all is another number."""
    there, here = _counted(theirs), _counted(ours)
    # Where there is none in all, none are said to be here.
    return there is not None and here is not None and (there[0] == here[0] or 0 in {there[1], here[1]})


def _is_of_cut_embed_behind(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    return _is_of_cut_embed(asked, theirs, ours) and 416 in {theirs.status, ours.status}


def _is_function_of_row(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    return theirs.code == "0A000" and "set-returning functions" in _message(theirs)


def _is_empty_embed_grouped(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    if "aggregate" not in asked.marks:
        return False
    found = re.findall(r'[=,(.]"?([\w ]+)"?(?::"?([\w ]+)"?)?(?:!\w+)*\(\)', unquote(asked.path))
    named = {name for pair in found for name in pair}
    missing = re.fullmatch(r'column "([\w ]+)" does not exist', _message(theirs))
    is_column = any(name in one.kinds for name in named for one in TABLES.values()) and theirs.status < 300
    return is_column or (missing is not None and missing[1] in named)


def _is_nothing_selected(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    is_empty = re.search(r"select=(&|$|\*[^,&.])", unquote(asked.path)) is not None
    return is_empty and _says(asked, "prefer", "representation")


def _is_unranged(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    is_negative = any(name.endswith((".limit", ".offset")) and value.startswith("-") for name, value in _sides(asked))
    return is_negative and theirs.status < 300 and ours.code in {"2201W", "2201X"}


def _is_range_of_none(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    is_cut = any(re.search(r"^[\w ]*[^\w .][^.]*\.(limit|offset)$", name) is not None for name, _ in _sides(asked))
    return "slip" in asked.marks and is_cut and theirs.status < 300 and ours.status < 300


def _is_all_of_call(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    if not ("aggregate" in asked.marks and _is_call(asked) and "*" in asked.path):
        return False
    if theirs.status >= 300:
        return theirs.code in {"42702", "42703", "42803"} and _is_ungrouped_here(asked, ours)
    if ours.body is None and isinstance(theirs.body, dict):
        # Without groups there is a row of nothing.
        return set(theirs.body.values()) <= {0, None}
    there, here = comparing.whole(theirs), comparing.whole(ours)
    if not isinstance(there, list) or not isinstance(here, list) or len(there) != len(here):
        return False
    left = list(here)
    for row in there:
        at = next((at for at, other in enumerate(left) if _is_matched(row, other)), None)
        if at is None:
            return False
        left.pop(at)
    return True


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
    if "..." not in asked.path:
        return False
    there, here = (comparing.csv_of(asked, answer) for answer in (theirs, ours))
    if there is None and here is None and isinstance(theirs.body, list):
        shown = comparing.whole(theirs)
        return _once(shown) != shown and _is_part(_once(shown), comparing.whole(ours))
    if there is None or here is None or len(there[1]) != len(here[1]):
        return False
    return all(len(row) > len(own) for row, own in zip(there[1], here[1], strict=True))


def _once(value: object) -> object:
    """Rows and objects, as pairs, without the pairs of a row that stand in it twice."""
    if isinstance(value, list):
        return [_once(row) for row in value]
    if not isinstance(value, tuple):
        return value
    kept: list[object] = []
    for pair in value:
        kept += [] if pair in kept else [pair]
    return tuple(kept)


def _is_guessed(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    is_asked = _says(asked, "prefer", "count=planned") or _says(asked, "prefer", "count=estimated")
    return is_asked and _is_total_alone(theirs, ours)


def _is_hidden_table(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    is_told = theirs.code in {"PGRST204", "PGRST105", "42703"}
    return ours.code == "42501" and is_told and _target(asked) in {"/closed", "/half_closed"}


def _is_body_of_no_rows(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    is_none = theirs.headers.get("content-range") in {"*/0", "*/*"}
    return asked.method == "PATCH" and theirs.status < 300 and is_none and str(ours.code).startswith("22")


def _is_same_json(theirs: Answer, ours: Answer) -> bool:
    return (json.loads(theirs.body) if isinstance(theirs.body, str) else theirs.body) == ours.body


def _is_json_by_text(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    is_text = asked.method in {"GET", "HEAD"} or _says(asked, "content-type", "urlencoded")
    return _target(asked) == "/rpc/same_json" and is_text and theirs.status < 300 and ours.code in {None, "22P02"}


def _is_order_of_written(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    is_write = asked.method not in {"GET", "HEAD"} and not _is_call(asked)
    is_told = ours.code in {"PGRST108", "PGRST118"} or _orders(asked, _missing(ours) or _ungrouped(ours) or "")
    is_told = is_told or "ordering operator" in _message(ours) or _is_order_outside_of_groups(asked, ours)
    return is_write and "order=" in asked.path and is_told and theirs.code != ours.code


def _is_empty_embed_spread(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    if theirs.status < 300:
        # Of a function's rows such a column is the function itself.
        return re.search(r"\.\.\.[^()]*\((?:[^()]*,)?(home|residents)\(\)", unquote(asked.path)) is not None
    missing = re.fullmatch(r'column "?[\w ]+_\d"?\.([\w ]+) does not exist', _message(theirs))
    return missing is not None and "..." in asked.path and "()" in asked.path and ours.code != "42703"


def _is_unread(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    is_left_out = asked.method == "HEAD" or any(one in asked.path for one in ("()", "limit=0", "=is.null"))
    # What is embedded in rows that an inner embed leaves out may be looked at before.
    is_left_out = is_left_out or ("!inner" in asked.path and "::" in unquote(asked.path))
    if not is_left_out or ours.status >= 300:
        return False
    # Of an embed without columns nothing is looked at, so its conditions cannot be wrong either.
    return (theirs.code or "").startswith("22") or (theirs.code == "42883" and "()" in asked.path)


def _is_raw_key(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    return asked.method == "PUT" and "slip" in asked.marks and theirs.code == "PGRST105"


def _is_json_of_unknown(asked: Asked, theirs: Answer, ours: Answer) -> bool:
    if theirs.status >= 300 and theirs.code != "22P02":
        return False
    # The one value of a JSON text is its first element only in the binary form.
    is_element = re.search(r"(mentor_id|person_id|residents)(![^(]*)?\(.*notes->>?0", unquote(asked.path)) is not None
    return "notes" in asked.path and (_message(ours).startswith(JSON_IS_LESS) or (is_element and ours.status < 300))


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
        _is_all_of_call,
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
        lambda asked, theirs, ours: (
            theirs.code == "42702" and " ambiguous" in _message(theirs) and _is_ungrouped_here(asked, ours)
        ),
    ),
    Explained(
        "PostgREST encodes what is not ASCII twice in this header",
        frozenset({"content-location"}),
        lambda asked, theirs, ours: "%C3%83" in theirs.headers.get("content-location", ""),
    ),
    Explained(
        "of two faults PostgREST tells others before a column that is not there",
        ALL,
        lambda asked, theirs, ours: (
            theirs.status >= 300 and _names_nothing(ours) and not str(theirs.code).startswith("PGRST")
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
    Explained("12 orders rows to be written, not those that were", ALL, _is_order_of_written),
    Explained(
        "of the name of a range that is none the last in a table of hashes counts",
        frozenset({"status", "content-range", "body"}),
        _is_range_of_none,
    ),
    Explained("PostgREST looks for the columns of embeds without any", ALL, _is_empty_embed_spread),
    Explained(
        "PostgREST does not know the types of what is embedded by the name of a column", ALL, _is_json_of_unknown
    ),
    Explained(
        "PostgreSQL tells the first wrong value that it meets",
        BODY,
        lambda asked, theirs, ours: (
            theirs.code == ours.code and str(ours.code).startswith("22") and _form(theirs) == _form(ours)
        ),
    ),
    Explained(
        "columns of on_conflict are looked for as all that are written are",
        BODY,
        lambda asked, theirs, ours: "on_conflict=" in asked.path and (theirs.code, ours.code) == ("42703", "PGRST204"),
    ),
    Explained(
        "of two values with one name another one is the last",
        BODY,
        lambda asked, theirs, ours: _is_part(comparing.whole(theirs), comparing.whole(ours)),
    ),
    Explained(
        "PostgREST looks at the schema before all else",
        ALL,
        lambda asked, theirs, ours: theirs.code == "PGRST106" and ours.status >= 400,
    ),
    Explained(
        "of several embeds that are not to be found another is told",
        frozenset({"status", "body"}),
        lambda asked, theirs, ours: (
            {theirs.code, ours.code} <= {"PGRST200", "PGRST201"} and _message(theirs) != _message(ours)
        ),
    ),
    Explained(
        "12 shows what it opened of a form where nothing is selected",
        BODY,
        lambda asked, theirs, ours: (
            _is_call(asked) and isinstance(theirs.body, dict) and {"json_data", "val"} <= theirs.body.keys()
        ),
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
    Explained("whether the range of an embed is looked at for no rows is PostgreSQL's choice", ALL, _is_unranged),
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
            theirs.status >= 400 and ours.code == "PGRST100" and ours.body["details"] == "It is not UTF-8."
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
        "the type of a cast is a name, which PostgREST writes into its SQL as it came",
        BODY,
        lambda asked, theirs, ours: (theirs.code, ours.code) == ("42601", "42704") and "::" in unquote(asked.path),
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
