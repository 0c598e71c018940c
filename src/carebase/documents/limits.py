"""How much one file may cost to read.

In charge of the numbers only; `confine` and the readers keep to them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one file may cost; the defaults leave room for a 25 MB upload and a 64 megapixel image."""

    seconds: float = 20.0
    """Wall time from fork to answer; processor time is held to the same number, rounded up."""
    memory_bytes: int = 1 << 30
    """Address space of the reading process, its interpreter and libraries included."""
    file_bytes: int = 64 << 20
    answer_bytes: int = 64 << 20
    """Text with positions, or a drawn page."""
    pages: int = 200
    """Pages read; a longer file is read up to here, with a warning."""
    pages_refused_above: int = 2_000
    words: int = 200_000
    pixels: int = 64_000_000
    """Width × height of one image or frame, asked of its header before anything is decoded."""
    drawn_pixels: int = 16_000_000
    """Width × height of a drawn page; a larger one is drawn smaller."""
    inflated_bytes: int = 256 << 20
    """A deflated DICOM data set, inflated."""
