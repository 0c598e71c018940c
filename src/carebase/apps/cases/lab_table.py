"""The laboratory table: each result as printed, with its position in words.

In charge of one table a file; nothing is judged here, and nothing is called normal.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from carebase.apps.cases.pointing import EvidenceLink, Pointing
from carebase.apps.cases.result import Lab, Result
from carebase.web.messages import Reader

FlagKind = Literal["critical", "high", "low", "within", "none"]
SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagMark:
    """How a result stands to its range: kind picks icon and colour, text says it."""

    kind: FlagKind
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LabRow:
    """One result of the table."""

    name: str
    value: str
    unit: str
    range_text: str
    flag: FlagMark
    printed_flag: str | None
    """What the laboratory itself printed, when it did."""
    previous: str | None
    sampled: str | None
    source: EvidenceLink
    is_critical: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LabTable:
    """The results of one file."""

    file_name: str
    is_of_another_patient: bool
    """The file contradicts the patient and nobody has confirmed it: its results are not used."""
    rows: tuple[LabRow, ...]


def tables(t: Reader, pointing: Pointing, *, result: Result, doubted: Collection[str]) -> tuple[LabTable, ...]:
    """One table a file, in the order of the analysis; `doubted` are ids of files of another patient."""
    by_file: dict[str, list[LabRow]] = {}
    for lab in result.labs:
        by_file.setdefault(lab.said.places[0].file, []).append(_lab_row(t, pointing, lab))
    return tuple(
        LabTable(file_name=pointing.names.get(file, file), is_of_another_patient=file in doubted, rows=tuple(rows))
        for file, rows in by_file.items()
    )


def _lab_row(t: Reader, pointing: Pointing, lab: Lab) -> LabRow:
    return LabRow(
        name=lab.said.text,
        value=lab.value,
        unit=unit_in_words(t, lab.unit or ""),
        range_text=lab.range_text or t("lab-no-range"),
        flag=_flag(t, lab),
        printed_flag=None if lab.flag_printed is None else t("lab-printed-flag", flag=lab.flag_printed),
        previous=t("lab-previous", values="; ".join(lab.previous)) if lab.previous else None,
        sampled=_sampled(t, lab.sample_time),
        source=pointing.link(lab.said, lab.said.places[0]),
        is_critical=lab.is_critical,
    )


def unit_in_words(t: Reader, unit: str) -> str:
    """A UCUM unit as people write it: `10*9/L` as 10⁹/L, `umol/L` as µmol/L, `[IU]` by its own name."""
    raised = re.sub(r"10\*(\d+)", lambda power: "10" + power[1].translate(SUPERSCRIPTS), unit)
    micro = re.sub(r"(?<![A-Za-z])u(?=\[|(?:mol|g|L|m)(?![A-Za-z]))", "µ", raised)
    return re.sub(r"\[[iI][uU]\]", t("unit-international"), micro)


def _flag(t: Reader, lab: Lab) -> FlagMark:
    """The mark of a row; a row without a range that applies says so, and never that it is fine."""
    side = {"L": "low", "H": "high", "N": "within", None: "none"}[lab.flag]
    if lab.is_critical:
        return FlagMark(kind="critical", text=t(f"flag-critical-{side}"))
    if lab.check is not None:
        return FlagMark(kind="none", text=t("flag-check"))
    match lab.flag:
        case "L":
            return FlagMark(kind="low", text=t("flag-low"))
        case "H":
            return FlagMark(kind="high", text=t("flag-high"))
        case "N":
            return FlagMark(kind="within", text=t("flag-within"))
        case None:
            return FlagMark(kind="none", text=t("flag-none"))


def _sampled(t: Reader, sample_time: str | None) -> str | None:
    if sample_time is None:
        return None
    when = datetime.fromisoformat(sample_time)
    # A report prints its own wall clock: it is shown as printed, in no other zone.
    return t("lab-sampled", when=when.replace(tzinfo=None))
