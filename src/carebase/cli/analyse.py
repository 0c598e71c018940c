"""`carebase analyse`: reads files and prints their analysis, without server or database.

Exit codes: 0 analysed (warnings included), 2 wrong usage, 65 none of the files could be read
(EX_DATAERR of sysexits.h).
"""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from carebase.clinical.person import Person
    from carebase.clinical.texts import Language
    from carebase.records.file_reading import Category, FileInput

EX_DATAERR = 65
PREFIXES: dict[str, Category] = {"lab:": "lab", "radiology:": "radiology"}
OLDEST_YEARS = 130


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    """A path as given, and the category its prefix names, if any."""

    path: Path
    category: Category | None


@click.command("analyse")
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option("--age", type=click.IntRange(0, OLDEST_YEARS), help="Completed years.")
@click.option("--birth-date", type=click.DateTime(["%Y-%m-%d"]), help="YYYY-MM-DD; goes before --age.")
@click.option("--sex", type=click.Choice(["male", "female"]))
@click.option("--pregnant", is_flag=True, help="The patient is pregnant.")
@click.option("--gestation-weeks", type=click.IntRange(1, 45), help="Completed weeks; implies --pregnant.")
@click.option("--name", help="Compared with the name the files print.")
@click.option("--summary", help="The case in the clinician's words, French or English.")
@click.option("--notes", help="The clinician's notes.")
@click.option("--language", type=click.Choice(["fr", "en"]), default="fr", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print the result schema as JSON.")
def command(  # noqa: PLR0913  one parameter for each option
    *,
    files: tuple[str, ...],
    age: int | None,
    birth_date: datetime | None,
    sex: str | None,
    pregnant: bool,
    gestation_weeks: int | None,
    name: str | None,
    summary: str | None,
    notes: str | None,
    language: Language,
    as_json: bool,
) -> None:
    """Read FILES (PDF, text, CSV, PNG, JPEG, DICOM) and print what they say, with page and line.

    A file may be prefixed with lab: or radiology: to name its category; otherwise its content tells.

    Exit codes: 0 analysed, 2 wrong usage, 65 nothing could be read.
    """
    from carebase.cli import analysis_text
    from carebase.records import analysis, rendering

    today = datetime.now(UTC).astimezone().date()
    if birth_date is not None and birth_date.date() > today:
        raise click.BadParameter(analysis_text.say("birth-date-in-future", language), param_hint="--birth-date")
    person = _person(age=age, born=birth_date.date() if birth_date else None, sex=sex, name=name, today=today)
    if pregnant or gestation_weeks is not None:
        person = _pregnant(person, gestation_weeks)
    named = [_named(file, language) for file in files]
    inputs = [_read(one) for one in named]
    case = analysis.CaseInput(person=person, summary=summary, notes=notes, opened_on=today)
    found = analysis.analyse(case, inputs, today=today)
    result = rendering.render(found, language)
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False, indent=2))
    else:
        names = {one.file: one.name for one in inputs}
        click.echo(analysis_text.layout(result, names=names, language=language))
    if all(one.document is None for one in inputs):
        click.echo(analysis_text.say("nothing-readable", language), err=True)
        sys.exit(EX_DATAERR)


def _person(*, age: int | None, born: date | None, sex: str | None, name: str | None, today: date) -> Person:
    from carebase.clinical.person import Person, Sex, days_of

    days = None if age is None else days_of(age)
    if born is not None:
        days = (today - born).days
    return Person(name=name, sex=None if sex is None else Sex(sex), birth_date=born, age_days=days)


def _pregnant(person: Person, weeks: int | None) -> Person:
    from dataclasses import replace

    return replace(person, pregnant=True, gestation_weeks=weeks)


def _named(given: str, language: Language) -> _Named:
    from carebase.cli import analysis_text

    category: Category | None = None
    for prefix, meant in PREFIXES.items():
        if given.startswith(prefix) and not Path(given).exists():
            given, category = given.removeprefix(prefix), meant
    path = Path(given)
    if not path.is_file():
        raise click.UsageError(analysis_text.say("no-such-file", language, name=given))
    return _Named(path=path, category=category)


def _read(one: _Named) -> FileInput:
    from carebase import errors
    from carebase.documents import kinds, reading, unreadable
    from carebase.documents.text import Document
    from carebase.records import file_reading

    document: Document | None = None
    problem: str | None = None
    content = one.path.read_bytes()
    try:
        kind = kinds.tell(content[: kinds.HEAD_BYTES], one.path.name)
        document = reading.read_file(one.path, kind=kind)
    except unreadable.UnreadableFile as error:
        problem = error.reason.value
    except errors.UnsupportedType:
        problem = "unsupported_type"
    except errors.Invalid:
        problem = "empty"
    except errors.Unavailable:
        problem = "not_read"
    category = one.category
    if category is None:
        is_radiology = document is not None and file_reading.looks_like_radiology(document)
        category = "radiology" if is_radiology else "lab"
    return file_reading.FileInput(
        file=str(one.path),
        name=one.path.name,
        category=category,
        sha256=hashlib.sha256(content).hexdigest(),
        document=document,
        problem=problem,
    )
