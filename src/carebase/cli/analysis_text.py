"""Lays a rendered analysis out for a terminal: alerts first, then rows, summary, note, diagnosis.

In charge of the order and of the command's own sentences; every clinical sentence arrives worded.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from carebase.clinical import texts
from carebase.clinical.texts import Language

_SENTENCES: Mapping[str, Mapping[Language, str]] = {
    "alerts": {"fr": "ALERTES CRITIQUES", "en": "CRITICAL ALERTS"},
    "labs": {"fr": "RÉSULTATS DE LABORATOIRE", "en": "LABORATORY RESULTS"},
    "summary": {"fr": "RÉSUMÉ", "en": "SUMMARY"},
    "radiology": {"fr": "IMAGERIE", "en": "IMAGING"},
    "subjective": {"fr": "SUBJECTIF", "en": "SUBJECTIVE"},
    "objective": {"fr": "OBJECTIF", "en": "OBJECTIVE"},
    "assessment": {"fr": "ÉVALUATION", "en": "ASSESSMENT"},
    "plan": {"fr": "PLAN", "en": "PLAN"},
    "diagnosis": {"fr": "DIAGNOSTIC", "en": "DIAGNOSIS"},
    "alternatives": {"fr": "AUTRES POSSIBILITÉS", "en": "ALTERNATIVES"},
    "warnings": {"fr": "AVERTISSEMENTS", "en": "WARNINGS"},
    "for": {"fr": "pour", "en": "for"},
    "against": {"fr": "contre", "en": "against"},
    "missing": {"fr": "manque", "en": "missing"},
    "criteria": {
        "fr": "critères remplis : {met} sur {total} ; confiance : non évaluée",
        "en": "criteria met: {met} of {total}; confidence: not assessed",
    },
    "header": {
        "fr": "analyse\trésultat\tunité\tintervalle\tdrapeau\tcritique\tsource",
        "en": "test\tresult\tunit\trange\tflag\tcritical\tsource",
    },
    "critical": {"fr": "CRITIQUE", "en": "CRITICAL"},
    "check": {"fr": "vérifier", "en": "check"},
    "case": {"fr": "texte du cas", "en": "case text"},
    "no-such-file": {"fr": "Il n'y a pas de fichier {name}.", "en": "There is no file {name}."},
    "birth-date-in-future": {
        "fr": "La date de naissance est dans le futur.",
        "en": "The birth date lies in the future.",
    },
    "nothing-readable": {
        "fr": "Aucun des fichiers n'a pu être lu.",
        "en": "None of the files could be read.",
    },
}


def say(key: str, language: Language, **params: object) -> str:
    """One of the command's own sentences."""
    return _SENTENCES[key][language].format(**params)


def layout(result: Mapping[str, Any], *, names: Mapping[str, str], language: Language) -> str:
    """The whole result as text; `names` gives each file's name by its id."""
    summary, soap = result["case_summary"], result["soap"]
    parts: list[str] = []

    def part(key: str, lines: Sequence[str]) -> None:
        if lines:
            parts.append("\n".join([say(key, language), *(f"  {line}" for line in lines)]))

    def said(statements: Sequence[Mapping[str, Any]]) -> list[str]:
        return [_with_places(one, names=names, language=language) for one in statements]

    part("alerts", said(result["critical_alerts"]))
    part("labs", _table(result["labs"], names=names, language=language))
    part("summary", [*summary["text"].split("\n"), *said(summary["key_findings"])])
    part("radiology", summary["radiology_summary"].split("\n"))
    for section in ("subjective", "objective", "assessment", "plan"):
        part(section, said(soap[section]))
    part("diagnosis", list(_diagnosis(result["diagnosis"], names=names, language=language)))
    part("warnings", [_warning(one, names=names) for one in result["warnings"]])
    return "\n\n".join(parts)


def _with_places(statement: Mapping[str, Any], *, names: Mapping[str, str], language: Language) -> str:
    places = dict.fromkeys(_place(one, names=names, language=language) for one in statement["evidence"])
    return f"{statement['text']} [{', '.join(places)}]" if places else str(statement["text"])


def _place(place: Mapping[str, Any], *, names: Mapping[str, str], language: Language) -> str:
    name = names.get(place["file"], say("case", language))
    return f"{_safe(name)} {place['page']}:{place['line']}"


def _safe(text: str) -> str:
    """Without control characters, so that a printed name cannot steer the terminal."""
    return "".join(letter for letter in text if unicodedata.category(letter)[0] != "C")


def _table(labs: Sequence[Mapping[str, Any]], *, names: Mapping[str, str], language: Language) -> list[str]:
    if not labs:
        return []
    rows = [say("header", language).split("\t")]
    for lab in labs:
        mark = say("critical", language) if lab["critical"] else ""
        flag = lab["flag"] or (say("check", language) if lab["check"] else "")
        shown = lab["range"]["text"] if lab["range"] else ""
        cells = [lab["printed_name"], lab["text"], texts.unit(lab["unit"] or "1", language), shown, flag, mark]
        rows.append([*cells, _place(lab, names=names, language=language)])
    cleaned = [[_safe(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in cleaned) for column in range(len(cleaned[0]))]
    return ["  ".join(cell.ljust(widths[at]) for at, cell in enumerate(row)).rstrip() for row in cleaned]


def _diagnosis(found: Mapping[str, Any], *, names: Mapping[str, str], language: Language) -> Iterator[str]:
    if found["primary"] is None:
        yield found["reason"]["text"]
    else:
        yield from _candidate(found["primary"], names=names, language=language)
    if found["alternatives"]:
        yield say("alternatives", language)
    for one in found["alternatives"]:
        yield from _candidate(one, names=names, language=language)


def _candidate(one: Mapping[str, Any], *, names: Mapping[str, str], language: Language) -> Iterator[str]:
    yield f"{one['name']} — {one['icd10']} {one['description']}"
    yield "  " + say("criteria", language, met=one["criteria_met"], total=one["criteria_total"])
    for key, field in (("for", "evidence_for"), ("against", "evidence_against"), ("missing", "missing")):
        for statement in one[field]:
            said = _with_places(statement, names=names, language=language)
            yield f"  {say(key, language)}: {said}"


def _warning(one: Mapping[str, Any], *, names: Mapping[str, str]) -> str:
    where = ""
    if one["file"] is not None:
        page = "" if one["page"] is None else f" {one['page']}"
        where = f" [{_safe(names.get(one['file'], one['file']))}{page}]"
    return f"{one['message']}{where}"
