"""One printed line to one laboratory row: name, value, unit, range, flag, previous.

In charge of which shape plays which part. A line with a second number that nothing explains is not
a row: it is handed back as unread, because the wrong one of two values is worse than none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from carebase.clinical import analytes, folding, lab_columns, lab_names, lab_prose, numbers, units
from carebase.clinical.lab_columns import Column, Header, Role
from carebase.clinical.lab_tokens import Segment, Token


@dataclass(slots=True, kw_only=True)
class Reading:
    """One value with what belongs to it, as printed; `unit` is UCUM."""

    value: str
    number: numbers.Number | None
    unit: str | None = None
    unit_printed: str | None = None
    range: str | None = None
    has_unknown_unit: bool = False
    """Something stands where the unit does, and it is none that is known."""
    answer: str | None = None
    """Words beside a number (`0,25  Négatif`)."""


@dataclass(slots=True, kw_only=True)
class Row:
    """One line read: a test's name and one or two readings (two units, or percent and count)."""

    segment: Segment
    name: str
    readings: list[Reading]
    flag: str | None = None
    previous: list[str] = field(default_factory=list)
    previous_dates: list[str] = field(default_factory=list)
    is_surely_named: bool = False


@dataclass(frozen=True, slots=True)
class Unread:
    """A line that looks like a result and could not be read, with the reason's code."""

    segment: Segment
    reason: str


@dataclass(slots=True, kw_only=True)
class _Parts:
    readings: list[Reading] = field(default_factory=list)
    ranges: list[Token] = field(default_factory=list)
    flag: str | None = None
    previous: list[str] = field(default_factory=list)
    previous_dates: list[str] = field(default_factory=list)
    strays: list[Token] = field(default_factory=list)
    is_empty_now: bool = False


def read(segment: Segment, *, header: Header | None, above: str = "") -> Row | Unread | None:
    """The row on this line, the reason it could not be read, or None when it is no result."""
    found = lab_names.split(segment, above=above)
    if found is None:
        return None
    said = segment.text[found.end :]
    if lab_prose.is_blood_group(found.name):
        group = Reading(value=" ".join(said.split()).strip(" :"), number=None)
        return Row(segment=segment, name=found.name, readings=[group]) if group.value else None
    tokens = segment.tokens(found.end)
    is_known = lab_names.is_known(found.name)
    if is_known and found.is_apart:
        if lab_prose.is_put_off(said):
            return Unread(segment, "no_value")
        tokens = lab_prose.without_target(tokens)
    if any(token.kind in _VALUES for token in tokens):
        return _read_values(segment, found, tokens, header=header)
    return _unread_number(segment, tokens, is_known=is_known)


def _read_values(
    segment: Segment, found: lab_names.Name, tokens: list[Token], *, header: Header | None
) -> Row | Unread | None:
    name = _whole_name(found.name, tokens, header=header)
    is_known = lab_names.is_known(name)
    if is_known and lab_names.is_qualitative(name):
        tokens = lab_prose.answer_alone(tokens)
    shape = lab_prose.Shape(tokens, is_apart=found.is_apart)
    is_comment = name != found.name and _is_comment(found.name, tokens)
    if (
        is_comment
        or lab_names.is_letterhead(name)
        or shape.is_prose(is_known=is_known)
        or (not is_known and lab_prose.has_condition(name))
    ):
        return None
    parts = (None if header is None else _under_header(tokens, header)) or _in_line(tokens)
    reason = _why_unread(parts, tokens)
    if reason is None and not found.is_apart and any(token.kind == "date" for token in tokens):
        # "hémoglobine 5,9 g/dl le 12/03/2024" may tell of another day.
        reason = "dated"
    if reason is not None:
        return Unread(segment, reason) if is_known or shape.has_unit else None
    first = parts.readings[0]
    first.unit = first.unit or found.unit
    under_value = header is not None and found.is_apart
    vouched = first.unit is not None or first.range is not None or first.number is None
    if not is_known and not ((found.is_apart and vouched) or under_value):
        return Unread(segment, "unknown_name") if shape.is_bare and len(name.split()) <= 4 else None
    return Row(
        segment=segment,
        name=name,
        readings=parts.readings,
        flag=parts.flag,
        previous=parts.previous,
        previous_dates=parts.previous_dates,
        is_surely_named=is_known,
    )


def _is_comment(name: str, tokens: Sequence[Token]) -> bool:
    """`Potassium : résultat contrôlé, absence d'hémolyse`: words about a quantity, and no result."""
    first = next((token.kind for token in tokens if token.kind in _VALUES), None)
    return first == "answer" and lab_names.is_known(name) and not lab_names.is_qualitative(name)


def _unread_number(segment: Segment, tokens: Sequence[Token], *, is_known: bool) -> Unread | None:
    """A known test whose value has digits but is no number."""
    first = next((token for token in tokens if token.kind not in ("gap", "flag")), None)
    if not is_known or first is None or first.kind != "word" or not re.search(r"\d", first.text):
        return None
    return Unread(segment, "not_a_number")


def _whole_name(name: str, tokens: Sequence[Token], *, header: Header | None) -> str:
    """The name with the words before the value, unless they are a method's.

    "Cholestérol   VLDL   0,3" is not cholesterol: words that nothing explains belong to the name.
    """
    words: list[str] = []
    for token in tokens:
        if token.kind in _VALUES:
            break
        if token.kind == "word" and not lab_prose.LINKS.match(token.text.lower()):
            role = None if header is None else header.at(token.x0, token.x1).role
            if role not in ("other", "flag", "range", "unit", "previous"):
                words.append(token.text)
    extra = " ".join(words)
    return name if not extra or analytes.is_remark(extra) else f"{name} {extra}"


def _why_unread(parts: _Parts, tokens: Sequence[Token]) -> str | None:
    if parts.is_empty_now:
        return "no_current_value"
    if any(token.kind == "word" and re.search(r"\d", token.text) for token in tokens) and not parts.readings:
        return "not_a_number"
    if parts.strays:
        return "several_values"
    if not parts.readings:
        return "no_value"
    if any(token.kind == "word" and _DAMAGED.search(token.text) for token in tokens):
        return "not_a_number"
    return None


# A letter within digits is a damaged number (`1O,5`, `l2.3`), not a word that may be passed over.
_DAMAGED = re.compile(r"\d[.,]?[OolISB](?![a-z])|(?<![A-Za-z])[OolI][.,]?\d|\d[.,]$|\d[.,]{2,}\d|\d\?|\?\d")


def _in_line(tokens: Sequence[Token]) -> _Parts:
    """Parts by shape and order alone."""
    parts = _Parts()
    values = [token for token in tokens if token.kind == "number"]
    bounded = [token for token in values if not _is_plain(token)]
    plain = [token for token in values if _is_plain(token)]
    limit: Token | None = None
    if plain and bounded:
        if len(bounded) > 1 or tokens.index(bounded[0]) < tokens.index(plain[0]):
            parts.strays.extend(bounded)
            return parts
        limit = bounded[0]
    elif len(bounded) == 2:
        limit = bounded[1]
    if any(_is_named_apart(tokens, token) for token in tokens if token is limit or token.kind == "range"):
        # "Créatinine 8 mg/L   DFG > 60 mL/min": the limit belongs to another test.
        parts.strays.extend(values)
        return parts
    pairs = [token for token in tokens if token.kind == "range"]
    if not values and not any(token.kind == "answer" for token in tokens):
        if len(pairs) == 2 and not pairs[0].is_marked:
            # Microscopy prints "4-6 /hpf" where others print one number.
            reading = Reading(value=pairs[0].text, number=None, range=pairs[1].text)
            parts.readings.append(reading)
            for token in tokens:
                if token.kind == "unit":
                    _give_unit(parts, token)
        return parts
    for token in tokens:
        _place(token, parts, as_limit=token is limit)
    _finish(parts)
    return parts


_RANGE_WORDS = re.compile(
    r"^(?:[(\[]?(?:valeurs?|values?|normale?s?|usuelle?s?|reference|ref|range|interval\w*|desirable|souhaitable|optimal\w*|limit\w*"
    r"|vn|vr|n|h|f|m|de|of|hommes?|femmes?|male|female|adult\w*|deficient|sufficient|insufficient|non-diabetic)[)\]:.]*|\W+)$"
)


def _is_named_apart(tokens: Sequence[Token], limit: Token) -> bool:
    """Whether words of their own stand between the value and this limit."""
    seen_value = is_named = is_beside_value = False
    for token in tokens:
        if token is limit:
            return seen_value and is_named and not limit.is_marked
        if token.kind == "number":
            seen_value, is_named, is_beside_value = True, False, True
        elif token.kind == "word" and not lab_prose.LINKS.match(token.text.lower()):
            # A word with a slash right behind the value is a unit that is not known.
            is_unit = is_beside_value and "/" in token.text
            is_named = is_named or not (is_unit or _RANGE_WORDS.match(folding.fold(token.text)))
            is_beside_value = False
        elif token.kind != "gap":
            is_beside_value = False
    return False


def _place(token: Token, parts: _Parts, *, as_limit: bool) -> None:
    match token.kind:
        case "number" if as_limit:
            _give_range(parts, token)
        case "number":
            parts.readings.append(Reading(value=token.text, number=numbers.read(token.text)))
        case "range":
            _give_range(parts, token)
        case "unit":
            _give_unit(parts, token)
        case "answer":
            _give_answer(parts, token)
        case "flag":
            parts.flag = parts.flag or token.text.strip("()[]")
        case "word" if "/" in token.text and len(token.text) > 1:
            _mark_unknown_unit(parts)
        case "date" | "word" | "gap":
            pass


def _mark_unknown_unit(parts: _Parts) -> None:
    if parts.readings and parts.readings[-1].unit is None and parts.readings[-1].number is not None:
        parts.readings[-1].has_unknown_unit = True


def _give_range(parts: _Parts, token: Token) -> None:
    parts.ranges.append(token)
    if parts.readings and parts.readings[-1].number is not None:
        reading = parts.readings[-1]
        reading.range = token.text if reading.range is None else f"{reading.range} {token.text}"


def _give_unit(parts: _Parts, token: Token) -> None:
    ucum = units.normalise(token.text)
    if ucum is None:
        return
    if parts.readings and parts.readings[-1].unit is None:
        parts.readings[-1].unit = ucum
        parts.readings[-1].unit_printed = token.text
    elif not parts.readings:
        # Unit before value: kept for the value to come.
        parts.readings.append(Reading(value="", number=None, unit=ucum, unit_printed=token.text))


def _give_answer(parts: _Parts, token: Token) -> None:
    if parts.readings and parts.readings[0].value:
        if parts.readings[0].number is None:
            parts.readings[0].range = parts.readings[0].range or token.text
        elif parts.readings[0].answer is None:
            parts.readings[0].answer = token.text
        return
    parts.readings.append(Reading(value=token.text, number=None))


def _finish(parts: _Parts) -> None:
    """A unit that came first joins its value; a range that came first joins the only value."""
    if len(parts.readings) > 1 and not parts.readings[0].value:
        waiting = parts.readings.pop(0)
        parts.readings[0].unit = parts.readings[0].unit or waiting.unit
        parts.readings[0].unit_printed = parts.readings[0].unit_printed or waiting.unit_printed
    parts.readings = [reading for reading in parts.readings if reading.value]
    if len(parts.readings) == 1 and parts.readings[0].range is None and parts.ranges:
        parts.readings[0].range = " ".join(token.text for token in parts.ranges)
    if len(parts.readings) == len(parts.ranges) == 2 and parts.readings[0].range is None:
        # Two values, then their two ranges in the same order.
        for reading, token in zip(parts.readings, parts.ranges, strict=True):
            reading.range = token.text
    if len(parts.readings) > 2 or (len(parts.readings) == 2 and not _are_two_units(parts.readings)):
        parts.strays.append(Token("number", parts.readings[-1].value, 0, 0))


def _are_two_units(readings: Sequence[Reading]) -> bool:
    first, second = readings
    return first.unit is not None and second.unit is not None and first.unit != second.unit


def _is_plain(token: Token) -> bool:
    number = numbers.read(token.text)
    return number is not None and number.comparator is None


def _under_header(tokens: Sequence[Token], header: Header) -> _Parts | None:
    """Parts by the column they stand in; None when the columns do not explain the line."""
    parts = _Parts()
    placed: list[tuple[Token, Role]] = [
        (token, header.at(token.x0, token.x1).role) for token in tokens if token.kind != "gap"
    ]
    # An interval is never an earlier result, wherever the headings stand.
    placed = [(token, "range" if role == "previous" and token.kind == "range" else role) for token, role in placed]
    earlier = [token for token, role in placed if role == "previous"]
    current = [(token, role) for token, role in placed if role != "previous"]
    has_number = any(token.kind in ("number", "answer") for token, _ in current)
    has_value = any(role == "value" and token.kind in _VALUES for token, role in current)
    _give_previous(parts, earlier, header)
    if not has_value:
        if parts.previous and not has_number:
            parts.is_empty_now = True
            return parts
        return None
    ends: dict[str, str] = {}
    for token, role in current:
        column = header.at(token.x0, token.x1)
        if role == "other" and token.kind == "number" and _CODES.match(folding.fold(column.text)):
            continue
        end = lab_columns.end_of_range(column)
        if end is not None and token.kind == "number" and _is_plain(token):
            ends[end] = token.text
        elif not _place_by_role(_for_one_sex(token, column), role, parts):
            parts.strays.append(token)
    _finish(parts)
    if ends and parts.readings and parts.readings[0].range is None:
        parts.readings[0].range = lab_columns.between(ends)
    return parts


_CODES = re.compile(r"^(?:lab|site|code|seq)$")
_SEXES = re.compile(r"\b(?:(?P<male>hommes?|males?|m[ae]n|hombres?)|femmes?|females?|wom[ae]n|mujer(?:es)?)\b")


def _for_one_sex(token: Token, column: Column) -> Token:
    """A range under a column of one sex carries the sex; a column that names both says nothing."""
    if column.role != "range" or token.kind not in ("range", "number"):
        return token
    named = {"Homme" if sex["male"] else "Femme" for sex in _SEXES.finditer(folding.fold(column.text))}
    return replace(token, text=f"{named.pop()} : {token.text}") if len(named) == 1 else token


def _give_previous(parts: _Parts, earlier: Sequence[Token], header: Header) -> None:
    """Earlier results, each with the date beside it or in its column's header ("" without one)."""
    beside = [token.text for token in earlier if token.kind == "date"]
    for token in earlier:
        if token.kind in ("number", "answer"):
            printed = _DATE.search(header.at(token.x0, token.x1).text)
            index = len(parts.previous)
            parts.previous.append(token.text)
            parts.previous_dates.append(beside[index] if index < len(beside) else printed[0] if printed else "")


_DATE = re.compile(r"\d{1,4}[/.-]\d{1,2}[/.-]\d{2,4}")
_VALUES = ("number", "answer", "range")


def _place_by_role(token: Token, role: Role, parts: _Parts) -> bool:
    """Puts a token where its column says; False when it cannot stand there."""
    if role == "value" and token.kind == "range" and not token.is_marked and not parts.readings:
        parts.readings.append(Reading(value=token.text, number=None))
        return True
    is_plain = token.kind == "number" and _is_plain(token)
    if role != "value" and token.kind == "number" and not is_plain and parts.readings:
        _give_range(parts, token)
    elif role == "range" and token.kind == "answer":
        parts.ranges.append(token)
    elif role == "unit" and token.kind == "word":
        _mark_unknown_unit(parts)
    elif role in ("flag", "other") and token.kind == "answer":
        parts.flag = parts.flag or (token.text if role == "flag" else None)
    else:
        _place(token, parts, as_limit=role == "range" and token.kind == "number")
    return not is_plain or role not in ("range", "flag", "date", "other")
