"""Names that people give to files: data to be shown, never a place on disk.

Keys are made by the server and owe nothing to these names.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final
from urllib import parse

LONGEST_NAME_BYTES: Final = 255
LONGEST_EXTENSION_BYTES: Final = 16
NAMELESS: Final = "file"

SEPARATORS: Final = re.compile(r"[/\\]")
SPACES: Final = re.compile(r"\s+")
# Characters that are not what they show: controls, directions (which hide an extension), lone surrogates, line ends.
UNSHOWN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# RFC 8187 attr-char: what stands unescaped in an extended value.
ATTRIBUTE_CHARACTERS: Final = "!#$&+-.^_`|~"
# RFC 9110 tchar: what needs no quotes in a header's value.
UNQUOTED: Final = re.compile(r"[A-Za-z0-9!#$&'*+.^_`|~-]+", re.ASCII)
# RFC 6266, appendix D: no percent sign and no backslash in the plain form, as clients decode them differently.
NOT_PLAIN: Final = re.compile(r'[^\x20-\x7e]|["\\%]')


def display(given: str | None) -> str:
    r"""The name to show and to offer for saving, at most 255 bytes of UTF-8 with its extension kept.

    >>> display("C:\\scans\\bilan 2024.pdf")
    'bilan 2024.pdf'
    >>> display("../../etc/passwd")
    'passwd'
    >>> display("")
    'file'
    """
    # A path says where the file lay on the sender's machine, which nobody needs to know.
    last = SEPARATORS.split(given or "")[-1]
    spaced = SPACES.sub(" ", unicodedata.normalize("NFC", last))
    # Leaving characters out may bring others together, so the form is settled afterwards once more.
    shown = unicodedata.normalize("NFC", "".join(c for c in spaced if unicodedata.category(c) not in UNSHOWN))
    name = SPACES.sub(" ", shown).strip()
    if not name.strip(". "):
        return NAMELESS
    return _shortened(name)


def content_disposition(name: str, *, inline: bool) -> str:
    """The header that offers a file under `name` (RFC 6266, in RFC 8187's form where it is not plain).

    >>> content_disposition("bilan.pdf", inline=False)
    'attachment; filename="bilan.pdf"'
    >>> content_disposition("Ergebnis für A.pdf", inline=True)
    'inline; filename="Ergebnis f_r A.pdf"; filename*=UTF-8\\'\\'Ergebnis%20f%C3%BCr%20A.pdf'
    """
    shown = display(name)
    kind = "inline" if inline else "attachment"
    plain = NOT_PLAIN.sub("_", shown)
    if plain == shown:
        return f'{kind}; filename="{plain}"'
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{parse.quote(shown, safe=ATTRIBUTE_CHARACTERS)}"


def attachment(name: str) -> str:
    """The same for saving, in both forms and without quotes where none are needed, as Storage has it.

    >>> attachment("bilan.pdf")
    "attachment; filename=bilan.pdf; filename*=UTF-8''bilan.pdf"
    """
    shown = display(name)
    plain = NOT_PLAIN.sub("_", shown)
    written = plain if UNQUOTED.fullmatch(plain) else f'"{plain}"'
    return f"attachment; filename={written}; filename*=UTF-8''{parse.quote(shown, safe=ATTRIBUTE_CHARACTERS)}"


def _shortened(name: str) -> str:
    if len(name.encode()) <= LONGEST_NAME_BYTES:
        return name
    stem, dot, extension = name.rpartition(".")
    ending = dot + extension
    if not stem or len(ending.encode()) > LONGEST_EXTENSION_BYTES:
        stem, ending = name, ""
    room = LONGEST_NAME_BYTES - len(ending.encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip() + ending
