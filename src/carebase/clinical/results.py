"""One laboratory result, as printed and as judged. Frozen: API, pages and CLI build on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

Flag = Literal["L", "H", "N"]
"""HL7 table 0078, as far as used: below, above, within the range."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedRange:
    """The reference range as the report prints it; one end may be open."""

    low: Decimal | None
    high: Decimal | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviousResult:
    """An earlier result that the same report prints beside the current one."""

    value: Decimal | None
    text: str
    sample_time: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LabResult:
    """One row of a laboratory report. Nothing here that is not on the page, except the judgement.

    `analyte` is our analyte id (`clinical/tables/analytes.json`) or None for an unknown test, which
    is kept word for word. `value` is in `unit` as printed, in UCUM. `flag` is computed: None means
    "no range applies" or "check the source", never "normal".
    """

    printed_name: str
    analyte: str | None
    loinc: str | None
    value: Decimal | None
    comparator: Literal["<", "<=", ">", ">="] | None
    text: str
    """The value as printed, word for word (`0,5`, `< 2,00`, `Négatif`)."""
    unit: str | None
    """UCUM; None when none is printed."""
    range: PrintedRange | None
    flag_printed: str | None
    flag: Flag | None
    critical: bool
    specimen: str
    """`blood` (serum, plasma, whole blood), `urine`, `csf`, `pleural`, `stool`, `other`."""
    sample_time: datetime | None
    previous: tuple[PreviousResult, ...]
    file: str
    page: int
    line: int
    box: tuple[float, float, float, float]
    quote: str
    sha256: str
    check: str | None = None
    """Why a person must check the source (`implausible`, `unit_missing`, `ambiguous_number`,
    `dual_units_disagree` …); such a row has no flag and starts no diagnosis, but still alerts."""
    canonical: Decimal | None = None
    """The value in the analyte's own unit (`unit` of the table), for rules; None when unsure."""
