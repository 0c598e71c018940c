"""Reads filters: conditions on columns, and trees of them under `and` and `or`.

In charge of the text only. A value stays the text it was written as: which type it is of, the column knows.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, TypeAlias

from carebase.rest import errors
from carebase.rest.parsing import fields, scanner
from carebase.rest.syntax import Condition, Field, Filter, Group, Is, Operator, Quantifier

_Value: TypeAlias = Callable[[scanner.Scanner], str]

TEXT_SEARCH: Final = (Operator.FTS, Operator.PLFTS, Operator.PHFTS, Operator.WFTS)
PLAIN: Final = (
    Operator.NEQ, Operator.CS, Operator.CD, Operator.OV, Operator.SL, Operator.SR, Operator.NXR, Operator.NXL,
    Operator.ADJ,
)  # fmt: skip
QUANTIFIABLE: Final = (
    Operator.EQ, Operator.GTE, Operator.GT, Operator.LTE, Operator.LT, Operator.LIKE, Operator.ILIKE, Operator.MATCH,
    Operator.IMATCH,
)  # fmt: skip
IN_ORDER: Final = (Operator.IN, Operator.IS, Operator.IS_DISTINCT, *TEXT_SEARCH, *PLAIN, *QUANTIFIABLE)
"""The order in which they are looked for; a sentence about none of them depends on it."""

_OPERATORS: Final = {operator.value: operator for operator in Operator}
_WORD = re.compile(r"[a-z]+")
_ELEMENT = re.compile(r'"((?:[^"\\]++|\\.)*+)"(?=[,)]|\Z)|([^,)]*)', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_BARE = re.compile(r"[^,)]*")
_BRACED = re.compile(r"\{[^{}]*\}")


def read(field: Field, text: str) -> Condition:
    """The condition that `text` puts on a column; Unreadable where it puts none.

    >>> read(Field("age"), "not.gte.18")
    Condition(field=Field(name='age', path=()), operator=<Operator.GTE: 'gte'>, value='18', is_negated=True, \
quantifier=None, language=None)
    >>> read(Field("name"), 'in.(Ada,"Lovelace, Ada")').value
    ('Ada', 'Lovelace, Ada')
    >>> read(Field("note"), "plfts(french).le chat").language
    'french'
    """
    s = scanner.Scanner(text)
    try:
        return _condition(s, field, value=_rest)
    except scanner.Miss:
        raise s.refusal(f"failed to parse filter ({text})") from None


def read_argument(field: Field, text: str) -> Condition | None:
    """As `read`, but None where no condition begins: then it is an argument of the function that is called.

    >>> read_argument(Field("name"), "Ada")
    """
    s = scanner.Scanner(text)
    try:
        return _condition(s, field, value=_rest)
    except scanner.Miss:
        if s.at == 0:
            return None
        raise s.refusal(f"failed to parse filter ({text})") from None


def read_tree(operator: str, text: str, *, budget: scanner.Budget | None = None) -> Filter:
    """The tree under `operator` (`and`, `or`, `not.and`, `not.or`); Unreadable where it is none.

    >>> tree = read_tree("or", "(age.lt.18,and(age.gt.65,is_alone.is.true))")
    >>> tree.is_or, [type(member).__name__ for member in tree.members]
    (True, ['Condition', 'Group'])
    """
    s = scanner.Scanner(operator + text, budget=budget)
    try:
        return _tree(s, depth=0)
    except scanner.Miss:
        raise s.refusal(f"failed to parse logic tree ({text})") from None


# --- trees ---------------------------------------------------------------------------------------------------------


def _tree(s: scanner.Scanner, *, depth: int) -> Filter:
    s.budget.spend()
    start = s.mark()
    try:
        field = fields.field(s)
        s.need(".", wanted=fields.DELIMITER)
        return _condition(s, field, value=_until_comma)
    except scanner.Miss:
        s.back(start)
    if depth == scanner.MAX_DEPTH:
        raise errors.TooComplex("groups within groups", limit=scanner.MAX_DEPTH)
    start = s.mark()
    is_negated = _negation(s)
    if not is_negated:
        s.miss_instead("negation operator (not)", since=start)
    is_or = _is_or(s)
    s.blank()
    s.need("(")
    s.blank()
    members = [_tree(s, depth=depth + 1)]
    while s.comma():
        members.append(_tree(s, depth=depth + 1))
        s.again()
    s.blank()
    s.need(")")
    s.blank()
    return Group(tuple(members), is_or=is_or, is_negated=is_negated)


def _negation(s: scanner.Scanner) -> bool:
    start = s.mark()
    if s.accept("not") and s.accept(".", wanted=fields.DELIMITER):
        return True
    s.back(start)
    return False


def _is_or(s: scanner.Scanner) -> bool:
    start = s.mark()
    if s.accept("and"):
        return False
    if s.begin("or"):
        return True
    s.miss_instead("logic operator (and, or)", since=start)
    raise scanner.Miss


# --- one condition -------------------------------------------------------------------------------------------------


def _condition(s: scanner.Scanner, field: Field, *, value: _Value) -> Condition:
    is_negated = _negation(s)
    found = _WORD.match(s.text, s.at)
    operator = _OPERATORS.get(found[0]) if found else None
    start = s.mark()
    if found is None or operator is None:
        raise _no_operator(s, since=start)
    s.go(found.end())
    language = _language(s) if operator in TEXT_SEARCH else None
    quantifier = _quantifier(s) if operator in QUANTIFIABLE else None
    if not s.accept(".", wanted=fields.DELIMITER):
        s.back(start)
        raise _no_operator(s, since=start)
    read_value: str | tuple[str, ...] | Is
    if operator is Operator.IN:
        read_value = _list(s)
    elif operator is Operator.IS:
        read_value = _is(s)
    else:
        read_value = value(s)
    return Condition(field, operator, read_value, is_negated=is_negated, quantifier=quantifier, language=language)


def _no_operator(s: scanner.Scanner, *, since: scanner.Mark) -> scanner.Miss:
    """Look once more, now for what the sentence says: how far the operators that nearly fit go."""
    s.go(since[0])
    for operator in IN_ORDER:
        start = s.mark()
        if s.accept(operator):
            if operator in TEXT_SEARCH:
                _language(s)
            elif operator in QUANTIFIABLE:
                _quantifier(s)
            s.accept(".", wanted=fields.DELIMITER)
        s.back(start)
    s.miss_instead("operator (eq, gt, ...)", since=(since[0], -1, ()))
    s.back(since)
    return scanner.Miss()


def _language(s: scanner.Scanner) -> str | None:
    start = s.mark()
    if s.accept("("):
        try:
            language = s.identifier()
            s.need(")")
        except scanner.Miss:
            s.back(start)
            return None
        return language
    return None


def _quantifier(s: scanner.Scanner) -> Quantifier | None:
    start = s.mark()
    if not s.accept("("):
        return None
    try:
        quantifier = Quantifier.ANY if s.accept(Quantifier.ANY) else _all(s)
        s.need(")")
    except scanner.Miss:
        s.back(start)
        return None
    return quantifier


def _all(s: scanner.Scanner) -> Quantifier:
    if s.begin(Quantifier.ALL):
        return Quantifier.ALL
    raise scanner.Miss


def _is(s: scanner.Scanner) -> Is:
    """One of the words of `is`, in any case; what follows it is not read, as in PostgREST."""
    start = s.mark()
    for word in Is:
        length = len(word)
        written = s.text[s.at : s.at + length]
        if written.isascii() and written.lower() == word:
            s.go(s.at + length)
            return word
        same = next((n for n, (a, b) in enumerate(zip(written.lower(), word, strict=False)) if a != b), len(written))
        s.miss(word, at=s.at + same, culprit=s.at + same)
    s.miss_instead("isVal: (null, not_null, true, false, unknown)", since=start)
    raise scanner.Miss


# --- values --------------------------------------------------------------------------------------------------------


def _rest(s: scanner.Scanner) -> str:
    value = s.text[s.at :]
    s.go(len(s.text))
    return value


def _until_comma(s: scanner.Scanner) -> str:
    """In a tree: quoted, in braces, or up to the next comma or parenthesis."""
    start = s.mark()
    if s.sees('"'):
        try:
            value = s.quoted()
            if s.text[s.at : s.at + 1] in {"", ",", ")"}:
                return value
            s.miss("", at=s.at + 1, culprit=s.at, is_odd=True)
        except scanner.Miss:
            pass
        s.back(start)
    else:
        s.miss(scanner.shown('"'))
    if not s.sees("{"):
        s.miss(scanner.shown("{"))
    found = (_BRACED.match(s.text, s.at) if s.sees("{") else None) or _BARE.match(s.text, s.at)
    value = found[0] if found else ""
    if value:
        s.go(s.at + len(value))
    s.miss("")
    return value


def _list(s: scanner.Scanner) -> tuple[str, ...]:
    """The values of `in`; `()` has none."""
    s.blank()
    s.need("(")
    s.blank()
    values = _elements(s)
    s.blank()
    s.need(")")
    s.blank()
    return () if values == [""] else tuple(values)


def _elements(s: scanner.Scanner) -> list[str]:
    close = s.text.find(")", s.at)
    plain = s.text[s.at : close if close >= 0 else len(s.text)]
    if '"' not in plain:
        values = plain.split(",")
        s.go(s.at + len(plain))
        if values == [""]:
            s.miss(scanner.shown('"'))
        s.miss(scanner.shown(","))
        return values
    values = []
    while True:
        found = _ELEMENT.match(s.text, s.at)
        if found is None:  # not reached: its second half also reads the empty text
            raise scanner.Miss
        quoted = found[1]
        if quoted is None:
            values.append(found[2])
        else:
            values.append(_ESCAPED.sub(r"\1", quoted) if "\\" in quoted else quoted)
        s.go(found.end())
        if not found[0] and len(values) == 1:
            s.miss(scanner.shown('"'))
        if not s.accept(","):
            return values
