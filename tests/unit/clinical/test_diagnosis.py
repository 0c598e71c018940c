"""The order of diagnoses, and what the note tells of them."""

from __future__ import annotations

from dataclasses import replace

from carebase.clinical import diagnosis, facts, notes, patterns
from carebase.clinical.outcomes import State
from carebase.clinical.person import Person, Sex
from carebase.clinical.statements import Severity

NOTHING = patterns.judge_all(facts.gather(Person(sex=Sex.FEMALE, age_days=16_000)))


def judged(**changes):
    """All patterns unknown, save those named: `name="met"` or `name="possible"`."""
    found = []
    for one in NOTHING:
        match changes.get(one.pattern.id):
            case "met":
                found.append(replace(one, state=State.MET, met=1))
            case "possible":
                found.append(replace(one, state=State.UNKNOWN, is_possible=True))
            case _:
                found.append(one)
    return found


def ids(ranked):
    return [one.pattern.id for one in ranked]


def test_the_more_urgent_comes_first():
    ranked = diagnosis.rank(judged(hypothyroidism="met", hyperkalemia="met", sepsis="met"))
    assert ids(ranked.ranked) == ["sepsis", "hyperkalemia", "hypothyroidism"]


def test_what_is_always_an_emergency_goes_before_what_became_one():
    found = [
        replace(one, urgency=Severity.EMERGENCY) if one.pattern.id == "anemia" else one
        for one in judged(anemia="met", sepsis="met")
    ]
    assert ids(diagnosis.rank(found).ranked) == ["sepsis", "anemia"]


def test_iron_deficiency_anaemia_takes_the_place_of_anaemia():
    ranked = diagnosis.rank(judged(anemia="met", iron_deficiency_anemia="met"))
    assert ids(ranked.ranked) == ["iron_deficiency_anemia"]


def test_a_possible_diagnosis_is_never_primary():
    ranked = diagnosis.rank(judged(nstemi="possible", vitamin_d_deficiency="met"))
    assert ids(ranked.ranked) == ["vitamin_d_deficiency", "nstemi"]


def test_a_finding_is_never_ranked():
    ranked = diagnosis.rank(judged(widal_positive="met"))
    assert ranked.ranked == ()
    assert ranked.reason is not None
    assert ids(ranked.findings) == ["widal_positive"]


def test_there_are_never_more_than_three_and_the_assessment_tells_the_rest():
    ranked = diagnosis.rank(judged(sepsis="met", hyperkalemia="met", hypothyroidism="met", vitamin_d_deficiency="met"))
    assert len(ranked.ranked) == 3
    told = [one.params.get("pattern") for one in notes.assessment(ranked)]
    assert "vitamin_d_deficiency" in told


def test_a_possible_emergency_is_planned_as_urgent_not_alarmed():
    possible = next(one for one in judged(nstemi="possible") if one.pattern.id == "nstemi")
    assert notes.severity_of(possible) is Severity.URGENT


def test_a_test_at_hand_is_not_asked_for_again():
    ranked = diagnosis.rank(judged(iron_deficiency_anemia="met"))
    asked = [one.code for one in notes.plan(ranked, alerts=(), measured={"lab:ferritin"})]
    assert "next-ferritin" not in asked
    assert "next-find-blood-loss" in asked


def test_the_plan_names_its_source():
    ranked = diagnosis.rank(judged(sepsis="met"))
    assert all(one.params.get("source") for one in notes.plan(ranked, alerts=()))
