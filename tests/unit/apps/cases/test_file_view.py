"""The page of a file with the line that a statement was taken from."""

from collections.abc import Callable
from typing import Any

from carebase.apps.cases import file_view
from carebase.apps.cases.pointing import Mark
from carebase.records.files import CaseFile
from carebase.web.messages import Reader

MakeFile = Callable[..., CaseFile]
Show = Callable[..., str]


def place(line: int, *, page: int = 2, file: str = "f-1") -> dict[str, Any]:
    quote = f"ligne {line}"
    return {"file": file, "page": page, "line": line, "box": [line, 0, 1, 1], "quote": quote, "sha256": "0"}


ANALYSIS = {
    "critical_alerts": [
        {"id": "s1", "text": "Première.", "evidence": [place(3), place(9), place(4, page=1), place(5, file="f-2")]},
        {"id": "s2", "text": "Seconde.", "evidence": [place(9)]},
        {"id": "s3", "text": "Encore.", "evidence": [place(9)]},
    ]
}


def view_of(t: Reader, file: CaseFile, *, page: int = 2, mark: Mark | None = None) -> file_view.FileView:
    return file_view.file_view(t, case_id="c-1", file=file, page=page, mark=mark, analysis=ANALYSIS, files=[file])


def test_the_box_of_the_line_that_was_followed_is_marked() -> None:
    for line in (3, 9):
        box = file_view.box_of(ANALYSIS, file_id="f-1", page=2, mark=Mark("s1", line))
        assert box == (float(line), 0.0, 1.0, 1.0)


def test_without_a_line_the_first_one_of_the_page_is_marked() -> None:
    assert file_view.box_of(ANALYSIS, file_id="f-1", page=2, mark=Mark("s1", None)) == (3.0, 0.0, 1.0, 1.0)


def test_nothing_is_marked_for_what_is_not_on_the_page() -> None:
    assert file_view.box_of(ANALYSIS, file_id="f-1", page=3, mark=Mark("s1", None)) is None
    assert file_view.box_of(ANALYSIS, file_id="f-1", page=2, mark=Mark("other", None)) is None
    assert file_view.box_of(None, file_id="f-1", page=2, mark=Mark("s1", None)) is None
    assert file_view.box_of(ANALYSIS, file_id="f-1", page=2, mark=None) is None


def test_the_picture_and_the_words_show_the_same_statement(a_file: MakeFile, fr: Reader, shown: Show) -> None:
    view = view_of(fr, a_file(), mark=Mark("s1", 9))
    assert view.image_address == "/cases/c-1/files/f-1/pages/2.png?hl=s1&line=9"
    assert view.quotes == ("ligne 3", "ligne 9")
    page = shown("cases/file_page.html", view)
    assert (
        '<img src="/cases/c-1/files/f-1/pages/2.png?hl=s1&amp;line=9" alt="Page 2 de NFS mars.pdf, en image">' in page
    )
    assert "<p>ligne 9</p>" in page
    assert "Première." in page


def test_what_else_was_taken_from_the_page_can_be_followed(a_file: MakeFile, fr: Reader) -> None:
    (other,) = view_of(fr, a_file(), mark=Mark("s1", 3)).others
    assert other == file_view.OtherLine(
        text="Seconde.", address="/cases/c-1/files/f-1/pages/2?hl=s2&line=9", place="l. 9"
    )


def test_pages_turn_within_the_file_and_keep_the_mark(a_file: MakeFile, fr: Reader) -> None:
    middle = view_of(fr, a_file(), mark=Mark("s1", 3))
    assert middle.previous_address == "/cases/c-1/files/f-1/pages/1?hl=s1&line=3"
    assert middle.next_address == "/cases/c-1/files/f-1/pages/3?hl=s1&line=3"
    assert middle.position == "Page 2 sur 3"
    assert view_of(fr, a_file(), page=3).next_address is None
    assert view_of(fr, a_file(page_count=None), page=1).next_address is None


def test_an_unknown_mark_is_not_carried_along(a_file: MakeFile, fr: Reader) -> None:
    view = view_of(fr, a_file(), mark=Mark("nobody", 3))
    assert view.image_address == "/cases/c-1/files/f-1/pages/2.png"
    assert view.statement is None


def test_an_image_says_that_it_is_not_for_diagnosis(a_file: MakeFile, fr: Reader, en: Reader, shown: Show) -> None:
    picture = a_file(file_type="image/png", file_name="thorax.png", page_count=1)
    assert "Pas destiné au diagnostic primaire" in shown("cases/file_page.html", view_of(fr, picture, page=1))
    english = shown("cases/file_page.html", view_of(en, picture, page=1), language="en")
    assert "Not for primary diagnosis" in english
    assert "not interpreted" in english


def test_an_address_holds_ids_and_numbers_only(a_file: MakeFile, fr: Reader) -> None:
    view = view_of(fr, a_file(file_id='f/"?', file_name="Mbarga Thérèse.pdf"), page=1)
    assert view.image_address == "/cases/c-1/files/f%2F%22%3F/pages/1.png"
    assert "Mbarga" not in view.image_address + view.original_address
