"""What the bounded process and its parent say to each other.

In charge of the form only. A request is JSON; an answer is one letter and a body: `D` and a
document as JSON, `P` and a PNG, `I` and a picture, `F` and a reason. The parent takes an answer for as hostile as
the file: it is checked field by field, and never unpickled.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Final

import orjson

from carebase import errors
from carebase.documents.limits import Limits
from carebase.documents.picture import Format, Picture, Resize
from carebase.documents.text import Box, Document, Image, Kind, Line, Page, Word
from carebase.documents.unreadable import Reason, UnreadableFile

PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
NO_SUCH_PAGE: Final = "no_such_page"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One file to read, or, with `page`, one page of it to draw as PNG."""

    kind: Kind
    limits: Limits
    page: int | None = None
    scale: float = 1.0
    highlight: Box | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureRequest:
    """One picture to make another of."""

    picture: Picture
    limits: Limits


def pack_request(request: Request | PictureRequest) -> bytes:
    """`request` as JSON."""
    return orjson.dumps(request)


def unpack_request(body: bytes) -> Request | PictureRequest:
    """The request in `body`; the parent wrote it, so it is trusted."""
    fields = orjson.loads(body)
    if "picture" in fields:
        wanted = fields["picture"]
        return PictureRequest(
            picture=Picture(
                source=Format(wanted["source"]),
                target=Format(wanted["target"]),
                width=wanted["width"],
                height=wanted["height"],
                resize=Resize(wanted["resize"]),
                quality=wanted["quality"],
            ),
            limits=Limits(**fields["limits"]),
        )
    box = fields["highlight"]
    return Request(
        kind=Kind(fields["kind"]),
        limits=Limits(**fields["limits"]),
        page=fields["page"],
        scale=fields["scale"],
        highlight=None if box is None else Box(**box),
    )


def pack_document(document: Document) -> bytes:
    """`document` as an answer."""
    pages = [
        [
            page.number,
            page.width,
            page.height,
            page.unread,
            [[[word.text, *_corners(word.box)] for word in line.words] for line in page.lines],
        ]
        for page in document.pages
    ]
    image = None if document.image is None else dataclasses.asdict(document.image)
    body = {
        "kind": document.kind,
        "pages": pages,
        "image": image,
        "page_count": document.page_count,
        "warnings": document.warnings,
    }
    return b"D" + orjson.dumps(body)


def pack_failure(reason: Reason | str) -> bytes:
    """Why there is no document, as an answer."""
    return b"F" + reason.encode()


def unpack_png(answer: bytes) -> bytes:
    """The picture in `answer`.

    Raises:
        UnreadableFile: the process said why, or its answer is not a picture (`damaged`).
        errors.NotFound: the file has no such page.
    """
    _raise_failure(answer)
    if not answer.startswith(b"P" + PNG_SIGNATURE):
        raise UnreadableFile(Reason.DAMAGED)
    return answer[1:]


def unpack_picture(answer: bytes) -> bytes:
    """The picture in `answer`, which is no more than bytes of a size: whoever shows it says what they are meant to be.

    Raises:
        UnreadableFile: the process said why, or its answer is not a picture (`damaged`).
    """
    _raise_failure(answer)
    if not answer.startswith(b"I") or len(answer) == 1:
        raise UnreadableFile(Reason.DAMAGED)
    return answer[1:]


def unpack_document(answer: bytes) -> Document:
    """The document in `answer`.

    Raises:
        UnreadableFile: the process said why, or its answer is not a document (`damaged`).
    """
    _raise_failure(answer)
    try:
        body = orjson.loads(answer[1:])
        return Document(
            kind=Kind(body["kind"]),
            pages=tuple(map(_page, body["pages"])),
            image=None if body["image"] is None else _image(body["image"]),
            page_count=_whole(body["page_count"]),
            warnings=tuple(map(_text, body["warnings"])),
        )
    except (ValueError, TypeError, KeyError) as broken:
        raise UnreadableFile(Reason.DAMAGED) from broken


def _raise_failure(answer: bytes) -> None:
    if not answer.startswith(b"F"):
        return
    said = answer[1:].decode("ascii", errors="replace")
    if said == NO_SUCH_PAGE:
        raise errors.NotFound
    raise UnreadableFile(Reason(said) if said in set(Reason) else Reason.DAMAGED)


def _corners(box: Box) -> tuple[float, float, float, float]:
    return box.x0, box.y0, box.x1, box.y1


def _page(fields: Any) -> Page:
    number, width, height, unread, lines = fields
    return Page(
        _whole(number),
        _number(width),
        _number(height),
        tuple(_line(at, words) for at, words in enumerate(lines, start=1)),
        None if unread is None else _text(unread),
    )


def _line(number: int, fields: Any) -> Line:
    words = tuple(Word(_text(text), _box(corners)) for text, *corners in fields)
    box = Box(
        min(word.box.x0 for word in words),
        min(word.box.y0 for word in words),
        max(word.box.x1 for word in words),
        max(word.box.y1 for word in words),
    )
    return Line(number, words, box)


def _box(fields: Any) -> Box:
    x0, y0, x1, y1 = map(_number, fields)
    return Box(x0, y0, x1, y1)


def _image(fields: Any) -> Image:
    return Image(
        width=_whole(fields["width"]),
        height=_whole(fields["height"]),
        frames=_whole(fields["frames"]),
        metadata={_text(key): _text(value) for key, value in fields["metadata"].items()},
    )


def _number(value: object) -> float:
    if isinstance(value, float | int) and not isinstance(value, bool):
        return float(value)
    raise TypeError


def _whole(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise TypeError


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    raise TypeError
