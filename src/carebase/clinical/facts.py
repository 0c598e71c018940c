"""What is known about one case, gathered so that criteria can ask for it by name.

In charge of which result is the current one, and of what may not be used: rows a person has to
check, specimens other than the analyte's own, results much older than the newest of the case.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from carebase.clinical import analytes, folding
from carebase.clinical.evidence import Evidence
from carebase.clinical.person import Person
from carebase.clinical.results import Flag, LabResult

CURRENT_WITHIN = timedelta(days=90)
"""Results further back than this from the newest dated one count as history, never as current."""

Polarity = Literal["positive", "negative"]

# Tests that are read in words and have no row in the analyte table; matched on the printed name.
NAMED_TESTS = {
    "widal": re.compile(r"widal|\b(anti)?typhi (o|h)\b|\bt(o|h)\b agglutin"),
    "typhi_culture": re.compile(r"(hemoculture|coproculture|blood culture|stool culture).*typhi"),
    "culture": re.compile(r"hemoculture|blood culture|\becbu\b|uroculture|urine culture|hemocultivo|urocultivo"),
    "mtb": re.compile(r"xpert|mtb ?/ ?rif|tuberculosis (pcr|culture)|mycobacterium tuberculosis"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One quantity that criteria may compare.

    `value` is in the analyte's own unit (`unit` of the analyte table); `printed` and `unit` are as
    the report shows them. `high` is the printed upper limit, in the printed unit.
    """

    name: str
    """`lab:<analyte>`, `named:<test>`, `derived:<code>` or `vital:<kind>`."""
    value: Decimal | None
    comparator: str | None = None
    printed: Decimal | None = None
    text: str = ""
    unit: str = ""
    high: Decimal | None = None
    flag: Flag | None = None
    taken_at: datetime | None = None
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Something the clinician's text or a radiology report affirms (`present`) or denies."""

    concept: str
    present: bool
    days: int | None = None
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything criteria may ask for; measures of one name stand newest first."""

    person: Person
    measures: Mapping[str, tuple[Measure, ...]] = field(default_factory=dict)
    earlier: Mapping[str, tuple[Measure, ...]] = field(default_factory=dict)
    """Older results and the previous-result columns: history, for change over time only."""
    said: Mapping[str, tuple[Said, ...]] = field(default_factory=dict)
    imaging: Mapping[str, tuple[Said, ...]] = field(default_factory=dict)

    def current(self, name: str) -> Measure | None:
        """The newest measure of that name, if any may be used."""
        found = self.measures.get(name)
        return found[0] if found else None


def usable(result: LabResult) -> bool:
    """Whether rules may use the row: known analyte, nothing to check, its own specimen."""
    if result.check is not None:
        return False
    if result.analyte is None:
        return name_of(result) is not None
    return result.specimen == analytes.by_id(result.analyte).specimen


def name_of(result: LabResult) -> str | None:
    """`lab:<analyte>`, or `named:<test>` for a known test without a row; None for any other."""
    if result.analyte is not None:
        return f"lab:{result.analyte}"
    folded = folding.fold(result.printed_name)
    return next((f"named:{name}" for name, form in NAMED_TESTS.items() if form.search(folded)), None)


def of_result(result: LabResult, *, name: str) -> Measure:
    """The row as a measure."""
    return Measure(
        name=name,
        value=result.canonical,
        comparator=result.comparator,
        printed=result.value,
        text=result.text,
        unit=result.unit or "",
        high=None if result.range is None else result.range.high,
        flag=result.flag,
        taken_at=result.sample_time,
        evidence=(evidence_of(result),),
    )


def evidence_of(result: LabResult) -> Evidence:
    """Where the row stands."""
    return Evidence(
        file=result.file,
        page=result.page,
        line=result.line,
        box=result.box,
        quote=result.quote,
        sha256=result.sha256,
    )


def gather(
    person: Person,
    *,
    results: Sequence[LabResult] = (),
    measures: Iterable[Measure] = (),
    said: Iterable[Said] = (),
    imaging: Iterable[Said] = (),
) -> Facts:
    """Sort what is known by name; `measures` are derived values and vital signs."""
    rows = [result for result in results if usable(result)]
    newest = max((row.sample_time for row in rows if row.sample_time is not None), default=None, key=_stamp)
    current: dict[str, list[Measure]] = {}
    earlier: dict[str, list[Measure]] = {}
    for row in rows:
        name = name_of(row)
        if name is None:
            continue
        measure = of_result(row, name=name)
        is_old = newest is not None and row.sample_time is not None and _apart(newest, row.sample_time)
        (earlier if is_old else current).setdefault(measure.name, []).append(measure)
        for previous in _previous(row):
            earlier.setdefault(measure.name, []).append(previous)
    for measure in measures:
        current.setdefault(measure.name, []).append(measure)
    return Facts(
        person=person,
        measures={name: _newest_first(found) for name, found in current.items()},
        earlier={name: _newest_first(found) for name, found in earlier.items()},
        said=_by_concept(said),
        imaging=_by_concept(imaging),
    )


def _previous(row: LabResult) -> Iterable[Measure]:
    """The earlier results printed beside the row, scaled as the row itself was."""
    if row.value is None or row.canonical is None or row.value == 0:
        return
    for previous in row.previous:
        if previous.value is None:
            continue
        # Only pure factors keep ratios; the affine HbA1c conversion is left out.
        same_unit = row.canonical == row.value
        if not same_unit and row.analyte == "hba1c":
            continue
        value = previous.value if same_unit else previous.value * row.canonical / row.value
        yield Measure(
            name=f"lab:{row.analyte}",
            value=value,
            printed=previous.value,
            text=previous.text,
            unit=row.unit or "",
            taken_at=previous.sample_time,
            evidence=(evidence_of(row),),
        )


def _stamp(moment: datetime) -> float:
    # Reports print local times without a zone; days matter here, hours of zone do not.
    return moment.replace(tzinfo=None).timestamp() if moment.tzinfo is None else moment.timestamp()


def _apart(newest: datetime, other: datetime) -> bool:
    return _stamp(newest) - _stamp(other) > CURRENT_WITHIN.total_seconds()


def is_before(first: datetime, second: datetime) -> bool:
    """Whether the first moment lies before the second; a missing zone counts as none."""
    return _stamp(first) < _stamp(second)


def days_between(first: datetime, second: datetime) -> float:
    """The distance in days, whichever comes first."""
    return abs(_stamp(first) - _stamp(second)) / 86_400


def _newest_first(found: list[Measure]) -> tuple[Measure, ...]:
    """Dated before undated, newer before older; the order of the report otherwise."""
    return tuple(sorted(found, key=lambda one: -_stamp(one.taken_at) if one.taken_at else float("inf")))


def _by_concept(said: Iterable[Said]) -> dict[str, tuple[Said, ...]]:
    found: dict[str, list[Said]] = {}
    for one in said:
        found.setdefault(one.concept, []).append(one)
    return {concept: tuple(every) for concept, every in found.items()}


_NEGATIVE = re.compile(
    r"\b(negati(f|ve|vo|va|fs|ves)|neg|absen(t|ce|te|ts)|ausente|non[ -]?reacti(f|ve)|no reactivo"
    r"|not detected|non detecte[es]?|indetectable|undetect\w*|none|nil|aucun\w*|not? found|non vus?|-)(?!\w)"
)
_POSITIVE = re.compile(
    r"\b(positi(f|ve|vo|va|fs|ves)|pos|presen(t|ce|te|ts)|reacti(f|ve|vo)|detected|detecte[es]?|traces?)\b|\++"
)
_UNSURE = re.compile(
    r"\b(douteu\w*|equivo\w*|indetermin\w*|invalid\w*|limite|borderline|doubtful|faible\w*|weak\w*|dudoso)\b"
)


def polarity(text: str) -> Polarity | None:
    """What a qualitative result says; None when it says neither clearly.

    >>> polarity("Négatif"), polarity("POSITIVE (+++)"), polarity("non réactif"), polarity("douteux")
    ('negative', 'positive', 'negative', None)
    """
    folded = folding.fold(text)
    if _UNSURE.search(folded):
        return None
    if folded.strip() == "-" or _NEGATIVE.search(folded):
        # "Negative, control positive" says both, so it says nothing clearly.
        rest = _NEGATIVE.sub(" ", folded)
        return None if _POSITIVE.search(rest) else "negative"
    return "positive" if _POSITIVE.search(folded) else None


_GRADES = (
    (0, re.compile(r"\btraces?\b|\btrazas\b")),
    (1, re.compile(r"\bsmall\b")),
    (2, re.compile(r"\b(moderate|modere[es]?|moderad[oa])\b")),
    (3, re.compile(r"\blarge\b")),
)
_PLUSES = re.compile(r"(?<![\w+])(?:(?P<count>[1-4]) ?\+(?![\w+])|(?P<signs>\+{1,4})(?![\w+]))")


def grade(text: str) -> int | None:
    """The grade of a urine strip, 0 for traces to 4; None when the text prints none or two.

    >>> grade("3+"), grade("Positif (++)"), grade("Traces"), grade("Positif")
    (3, 2, 0, None)
    """
    folded = folding.fold(text)
    found = {int(match["count"] or len(match["signs"])) for match in _PLUSES.finditer(folded)}
    found = found or {level for level, form in _GRADES if form.search(folded)}
    return found.pop() if len(found) == 1 else None
