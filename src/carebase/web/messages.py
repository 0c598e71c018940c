"""The sentences people read, in French and English.

In charge of finding a sentence by its id and filling it, and of choosing the reader's language.
A sentence that is missing or lacks a value is an error, never a blank.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from fluent.runtime import FluentBundle, FluentResource
from fluent.syntax.ast import Resource
from starlette.requests import Request
from starlette.responses import Response

Language = Literal["fr", "en"]
Value = str | int | float | Decimal | date | datetime

LANGUAGES: tuple[Language, ...] = get_args(Language)
DEFAULT: Language = "fr"
FORMATS: dict[Language, str] = {"fr": "fr-FR", "en": "en-GB"}
"""Whose dates and numbers are used. American dates would be read as other days."""
COOKIE = "carebase_language"
PARAMETER = "lang"
KEPT_SECONDS = 365 * 24 * 3600
LONGEST_HEADER = 200

KIT_LOCALES = Path(__file__).parent / "locales"


class MissingSentenceError(LookupError):
    """A sentence that a page asks for is not in the table, or lacks one of its values."""

    def __init__(self, key: str, *, language: str, problem: str) -> None:
        super().__init__(f"{key} ({language}): {problem}")
        self.key = key


class Messages:
    """All sentences of the kit and of one application, in every language."""

    def __init__(self, *directories: Path) -> None:
        """Read `fr.ftl` and `en.ftl` of each directory; an id that stands twice is refused."""
        self._bundles = {language: _bundle(language, directories) for language in LANGUAGES}

    def text(self, language: Language, key: str, **values: Value) -> str:
        """The sentence `key`, filled; raises MissingSentenceError."""
        bundle = self._bundles[language]
        if not bundle.has_message(key):
            raise MissingSentenceError(key, language=language, problem="no such sentence")
        pattern = bundle.get_message(key).value
        if pattern is None:
            raise MissingSentenceError(key, language=language, problem="no text")
        text, problems = bundle.format_pattern(pattern, values)
        if problems:
            raise MissingSentenceError(key, language=language, problem="; ".join(str(problem) for problem in problems))
        return str(text)

    def has(self, language: Language, key: str) -> bool:
        """Whether there is such a sentence."""
        return bool(self._bundles[language].has_message(key))

    def reader(self, language: Language, *, zone: str = "UTC") -> Reader:
        """The sentences for one reader, with times in the zone that the IANA names so."""
        return Reader(self, language, zone)


@dataclass(frozen=True, slots=True)
class Reader:
    """Calls like a function: `t("worklist-title")`, `t("file-page", number=3)`."""

    messages: Messages
    language: Language
    zone: str = "UTC"

    def __call__(self, key: str, **values: Value) -> str:
        """The sentence `key`, filled."""
        return self.messages.text(self.language, key, **values)

    def moment(self, when: datetime, *, zone: str | None = None) -> str:
        """A time on the clocks of the reader's zone, or of `zone`, with the zone's name."""
        name = zone or self.zone
        # Without its zone, so that no formatter moves it a second time.
        local = when.astimezone(ZoneInfo(name)).replace(tzinfo=None)
        return self("moment", when=local, zone=name.replace("_", " "))


def _bundle(language: Language, directories: Sequence[Path]) -> FluentBundle:
    # Isolation marks around values would end up in what people copy out of a page.
    bundle = FluentBundle([FORMATS[language]], use_isolating=False)
    for directory in directories:
        source = (directory / f"{language}.ftl").read_text(encoding="utf-8")
        twice = {key for key in _ids(source) if bundle.has_message(key)}
        if twice:
            raise ValueError(f"{directory / f'{language}.ftl'}: ids stand twice: {sorted(twice)}")
        bundle.add_resource(_parsed(source))
    return bundle


@cache
def _parsed(source: str) -> Resource:
    # Two hundred milliseconds for all of them, and two applications of one process say the same.
    return FluentResource(source)


def _ids(source: str) -> list[str]:
    """The ids of a Fluent source, in order; terms and comments are not among them."""
    return [
        line.split("=", 1)[0].strip()
        for line in source.splitlines()
        if "=" in line and line[:1].isalpha() and line[:1].isascii()
    ]


@cache
def ids(directory: Path, language: Language) -> frozenset[str]:
    """The ids that one directory defines in one language."""
    return frozenset(_ids((directory / f"{language}.ftl").read_text(encoding="utf-8")))


def choose(request: Request) -> Language:
    """The reader's language: the switch in the address, else the cookie, else the browser, else French."""
    for wanted in (request.query_params.get(PARAMETER), request.cookies.get(COOKIE)):
        if wanted in LANGUAGES:
            return wanted
    return preferred(request.headers.get("accept-language", ""))


def preferred(header: str) -> Language:
    """The first of our languages that an Accept-Language header asks for.

    >>> preferred("de, en-GB;q=0.8, fr;q=0.5")
    'en'
    >>> preferred("de")
    'fr'
    """
    weighted: list[tuple[float, Language]] = []
    for part in header[:LONGEST_HEADER].split(","):
        tag, _, parameter = part.strip().partition(";")
        language = tag.split("-")[0].strip().lower()
        weight = _weight(parameter)
        if language in LANGUAGES and weight > 0:
            weighted.append((weight, language))
    return max(weighted, key=lambda pair: pair[0])[1] if weighted else DEFAULT


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def remember(request: Request, response: Response) -> None:
    """Keep the language for later pages when this request used the switch."""
    wanted = request.query_params.get(PARAMETER)
    if wanted in LANGUAGES:
        keep(request, response, language=str(wanted))


def keep(request: Request, response: Response, *, language: str) -> None:
    """Keep a language in this browser."""
    response.set_cookie(
        COOKIE,
        language,
        max_age=KEPT_SECONDS,
        path="/",
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )


def switches(request: Request, names: Mapping[Language, str]) -> list[tuple[Language, str, str]]:
    """For each other language: its code, its own name, and this page's address in it."""
    current = choose(request)
    return [(language, names[language], _address(request, language)) for language in LANGUAGES if language != current]


def _address(request: Request, language: Language) -> str:
    # Only the path and query are used: the host that the client names is not to be trusted.
    return f"{request.url.path}?{request.url.include_query_params(lang=language).query}"
