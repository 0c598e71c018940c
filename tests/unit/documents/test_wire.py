import pytest
from hypothesis import given
from hypothesis import strategies as st

from carebase import errors
from carebase.documents import wire
from carebase.documents.limits import Limits
from carebase.documents.text import Box, Document, Image, Kind, Line, Page, Word
from carebase.documents.unreadable import Reason, UnreadableFile


def a_document() -> Document:
    words = (Word("Œdème", Box(1.5, 2, 30, 12)), Word("5,2", Box(40, 2.5, 55, 12.5)))
    line = Line(1, words, Box(1.5, 2, 55, 12.5))
    return Document(
        kind=Kind.PDF,
        pages=(Page(1, 595, 842, (line,)), Page(2, 595, 842, (), "image_only")),
        page_count=300,
        warnings=("too_many_pages",),
    )


def test_a_document_arrives_as_it_was_sent() -> None:
    assert wire.unpack_document(wire.pack_document(a_document())) == a_document()


def test_an_image_arrives_as_it_was_sent() -> None:
    image = Image(width=3, height=2, frames=1, metadata={"Modality": "CR"})
    document = Document(kind=Kind.DICOM, image=image, page_count=1)
    assert wire.unpack_document(wire.pack_document(document)) == document


def test_a_request_arrives_as_it_was_sent() -> None:
    request = wire.Request(kind=Kind.PNG, limits=Limits(pages=3), page=2, scale=1.5, highlight=Box(1, 2, 3, 4))
    assert wire.unpack_request(wire.pack_request(request)) == request


@pytest.mark.parametrize("reason", list(Reason))
def test_a_reason_arrives_as_an_error(reason: Reason) -> None:
    with pytest.raises(UnreadableFile) as caught:
        wire.unpack_document(wire.pack_failure(reason))
    assert caught.value.reason is reason


def test_a_page_that_is_not_there_arrives_as_not_found() -> None:
    with pytest.raises(errors.NotFound):
        wire.unpack_png(wire.pack_failure(wire.NO_SUCH_PAGE))


@given(st.binary(max_size=60) | st.binary(max_size=60).map(lambda body: b"D" + body))
def test_an_answer_that_is_no_document_is_refused(answer: bytes) -> None:
    with pytest.raises((UnreadableFile, errors.NotFound)):
        wire.unpack_document(answer)


@pytest.mark.parametrize(
    "body",
    [
        b'{"kind":"application/pdf","pages":[[1,2,3,null,[[["a",1,2,3]]]]],"image":null,"page_count":1,"warnings":[]}',
        b'{"kind":"application/pdf","pages":[[1,2,3,null,[[]]]],"image":null,"page_count":1,"warnings":[]}',
        b'{"kind":"application/pdf","pages":[],"image":null,"page_count":-1,"warnings":[]}',
        b'{"kind":"text/html","pages":[],"image":null,"page_count":1,"warnings":[]}',
        b'{"kind":"application/pdf","pages":[],"image":{"width":"1"},"page_count":1,"warnings":[]}',
        b"[]",
    ],
)
def test_a_document_with_a_field_of_another_sort_is_refused(body: bytes) -> None:
    with pytest.raises(UnreadableFile) as caught:
        wire.unpack_document(b"D" + body)
    assert caught.value.reason is Reason.DAMAGED


def test_what_is_no_picture_is_not_passed_on_as_one() -> None:
    with pytest.raises(UnreadableFile):
        wire.unpack_png(b"P<html>")
