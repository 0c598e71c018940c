"""Reads the clinician's own words about a patient: complaints, history, medicines, vital signs.

In charge of the case text as a whole (French or English, told from the text). Every item carries
the line it stands on; what is ambiguous is left out, and a denied symptom is never a complaint.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from carebase.clinical import language as languages
from carebase.clinical import mentions, negation, sentences, vitals
from carebase.clinical.evidence import CASE_TEXT, Evidence, Source
from carebase.clinical.language import Language
from carebase.clinical.mentions import Named, Subject
from carebase.clinical.negation import Assertion
from carebase.clinical.sentences import Sentence
from carebase.clinical.vitals import VitalKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A concept of the tables as the text names it; `duration` is printed word for word."""

    concept: str
    assertion: Assertion
    duration: str | None
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Vital:
    """A vital sign; `unit` is UCUM and the one of `vitals.UNITS`, the quote shows what is printed."""

    kind: VitalKind
    value: Decimal
    unit: str
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientContext:
    """What a case text says, in the order of the text.

    `complaints` are present symptoms, `uncertain` doubted ones or conditions, `negated` what is
    denied, `past` symptoms that are over, `history` conditions the patient has or had, `family`
    what relatives have. `pregnant` is None where nothing is said.
    """

    language: Language | None
    complaints: tuple[Mention, ...] = ()
    uncertain: tuple[Mention, ...] = ()
    negated: tuple[Mention, ...] = ()
    past: tuple[Mention, ...] = ()
    history: tuple[Mention, ...] = ()
    family: tuple[Mention, ...] = ()
    medicines: tuple[Mention, ...] = ()
    vitals: tuple[Vital, ...] = ()
    pregnant: Mention | None = None
    """Its assertion says whether: present, absent or uncertain."""
    pregnancy_weeks: int | None = None
    pregnancy_weeks_evidence: Evidence | None = None


class _Section(StrEnum):
    STORY = "story"
    HISTORY = "history"
    FAMILY = "family"
    MEDICINES = "medicines"
    PLAN = "plan"


_HEADINGS = (
    (_Section.FAMILY, r"(?:antecedents|atcds?) familiaux|family (?:medical )?history|fhx?"),
    (
        _Section.HISTORY,
        r"antecedents?(?: (?:personnels|medicaux|chirurgicaux|medico-chirurgicaux))?|atcds?|terrain|comorbidites?"
        r"|(?:past )?(?:medical|surgical) history|pmhx?|psh|past medical history",
    ),
    (
        _Section.MEDICINES,
        r"traitements?(?: (?:en cours|habituel|actuel))?|medicaments|(?:current |home )?medications?|meds|dh"
        r"|drug history",
    ),
    (
        _Section.PLAN,
        r"plan|assessment (?:and|&) plan|a/p|impression (?:and|&) plan|conduite(?: a tenir)?|cat"
        r"|prescriptions?|ordonnance|conseils?|surveillance|recommend?ations?"
        r"|follow-up|advice",
    ),
    (
        _Section.STORY,
        r"motif(?: de consultation)?|histoire de la maladie|hdm|anamnese|plaintes?|examen(?: clinique"
        r"| physique)?|resume"
        r"|chief complaint|cc|hpi|history of present(?:ing)? (?:illness|complaint)|presenting complaint|pc"
        r"|on examination"
        r"|o/e|physical exam(?:ination)?|exam|vitals?|constantes|summary|assessment|imp(?:ression)?"
        r"|review of systems|ros"
        r"|subjective|objective|notes?|signes vitaux|vital signs|sh|social history|mode de vie",
    ),
)
_HEADING = re.compile(
    r"\s*(?:[-*•]\s*)?(?:"
    + "|".join(f"(?P<{section.value}>{form})" for section, form in _HEADINGS)
    + r")\s*(?::|-\s|$)"
)


def _section(sentence: str) -> _Section | None:
    match = _HEADING.match(sentence)
    return None if match is None or match.lastgroup is None else _Section(match.lastgroup)


_WEEKS = re.compile(
    r"(?<![\d/.,-])(?P<weeks>\d{1,2})(?:\s?\+\s?[0-6])?\s?(?:sa\b|semaines? d'amenorrhee|weeks? (?:pregnant"
    r"|gestation|of gestation"
    r"|of pregnancy|gestational age)|wks? (?:pregnant|gestation))"
    r"|\b(?:enceinte|grossesse|gestation|pregnant|pregnancy|gestational age)(?: (?:de|a|at|of|is|evolutive"
    r"|:))* ?(?P<later>\d{1,2})"
    r"\s?(?:\+\s?[0-6]\s?)?(?:sa\b|semaines?|weeks?|wks?)"
)
_POSSIBLE_WEEKS = range(1, 45)


def read(text: str, *, source: Source) -> PatientContext:
    """The context of one patient from free text; line numbers count from 1 in `text`.

    >>> found = read("Fièvre depuis 3 jours, pas de toux. TA 12/8", source=Source(file="case", sha256="0" * 64))
    >>> [(one.concept, one.duration) for one in found.complaints], [one.concept for one in found.negated]
    ([('fever', 'depuis 3 jours')], ['cough'])
    """
    lines = text.split("\n")
    language = languages.of(text)
    named: list[tuple[Named, Evidence]] = []
    measured: list[Vital] = []
    weeks: tuple[int, Evidence] | None = None
    section = _Section.STORY
    previous_line = -1
    for sentence in sentences.split(lines):
        heading = _section(sentence.folded.text)
        # A blank line ends a section that its heading began.
        separated = any(not lines[index].strip() for index in range(previous_line + 1, sentence.line_indexes[0]))
        if heading is not None:
            section = heading
        elif separated and previous_line >= 0:
            section = _Section.STORY
        previous_line = sentence.line_indexes[-1]
        if section is _Section.PLAN:
            continue
        for one in mentions.find(sentence.folded, language=language):
            place = _evidence(sentence, one.start, one.end, lines=lines, source=source)
            named.append((_in_section(one, section), place))
        if section is not _Section.FAMILY:
            measured.extend(_vitals(sentence, lines=lines, source=source, language=language))
            weeks = weeks or _weeks(sentence, lines=lines, source=source)
    return _assembled(named, measured, language=language, weeks=weeks)


def _in_section(one: Named, section: _Section) -> Named:
    """The mention as its section colours it: what stands under "antecedents" is history."""
    if one.assertion is not Assertion.PRESENT or section not in (_Section.HISTORY, _Section.FAMILY):
        return one
    return Named(
        subject=one.subject,
        concept=one.concept,
        assertion=Assertion.FAMILY if section is _Section.FAMILY else Assertion.HISTORICAL,
        duration=one.duration,
        start=one.start,
        end=one.end,
    )


def _evidence(sentence: Sentence, start: int, end: int, *, lines: list[str], source: Source) -> Evidence:
    """The sentence where it stands on one line, else the whole line the phrase begins on."""
    index = sentence.lines_at(start, end)[0]
    printed = sentence.folded.printed.strip()
    quote = printed if len(sentence.line_indexes) == 1 and printed in lines[index] else lines[index].strip()
    return Evidence(file=CASE_TEXT, page=1, line=index + 1, box=None, quote=quote, sha256=source.sha256)


def _vitals(sentence: Sentence, *, lines: list[str], source: Source, language: Language | None) -> list[Vital]:
    found = vitals.find(sentence.folded.text)
    if not found:
        return []
    said = negation.assertions(sentence.folded.text, language=language)
    # "Si T > 38", "mère : TA 18/10": a number that is not this patient's now. A denial does not reach
    # a number ("pas de fièvre (37,2 °C)").
    counted = (Assertion.PRESENT, Assertion.ABSENT, Assertion.UNCERTAIN)
    return [
        Vital(
            kind=one.kind,
            value=one.value,
            unit=vitals.UNITS[one.kind],
            evidence=_evidence(sentence, one.start, one.end, lines=lines, source=source),
        )
        for one in found
        if said.of(one.start, one.end) in counted
    ]


def _weeks(sentence: Sentence, *, lines: list[str], source: Source) -> tuple[int, Evidence] | None:
    match = _WEEKS.search(sentence.folded.text)
    if match is None:
        return None
    weeks = int(match["weeks"] or match["later"])
    if weeks not in _POSSIBLE_WEEKS:
        return None
    return weeks, _evidence(sentence, match.start(), match.end(), lines=lines, source=source)


def _assembled(
    named: list[tuple[Named, Evidence]],
    measured: list[Vital],
    *,
    language: Language | None,
    weeks: tuple[int, Evidence] | None,
) -> PatientContext:
    def listed(subjects: tuple[Subject, ...], *assertions: Assertion) -> tuple[Mention, ...]:
        kept: dict[tuple[str, str | None], Mention] = {}
        for one, place in named:
            if one.subject not in subjects or one.assertion not in assertions:
                continue
            # A repetition that adds no duration adds nothing.
            if one.duration is None and any(concept == one.concept for concept, _ in kept):
                continue
            mention = Mention(concept=one.concept, assertion=one.assertion, duration=one.duration, evidence=place)
            kept.setdefault((one.concept, one.duration), mention)
        return tuple(kept.values())

    symptom, condition = (Subject.SYMPTOM,), (Subject.CONDITION,)
    clinical = (Subject.SYMPTOM, Subject.CONDITION)
    pregnancies = listed((Subject.PREGNANCY,), Assertion.PRESENT, Assertion.ABSENT, Assertion.UNCERTAIN)
    contradicted = len({one.assertion for one in pregnancies}) > 1
    return PatientContext(
        language=language,
        complaints=listed(symptom, Assertion.PRESENT),
        uncertain=listed(clinical, Assertion.UNCERTAIN),
        negated=listed(clinical, Assertion.ABSENT),
        past=listed(symptom, Assertion.HISTORICAL),
        history=listed(condition, Assertion.PRESENT, Assertion.HISTORICAL),
        family=listed(clinical, Assertion.FAMILY),
        medicines=listed((Subject.MEDICINE,), Assertion.PRESENT, Assertion.HISTORICAL),
        vitals=tuple(measured),
        pregnant=pregnancies[0] if pregnancies and not contradicted else None,
        pregnancy_weeks=None if weeks is None else weeks[0],
        pregnancy_weeks_evidence=None if weeks is None else weeks[1],
    )
