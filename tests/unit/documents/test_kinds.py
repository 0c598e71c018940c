import contextlib
import io
import zipfile

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from carebase import errors
from carebase.documents import kinds
from carebase.documents.text import Kind

A_SEMICOLON_TABLE = "Analyse;Résultat;Unité\nHémoglobine;13,2;g/dL\nPotassium;4,1;mmol/L\n"
A_LETTER = "Cher confrère,\nmerci de m'avoir adressé Mme Müller, 54 ans, pour un œdème.\nBien à vous.\n"


def a_zip() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("word/document.xml", "<w:document/>")
    return packed.getvalue()


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"%PDF-1.4\n", Kind.PDF),
        (b"\r\n\r\n%PDF-1.7\n", Kind.PDF),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", Kind.PNG),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", Kind.JPEG),
        (b"\0" * 128 + b"DICM\x02\0\0\0UL\x04\0", Kind.DICOM),
        (A_LETTER.encode(), Kind.TEXT),
        (A_LETTER.encode("cp1252"), Kind.TEXT),
        (b"\xef\xbb\xbf" + A_LETTER.encode(), Kind.TEXT),
        (A_SEMICOLON_TABLE.encode(), Kind.CSV),
        (A_SEMICOLON_TABLE.encode("cp1252"), Kind.CSV),
        (b"name\tvalue\nHb\t13.2\n", Kind.CSV),
        (b'name,value,unit\n"Protein, total",71,g/L\n', Kind.CSV),
    ],
)
def test_a_kind_is_told_by_the_content(head: bytes, kind: Kind) -> None:
    assert kinds.tell(head, "anything.exe") is kind


@pytest.mark.parametrize(
    "head",
    [
        b"<!DOCTYPE html><p>hello",
        b"  \n<html>",
        b'<?xml version="1.0"?><svg/>',
        b"\xef\xbb\xbf<svg onload=alert(1)>",
        b"Results below\n<script>alert(1)</script>",
        b"<!-- -->\n%PDF-1.4",
        a_zip(),
        b"MZ\x90\0\x03\0\0\0",
        b"\x7fELF\x02\x01\x01\0",
        b"\x1f\x8b\x08\0\0\0\0\0",
        b"GIF89a\x01\0\x01\0",
        b"II*\0\x08\0\0\0",
        b"{\\rtf1 hello}",
        b"#!/bin/sh\nrm -rf /\n",
        b"%!PS-Adobe-3.0\n",
        "Hémoglobine".encode("utf-16"),
        bytes(range(0xA0, 0x100)) * 4,
    ],
)
def test_what_is_not_accepted_is_refused_whatever_its_name(head: bytes) -> None:
    with pytest.raises(errors.UnsupportedType):
        kinds.tell(head, "report.pdf")


@pytest.mark.parametrize("head", [b"", b"   \n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_invalid(head: bytes) -> None:
    with pytest.raises(errors.Invalid):
        kinds.tell(head, "report.pdf")


def test_a_head_cut_inside_a_character_is_still_text() -> None:
    whole = ("é" * 40_000).encode()
    assert kinds.tell(whole[: kinds.HEAD_BYTES - 1], "a.txt") is Kind.TEXT


def test_the_name_breaks_the_tie_of_a_single_row() -> None:
    assert kinds.tell(b"Hb;13,2;g/dL", "results.csv") is Kind.CSV
    assert kinds.tell(b"Hb;13,2;g/dL", "results.txt") is Kind.TEXT


@given(st.binary(max_size=300), st.text(max_size=20))
@example(b"\x08\0\x05\0CS\n\0" * 3, "")
@example(b"\x08\0\x05\0OB\0\0", "")
@example(b"\xff\xd8", "")
def test_telling_a_kind_never_fails_otherwise_than_with_an_error_a_person_understands(head: bytes, name: str) -> None:
    with contextlib.suppress(errors.CareError):
        kinds.tell(head, name)


@given(st.text(min_size=1, max_size=200))
def test_what_is_told_as_text_can_be_decoded(text: str) -> None:
    content = text.encode("utf-8", errors="ignore")
    try:
        kind = kinds.tell(content, "")
    except errors.CareError:
        return
    if kind in {Kind.TEXT, Kind.CSV}:
        assert kinds.decode(content) is not None
