"""Turns the evaluation sets into cases: the text as the clinician's summary, tests as files.

In charge of the shapes of the sets only. Laboratory values become a text report, imaging becomes
reports of its own; nothing is reworded, so what the engine reads is what the set says.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from tests.evaluate import files

from carebase.clinical.person import Person, Sex, days_of
from carebase.records.analysis import CaseInput
from carebase.records.file_reading import FileInput

TODAY = date(2026, 1, 15)
COLLECTED = "Collected: 15 Jan 2026 08:00"

_AGE = re.compile(r"(\d+)[ -]*(year|month|week|day)s?[ -]*old")
_DAYS = {"month": 30.4375, "week": 7, "day": 1}
_FEMALE = re.compile(r"\b(?:female|woman|girl|primigravid)\b", re.IGNORECASE)
_MALE = re.compile(r"\b(?:male|man|boy)\b", re.IGNORECASE)
_IMAGING = re.compile(
    r"x-?ray|\bct\b|mri\b|ultraso|echocardio|imaging|radiograph|mammogra|angiogra|doppler|\bscan\b", re.IGNORECASE
)
_MEASURED = re.compile(r"^\s*[<>]?\s*\d[\d.,]*\s*(?:%|[^\s\d(]\S*)?(?:\s*\(.*\))?\s*$")
LONGEST_RESULT = 60


@dataclass(frozen=True, slots=True)
class Example:
    """One case with what is true of it."""

    id: str
    case: CaseInput
    gold: str = ""
    codes: frozenset[str] = frozenset()
    files: tuple[FileInput, ...] = field(default=())


def rows(path: Path) -> Iterator[Mapping[str, Any]]:
    """The lines of a set."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def said(identifier: str, text: str, *, person: Person | None = None, gold: str = "") -> Example:
    """A case that is its text alone."""
    case = CaseInput(person=person or Person(), summary=text, notes=None, opened_on=TODAY)
    return Example(identifier, case, gold)


def person_of(words: str) -> Person:
    """Age and sex as the words state them; nothing is guessed.

    >>> person_of("9-month-old boy").age_days, person_of("Newborn, female").age_days
    (273, None)
    """
    age = _AGE.search(words.lower())
    days = None
    if age is not None:
        count = int(age[1])
        days = days_of(count) if age[2] == "year" else int(count * _DAYS[age[2]])
    female, male = _FEMALE.search(words), _MALE.search(words)
    sex = None
    if female is not None and (male is None or female.start() <= male.start()):
        sex = Sex.FEMALE
    elif male is not None:
        sex = Sex.MALE
    return Person(sex=sex, age_days=days)


def avey(path: Path) -> Iterator[Example]:
    """Vignettes: story, what is absent, histories."""
    for row in rows(path):
        parts = [row["chief"], row["text"], row["absent"]]
        headed = (("Past medical history", "pmh"), ("Family history", "fh"), ("Social history", "sh"))
        parts += [f"{heading}: {row[key]}" for heading, key in headed if row[key]]
        sex = {"M": Sex.MALE, "F": Sex.FEMALE}.get(row["sex"])
        age = row["age"]
        days = None if age is None else days_of(int(age)) if age >= 2 else int(age * 365.25)
        text = "\n".join(str(part) for part in parts if part)
        yield said(row["id"], text, person=Person(sex=sex, age_days=days), gold=row["diagnosis"])


def agentclinic(path: Path) -> Iterator[Example]:
    """Cases with tests as files; those that are a picture with a question as their text alone."""
    for row in rows(path):
        raw = row["raw"]
        if "OSCE_Examination" in raw:
            yield _osce(row["id"], raw["OSCE_Examination"])
            continue
        gold = next(answer["text"] for answer in raw["answers"] if answer["correct"] in (True, "true", "True"))
        yield said(row["id"], raw["question"], person=person_of(raw["question"]), gold=gold)


def _osce(identifier: str, raw: Mapping[str, Any]) -> Example:
    actor = raw["Patient_Actor"]
    lines = [str(actor.get("Demographics", ""))]
    for key, value in actor.items():
        if key != "Demographics":
            lines += _lines(key, value)
    for key, value in raw["Physical_Examination_Findings"].items():
        lines += _lines(key, value)
    labs, imaging = _tests(raw["Test_Results"])
    given = []
    if labs:
        report = "\n".join(["LABORATORY REPORT", COLLECTED, "", *labs, ""])
        given.append(files.read("lab.txt", report.encode(), category="lab"))
    for number, (title, finding) in enumerate(imaging, start=1):
        report = f"Examination: {title}\n\nFindings:\n{finding}\n"
        given.append(files.read(f"imaging-{number}.txt", report.encode(), category="radiology"))
    person = person_of(lines[0])
    case = CaseInput(person=person, summary="\n".join(lines), notes=None, opened_on=TODAY)
    return Example(identifier, case, raw["Correct_Diagnosis"], frozenset(), tuple(given))


def _lines(key: str, value: object) -> list[str]:
    name = key.replace("_", " ")
    if isinstance(value, dict):
        return [line for inner, words in value.items() for line in _lines(inner, words)]
    if isinstance(value, list):
        return [f"{name}: " + ". ".join(str(one) for one in value)]
    return [str(value) if name == "History" else f"{name}: {value}"]


def _tests(tests: Mapping[str, Any]) -> tuple[list[str], list[tuple[str, str]]]:
    labs: list[str] = []
    imaging: list[tuple[str, str]] = []
    for key, value in tests.items():
        if _IMAGING.search(key.replace("_", " ")):
            imaging += list(_studies(key.replace("_", " "), value))
        elif isinstance(value, dict):
            labs += ["", key.replace("_", " ").upper(), *_results(value, imaging)]
        else:
            labs += _results({key: value}, imaging)
    return [line for line in labs if line] and labs, imaging


def _studies(title: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        if any(isinstance(inner, dict) for inner in value.values()):
            for key, inner in value.items():
                yield from _studies(key.replace("_", " "), inner)
            return
        value = "\n".join(str(inner) for inner in value.values())
    if value:
        yield title, str(value)


def _results(tests: Mapping[str, Any], imaging: list[tuple[str, str]]) -> Iterator[str]:
    for key, value in tests.items():
        name = key.replace("_", " ")
        if _IMAGING.search(name):
            imaging += list(_studies(name, value))
        elif isinstance(value, dict):
            yield ""
            yield name.upper()
            yield from _results(value, imaging)
        elif _MEASURED.match(str(value)) or len(str(value)) <= LONGEST_RESULT:
            yield f"{name:<40}  {value}"
        else:
            yield f"{name}: {value}"


def codiesp(path: Path) -> Iterator[Example]:
    """Discharge notes with the codes that people gave them."""
    for row in rows(path):
        case = CaseInput(person=person_of(row["text_en"]), summary=row["text_en"], notes=None, opened_on=TODAY)
        yield Example(row["id"], case, codes=frozenset(code.upper() for code in row["icd10"]))


def conversations(path: Path) -> Iterator[Example]:
    """Dialogues, and the notes written of them, as two cases each."""
    for row in rows(path):
        spoken = row.get("dialogue") or "\n".join(f"[{who}] {words}" for who, words in row["turns"])
        yield said(f"{row['id']}/dialogue", spoken, person=person_of(spoken))
        yield said(f"{row['id']}/note", row["note"], person=person_of(row["note"]))
