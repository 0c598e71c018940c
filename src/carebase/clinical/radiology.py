"""Reads the text of a radiology report: sections, findings with what is said of them, impression.

In charge of the report as a whole; `radiology_findings` reads a sentence. What stands under
"indication", "technique" or "comparison" is the question, not the answer, and yields no finding.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from carebase.clinical import evidence as evidences
from carebase.clinical import folding, identity, radiology_findings, sentences
from carebase.clinical import language as languages
from carebase.clinical.evidence import Evidence, Source
from carebase.clinical.identity import HeaderIdentity
from carebase.clinical.language import Language
from carebase.clinical.negation import Assertion
from carebase.clinical.page import Line, Page
from carebase.clinical.radiology_findings import Grade, Laterality


class SectionKind(StrEnum):
    """The parts of a report."""

    HEADER = "header"
    INDICATION = "indication"
    TECHNIQUE = "technique"
    COMPARISON = "comparison"
    FINDINGS = "findings"
    IMPRESSION = "impression"
    SIGNATURE = "signature"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One part, with the lines it stands on."""

    kind: SectionKind
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding as one sentence states it; ids are those of `tables/radiology_findings.json`.

    `critical` is set on findings to communicate at once, also when they are only suspected, never
    when they are absent or past. `icd10cm` is given for present findings that are a diagnosis.
    """

    concept: str
    assertion: Assertion
    laterality: Laterality | None
    size_mm: Decimal | None
    location: str | None
    grade: Grade | None
    section: SectionKind
    icd10cm: str | None
    critical: bool
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RadiologyReport:
    """What one report says; `modality` and `body_part` use DICOM's terms (PS3.3, PS3.16 Annex L)."""

    language: Language | None
    sections: tuple[Section, ...]
    findings: tuple[Finding, ...]
    impression: tuple[Evidence, ...]
    modality: str | None
    body_part: str | None
    report_date: date | None
    identity: HeaderIdentity


_HEADINGS = (
    (
        SectionKind.INDICATION,
        r"indications?(?: cliniques?)?(?:/[a-z /]+)?|renseignements? cliniques?|motif(?: de l'examen)?"
        r"|contexte(?: clinique)?"
        r"|clinical (?:history|information|question|indication|details|data)"
        r"|reason for (?:the )?(?:exam(?:ination)?|study)"
        r"|history|histoire(?: de la maladie)?",
    ),
    (
        SectionKind.TECHNIQUE,
        r"techniques?|protocole|procedure|protocol|materiel et methode|examen realise|exam(?:ination)?|study",
    ),
    (
        SectionKind.COMPARISON,
        r"comparisons?|comparaison|examens? anterieurs?|prior (?:studies|study|exams?)|anteriorites?",
    ),
    (
        SectionKind.FINDINGS,
        r"resultats?|constatations?|descriptions?|compte[- ]rendu|analyse|lecture|findings|report|results?"
        r"|resultat de l'examen",
    ),
    (
        SectionKind.IMPRESSION,
        r"conclusions?|synthese|impressions?|au total|en conclusion|opinion|summary|interpretation|en resume|avis",
    ),
    (
        SectionKind.SIGNATURE,
        r"signe(?:e)?(?: par| electroniquement)?|(?:electronically )?signed(?: by)?|dictated by|dicte par"
        r"|reviewed by|transcribed by"
        r"|fait a|le radiologue|radiologue|radiologist|medecin radiologue|dictated date/time|wsn",
    ),
)
_HEADING = re.compile(
    r"\s*(?:[-*•]\s*|\d[.)]\s*)?(?:"
    + "|".join(f"(?P<{kind.value}>{form})" for kind, form in _HEADINGS)
    + r")\s*(?:[:;]|\.\s*$|$)"
)
_SIGNATURE_LINE = re.compile(r"\s*(?:dr|pr|docteur|professeur)\.? [a-z.' -]+$")
_PLAIN_HEADER = re.compile(
    r"\b(?:patient|nom|name|date|nee?\b|age|sexe?|dob|medecin|service|hopital|hospital|dossier|clinique"
    r"|centre|tel)[a-z() ]{0,25}:"
)
_SILENT = frozenset(
    {SectionKind.HEADER, SectionKind.INDICATION, SectionKind.TECHNIQUE, SectionKind.COMPARISON, SectionKind.SIGNATURE}
)


@dataclass(frozen=True, slots=True)
class _Placed:
    page: int
    line: Line
    text: str
    """The line's text, or nothing where a page ends."""
    kind: SectionKind
    body_from: int
    """Where the text after a heading begins."""


def read(pages: Sequence[Page], source: Source) -> RadiologyReport:
    """The report of `pages`; a page without lines is for the caller to announce as unread."""
    header = identity.read_header(pages, source)
    placed = _placed(pages)
    language = languages.of(" ".join(one.text for one in placed))
    findings: list[Finding] = []
    impression: list[Evidence] = []
    for block in _blocks(placed):
        kind = block[0].kind
        if kind is SectionKind.IMPRESSION:
            impression.extend(_evidence(one, source) for one in block if one.text[one.body_from :].strip(" :.-"))
        if kind not in _SILENT:
            findings.extend(_findings(block, source=source, language=language))
    return RadiologyReport(
        language=language,
        sections=tuple(
            Section(kind=block[0].kind, evidence=tuple(_evidence(one, source) for one in block))
            for block in _blocks(placed)
        ),
        findings=tuple(findings),
        impression=tuple(impression),
        modality=_term(_MODALITIES, placed),
        body_part=_term(_BODY_PARTS, placed),
        report_date=header.report_date,
        identity=header,
    )


def _placed(pages: Sequence[Page]) -> list[_Placed]:
    """Every line with its section; without any heading the prose below the header is the findings."""
    found: list[_Placed] = []
    kind = SectionKind.HEADER
    for page in pages:
        for line in page.lines:
            text = line.text
            folded = folding.fold(text)
            match = _HEADING.match(folded)
            body_from = 0
            if match is not None and match.lastgroup is not None:
                kind = SectionKind(match.lastgroup)
                body_from = folding.folded(text).origins[match.end() - 1] + 1 if match.end() else 0
            elif kind in (SectionKind.IMPRESSION, SectionKind.FINDINGS) and _SIGNATURE_LINE.match(folded):
                kind = SectionKind.SIGNATURE
            found.append(_Placed(page.number, line, text, kind, body_from))
    answered = {one.kind for one in found} & {SectionKind.FINDINGS, SectionKind.IMPRESSION}
    if answered and SectionKind.FINDINGS in answered:
        return found
    # Without "findings" what stands before the impression is prose: header lines name their field.
    silent = {SectionKind.HEADER} if answered else {SectionKind.HEADER, SectionKind.TECHNIQUE}
    return [
        _Placed(one.page, one.line, one.text, SectionKind.FINDINGS, one.body_from)
        if one.kind in silent and not _PLAIN_HEADER.search(folding.fold(one.text))
        else one
        for one in found
    ]


def _blocks(placed: Sequence[_Placed]) -> list[list[_Placed]]:
    blocks: list[list[_Placed]] = []
    for one in placed:
        if blocks and blocks[-1][0].kind is one.kind and not one.body_from:
            blocks[-1].append(one)
        else:
            blocks.append([one])
    return blocks


def _evidence(one: _Placed, source: Source) -> Evidence:
    return evidences.of_line(source, page=one.page, line=one.line)


def _findings(block: Sequence[_Placed], *, source: Source, language: Language | None) -> list[Finding]:
    found: list[Finding] = []
    texts = [" " * one.body_from + one.text[one.body_from :] for one in block]
    for sentence in sentences.split(texts):
        for one in radiology_findings.find(sentence.folded.text, language=language):
            stated = one.assertion is Assertion.PRESENT
            urgent = one.concept.critical and one.assertion in (Assertion.PRESENT, Assertion.UNCERTAIN)
            found.append(
                Finding(
                    concept=one.concept.id,
                    assertion=one.assertion,
                    laterality=one.laterality,
                    size_mm=one.size_mm,
                    location=one.location,
                    grade=one.grade,
                    section=block[0].kind,
                    icd10cm=one.icd10cm if stated else None,
                    critical=urgent,
                    evidence=tuple(_evidence(block[index], source) for index in sentence.line_indexes),
                )
            )
    return found


_MODALITIES = (
    ("CT", r"scanner|tdm|tomodensitometri\w+|ct|computed tomography|angioscanner|uroscanner|cat scan"),
    ("MR", r"irm|mri|magnetic resonance|angio-irm"),
    ("US", r"echographi\w+|echo-?doppler|doppler|ultrasound|sonogra\w+|ultrasonograph\w+"),
    ("MG", r"mammographi\w+|mammogra\w+"),
    ("CR", r"radiographi\w+|radio|rx|rp|x-ray|xr|radiograph|cxr|cliche\w*|asp|portable chest|chest portable"),
)
_BODY_PARTS = (
    ("CHEST", r"thora\w+|pulmonaire\w*|poumons?|chest|cxr|lungs?|rp"),
    ("HEAD", r"cerebra\w+|crani\w+|cranio-?encephalique|head|brain|crane|skull|encephal\w+"),
    ("NECK", r"cou|neck|cervica\w+ (?:soft|us|echo)\w*|thyroid\w*"),
    ("ABDOMEN", r"abdom\w+|abdomino-?pelvi\w+|asp|hepat\w+|foie|liver|reno-?vesical\w*"),
    ("KIDNEY", r"reins?|rena\w+|kidneys?"),
    ("PELVIS", r"pelvi\w+|bassin"),
    ("LSPINE", r"rachis lombaire|lumbar spine|lombo-?sacre\w*"),
    ("CSPINE", r"rachis cervical|cervical spine"),
    ("SPINE", r"rachis|spine"),
    ("SHOULDER", r"epaules?|shoulder"),
    ("HAND", r"mains?|hand"),
    ("WRIST", r"poignets?|wrist"),
    ("HIP", r"hanches?|hip"),
    ("KNEE", r"genou\w*|knees?"),
    ("ANKLE", r"chevilles?|ankle"),
    ("FOOT", r"pieds?|foot"),
    ("BREAST", r"mammographi\w+|mammaire\w*|breasts?|seins?|mammogra\w+"),
    ("LEG", r"membres? inferieurs?|lower (?:limbs?|extremit\w+)|legs?|jambes?"),
)
_TITLE_LINES = 25


def _term(terms: Sequence[tuple[str, str]], placed: Sequence[_Placed]) -> str | None:
    """The term that the title or technique names first; None when none does."""
    titles = [one for one in placed[:_TITLE_LINES] if one.kind is not SectionKind.INDICATION]
    for one in titles:
        if one.kind in (SectionKind.IMPRESSION, SectionKind.SIGNATURE, SectionKind.COMPARISON):
            continue
        text = folding.fold(one.text)
        hits = [
            (match.start(), term)
            for term, form in terms
            if (match := re.search(rf"(?<![a-z]){'(?:' + form + ')'}(?![a-z])", text)) is not None
        ]
        if hits:
            return min(hits)[1]
    return None
