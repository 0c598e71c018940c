"""Reads PNG and JPEG images, and draws their previews.

In charge of photographs and exported pictures; nothing here says what is on them. Runs in the
bounded process only.
"""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import numpy as np
import PIL.Image
from PIL import ExifTags, ImageFile, ImageOps, PngImagePlugin

from carebase import errors
from carebase.documents import metadata
from carebase.documents.limits import Limits
from carebase.documents.text import Document, Image, Kind
from carebase.documents.unreadable import Reason, UnreadableFile

# EXIF 2.32 tags that describe the picture, by the DICOM keyword of the same meaning.
_EXIF_KEPT: Final = {
    ExifTags.Base.Make: "Manufacturer",
    ExifTags.Base.Model: "ManufacturerModelName",
    ExifTags.Base.DateTime: "ContentDate",
    ExifTags.Base.DateTimeOriginal: "AcquisitionDateTime",
}
_TURNED: Final = frozenset((5, 6, 7, 8))
"""EXIF orientations that swap width and height."""
_RESIZABLE: Final = frozenset(("L", "LA", "RGB", "RGBA"))
_FORMATS: Final = {Kind.PNG: "PNG", Kind.JPEG: "JPEG"}


def read(content: bytes, *, kind: Kind, limits: Limits) -> Document:
    """Size and description of the image; the whole of it is decoded once, to know that it can be shown.

    Raises:
        UnreadableFile: `not_an_image`, `damaged`, `too_large`.
    """
    with opened(content, format_name=_FORMATS[kind], limits=limits) as image:
        described = metadata.kept([*_exif(image), *_png_text(image)])
        # A JPEG decodes at an eighth of its size from the same bytes, so damage shows early and cheaply.
        width, height = image.size
        turned = image.getexif().get(ExifTags.Base.Orientation, 1) in _TURNED
        image.draft(None, (max(1, width // 8), max(1, height // 8)))
        image.load()
    width, height = (height, width) if turned else (width, height)
    return Document(
        kind=kind,
        image=Image(width=width, height=height, frames=1, metadata=described),
        page_count=1,
    )


def draw(content: bytes, *, kind: Kind, page: int, scale: float, limits: Limits) -> tuple[PIL.Image.Image, float]:
    """The image at `scale` pixels for one of its own, upright, without anything but its pixels.

    Raises:
        errors.NotFound: `page` is not 1.
        UnreadableFile: as `read`.
    """
    if page != 1:
        raise errors.NotFound
    with opened(content, format_name=_FORMATS[kind], limits=limits) as image:
        used = fitting(image.size, scale=scale, limits=limits)
        width, height = _scaled(image.size, used)
        is_turned = image.getexif().get(ExifTags.Base.Orientation, 1) in _TURNED
        size = (height, width) if is_turned else (width, height)
        # Nothing larger than what is shown is copied: the whole image may already fill a quarter of the memory.
        image.draft(None, (width, height))
        image.load()
        ImageOps.exif_transpose(image, in_place=True)
        if image.mode in _RESIZABLE:
            return eight_bits(_resized(image, size)), used
        return _resized(eight_bits(image), size), used


def fitting(size: tuple[int, int], *, scale: float, limits: Limits) -> float:
    """`scale`, or the largest at which an image of `size` is within the limit of a drawn page."""
    return min(scale, math.sqrt(limits.drawn_pixels / (size[0] * size[1])))


def resized(image: PIL.Image.Image, *, scale: float, limits: Limits) -> tuple[PIL.Image.Image, float]:
    """`image` at `scale`, or smaller where that would be too large, and the scale used."""
    used = fitting(image.size, scale=scale, limits=limits)
    return _resized(image, _scaled(image.size, used)), used


def _scaled(size: tuple[int, int], scale: float) -> tuple[int, int]:
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _resized(image: PIL.Image.Image, size: tuple[int, int]) -> PIL.Image.Image:
    if image.size == size:
        return image
    return image.resize(size, PIL.Image.Resampling.BILINEAR, reducing_gap=2.0)


@contextmanager
def opened(content: bytes, *, format_name: str, limits: Limits) -> Iterator[PIL.Image.Image]:
    """The image in Pillow's format, its size checked before anything is decoded; what breaks inside is named."""
    try:
        with warnings.catch_warnings():
            # The limit on pixels is ours; Pillow's own would only warn.
            warnings.simplefilter("ignore", PIL.Image.DecompressionBombWarning)
            image = PIL.Image.open(io.BytesIO(content), formats=(format_name,))
    except PIL.UnidentifiedImageError as unknown:
        known = content.startswith((b"\x89PNG", b"\xff\xd8"))
        raise UnreadableFile(Reason.DAMAGED if known else Reason.NOT_AN_IMAGE) from unknown
    except PIL.Image.DecompressionBombError as bomb:
        raise UnreadableFile(Reason.TOO_LARGE) from bomb
    except (OSError, SyntaxError, ValueError) as broken:
        raise UnreadableFile(Reason.DAMAGED) from broken
    if image.width * image.height > limits.pixels:
        raise UnreadableFile(Reason.TOO_LARGE)
    try:
        yield image
    except (OSError, SyntaxError, ValueError, IndexError) as broken:
        raise UnreadableFile(Reason.DAMAGED) from broken


def _exif(image: PIL.Image.Image) -> Iterator[tuple[str, str]]:
    exif = image.getexif()
    tags = {**exif, **exif.get_ifd(ExifTags.IFD.Exif)}
    for tag, keyword in _EXIF_KEPT.items():
        if isinstance(tags.get(tag), str):
            yield keyword, tags[tag]


def _png_text(image: PIL.Image.Image) -> Iterator[tuple[str, str]]:
    # Only text that stands before the pixels is looked at; it carries DICOM keywords in exports.
    if isinstance(image, PngImagePlugin.PngImageFile):
        for keyword, value in image.info.items():
            if isinstance(keyword, str) and isinstance(value, str):
                yield keyword, value


def eight_bits(image: PIL.Image.Image) -> PIL.Image.Image:
    """The pixels as grey or RGB, transparent ones on white."""
    if image.mode.startswith("I") or image.mode == "F":
        pixels = np.asarray(image).astype(np.float32)
        low, high = float(pixels.min()), float(pixels.max())
        grey = (pixels - low) * (255.0 / (high - low)) if high > low else np.zeros_like(pixels)
        return PIL.Image.fromarray(grey.astype(np.uint8))
    if image.mode in {"1", "L"} and "transparency" not in image.info:
        return image.convert("L")
    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    if "A" in image.getbands() or "transparency" in image.info:
        opaque = PIL.Image.new("RGB", image.size, "white")
        with_alpha = image.convert("RGBA")
        opaque.paste(with_alpha, mask=with_alpha.getchannel("A"))
        return opaque
    return image.convert("RGB")


def preload() -> None:
    """Loads the two decoders, so that nothing is imported while a file is open."""
    PIL.Image.preinit()
    PIL.Image.init()
    ImageFile.LOAD_TRUNCATED_IMAGES = False
