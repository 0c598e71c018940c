"""Reads the lines of a page that say who it is about, in French, English and Spanish.

In charge of the printed labels only; `identity` compares. A field whose label is missing or whose
value cannot be told from its neighbours is left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from carebase.clinical import dates, evidence, folding, person_names
from carebase.clinical.evidence import Evidence, Source
from carebase.clinical.page import Line, Page
from carebase.clinical.person import DAYS_PER_YEAR, Sex

HEADER_LINES = 40
"""Identity is looked for in the first lines of a page; further down "patient" is prose."""

_NAME_LABEL = (
    r"(?:nom(?:s)?(?: ?(?:et|&|/|,) ?prenom(?:s|\(s\))?)?"
    r"(?: (?:du|de la|de l') ?(?:patient(?:e|\(e\))?|malade))?"
    r"|prenom(?:s|\(s\))? ?(?:et|&|/) ?nom(?:s)?|nom complet|nom patient"
    r"|patient(?:e|\(e\))?(?:'s)? ?(?:full )?(?:name|nom)?|malade|identite(?: (?:du )?patient)?"
    r"|(?:full )?name(?: of (?:the )?patient)?|pt\.? name|client name"
    r"|paciente|nombre(?: y apellidos| del paciente)?)"
)
_FAMILY_LABEL = (
    r"(?:nom(?: (?:de famille|d'usage|usuel|marital|de naissance))?|surname|(?:last|family) name|apellidos?)"
)
_GIVEN_LABEL = r"(?:prenom(?:s|\(s\))?|first name|given names?|forenames?|firstname)"
_BIRTH_LABEL = (
    r"(?:(?:date de |date of |d\. ?de )?(?:naissance|birth|nais\.)|birth ?date|d\.?o\.?b\.?|ddn|d\.d\.n\.?"
    r"|nee?(?:\(e\)|\.e)?(?:[ /]?nee)? (?:le|vers|en)|born(?: on)?|fecha de nacimiento|f\. ?nac\.?)"
)
_BIRTH_FRENCH = re.compile(r"naiss|\bnee?\b|\bnee?\(|ddn|d\.d\.n|fecha|nac|nais")
# What may follow on the same line and is certainly no part of a name.
_STOP = re.compile(
    r"\s(?:[a-z'./()°&-]+ ?:|" + _BIRTH_LABEL + r"|age\b|sexe?\b|gender\b|sexo\b"
    r"|\d|\(|n°|no\.|ref\b|tel\b|ipp\b|mrn\b|dossier\b|id\b|date\b|dr\b|docteur\b|nom (?:de|d'|usuel|marital)"
    # "née MARTIN" goes on with a name, "née le 03/05" and "née :" do not.
    r"|,? ?nee?\b(?! [a-z-]{2,}(?:\s|$))|,? ?nee? (?:le|vers|en)\b)"
)
_COLON = r" ?(?::|=) ?"
_NAME = re.compile(rf"(?:^|[|;] ?|(?<=[a-z\d)] )){_NAME_LABEL}{_COLON}(?P<value>.+)")
_FAMILY = re.compile(rf"(?:^|(?<=\s)){_FAMILY_LABEL}{_COLON}(?P<value>.+)")
_GIVEN = re.compile(rf"(?:^|(?<=\s)){_GIVEN_LABEL}{_COLON}(?P<value>.+)")
_BIRTH = re.compile(rf"(?:^|(?<=[\s(,;|])){_BIRTH_LABEL}(?: ?[:=] ?| )(?P<value>.{{0,40}})")
_AGE_WORD = (
    r"(?P<age>\d{1,3}) ?(?P<unit>ans?|anos?|years?(?: old)?|yrs?\.?|y/?o|y|a"
    r"|mois|months?|mo|semaines?|weeks?|jours?|days?|j|d)?"
)
_AGE = re.compile(
    rf"(?:^|(?<=[\s(,;|/]))(?:age|edad)(?: ?/ ?(?:sexe?|sexo|gender))?(?: ?[:=] ?| ){_AGE_WORD}(?![\d/.-]|\w)"
)
_AGE_BARE = re.compile(
    r"(?<![\d/.,-])(?P<age>\d{1,3}) ?(?P<unit>ans|years old|yrs?|mois|months|y(?=/)) ?(?:/|\)|,|$|-|\|)"
)
_SEX_WORD = r"(?P<sex>feminin|masculin|female|male|femme|homme|femenino|masculino|mujer|hombre|fem|masc|f|m|h)"
_SEX = re.compile(
    rf"(?:^|(?<=[\s(,;|/]))(?P<label>sexe?|sexo|gender|genre)(?: ?/ ?(?:age|edad))?(?: ?[:=] ?| )"
    rf"{_SEX_WORD}\b(?! ?[/|☐☒□] ?[mfh]\b)"
)
_SEX_AFTER_AGE = re.compile(
    rf"(?:age|edad) ?/ ?(?:sexe?|sexo|gender) ?[:=]? ?\d{{1,3}} ?[a-z]* ?[/,|-]? ?{_SEX_WORD}\b"
    rf"|\b\d{{1,3}} ?(?:ans|years?|yrs?|y) ?[/,|] ?"
    r"(?P<sex_bare>f|m|female|male|feminin|masculin|femme|homme)\b"
)
_AGE_AFTER_SEX = re.compile(
    rf"(?:sexe?|sexo|gender) ?/ ?(?:age|edad) ?[:=]? ?(?:[a-z]+) ?[/,|-]? ?{_AGE_WORD}(?![\d/.-]|\w)"
)
_TITLED = re.compile(r"^(?:m\.|mr\.?|mme\.?|mlle\.?|mrs\.?|ms\.?|miss|monsieur|madame|mademoiselle) (?P<value>[a-z].+)")
_NOT_A_PATIENT = re.compile(
    r"\b(?:dr|docteur|doctor|pr|prof|professeur|medecins?|physician|prescripteur|prescribed|referr|directeur"
    r"|directrice|confrere|consoeur|laboratoire|chef|infirmier|sage-femme)\b"
)
_REPORT_DATE = re.compile(
    r"(?:^|(?<=[\s|]))(?:date (?:de l'|d'|de |du |of )?(?:the )?"
    r"(?:examen|exam(?:ination)?|study|etude|prelevement|collection|report|compte[ -]rendu|realisation"
    r"|service|procedure)|(?:exam|study|report|collection|scan) date|examen (?:du|realise le)"
    r"|preleve(?:e)?(?:\(e\))? le|realise(?:e)? le|collected(?: on)?|performed(?: on)?|^date)"
    r"(?: ?[:=] ?| )(?P<value>.{0,40})"
)
_SEXES = {"f": Sex.FEMALE, "m": Sex.MALE, "h": Sex.MALE}
_UNIT_DAYS = {"j": 1.0, "d": 1.0, "s": 7.0, "w": 7.0, "m": DAYS_PER_YEAR / 12}
MAXIMAL_AGE_YEARS = 125


@dataclass(slots=True, kw_only=True)
class PrintedIdentity:
    """What one page prints, field by field with its line; filled as the lines are read."""

    name: str | None = None
    name_at: Evidence | None = None
    sex: Sex | None = None
    sex_at: Evidence | None = None
    birth_dates: tuple[date, ...] = ()
    birth_at: Evidence | None = None
    age_years: int | None = None
    age_at: Evidence | None = None
    report_date: date | None = None


def read(page: Page, source: Source) -> PrintedIdentity:
    """The identity printed at the top of a page; the first line that says a field wins."""
    found = PrintedIdentity()
    header = page.lines[:HEADER_LINES]
    titled: list[tuple[int, str, Evidence]] = []
    anchors: list[int] = []
    names: list[tuple[str, Evidence]] = []
    families: list[tuple[str, Evidence]] = []
    given: str | None = None
    for index, line in enumerate(header):
        text = folding.folded(_with_gaps(line))
        place = evidence.of_line(source, page=page.number, line=line)
        before = (found.birth_at, found.age_at, found.sex_at)
        _read_birth(text, found, place=place)
        _read_age(text, found, place=place)
        _read_sex(text, found, place=place)
        _read_report_date(text, found)
        if (found.birth_at, found.age_at, found.sex_at) != before:
            anchors.append(index)
        given = given or _value(_GIVEN, text)
        if name := _value(_NAME, text):
            names.append((name, place))
        elif name := _value(_FAMILY, text):
            families.append((name, place))
        if name := _value(_TITLED, text):
            titled.append((index, name, place))
    # A form may print the name at birth beside the married one; the patient answers to either.
    parts = [*names[:1], *families[:2]]
    if parts:
        found.name_at = parts[0][1]
        found.name = _joined([*(name for name, _ in parts), given or ""])
    if found.name is None:
        # A letter's "Madame NGONO Marie" is the patient only beside a birth date, age or sex.
        near = (one for one in titled if any(abs(one[0] - anchor) <= 3 for anchor in anchors))
        for _, name, place in near:
            if len(person_names.tokens(name)) > 1:
                found.name, found.name_at = name, place
                break
    return found


def _joined(parts: list[str]) -> str:
    """The parts of a name, without one whose words the earlier ones hold already."""
    kept: list[str] = []
    seen: set[str] = set()
    for part in parts:
        words = set(person_names.tokens(part))
        if not words <= seen:
            kept.append(part)
            seen |= words
    return " ".join(kept)


def _with_gaps(line: Line) -> str:
    """The line's text with `|` where the page leaves a wide gap, as between two columns of a header."""
    pieces: list[str] = []
    previous = None
    for word in line.words:
        if previous is not None:
            width = (previous.box.x1 - previous.box.x0) / max(len(previous.text), 1)
            gap = word.box.x0 - previous.box.x1
            pieces.append(" | " if width > 0 and gap > 4 * width and not previous.text.endswith(":") else " ")
        pieces.append(word.text)
        previous = word
    return "".join(pieces)


def _value(form: re.Pattern[str], text: folding.Folded) -> str | None:
    """The printed name behind a label, up to the next label, number or column."""
    match = form.search(text.text)
    if match is None or _NOT_A_PATIENT.search(text.text[: match.start("value")]):
        return None
    start, end = match.span("value")
    for stop in (_STOP.search(text.text, start), re.compile(r" ?[|;]").search(text.text, start)):
        if stop is not None:
            end = min(end, stop.start())
    name = text.printed_span(start, end).strip(" .,;:|-_/*")
    if _NOT_A_PATIENT.search(folding.fold(name)):
        return None
    return name if person_names.tokens(name) and re.search(r"[^\W\d_]{2}", name) else None


def _read_birth(text: folding.Folded, found: PrintedIdentity, *, place: Evidence) -> None:
    if found.birth_dates:
        return
    for match in _BIRTH.finditer(text.text):
        value = match["value"]
        # "born in April", "née en 1985" give no day; the date must stand right behind its label.
        french = _BIRTH_FRENCH.search(match[0][: -len(value)] if value else match[0]) is not None
        printed = dates.find(value, day_first=french)
        if printed and printed[0].start <= 3:
            found.birth_dates, found.birth_at = printed[0].readings, place
            return


def _read_age(text: folding.Folded, found: PrintedIdentity, *, place: Evidence) -> None:
    if found.age_years is not None:
        return
    for form in (_AGE, _AGE_AFTER_SEX, _AGE_BARE):
        for match in form.finditer(text.text):
            years = _age_in_years(int(match["age"]), match["unit"])
            # A bare "48 ans" counts only beside other identity; prose says "depuis 2 ans".
            if years is None or (form is _AGE_BARE and not _is_identity_line(text.text, match)):
                continue
            found.age_years, found.age_at = years, place
            return


def _is_identity_line(text: str, match: re.Match[str]) -> bool:
    return (
        re.search(_BIRTH_LABEL + r"|\b(?:patient|nom|name)e?\b ?:", text[: match.start()]) is not None
        or _SEX_AFTER_AGE.search(text, match.start()) is not None
    )


def _age_in_years(number: int, unit: str | None) -> int | None:
    if unit is None:
        # "Age: 8" of a newborn may be days; from eighteen on only years make sense.
        return number if 18 <= number <= MAXIMAL_AGE_YEARS else None
    if unit[0] in "ay":
        return number if number <= MAXIMAL_AGE_YEARS else None
    return int(number * _UNIT_DAYS[unit[0]] / DAYS_PER_YEAR + 1e-9)


def _read_sex(text: folding.Folded, found: PrintedIdentity, *, place: Evidence) -> None:
    if found.sex is not None:
        return
    for form in (_SEX, _SEX_AFTER_AGE):
        for match in form.finditer(text.text):
            word = match["sex"] or match.groupdict().get("sex_bare") or ""
            sex = _sex(word, spanish="sexo" in match[0])
            if sex is not None:
                found.sex, found.sex_at = sex, place
                return


def _sex(word: str, *, spanish: bool) -> Sex | None:
    # In Spanish a lone M is "mujer" on one form and "masculino" on the next.
    if spanish and word == "m":
        return None
    return Sex.FEMALE if word.startswith("mujer") else _SEXES.get(word[:1])


def _read_report_date(text: folding.Folded, found: PrintedIdentity) -> None:
    if found.report_date is not None:
        return
    for match in _REPORT_DATE.finditer(text.text):
        french = re.search(r"examen|preleve|realis|etude|compte", match[0]) is not None
        printed = dates.find(match["value"], day_first=french)
        if printed and printed[0].start <= 3 and len(printed[0].readings) == 1:
            found.report_date = printed[0].readings[0]
            return
