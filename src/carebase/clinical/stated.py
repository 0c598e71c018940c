"""Diagnoses that a radiology report states itself, beside the patterns of the table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from carebase.clinical import patterns
from carebase.clinical.negation import Assertion
from carebase.clinical.outcomes import State
from carebase.clinical.patterns import Judged, Pattern, Source
from carebase.clinical.radiology import Finding, SectionKind
from carebase.clinical.statements import Severity, Statement

REPORT = Source(title="Radiology report of the case", edition="", short="imagerie / imaging")

# Imaging alone never proves tuberculosis (WHO module 3, 2024); the pattern asks for a test.
_NEEDS_A_TEST = frozenset({"A15.0"})

# What a disease shows on images, not the disease: told with its code, never ranked as a diagnosis.
SIGNS = frozenset(
    {
        "atelectasis",
        "biliary_dilatation",
        "cardiomegaly",
        "cavitation",
        "cerebral_atrophy",
        "cerebral_oedema",
        "degenerative_changes",
        "haemoperitoneum",
        "joint_effusion",
        "osteopenia",
        "pleural_effusion",
        "pleural_thickening",
        "spondylosis",
    }
)


def judged(findings: Iterable[Finding]) -> Iterator[Judged]:
    """One judgement for each code that a conclusion or a finding states as present."""
    covered = {pattern.icd10 for pattern in patterns.table().values()} | _NEEDS_A_TEST
    ordered = sorted(findings, key=lambda one: one.section is not SectionKind.IMPRESSION)
    for one in ordered:
        is_stated = one.assertion is Assertion.PRESENT and one.section in (
            SectionKind.IMPRESSION,
            SectionKind.FINDINGS,
        )
        if not is_stated or one.icd10cm is None or one.icd10cm in covered:
            continue
        covered.add(one.icd10cm)
        yield _judged(one, icd10=one.icd10cm)


def _judged(one: Finding, *, icd10: str) -> Judged:
    # Chapter R holds signs and abnormal findings, not diagnoses.
    kind = "finding" if icd10.startswith("R") or one.concept in SIGNS else "diagnosis"
    urgency = Severity.EMERGENCY if one.critical else Severity.ROUTINE
    said = Statement(code="imaging-present", params={"concept": one.concept}, evidence=one.evidence)
    pattern = Pattern(
        id=f"imaging:{one.concept}",
        icd10=icd10,
        kind="finding" if kind == "finding" else "diagnosis",
        urgency=urgency,
        source=REPORT,
        required=(),
        supporting=(),
        suggestive=(),
        unless=(),
        escalates=(),
        who=(),
        refines=(),
        may_be_possible=False,
        next_steps=("correlate_imaging",),
        caveats=(),
        coded=(),
        suggested_by=(),
        stages=(),
        stage_measures=(),
    )
    return Judged(
        pattern=pattern,
        state=State.MET,
        icd10=icd10,
        urgency=urgency,
        met=1,
        total=1,
        is_possible=False,
        supports=(said,),
        against=(),
        missing=(),
    )
