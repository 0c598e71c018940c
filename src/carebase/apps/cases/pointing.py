"""Points from the page at the place that a statement was taken from.

In charge of addresses and of the words of a pointer; `case_view` and `lab_table` use it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from carebase.apps.cases import result as results
from carebase.apps.cases.result import Concern, Place, Said, Unread
from carebase.web.messages import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceLink:
    """A pointer to the source of a statement."""

    address: str | None
    """The page with the line highlighted; None for the clinician's own text, which has no page."""
    name: str
    """The file's name, or that it is the clinician's text."""
    place: str
    """Page and line in short."""
    sentence: str
    """The whole pointer in words, for a screen reader."""
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementView:
    """One statement of the draft."""

    text: str
    severity: results.Severity
    evidence: tuple[EvidenceLink, ...]
    confidence: str | None
    """In words; None when the statement stands without one of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcernView:
    """A warning or an unread place, with the page it is about."""

    text: str
    address: str | None
    link_text: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Confidence:
    """How sure the draft is: `percent` for the bar, None when it was not assessed."""

    percent: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Mark:
    """What to highlight on a page: one line of a statement (its first one there, without a number)."""

    statement: str
    line: int | None

    @property
    def query(self) -> str:
        """The mark as part of an address."""
        return f"?hl={quote(self.statement, safe='')}" + ("" if self.line is None else f"&line={self.line}")


def page_address(case_id: str, *, file_id: str, page: int, mark: Mark | None = None) -> str:
    """The address of a page of a file, with the statement whose line is to be marked."""
    address = f"/cases/{case_id}/files/{quote(file_id, safe='')}/pages/{page}"
    return address + mark.query if mark is not None and mark.statement else address


def confidence(t: Reader, value: float | None) -> Confidence:
    """A confidence in words; None was not assessed, and says so."""
    if value is None:
        return Confidence(percent=None, text=t("confidence-none"))
    percent = round(value * 100)
    return Confidence(percent=percent, text=t("confidence-percent", percent=percent))


@dataclass(frozen=True, slots=True)
class Pointing:
    """Makes statements that point at the files of one case."""

    t: Reader
    case_id: str
    names: Mapping[str, str]
    """File names by file id."""

    def statements(self, said: Sequence[Said]) -> tuple[StatementView, ...]:
        """The statements, each with its sources."""
        return tuple(self.statement(one) for one in said)

    def statement(self, said: Said) -> StatementView:
        """One statement with its sources."""
        return StatementView(
            text=said.text,
            severity=said.severity,
            evidence=tuple(self.link(said, place) for place in said.places),
            confidence=None if said.confidence is None else confidence(self.t, said.confidence).text,
        )

    def link(self, said: Said, place: Place) -> EvidenceLink:
        """The pointer to one source."""
        if place.file == results.CASE_TEXT:
            name = self.t("evidence-case-text")
            return EvidenceLink(address=None, name=name, place="", sentence=name, quote=place.quote)
        name = self.names.get(place.file, place.file)
        known = {"file": name, "page": str(place.page)}
        if place.line is None:
            short, sentence = self.t("evidence-page", page=str(place.page)), self.t("evidence-open-page", **known)
        else:
            short = self.t("evidence-line", page=str(place.page), line=str(place.line))
            sentence = self.t("evidence-open-line", **known, line=str(place.line))
        return EvidenceLink(
            address=page_address(self.case_id, file_id=place.file, page=place.page, mark=Mark(said.id, place.line)),
            name=name,
            place=short,
            sentence=sentence,
            quote=place.quote,
        )

    def unread(self, place: Unread) -> ConcernView:
        """A place that was not read, with its words where there are any."""
        text = self.t("unread-line", quote=place.quote) if place.quote else self.t("unread-page", page=str(place.page))
        return self.concern(Concern(code="", message=text, file=place.file, page=place.page))

    def concern(self, concern: Concern) -> ConcernView:
        """A warning with the page it is about, if it is about one."""
        if concern.file is None or concern.file not in self.names:
            return ConcernView(text=concern.message, address=None, link_text=None)
        page = concern.page or 1
        return ConcernView(
            text=concern.message,
            address=page_address(self.case_id, file_id=concern.file, page=page),
            link_text=self.t("concern-open", file=self.names[concern.file], page=str(page)),
        )
