"""Draws one page or frame of a file as PNG, with a line of it highlighted.

In charge of the picture a person checks a finding against. Runs in the bounded process only.
"""

from __future__ import annotations

import io
import math
from ctypes import c_ushort
from typing import Final, assert_never

import PIL.Image
import pypdfium2
from PIL import ImageDraw
from pypdfium2 import raw

from carebase import errors
from carebase.documents import dicom, images, pdf, plain
from carebase.documents.limits import Limits
from carebase.documents.text import Box, Kind, Page
from carebase.documents.unreadable import Reason, UnreadableFile

_MARKER: Final = (255, 221, 0)
_FRAME: Final = (176, 120, 0)
_MARGIN_POINTS: Final = 1.5
_TYPE_SIZE: Final = 10.0


def draw(content: bytes, *, kind: Kind, page: int, scale: float, highlight: Box | None, limits: Limits) -> bytes:
    """PNG of page or frame `page` at `scale` pixels per point (of an image: per pixel).

    Raises:
        errors.NotFound: there is no such page or frame.
        UnreadableFile: the file cannot be read, or its pixels not decoded.
    """
    if not (math.isfinite(scale) and scale > 0):
        raise errors.Invalid(details="The scale is a positive number.")
    match kind:
        case Kind.PDF:
            picture, used = pdf.draw(content, page=page, scale=scale, limits=limits)
        case Kind.PNG | Kind.JPEG:
            picture, used = images.draw(content, kind=kind, page=page, scale=scale, limits=limits)
        case Kind.DICOM:
            picture, used = dicom.draw(content, frame=page, scale=scale, limits=limits)
        case Kind.TEXT | Kind.CSV:
            read = plain.read(content, kind=kind, limits=limits)
            if not 1 <= page <= len(read.pages):
                raise errors.NotFound
            sheet = typed(read.pages[page - 1])
            picture, used = pdf.draw(sheet, page=1, scale=scale, limits=limits)
        case _:
            assert_never(kind)
    if highlight is not None:
        picture = _highlighted(picture, highlight, scale=used)
    written = io.BytesIO()
    # Whatever the file said beside its pixels (colour profile, text) stays behind.
    picture.info = {}
    picture.save(written, format="PNG", compress_level=2)
    return written.getvalue()


def _highlighted(picture: PIL.Image.Image, box: Box, *, scale: float) -> PIL.Image.Image:
    """`picture` with `box` marked as with a felt pen: what is dark below stays readable."""
    corners = [
        math.floor((box.x0 - _MARGIN_POINTS) * scale),
        math.floor((box.y0 - _MARGIN_POINTS) * scale),
        math.ceil((box.x1 + _MARGIN_POINTS) * scale),
        math.ceil((box.y1 + _MARGIN_POINTS) * scale),
    ]
    left, top = max(0, corners[0]), max(0, corners[1])
    right, bottom = min(picture.width, corners[2]), min(picture.height, corners[3])
    if right <= left or bottom <= top:
        return picture
    marked = picture.convert("RGB")
    below = marked.crop((left, top, right, bottom))
    bands = [
        band.point([value * ink // 255 for value in range(256)])
        for band, ink in zip(below.split(), _MARKER, strict=True)
    ]
    marked.paste(PIL.Image.merge("RGB", bands), (left, top))
    ImageDraw.Draw(marked).rectangle((left, top, right - 1, bottom - 1), outline=_FRAME)
    return marked


def typed(page: Page) -> bytes:
    """`page` as a PDF in a typewriter face, each word in its box."""
    document = pypdfium2.PdfDocument.new()
    sheet = document.new_page(page.width, page.height)
    font = raw.FPDFText_LoadStandardFont(document.raw, b"Courier")
    for line in page.lines:
        for word in line.words:
            width = (word.box.x1 - word.box.x0) / max(1, len(word.text))
            text = raw.FPDFPageObj_CreateTextObj(document.raw, font, _TYPE_SIZE * width / plain.CHARACTER_WIDTH)
            units = (word.text + "\0").encode("utf-16-le")
            raw.FPDFText_SetText(text, (c_ushort * (len(units) // 2)).from_buffer_copy(units))
            baseline = page.height - word.box.y1 + 0.25 * (word.box.y1 - word.box.y0)
            raw.FPDFPageObj_Transform(text, 1, 0, 0, 1, word.box.x0, baseline)
            raw.FPDFPage_InsertObject(sheet.raw, text)
    if not raw.FPDFPage_GenerateContent(sheet.raw):
        raise UnreadableFile(Reason.DAMAGED)
    written = io.BytesIO()
    document.save(written)
    raw.FPDFFont_Close(font)
    document.close()
    return written.getvalue()
