"""Decides the type of a file by how it begins; what its sender says counts only where nothing can be told.

In charge of signatures and of which types may be claimed for content without one. Nothing is parsed or unpacked
here: a picture of a billion dots and an archive of archives are a few bytes at the beginning of a file.
"""

from __future__ import annotations

import re
from typing import Final

from carebase.storage import refused

UNKNOWN: Final = "application/octet-stream"
TEXT: Final = "text/plain"
LONGEST_TYPE: Final = 255
HEAD_BYTES: Final = 4096
"""How much of the beginning is looked at."""

WORD: Final = r"[a-z0-9!#$&^_.+-]+"
PARAMETER: Final = rf"[ \t]*;[ \t]*{WORD}=(?:[a-z0-9!#$&^_.+:/-]+|\"[ -!#-\[\]-~]*\")"
MEDIA_TYPE: Final = re.compile(rf"{WORD}/{WORD}(?:{PARAMETER})*", re.ASCII | re.IGNORECASE)

# Where the signature stands, what it is, and the type it tells. Sources: IANA's registrations of the media types, and
# the specifications they name; PDF 32000-1 note 13; DICOM PS3.10 7.1; ISO/IEC 14496-12 4.3.
SIGNATURES: Final[tuple[tuple[int, bytes, str], ...]] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (0, b"\x00\x00\x00\x0cjP  \r\n\x87\n", "image/jp2"),
    (0, b"\x00\x00\x00\x0cJXL \r\n\x87\n", "image/jxl"),
    (128, b"DICM", "application/dicom"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"PK\x05\x06", "application/zip"),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"BZh", "application/x-bzip2"),
    (0, b"\xfd7zXZ\x00", "application/x-xz"),
    (0, b"(\xb5/\xfd", "application/zstd"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (0, b"{\\rtf", "application/rtf"),
    (0, b"%!PS", "application/postscript"),
    (0, b"OggS", "application/ogg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (0, b"\x7fELF", "application/x-executable"),
    (0, b"\x00asm", "application/wasm"),
    (0, b"#!", "text/x-shellscript"),
)
RIFF: Final = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
FTYP: Final = {
    b"avif": "image/avif", b"avis": "image/avif", b"heic": "image/heic", b"heix": "image/heic", b"mif1": "image/heif",
    b"msf1": "image/heif", b"qt  ": "video/quicktime", b"M4A ": "audio/mp4",
}  # fmt: skip
PDF_HEADER_WITHIN: Final = 1024
# Two letters begin many texts too, so there is more of the header to it: no text holds a zero.
BMP: Final = re.compile(rb"BM.{4}\x00\x00\x00\x00", re.DOTALL)
PORTABLE_EXECUTABLE: Final = re.compile(rb"MZ.{1,62}\x00", re.DOTALL)
MARKUP: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:[a-z!?])", re.IGNORECASE)
SVG: Final = re.compile(rb"<(?:[a-z0-9_-]+:)?svg[\s>/]", re.IGNORECASE)
XML: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*<\?xml\b", re.IGNORECASE)
HTML: Final = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|script|iframe|object|embed|meta|link|style|base|form|img|div|p|a|table)\b",
    re.IGNORECASE,
)

# Types that are files of another type as well; what the sender says of them adds to what was found.
WITHIN: Final = {
    "application/zip": re.compile(
        r"application/(?:vnd\.openxmlformats-officedocument\..+|vnd\.oasis\.opendocument\..+|epub\+zip"
        r"|x-zip-compressed|vnd\.ms-[a-z]+\..*macroenabled.*)"
    ),
    "application/x-ole-storage": re.compile(r"application/(?:msword|vnd\.ms-[a-z-]+|vnd\.visio)"),
    "application/gzip": re.compile(r"application/(?:x-gzip|x-tar|x-gtar|x-tgz|x-compressed-tar)"),
    "application/ogg": re.compile(r"(?:audio|video)/ogg|audio/opus"),
    "video/webm": re.compile(r"(?:audio|video)/(?:webm|x-matroska|matroska)"),
    "video/mp4": re.compile(r"(?:audio|video)/(?:mp4|x-m4a|x-m4v|3gpp2?)|audio/m4a|audio/aac"),
    "image/heif": re.compile(r"image/hei[cf](?:-sequence)?|image/avif"),
    "application/rtf": re.compile(r"text/rtf"),
    "text/x-shellscript": re.compile(r"application/x-sh|text/(?!html)[a-z0-9.+-]+"),
    "application/xml": re.compile(r"text/xml|(?!image/)[a-z]+/[a-z0-9.+-]+\+xml"),
    "text/html": re.compile(r"application/xhtml\+xml"),
}
# What is told by a signature cannot be claimed without it.
SIGNED: Final = re.compile(
    r"(?:image|audio|video|font|model)/.+|application/(?:pdf|dicom|zip|gzip|ogg|rtf|postscript|wasm|msword|vnd\.rar|zstd"
    r"|x-(?:7z-compressed|bzip2|xz|ole-storage|executable|gzip|zip-compressed)|vnd\.ms-.+|epub\+zip"
    r"|vnd\.openxmlformats-officedocument\..+|vnd\.oasis\.opendocument\..+|vnd\.microsoft\.portable-executable)"
)


def declared(said: str | None) -> str:
    """The type a sender declares, with its parameters; InvalidMimeType when it is none.

    >>> declared("text/plain;charset=UTF-8"), declared(None), declared("")
    ('text/plain;charset=UTF-8', 'application/octet-stream', 'application/octet-stream')
    """
    if not said:
        return UNKNOWN
    if len(said) > LONGEST_TYPE or MEDIA_TYPE.fullmatch(said.strip()) is None:
        raise refused.InvalidMimeType(details="Invalid Content-Type header")
    return said.strip()


def bare(media_type: str) -> str:
    """A type without its parameters.

    >>> bare("Text/Plain; charset=UTF-8")
    'text/plain'
    """
    return media_type.partition(";")[0].strip().lower()


def decided(head: bytes, said: str) -> str:
    """The type of a file that begins with `head` (`HEAD_BYTES` of it, or all), of which its sender `said` a type.

    >>> decided(b"%PDF-1.7 ...", "text/plain"), decided(b'{"resourceType": "Patient"}', "application/fhir+json")
    ('application/pdf', 'application/fhir+json')
    >>> decided(b"<script>alert(1)</script>", "image/png"), decided(b"no picture", "image/png")
    ('text/html', 'text/plain')
    """
    found, claimed = _found(head[:HEAD_BYTES]), bare(said)
    if found is not None:
        within = WITHIN.get(found)
        return said if claimed == found or (within is not None and within.fullmatch(claimed)) else found
    if SIGNED.fullmatch(claimed) is None:
        return said
    return TEXT if _is_text(head[:HEAD_BYTES]) else UNKNOWN


def is_among(media_type: str, allowed: list[str] | None) -> bool:
    """Whether a bucket that allows these types takes this one; None and an empty list allow every type.

    >>> is_among("image/png", ["image/*"]), is_among("text/html", ["image/*"]), is_among("text/html", None)
    (True, False, True)
    """
    if not allowed:
        return True
    kind = bare(media_type)
    family = kind.partition("/")[0]
    return any(each in {"*", "*/*", kind, f"{family}/*"} for each in map(bare, allowed))


def _found(head: bytes) -> str | None:  # noqa: PLR0911 (a table)
    for place, signature, media_type in SIGNATURES:
        if head.startswith(signature, place):
            return media_type
    if head.startswith(b"RIFF") and (kind := RIFF.get(head[8:12])):
        return kind
    if head[4:8] == b"ftyp":
        return FTYP.get(head[8:12], "video/mp4")
    if BMP.match(head):
        return "image/bmp"
    if PORTABLE_EXECUTABLE.match(head):
        return "application/vnd.microsoft.portable-executable"
    if MARKUP.match(head):
        return _markup(head)
    if b"%PDF-" in head[:PDF_HEADER_WITHIN]:
        return "application/pdf"
    return None


def _markup(head: bytes) -> str | None:
    drawn, page = SVG.search(head), HTML.search(head)
    is_xml = XML.match(head) is not None
    if drawn is not None and (is_xml or page is None or drawn.start() < page.start()):
        return "image/svg+xml"
    if is_xml:
        return "application/xml"
    return None if page is None else "text/html"


def _is_text(head: bytes) -> bool:
    if b"\0" in head:
        return False
    try:
        head.decode()
    except UnicodeDecodeError as broken:
        # The last character may be cut.
        return broken.reason == "unexpected end of data" and len(head) == HEAD_BYTES
    return True
