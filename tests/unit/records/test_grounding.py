"""A statement is shown only when its words stand where it says."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from carebase.clinical.evidence import Evidence
from carebase.clinical.statements import Statement
from carebase.records.grounding import Ground

SHA = "a" * 64
PLACE = Evidence(file="case", page=1, line=2, box=None, quote="Pas de fièvre.", sha256=SHA)


def ground():
    made = Ground()
    made.add_case_text("Fatigue depuis 3 semaines.\nPas de fièvre.", sha256=SHA)
    return made


def said(place):
    return Statement(code="subjective-absent", params={"concept": "fever"}, evidence=(place,))


def test_a_quote_on_its_line_carries():
    assert ground().carries(PLACE)


def test_a_quote_elsewhere_does_not():
    made = ground()
    for wrong in (
        replace(PLACE, line=1),
        replace(PLACE, page=2),
        replace(PLACE, file="other"),
        replace(PLACE, sha256="b" * 64),
        replace(PLACE, quote="fièvre élevée"),
        replace(PLACE, quote=" "),
    ):
        assert not made.carries(wrong)


def test_what_is_not_supported_is_dropped_and_counted():
    made = ground()
    kept = made.keep_supported([said(PLACE), said(replace(PLACE, quote="toux"))])
    assert [one.evidence for one in kept] == [(PLACE,)]
    assert made.dropped == 1


def test_one_wrong_quote_of_two_is_enough_to_drop():
    both = Statement(code="criterion-met", evidence=(PLACE, replace(PLACE, quote="toux")))
    assert ground().keep_supported([both]) == ()


def test_an_assertion_without_evidence_is_dropped_and_an_absence_is_not():
    assert not ground().supports(Statement(code="assessment-diagnosis"))
    assert ground().supports(Statement(code="missing-test", params={"measure": "lab:tsh"}))


@given(st.text(min_size=1).filter(lambda text: text.strip()))
def test_words_that_are_not_there_never_carry(text):
    line = "Pas de fièvre."
    expected = " ".join(text.split()) in line
    assert ground().carries(replace(PLACE, quote=text)) == expected
