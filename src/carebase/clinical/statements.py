"""What is asserted about a patient: a code with parameters and evidence, worded later.

A statement has no language. `texts` words it in French or English from the same parameters, so
both say the same thing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from carebase.clinical.evidence import Evidence

Parameter = str | int | Decimal


class Severity(StrEnum):
    """How soon a person must act."""

    EMERGENCY = "emergency"
    URGENT = "urgent"
    ROUTINE = "routine"
    INFO = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One assertion with its evidence.

    `code` is a message id of the text tables (`clinical/tables/texts/*.ftl`); `params` fill it.
    `confidence` is between 0 and 1, or None until it is calibrated ("not assessed").
    """

    code: str
    params: Mapping[str, Parameter] = field(default_factory=dict)
    severity: Severity = Severity.INFO
    evidence: tuple[Evidence, ...] = ()
    confidence: float | None = None
