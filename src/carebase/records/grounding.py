"""Keeps only statements whose evidence really stands where it says.

In charge of comparing quotes with the words of the files and of the case text. A statement of which
one quote is not found is dropped and counted; what asserts nothing about the patient needs none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from carebase.clinical.evidence import CASE_TEXT, Evidence
from carebase.clinical.page import Page
from carebase.clinical.statements import Statement

# They say what is not there, what the case's own fields hold, or what the reader did.
NEEDS_NO_EVIDENCE = (
    "missing-",
    "person-",
    "summary-",
    "insufficient_information",
    "subjective-none",
    "plan-none",
    "image-stored",
    "draft",
)


@dataclass(slots=True)
class Ground:
    """The words of every file and of the case text, by place; counts what it drops."""

    lines: dict[tuple[str, str, int, int], str] = field(default_factory=dict)
    dropped: int = 0

    def add_pages(self, file: str, sha256: str, *, pages: Iterable[Page]) -> None:
        """The lines of a file that was read."""
        for page in pages:
            for line in page.lines:
                self.lines[file, sha256, page.number, line.number] = _plain(line.text)

    def add_case_text(self, text: str, *, sha256: str) -> None:
        """The clinician's text: one page, lines counted from 1."""
        for number, line in enumerate(text.split("\n"), start=1):
            self.lines[CASE_TEXT, sha256, 1, number] = _plain(line)

    def carries(self, evidence: Evidence) -> bool:
        """Whether the quote stands on that line of that file, word for word."""
        quote = _plain(evidence.quote)
        line = self.lines.get((evidence.file, evidence.sha256, evidence.page, evidence.line))
        return bool(quote) and line is not None and quote in line

    def keep_supported(self, statements: Iterable[Statement]) -> tuple[Statement, ...]:
        """The statements that stand; the others are counted in `dropped`."""
        kept: list[Statement] = []
        for statement in statements:
            if self.supports(statement):
                kept.append(statement)
            else:
                self.dropped += 1
        return tuple(kept)

    def supports(self, statement: Statement) -> bool:
        """Whether every quote is found, and there is one where one is needed."""
        if not statement.evidence:
            return statement.code.startswith(NEEDS_NO_EVIDENCE)
        return all(self.carries(place) for place in statement.evidence)


def _plain(text: str) -> str:
    return " ".join(text.split())
