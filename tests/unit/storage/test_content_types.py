"""The beginning of a file says what it is; what its sender says counts only where nothing can be told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carebase.storage import content_types, refused

PNG = b"\x89PNG\r\n\x1a\n"
ZIP = b"PK\x03\x04"
OFFICE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.mark.parametrize(
    ("head", "said", "decided"),
    [
        (PNG, "text/html", "image/png"),
        (PNG, "image/png", "image/png"),
        (b"\xff\xd8\xff\xe0", "application/pdf", "image/jpeg"),
        (b"junk before %PDF-1.4", "text/plain", "application/pdf"),
        (bytes(128) + b"DICM", "image/png", "application/dicom"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "text/plain", "image/webp"),
        (b"\0\0\0\x18ftypheic", "image/heic", "image/heic"),
        (b"\0\0\0\x18ftypisom", "audio/mp4", "audio/mp4"),
        (ZIP, OFFICE, OFFICE),
        (ZIP, "image/png", "application/zip"),
        (b"MZ\x90\0\x03\0", "application/pdf", "application/vnd.microsoft.portable-executable"),
        (b"MZ is how this letter begins", "text/plain", "text/plain"),
        (b"BM" + bytes(4) + bytes(4), "text/plain", "image/bmp"),
        (b"BMI 24", "text/plain", "text/plain"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/png", "image/svg+xml"),
        (b"\xef\xbb\xbf <?xml version='1.0'?><!-- <p --><svg:svg/>", "text/plain", "image/svg+xml"),
        (b"<html><svg/></html>", "image/svg+xml", "text/html"),
        (b"<?xml version='1.0'?><Patient/>", "application/fhir+xml", "application/fhir+xml"),
        (b"<?xml version='1.0'?><Patient/>", "text/plain", "application/xml"),
        (b"{}", "application/fhir+json", "application/fhir+json"),
        (b"a;b", "text/csv; charset=utf-8", "text/csv; charset=utf-8"),
        (b"", "image/png", "text/plain"),
        (b"\0\0\0", "video/mp4", "application/octet-stream"),
        (b"\xff\xfe\xfd", "audio/x-invented", "application/octet-stream"),
        (b"\xff\xfe\xfd", "application/octet-stream", "application/octet-stream"),
    ],
)
def test_what_a_file_begins_with_decides(head, said, decided):
    assert content_types.decided(head, said) == decided


@given(head=st.binary(max_size=64), said=st.sampled_from(["image/png", "application/pdf", "video/mp4", "font/woff2"]))
def test_nothing_becomes_a_picture_a_document_or_a_film_by_its_senders_word(head, said):
    signed = {media_type for _, _, media_type in content_types.SIGNATURES}
    decided = content_types.decided(head, said)
    assert (
        decided in {"text/plain", "application/octet-stream"}
        or content_types.decided(head, "text/plain") != "text/plain"
    )
    assert decided != "font/woff2"
    assert decided in signed | {"text/plain", "application/octet-stream"} | {
        "image/bmp", "image/webp", "image/svg+xml", "text/html", "application/xml", "application/pdf",
        "application/vnd.microsoft.portable-executable", "video/mp4",
    }  # fmt: skip


@pytest.mark.parametrize(
    "said", ["", "text", "text/", "a b/c", "text/plain\r\nX: y", "text/plain; x", "a/" + "b" * 300]
)
def test_what_is_no_type_is_refused_and_nothing_is_unknown(said):
    if not said:
        assert content_types.declared(said) == "application/octet-stream"
        return
    with pytest.raises(refused.InvalidMimeType):
        content_types.declared(said)


def test_a_bucket_takes_what_it_names():
    assert content_types.is_among("image/PNG", ["image/png"])
    assert content_types.is_among("image/png; q=1", ["image/*"])
    assert content_types.is_among("a/b", ["*/*"])
    assert content_types.is_among("a/b", [])
    assert not content_types.is_among("imagex/png", ["image/*"])
    assert not content_types.is_among("image/svg+xml", ["image/png", "application/*"])
