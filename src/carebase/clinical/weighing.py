"""Decides whether a criterion is met, not met or unknown, and says what carries the answer.

In charge of three-valued logic over facts: what is not in the documents is unknown, never absent.
Every met or refuted criterion comes with its evidence, every unknown one with what would settle it.
Criteria about change over time are weighed in `changes`, comparisons in `comparing`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Context, Decimal
from typing import assert_never

from carebase.clinical import changes, comparing, criteria, facts, folding
from carebase.clinical.criteria import Criterion
from carebase.clinical.facts import Facts, Measure, Said
from carebase.clinical.outcomes import Outcome, State, absent, answered, shown
from carebase.clinical.person import Person, Sex
from carebase.clinical.statements import Parameter, Statement

Required = Mapping[str, tuple[Criterion, ...]]
"""The required criteria of each pattern, for criteria that name another pattern."""


def weigh(criterion: Criterion, known: Facts, *, patterns: Required) -> Outcome:  # noqa: C901, PLR0911, PLR0912  one line for each kind
    """Weigh one criterion; `patterns` resolves the ones that name another pattern."""
    match criterion:
        case criteria.Compared():
            return _compared(criterion, known)
        case criteria.TimesUpper():
            return _times_upper(criterion, known)
        case criteria.Flagged():
            return _flagged(criterion, known)
        case criteria.Ratio():
            return _ratio(criterion, known)
        case criteria.Qualitative():
            return _qualitative(criterion, known)
        case criteria.Mentioned():
            return _any_said(criterion.concepts, known.said, code="said", days=criterion.days)
        case criteria.Imaged():
            return _any_said(criterion.concepts, known.imaging, code="imaging", days=None)
        case criteria.Someone():
            return _someone(criterion, known.person)
        case criteria.Repeated():
            return changes.repeated(criterion, known)
        case criteria.Risen():
            return changes.risen(criterion, known)
        case criteria.Also():
            parts = patterns[criterion.pattern]
            return together([weigh(part, known, patterns=patterns) for part in parts], count=len(parts))
        case criteria.AtLeast():
            weighed = [weigh(part, known, patterns=patterns) for part in criterion.of]
            return together(weighed, count=criterion.count)
        case _:
            assert_never(criterion)


def together(parts: Sequence[Outcome], *, count: int) -> Outcome:
    """At least `count` of the parts; of alternatives, only the ones that hold are told."""
    met = [part for part in parts if part.state is State.MET]
    open_ = [part for part in parts if part.state is State.UNKNOWN]
    supports = tuple(statement for part in met for statement in part.supports)
    against = tuple(statement for part in parts for statement in part.against)
    if len(met) >= count:
        return Outcome(state=State.MET, supports=supports, against=against if count == len(parts) else ())
    if len(met) + len(open_) < count:
        return Outcome(state=State.NOT_MET, supports=supports, against=against)
    missing = tuple(statement for part in open_ for statement in part.missing)
    supports += tuple(statement for part in open_ for statement in part.supports)
    return Outcome(state=State.UNKNOWN, supports=supports, against=against, missing=missing)


def _known(names: tuple[str, ...], known: Facts) -> Iterator[Measure]:
    for name in names:
        measure = known.current(name)
        if measure is not None:
            yield measure


def _said_of(measure: Measure, code: str, **more: Parameter) -> tuple[Statement, ...]:
    return (Statement(code=code, params={**shown(measure), **more}, evidence=measure.evidence),)


def _compared(criterion: criteria.Compared, known: Facts) -> Outcome:
    limit = comparing.limit_for(criterion.limit, known.person)
    for measure in _known(criterion.of, known):
        if limit is None:
            return Outcome(state=State.UNKNOWN, missing=(Statement(code="missing-sex"),))
        if (unreliable := _unreliable(criterion, measure, known)) is not None:
            return Outcome(state=State.UNKNOWN, against=(unreliable,))
        answer = comparing.holds(measure, criterion.relation, limit)
        code = "criterion-met" if answer else "criterion-not-met"
        said = _said_of(
            measure,
            code,
            relation=criterion.relation,
            limit=limit,
            limit_unit=criterion.unit,
            converted=_converted(measure),
        )
        return answered(answer, said, missing=absent((measure.name,)))
    return Outcome(state=State.UNKNOWN, missing=absent(criterion.of))


def _converted(measure: Measure) -> Parameter:
    """The value in the limit's unit where the report prints another one; else empty."""
    if measure.value is None or measure.printed is None or measure.value == measure.printed:
        return ""
    return _FOUR_DIGITS.create_decimal(measure.value).normalize()


_FOUR_DIGITS = Context(prec=4)


def _unreliable(criterion: criteria.Compared, measure: Measure, known: Facts) -> Statement | None:
    for condition in criterion.unreliable_with:
        for one in known.said.get(condition, ()):
            if one.present:
                params: dict[str, Parameter] = {"measure": measure.name, "concept": condition}
                return Statement(code="unreliable", params=params, evidence=measure.evidence + one.evidence)
    return None


def _times_upper(criterion: criteria.TimesUpper, known: Facts) -> Outcome:
    refuted: tuple[Statement, ...] = ()
    for measure in _known(criterion.of, known):
        upper, compared, unit = _upper(criterion, measure, known.person)
        if upper is None:
            continue
        answer = comparing.holds(compared, criterion.relation, upper * criterion.times)
        said = _said_of(
            measure,
            "criterion-multiple-met" if answer else "criterion-multiple-not-met",
            relation=criterion.relation,
            times=criterion.times,
            upper=upper,
            upper_unit=unit,
        )
        if answer:
            return Outcome(state=State.MET, supports=said)
        if answer is False:
            refuted += said
    if refuted:
        return Outcome(state=State.NOT_MET, against=refuted)
    return Outcome(state=State.UNKNOWN, missing=absent(criterion.of))


def _upper(criterion: criteria.TimesUpper, measure: Measure, person: Person) -> tuple[Decimal | None, Measure, str]:
    """The printed upper limit beside the printed value, else the adult one of the table."""
    if measure.high is not None and measure.printed is not None:
        printed = Measure(name=measure.name, value=measure.printed, comparator=measure.comparator)
        return measure.high, printed, measure.unit
    table = comparing.limit_for(criterion.upper, person) if person.is_adult else None
    return table, measure, criterion.unit


def _flagged(criterion: criteria.Flagged, known: Facts) -> Outcome:
    word = {"H": "high", "L": "low"}[criterion.flag]
    for measure in _known(criterion.of, known):
        if measure.flag is None:
            continue
        if measure.flag == criterion.flag:
            return Outcome(state=State.MET, supports=_said_of(measure, f"criterion-{word}"))
        return Outcome(state=State.NOT_MET, against=_said_of(measure, f"criterion-not-{word}"))
    return Outcome(state=State.UNKNOWN, missing=absent(criterion.of))


def _ratio(criterion: criteria.Ratio, known: Facts) -> Outcome:
    over, under = known.current(criterion.over), known.current(criterion.under)
    if over is None or over.value is None or over.comparator:
        return Outcome(state=State.UNKNOWN, missing=absent((criterion.over,)))
    if under is None or not under.value or under.comparator or over.taken_at != under.taken_at:
        return Outcome(state=State.UNKNOWN, missing=absent((criterion.under,)))
    ratio = over.value / under.value
    answer = comparing.relate(ratio, criterion.relation, criterion.limit)
    params: dict[str, Parameter] = {
        "measure": over.name,
        "other": under.name,
        "ratio": ratio.quantize(Decimal("0.01")),
        "relation": criterion.relation,
        "limit": criterion.limit,
    }
    code = "criterion-ratio-met" if answer else "criterion-ratio-not-met"
    said = Statement(code=code, params=params, evidence=over.evidence + under.evidence)
    return answered(answer, (said,), missing=())


def _qualitative(criterion: criteria.Qualitative, known: Facts) -> Outcome:
    refuted: tuple[Statement, ...] = ()
    for measure in _known(criterion.of, known):
        read = facts.polarity(measure.text) if criterion.least is None else _graded(measure, criterion.least)
        if read is None or (criterion.containing and not _prints(measure, criterion.containing)):
            continue
        code = f"criterion-{read}"
        if read == "negative" and facts.polarity(measure.text) != "negative":
            code = "criterion-grade-low"
        said = _said_of(measure, code)
        if read == criterion.polarity:
            return Outcome(state=State.MET, supports=said)
        refuted += said
    if refuted:
        return Outcome(state=State.NOT_MET, against=refuted)
    return Outcome(state=State.UNKNOWN, missing=absent(criterion.of))


def _graded(measure: Measure, least: int) -> facts.Polarity | None:
    """Positive from that grade on; what is positive without a grade is neither."""
    if facts.polarity(measure.text) == "negative":
        return "negative"
    grade = facts.grade(measure.text)
    if grade is None:
        return None
    return "positive" if grade >= least else "negative"


def _prints(measure: Measure, word: str) -> bool:
    return word in folding.fold(" ".join([measure.text, *(place.quote for place in measure.evidence)]))


def _any_said(
    concepts: tuple[str, ...], where: Mapping[str, tuple[Said, ...]], *, code: str, days: int | None
) -> Outcome:
    found = [one for concept in concepts for one in where.get(concept, ())]
    # Where a text both denies and affirms, the affirmation is taken: the worse case.
    for one in found:
        if one.present and (days is None or (one.days is not None and one.days >= days)):
            present = Statement(code=f"{code}-present", params={"concept": one.concept}, evidence=one.evidence)
            return Outcome(state=State.MET, supports=(present,))
    denied = [one for one in found if not one.present]
    against = tuple(
        Statement(code=f"{code}-absent", params={"concept": one.concept}, evidence=one.evidence) for one in denied
    )
    if {one.concept for one in denied} == set(concepts):
        return Outcome(state=State.NOT_MET, against=against)
    missing = Statement(code=f"missing-{code}", params={"concept": concepts[0]})
    return Outcome(state=State.UNKNOWN, against=against, missing=(missing,))


def _someone(criterion: criteria.Someone, person: Person) -> Outcome:
    answer = is_someone(criterion.who, person)
    return answered(answer, (), missing=(Statement(code=f"missing-person-{criterion.who.replace('_', '-')}"),))


def is_someone(who: criteria.Who, person: Person) -> bool | None:  # noqa: PLR0911  one line for each kind
    """Whether the person is known to be that; None when it is not known."""
    match who:
        case "adult":
            return None if person.age_days is None else person.is_adult
        case "child":
            return None if person.age_days is None else not person.is_adult
        case "female":
            return None if person.sex is None else person.sex is Sex.FEMALE
        case "male":
            return None if person.sex is None else person.sex is Sex.MALE
        case "pregnant":
            return person.pregnant
        case "not_pregnant":
            # Pregnancy is a field of the case; nothing stated means that nothing is known of one.
            return person.pregnant is not True
        case "pregnant_20_weeks":
            if not person.pregnant:
                return person.pregnant
            return None if person.gestation_weeks is None else person.gestation_weeks >= 20
        case _:
            assert_never(who)
