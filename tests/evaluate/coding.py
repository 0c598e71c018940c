"""Measures ICD-10-CM coding: the codes an analysis asserts against those people gave the note."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from tests.evaluate.sets import Example
from tests.evaluate.table import Part, Row

from carebase.clinical.outcomes import State
from carebase.records.analysis import Analysis

MOST_FREQUENT = 5


def asserted(analysis: Analysis) -> frozenset[str]:
    """The codes of what holds; the possible is not coded."""
    found = (*analysis.diagnosis.ranked, *analysis.diagnosis.further, *analysis.diagnosis.findings)
    return frozenset(one.icd10 for one in found if one.state is State.MET)


def micro(pairs: Iterable[tuple[frozenset[str], frozenset[str]]]) -> tuple[int, int, int]:
    """Right, asserted and wanted codes of (asserted, gold) pairs."""
    right = said = wanted = 0
    for codes, truth in pairs:
        right += len(codes & truth)
        said += len(codes)
        wanted += len(truth)
    return right, said, wanted


def f1(right: int, said: int, wanted: int) -> float:
    """The harmonic mean of precision and recall; 0 where nothing is right.

    >>> f1(1, 2, 2)
    0.5
    """
    return 2 * right / (said + wanted) if right else 0.0


def measure(name: str, title: str, answers: Sequence[tuple[Example, Analysis]]) -> Part:
    """Micro-precision, recall and F1 beside "always the most frequent codes"."""
    pairs = [(asserted(analysis), example.codes) for example, analysis in answers]
    right, said, wanted = micro(pairs)
    counted = Counter(code for _, truth in pairs for code in truth)
    frequent = frozenset(code for code, _ in counted.most_common(MOST_FREQUENT))
    base = micro((frequent, truth) for _, truth in pairs)
    always = f"always the {MOST_FREQUENT} most frequent"
    later = sum(any(code.startswith(one) for one in truth) for codes, truth in pairs for code in codes)
    rows = (
        Row(f"{name}_PRECISION", "codes asserted that are right", right, said, f"{always} {base[0]}/{base[1]}"),
        Row(f"{name}_PRECISION_SPLIT", "… counting codes that later editions split", later, said),
        Row(f"{name}_RECALL", "codes of the notes that are asserted", right, wanted, f"{always} {base[0]}/{base[2]}"),
        Row(f"{name}_F1", "micro-F1", right, said + wanted, f"{always} {f1(*base):.3f}", f1(right, said, wanted)),
    )
    wrong = Counter(code for codes, truth in pairs for code in codes - truth)
    remarks = tuple(f"asserted but not coded by people: {code} x {count}" for code, count in wrong.most_common(12))
    return Part(title, rows, remarks)
