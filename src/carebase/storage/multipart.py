"""Reads a form with files as it arrives, so that no part is held in memory or spooled to disk first.

In charge of `multipart/form-data` (RFC 7578) only; where a file's bytes go is the caller's business.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final

from python_multipart import multipart
from python_multipart.exceptions import MultipartParseError
from starlette.requests import Request

from carebase import errors

MOST_PARTS: Final = 64
LARGEST_FIELD_BYTES: Final = 128 * 1024
LONGEST_PART_HEADER_BYTES: Final = 8 * 1024


class BadForm(errors.Invalid):
    """The body is not a form that can be read."""

    code, message = "bad_form", "The form cannot be read."


class FormTooLarge(errors.TooLarge):
    """The whole body is over the limit; it is refused before it is read."""

    code, message = "form_too_large", "The request is larger than allowed."


@dataclass(slots=True)
class _Part:
    headers: dict[bytes, bytes] = field(default_factory=dict)
    data: deque[bytes] = field(default_factory=deque)
    is_complete: bool = False


class Part:
    """One field or file. Its bytes must be taken before the next part is asked for."""

    def __init__(self, form: Form, part: _Part) -> None:
        self._form, self._part = form, part
        _, options = multipart.parse_options_header(part.headers.get(b"content-disposition", b""))
        if b"name" not in options:
            raise BadForm(details="A part has no name.")
        self.name = options[b"name"].decode("utf-8", "replace")
        """The field's name."""
        given = options.get(b"filename")
        self.filename = None if given is None else given.decode("utf-8", "replace")
        """The file's name as given, None for a plain field; a name is data, never a path."""
        self.media_type = part.headers.get(b"content-type", b"").decode("latin-1")
        """The type that its sender declares, empty where it declares none."""

    async def chunks(self) -> AsyncIterator[bytes]:
        """The part's bytes as they arrive."""
        while True:
            while self._part.data:
                yield self._part.data.popleft()
            if self._part.is_complete:
                return
            await self._form.advance()

    async def text(self) -> str:
        """A plain field's value; FormTooLarge when it is longer than a field may be."""
        value = bytearray()
        async for chunk in self.chunks():
            value += chunk
            if len(value) > LARGEST_FIELD_BYTES:
                raise FormTooLarge(details=f"The field {self.name[:40]} is too long.")
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError as error:
            raise BadForm(details=f"The field {self.name[:40]} is not UTF-8.") from error


class Form:
    """The parts of a request's body, in the order they arrive."""

    def __init__(self, request: Request, *, largest_body_bytes: int) -> None:
        kind, options = multipart.parse_options_header(request.headers.get("content-type", ""))
        if kind != b"multipart/form-data" or not options.get(b"boundary"):
            raise BadForm(hint="Send multipart/form-data with a boundary.")
        declared = request.headers.get("content-length", "0")
        if declared.isdigit() and int(declared) > largest_body_bytes:
            raise FormTooLarge(hint=f"At most {largest_body_bytes} bytes in all.")
        self._stream = request.stream()
        self._left = largest_body_bytes
        self._arrived: deque[_Part] = deque()
        self._current: _Part | None = None
        self._count = 0
        self._header_name = b""
        self._header_value = b""
        self._header_bytes = 0
        self._ended = False
        self._parser = multipart.MultipartParser(
            options[b"boundary"],
            {
                "on_part_begin": self._part_begins,
                "on_part_data": self._part_goes_on,
                "on_part_end": self._part_ends,
                "on_header_field": self._header_is_named,
                "on_header_value": self._header_has_value,
                "on_header_end": self._header_ends,
                "on_headers_finished": self._headers_end,
                "on_end": self._form_ends,
            },
        )

    async def parts(self) -> AsyncIterator[Part]:
        """Each part in turn; what was not taken of a part is skipped."""
        while True:
            if self._arrived:
                part = self._arrived.popleft()
                yield Part(self, part)
                while not part.is_complete:
                    part.data.clear()
                    await self.advance()
            elif self._ended:
                return
            else:
                await self.advance()

    async def advance(self) -> None:
        """Take the next piece of the body; BadForm when it ends in the middle of a part."""
        chunk = await anext(self._stream, b"")
        if not chunk:
            if not self._ended:
                raise BadForm(details="The form ends in the middle.")
            return
        self._left -= len(chunk)
        if self._left < 0:
            raise FormTooLarge(hint="Send fewer or smaller files.")
        try:
            self._parser.write(chunk)
        except MultipartParseError as error:
            raise BadForm from error

    def _part_begins(self) -> None:
        self._count += 1
        if self._count > MOST_PARTS:
            raise FormTooLarge(details=f"A form has at most {MOST_PARTS} parts.")
        self._current = _Part()
        self._header_bytes = 0

    def _header_is_named(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]
        self._count_header(end - start)

    def _header_has_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]
        self._count_header(end - start)

    def _count_header(self, count: int) -> None:
        self._header_bytes += count
        if self._header_bytes > LONGEST_PART_HEADER_BYTES:
            raise BadForm(details="The headers of a part are too long.")

    def _header_ends(self) -> None:
        if self._current is not None:
            self._current.headers[self._header_name.lower()] = self._header_value
        self._header_name = self._header_value = b""

    def _headers_end(self) -> None:
        if self._current is not None:
            self._arrived.append(self._current)

    def _part_goes_on(self, data: bytes, start: int, end: int) -> None:
        if self._current is not None:
            self._current.data.append(data[start:end])

    def _part_ends(self) -> None:
        if self._current is not None:
            self._current.is_complete = True

    def _form_ends(self) -> None:
        self._ended = True
