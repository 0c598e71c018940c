"""What can be asked of a picture: a size, a way to get there, a format.

In charge of the words only; `reshaping` makes the picture, in the bounded process.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

USUAL_QUALITY: Final = 80


class Format(StrEnum):
    """The formats that are read and written; of a moving picture, its first frame."""

    PNG = "PNG"
    JPEG = "JPEG"
    WEBP = "WEBP"
    GIF = "GIF"
    AVIF = "AVIF"

    @property
    def media_type(self) -> str:
        """As headers name it."""
        return f"image/{self.value.lower()}"


class Resize(StrEnum):
    """What becomes of a picture whose sides stand otherwise to one another than those asked for."""

    COVER = "cover"
    """The middle of it."""
    CONTAIN = "contain"
    """All of it, with one side shorter than asked for."""
    FILL = "fill"
    """All of it, out of shape."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture to make of one in the format `source`; sides in pixels, None: as the other side has it."""

    source: Format
    target: Format
    width: int | None = None
    height: int | None = None
    resize: Resize = Resize.COVER
    quality: int = USUAL_QUALITY
