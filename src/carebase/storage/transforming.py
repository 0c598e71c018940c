"""How a picture is to be shown: what clients ask for, in queries, in bodies and within signed links.

In charge of the words and their bounds; `documents` makes the picture. Sizes beyond the largest are taken for the
largest, as the real server takes them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, cast, get_args

from carebase.documents.picture import USUAL_QUALITY, Format, Picture, Resize
from carebase.storage import content_types, refused

LARGEST_SIDE: Final = 2_500
"""Pixels."""
QUALITIES: Final = range(20, 101)
WHOLE: Final = re.compile(r"\d{1,9}", re.ASCII)
SOURCES: Final[Mapping[str, Format]] = {each.media_type: each for each in Format}
# The real server says it in its image service's words: `cover` fills, `contain` fits, `fill` forces.
RESIZING_TYPES: Final = {Resize.COVER: "fill", Resize.CONTAIN: "fit", Resize.FILL: "force"}

Wanted = Literal["origin", "avif", "webp"]


class NotAPicture(refused.InvalidRequest):
    """The object is no picture that can be shown otherwise than it is."""

    code, message = "InvalidRequest", "The source image is invalid or unsupported for rendering"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transformation:
    """What was asked for; None: nothing."""

    width: int | None = None
    height: int | None = None
    resize: Resize | None = None
    quality: int | None = None
    format: Wanted | None = None

    @property
    def text(self) -> str:
        """As a signed link carries it, empty where nothing is asked for.

        >>> Transformation(width=200, resize=Resize.FILL, format="webp").text
        'width:200,resize:fill,format:webp'
        """
        said = {
            "height": self.height,
            "width": self.width,
            "resize": self.resize,
            "quality": self.quality,
            "format": self.format,
        }
        return ",".join(f"{name}:{value}" for name, value in said.items() if value is not None)

    @property
    def told(self) -> str:
        """As the header X-Transformations tells it.

        >>> Transformation(width=200, height=200, quality=60).told
        'height:200,width:200,resizing_type:fill,quality:60'
        """
        is_sized = self.width is not None or self.height is not None
        said = {
            "height": self.height,
            "width": self.width,
            "resizing_type": RESIZING_TYPES[self.resize or Resize.COVER] if is_sized else None,
            "quality": self.quality,
            "format": None if self.format == "origin" else self.format,
        }
        return ",".join(f"{name}:{value}" for name, value in said.items() if value is not None)

    def picture(self, media_type: str, *, accept: str) -> Picture:
        """The picture to make of one of this type, for a client that takes these types; NotAPicture of what is none.

        Where no format was asked for, it is WebP for whoever says that it takes it.

        >>> Transformation().picture("image/png", accept="image/webp,*/*").target
        <Format.WEBP: 'WEBP'>
        >>> Transformation(format="origin").picture("image/png", accept="image/webp,*/*").target
        <Format.PNG: 'PNG'>
        """
        source = SOURCES.get(content_types.bare(media_type))
        if source is None:
            raise NotAPicture
        match self.format:
            case "origin":
                target = source
            case "avif" | "webp":
                target = Format(self.format.upper())
            case _:
                target = Format.WEBP if Format.WEBP.media_type in accept.lower() else source
        return Picture(
            source=source,
            target=target,
            width=self.width,
            height=self.height,
            resize=self.resize or Resize.COVER,
            quality=self.quality or USUAL_QUALITY,
        )


def of_query(given: Mapping[str, str]) -> Transformation:
    """What a query asks for; InvalidRequest where it cannot be.

    >>> of_query({"width": "200", "height": "9999", "resize": "contain", "token": "x"})
    Transformation(width=200, height=2500, resize=<Resize.CONTAIN: 'contain'>, quality=None, format=None)
    """
    numbers = {name: _read(name, given[name]) for name in ("width", "height", "quality") if name in given}
    words = {name: given[name] for name in ("resize", "format") if name in given}
    return of_body({**numbers, **words})


def of_body(given: object) -> Transformation:
    """What a JSON value asks for: an object or nothing."""
    if given is None:
        return Transformation()
    if not isinstance(given, dict):
        raise refused.InvalidRequest(details="transform must be object")
    quality = _whole("quality", given.get("quality"))
    if quality is not None and quality not in QUALITIES:
        raise refused.InvalidRequest(details="quality must be >= 20 and <= 100")
    resize = _word("resize", given.get("resize"), tuple(Resize))
    return Transformation(
        width=_side("width", given),
        height=_side("height", given),
        resize=None if resize is None else Resize(resize),
        quality=quality,
        format=cast(Wanted | None, _word("format", given.get("format"), get_args(Wanted))),
    )


def of_text(text: str) -> Transformation:
    """What a signed link carries.

    >>> of_text(of_body({"width": 5, "resize": "fill"}).text)
    Transformation(width=5, height=None, resize=<Resize.FILL: 'fill'>, quality=None, format=None)
    """
    return of_query(dict(part.split(":", 1) for part in text.split(",") if ":" in part))


def _side(name: str, given: Mapping[str, Any]) -> int | None:
    # Nothing is what clients send for a side that the other one decides.
    side = _whole(name, given.get(name))
    return min(side, LARGEST_SIDE) if side else None


def _whole(name: str, given: object) -> int | None:
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int) or given < 0:
        raise refused.InvalidRequest(details=f"{name} must be integer")
    return given


def _read(name: str, given: str) -> int:
    if WHOLE.fullmatch(given) is None:
        raise refused.InvalidRequest(details=f"{name} must be integer")
    return int(given)


def _word(name: str, given: object, allowed: tuple[str, ...]) -> str | None:
    if given is None:
        return None
    if not isinstance(given, str) or given not in allowed:
        raise refused.InvalidRequest(details=f"{name} must be equal to one of the allowed values")
    return given
