"""Tells the kind of a file by its first bytes.

In charge of the gate only: what is let through here is still untrusted, and whether it can be
read is found out in the bounded process. Nothing here parses further than the head.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

from carebase import errors
from carebase.documents.text import Kind

HEAD_BYTES: Final = 65_536
"""How much of a file's beginning `tell` wants; fewer bytes only make text and CSV harder to tell apart."""

PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
JPEG_SIGNATURE: Final = b"\xff\xd8\xff"
PDF_SIGNATURE: Final = b"%PDF-"
# Viewers accept a PDF header anywhere in the first 1024 bytes (PDF 1.7, implementation note 13).
PDF_HEADER_WITHIN: Final = 1024
ENCODINGS: Final = ("utf-8", "utf-8-sig", "cp1252")
DELIMITERS: Final = (";", "\t", ",")
_SAMPLE_ROWS: Final = 50
_MOST_HIGH_BYTES: Final = 0.3

# Text that a browser, an office suite or a shell would run rather than show.
_ACTIVE_START: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<[a-z!?/]|\{\\rtf|%!ps|#!|mime-version:|content-type:)", re.IGNORECASE
)
_ACTIVE_TAG: Final = re.compile(rb"<(?:!doctype|html|head|body|script|svg|iframe|object|embed)\b", re.IGNORECASE)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ufffe\uffff]")

# Value representations of DICOM PS3.5, table 6.2-1, that may stand at the start of a data set.
_EARLY_VRS: Final = frozenset(
    (b"UL", b"UI", b"SH", b"OB", b"AE", b"CS", b"LO", b"DA", b"TM", b"DT", b"PN", b"ST", b"SQ", b"US", b"IS")
)
_LONG_VRS: Final = frozenset((b"OB", b"SQ"))


def tell(head: bytes, name: str) -> Kind:
    """The kind of the file that begins with `head` (`HEAD_BYTES` of it, or all).

    `name` only breaks the tie between text and CSV, which are both read as text.

    Raises:
        errors.Invalid: the file is empty.
        errors.UnsupportedType: it is none of the accepted kinds.

    >>> tell(b"%PDF-1.7 ...", "report.exe")
    <Kind.PDF: 'application/pdf'>
    """
    if not head:
        raise errors.Invalid(details="The file is empty.")
    if head.startswith(PNG_SIGNATURE):
        return Kind.PNG
    if head.startswith(JPEG_SIGNATURE):
        return Kind.JPEG
    if head[128:132] == b"DICM" or _begins_like_a_data_set(head):
        return Kind.DICOM
    if _ACTIVE_START.match(head) is not None or _ACTIVE_TAG.search(head[:PDF_HEADER_WITHIN]) is not None:
        raise errors.UnsupportedType
    if PDF_SIGNATURE in head[:PDF_HEADER_WITHIN]:
        return Kind.PDF
    text = decode(head, is_cut=True)
    if text is None:
        raise errors.UnsupportedType
    if not text.strip():
        raise errors.Invalid(details="The file is empty.")
    return Kind.CSV if _is_table(text, name=name) else Kind.TEXT


def encoding_of(content: bytes, *, is_cut: bool = False) -> str | None:
    """`utf-8-sig`, `utf-8` or `cp1252`, whichever gives readable text; None when none does.

    With `is_cut`, the last character may be incomplete. Windows-1252 contains ISO 8859-1's letters.

    >>> encoding_of("Hémoglobine".encode("cp1252"))
    'cp1252'
    """
    encoding = "utf-8-sig" if content.startswith(b"\xef\xbb\xbf") else "utf-8"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as broken:
        # A character of UTF-8 has at most four bytes, so a cut leaves at most three of them.
        if not (is_cut and broken.start >= len(content) - 3 and broken.reason == "unexpected end of data"):
            return _windows_encoding(content)
        text = content[: broken.start].decode(encoding, errors="ignore")
    return encoding if _CONTROL.search(text) is None else None


def _windows_encoding(content: bytes) -> str | None:
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError:
        return None
    high = sum(1 for character in text if ord(character) > 0x7F)
    is_prose = high <= _MOST_HIGH_BYTES * len(text)
    return "cp1252" if is_prose and _CONTROL.search(text) is None else None


def decode(content: bytes, *, is_cut: bool = False) -> str | None:
    """The text in `content`, or None when no supported encoding gives readable text."""
    encoding = encoding_of(content, is_cut=is_cut)
    return None if encoding is None else content.decode(encoding, errors="ignore" if is_cut else "strict")


def delimiter_of(text: str) -> str | None:
    """The character that cuts the lines of `text` into the same number of cells, or None.

    >>> delimiter_of("analyte;value\\nHb;13,2\\nK;4,1\\n")
    ';'
    >>> delimiter_of("Dear colleague,\\nthank you for your letter.") is None
    True
    """
    lines = [line for line in text.splitlines() if line.strip()][:_SAMPLE_ROWS]
    if len(lines) < 2:
        return None
    for delimiter in DELIMITERS:
        counts = Counter(_unquoted(line).count(delimiter) for line in lines)
        usual, rows = counts.most_common(1)[0]
        if usual >= 1 and rows >= 0.8 * len(lines):
            return delimiter
    return None


def _unquoted(line: str) -> str:
    return re.sub(r'"[^"]*"', "", line)


def _is_table(text: str, *, name: str) -> bool:
    if delimiter_of(text) is not None:
        return True
    return name.lower().endswith((".csv", ".tsv")) and any(mark in text for mark in DELIMITERS)


def _begins_like_a_data_set(head: bytes) -> bool:
    """Whether `head` is a DICOM data set whose preamble is missing (older archives write them so).

    Asks for three elements in ascending order, the first in group 0002 or 0008.
    """
    position, previous = 0, -1
    for _ in range(3):
        if len(head) < position + 8:
            return False
        group = int.from_bytes(head[position : position + 2], "little")
        tag = group << 16 | int.from_bytes(head[position + 2 : position + 4], "little")
        if group not in {0x0002, 0x0008} or tag <= previous:
            return False
        previous = tag
        representation = head[position + 4 : position + 6]
        if representation in _LONG_VRS:
            length, start = int.from_bytes(head[position + 8 : position + 12], "little"), position + 12
        elif representation in _EARLY_VRS:
            length, start = int.from_bytes(head[position + 6 : position + 8], "little"), position + 8
        else:
            length, start = int.from_bytes(head[position + 4 : position + 8], "little"), position + 8
            if length > 1024:
                return False
        position = start + length
    return True
