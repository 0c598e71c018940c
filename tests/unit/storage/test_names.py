"""A given file name is shown without tricks and offered for saving so that every browser reads it."""

from __future__ import annotations

import unicodedata
from urllib import parse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carebase.storage import names

ANYTHING = st.one_of(
    st.text(),
    st.text(alphabet=st.characters()),  # lone surrogates too
    st.text(alphabet="é\u0301/\\.\"%;'=\r\n\t\0\u202e\u200b aA漢🫀", max_size=300),
)


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("bilan.pdf", "bilan.pdf"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("C:\\fakepath\\scan 1.png", "scan 1.png"),
        ("/abs.dcm", "abs.dcm"),
        ("a\r\nSet-Cookie: x=1.pdf", "a Set-Cookie: x=1.pdf"),
        ("nul\0byte.pdf", "nulbyte.pdf"),
        ("x\u202efdp.exe", "xfdp.exe"),
        ("\ud800.pdf", ".pdf"),
        ("..", "file"),
        (".", "file"),
        ("", "file"),
        (None, "file"),
        ("dir/", "file"),
        ("\u200b", "file"),
        ("  two   spaces .pdf ", "two spaces .pdf"),
        ("Résultat d'analyse n°7.pdf", "Résultat d'analyse n°7.pdf"),
        ("e\u0301chographie.pdf", "échographie.pdf"),
    ],
)
def test_a_name_is_shown_without_its_folders_and_unseen_characters(given_name, shown):
    assert names.display(given_name) == shown


def test_a_long_name_keeps_its_extension():
    shown = names.display("é" * 300 + ".pdf")

    assert shown.endswith("é.pdf")
    assert 250 <= len(shown.encode()) <= 255


@given(ANYTHING)
def test_whatever_is_given_something_harmless_is_shown(given_name):
    shown = names.display(given_name)

    assert shown
    assert len(shown.encode()) <= 255
    assert not set(shown) & set("/\\\0\r\n")
    assert not {unicodedata.category(c) for c in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert shown not in {".", ".."}
    assert names.display(shown) == shown


@given(ANYTHING, st.booleans())
def test_the_header_cannot_be_broken_out_of(given_name, inline):
    header = names.content_disposition(given_name, inline=inline)

    kind, quoted, *extended = header.split('"')
    assert header.isascii()
    assert header.isprintable()
    assert kind == ("inline; filename=" if inline else "attachment; filename=")
    assert not set(quoted) & set('"\\%')
    assert len(extended) == 1


@given(ANYTHING)
def test_the_extended_form_gives_the_shown_name_back(given_name):
    header = names.content_disposition(given_name, inline=False)
    shown = names.display(given_name)

    plain, _, extended = header.removeprefix('attachment; filename="').partition('"')
    if extended:
        assert parse.unquote(extended.removeprefix("; filename*=UTF-8''"), errors="strict") == shown
    else:
        assert plain == shown


def test_a_name_outside_ascii_has_both_forms():
    assert names.content_disposition("Échographie 50%.pdf", inline=False) == (
        "attachment; filename=\"_chographie 50_.pdf\"; filename*=UTF-8''%C3%89chographie%2050%25.pdf"
    )
