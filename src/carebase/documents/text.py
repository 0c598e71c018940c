"""What a file says: pages of lines of words, each with its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """The kinds of content accepted, told by the bytes and never by the name; values are media types."""

    PDF = "application/pdf"
    JPEG = "image/jpeg"
    PNG = "image/png"
    DICOM = "application/dicom"
    TEXT = "text/plain"
    CSV = "text/csv"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in points (1/72 inch) from the page's top-left corner."""

    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True, slots=True)
class Word:
    """Characters without white space between them."""

    text: str
    box: Box


@dataclass(frozen=True, slots=True)
class Line:
    """Words side by side; `number` counts from 1 from the top of the page."""

    number: int
    words: tuple[Word, ...]
    box: Box

    @property
    def text(self) -> str:
        """The words, joined by one space."""
        return " ".join(word.text for word in self.words)


@dataclass(frozen=True, slots=True)
class Page:
    """One page; `number` counts from 1, sizes are points. No lines: nothing readable on it."""

    number: int
    width: float
    height: float
    lines: tuple[Line, ...]
    unread: str | None = None
    """Why the page could not be read as text (`image_only`, `damaged`), else None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """Pixels that are stored and displayed, never interpreted here.

    `metadata` holds what the file itself says, with DICOM keywords as keys (`Modality`,
    `BodyPartExamined`, `ViewPosition`, `Laterality`, `StudyDate`, `PatientName`, `PatientSex`,
    `PatientBirthDate`, `WindowCenter`, `WindowWidth`, …) for every kind of image.
    """

    width: int
    height: int
    frames: int
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One file, read. Either pages of text, or an image, or both empty with warnings."""

    kind: Kind
    pages: tuple[Page, ...] = ()
    image: Image | None = None
    page_count: int = 0
    """Pages the file claims to have; larger than `len(pages)` when reading stopped at a limit."""
    warnings: tuple[str, ...] = ()
    """Codes of what could not be read (`too_many_pages`, `image_only_page` …)."""
