"""Reads the text of a PDF with its positions, and draws its pages.

In charge of pages; words are `glyphs`' business and rows `rows`'. Runs in the bounded process
only: the bytes are hostile until proven dull.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import PIL.Image
import pypdfium2
from pypdfium2 import raw

from carebase import errors
from carebase.documents import glyphs, rows
from carebase.documents.limits import Limits
from carebase.documents.text import Box, Document, Kind, Line, Page
from carebase.documents.unreadable import Reason, UnreadableFile

_LEAST_READABLE: Final = 0.8
"""Of a page's characters, the share that must have a name for the page to count as read."""
_SCAN_COVERS: Final = 0.6
_SCAN_WORDS: Final = 10
_LARGEST_SIDE_POINTS: Final = 20_000


def read(content: bytes, *, limits: Limits) -> Document:
    """The pages of a PDF.

    Warnings: `too_many_pages`, `too_much_text` (reading stopped at a limit), `image_only_page`,
    `damaged_page`, `unmapped_text` (letters without a name in the file, shown as U+FFFD).

    Raises:
        UnreadableFile: `not_a_pdf`, `encrypted`, `damaged`, `too_many_pages`.
    """
    with _opened(content) as pdf:
        count = len(pdf)
        if count > limits.pages_refused_above:
            raise UnreadableFile(Reason.TOO_MANY_PAGES)
        if count == 0:
            raise UnreadableFile(Reason.DAMAGED)
        pages: list[Page] = []
        warnings = ["too_many_pages"] if count > limits.pages else []
        words_left = limits.words
        for number in range(1, min(count, limits.pages) + 1):
            if words_left <= 0:
                warnings.append("too_much_text")
                break
            page, warning = _page(pdf, number, most_words=words_left)
            words_left -= sum(len(line.words) for line in page.lines)
            pages.append(page)
            warnings.extend(warning)
    return Document(kind=Kind.PDF, pages=tuple(pages), page_count=count, warnings=tuple(dict.fromkeys(warnings)))


def draw(content: bytes, *, page: int, scale: float, limits: Limits) -> tuple[PIL.Image.Image, float]:
    """Page `page` (from 1) at `scale` pixels a point, or smaller where that would be too large.

    Returns the picture and the scale used.

    Raises:
        errors.NotFound: the file has no such page.
        UnreadableFile: as `read`.
    """
    with _opened(content) as pdf:
        if not 1 <= page <= len(pdf):
            raise errors.NotFound
        try:
            loaded = pdf[page - 1]
        except pypdfium2.PdfiumError as broken:
            raise UnreadableFile(Reason.DAMAGED) from broken
        width, height = loaded.get_size()
        if not (0 < width <= _LARGEST_SIDE_POINTS and 0 < height <= _LARGEST_SIDE_POINTS):
            raise UnreadableFile(Reason.DAMAGED)
        used = min(scale, math.sqrt(limits.drawn_pixels / (width * height)))
        return loaded.render(scale=used, may_draw_forms=False).to_pil().convert("RGB"), used


@contextmanager
def _opened(content: bytes) -> Iterator[pypdfium2.PdfDocument]:
    try:
        pdf = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as refused:
        raise UnreadableFile(_reason(refused, content)) from refused
    try:
        yield pdf
    finally:
        pdf.close()


def _reason(refused: pypdfium2.PdfiumError, content: bytes) -> Reason:
    if refused.err_code in {raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY}:
        return Reason.ENCRYPTED
    return Reason.DAMAGED if b"%PDF-" in content[:1024] else Reason.NOT_A_PDF


def _page(pdf: pypdfium2.PdfDocument, number: int, *, most_words: int) -> tuple[Page, list[str]]:
    try:
        page = pdf[number - 1]
        # What was typed into form fields and stamps becomes part of the page's text.
        if raw.FPDFPage_GetAnnotCount(page.raw) > 0 and (
            raw.FPDFPage_Flatten(page.raw, raw.FLAT_NORMALDISPLAY) == raw.FLATTEN_SUCCESS
        ):
            page.close()
            page = pdf[number - 1]
        textpage = page.get_textpage()
    except pypdfium2.PdfiumError:
        return Page(number, 0.0, 0.0, (), "damaged"), ["damaged_page"]
    width, height = page.get_size()
    if not (0 < width <= _LARGEST_SIDE_POINTS and 0 < height <= _LARGEST_SIDE_POINTS):
        return Page(number, 0.0, 0.0, (), "damaged"), ["damaged_page"]
    lines, is_cut = _lines(page, textpage, most_words=most_words)
    unread, warnings = _judged(page, lines)
    read = Page(number, width, height, () if unread == "damaged" else lines, unread)
    textpage.close()
    page.close()
    return read, [*warnings, "too_much_text"] if is_cut else warnings


def _lines(page: Any, textpage: Any, *, most_words: int) -> tuple[tuple[Line, ...], bool]:
    rotation = page.get_rotation()
    place = glyphs.placer(page.get_bbox(), rotation=rotation)
    width, height = page.get_size()
    placed: list[rows.Placed] = []
    for word in glyphs.words(textpage.raw, place=place, rotation=rotation):
        box = _on_page(word.box, width=width, height=height)
        if box is None:
            continue
        if len(placed) == most_words:
            return rows.lines(placed), True
        placed.append(rows.Placed(word.text, box, word.baseline, word.height))
    return rows.lines(placed), False


def _on_page(box: Box, *, width: float, height: float) -> Box | None:
    """The part of `box` on the page; None when its middle lies outside, where no reader sees it."""
    if not (0 <= (box.x0 + box.x1) / 2 <= width and 0 <= (box.y0 + box.y1) / 2 <= height):
        return None
    return Box(
        max(round(box.x0, 2), 0.0),
        max(round(box.y0, 2), 0.0),
        min(round(box.x1, 2), width),
        min(round(box.y1, 2), height),
    )


def _judged(page: Any, lines: tuple[Line, ...]) -> tuple[str | None, list[str]]:
    """Why the page does not count as read, and the warnings about it."""
    text = "".join(word.text for line in lines for word in line.words)
    if not text:
        return ("image_only", ["image_only_page"]) if _has_drawing(page) else (None, [])
    unknown = text.count(glyphs.UNKNOWN)
    if unknown > (1 - _LEAST_READABLE) * len(text):
        return "damaged", ["unmapped_text"]
    warnings = ["unmapped_text"] if unknown else []
    if sum(len(line.words) for line in lines) < _SCAN_WORDS and _image_share(page) >= _SCAN_COVERS:
        return "image_only", [*warnings, "image_only_page"]
    return None, warnings


def _has_drawing(page: Any) -> bool:
    return bool(raw.FPDFPage_CountObjects(page.raw) > 0)


def _image_share(page: Any) -> float:
    """The share of the page that its largest image covers."""
    width, height = page.get_size()
    largest = 0.0
    for image in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        left, bottom, right, top = image.get_bounds()
        largest = max(largest, (right - left) * (top - bottom))
    return float(largest / (width * height))
