import pytest
from hypothesis import given
from hypothesis import strategies as st

from carebase.documents import plain
from carebase.documents.limits import Limits
from carebase.documents.text import Document, Kind, Word
from carebase.documents.unreadable import Reason, UnreadableFile

LIMITS = Limits()


def read(text: str | bytes, kind: Kind = Kind.TEXT) -> Document:
    return plain.read(text.encode() if isinstance(text, str) else text, kind=kind, limits=LIMITS)


def words(document: Document) -> list[list[str]]:
    return [[word.text for word in line.words] for line in document.pages[0].lines]


def word(document: Document, text: str) -> Word:
    return next(word for page in document.pages for line in page.lines for word in line.words if word.text == text)


def test_a_line_of_text_is_a_line_of_words() -> None:
    assert words(read("Hémoglobine : 13,2 g/dL\n\nConclusion\n")) == [
        ["Hémoglobine", ":", "13,2", "g/dL"],
        ["Conclusion"],
    ]


def test_what_is_aligned_in_the_file_is_aligned_on_the_page() -> None:
    document = read("Sodium      140\nPotassium   4.1\nUrea\t    5.0\n")
    assert word(document, "140").box.x0 == word(document, "4.1").box.x0 == word(document, "5.0").box.x0


def test_a_blank_line_keeps_its_height() -> None:
    document = read("a\n\nb\n")
    assert word(document, "b").box.y0 - word(document, "a").box.y0 == pytest.approx(2 * plain.LINE_HEIGHT, abs=0.02)


def test_text_that_is_not_utf8_is_taken_for_windows_letters_and_it_says_so() -> None:
    document = read("Créatinine élevée, œdème\n".encode("cp1252"))
    assert words(document) == [["Créatinine", "élevée,", "œdème"]]
    assert document.warnings == ("encoding_assumed",)


def test_letters_and_accents_written_apart_are_put_together() -> None:
    assert words(read("He\u0301mogramme\n")) == [["Hémogramme"]]


def test_pages_hold_sixty_lines_and_a_form_feed_starts_a_page() -> None:
    document = read("\n".join(f"line {number}" for number in range(61)) + "\fnext\n")
    assert [len(page.lines) for page in document.pages] == [60, 1, 1]
    assert [page.number for page in document.pages] == [1, 2, 3]


def test_cells_of_a_csv_stand_in_columns_with_a_wide_gap() -> None:
    document = read('Analyse;Résultat;Unité\n"Hémoglobine A1c";5,4;%\nNa;140;mmol/L\n', Kind.CSV)
    assert words(document) == [
        ["Analyse", "Résultat", "Unité"],
        ["Hémoglobine", "A1c", "5,4", "%"],
        ["Na", "140", "mmol/L"],
    ]
    assert word(document, "5,4").box.x0 == word(document, "140").box.x0 == word(document, "Résultat").box.x0
    assert word(document, "5,4").box.x0 - word(document, "A1c").box.x1 >= 3 * plain.CHARACTER_WIDTH
    assert word(document, "A1c").box.x0 - word(document, "Hémoglobine").box.x1 == plain.CHARACTER_WIDTH


def test_an_empty_cell_leaves_its_column_empty() -> None:
    document = read("name,flag,value\nHb,,13.2\nK,H,5.9\n", Kind.CSV)
    assert word(document, "13.2").box.x0 == word(document, "5.9").box.x0


def test_a_quoted_cell_may_hold_the_delimiter_and_a_new_line() -> None:
    assert words(read('name,value\n"Protein, total\nserum",71\n', Kind.CSV))[1] == [
        "Protein,",
        "total",
        "serum",
        "71",
    ]


def test_rows_longer_than_the_first_are_announced() -> None:
    assert "ragged_rows" in read("name,value,unit\nGlucose,5,6,mmol/L\nK,4,1,mmol/L\n", Kind.CSV).warnings


def test_quotes_that_never_end_are_damage() -> None:
    with pytest.raises(UnreadableFile) as caught:
        read('name,value\n"Hb,13.2\nK,4.1\n', Kind.CSV)
    assert caught.value.reason is Reason.DAMAGED


@pytest.mark.parametrize(
    ("content", "reason"), [(b" \n\t\n", Reason.EMPTY), ("Hb".encode("utf-16"), Reason.UNSUPPORTED_ENCODING)]
)
def test_a_text_without_readable_letters_says_why(content: bytes, reason: Reason) -> None:
    with pytest.raises(UnreadableFile) as caught:
        read(content)
    assert caught.value.reason is reason


def test_an_endless_file_is_read_up_to_the_limit() -> None:
    document = plain.read(b"x\n" * 1_000, kind=Kind.TEXT, limits=Limits(pages=3))
    assert len(document.pages) == 3
    assert document.page_count == 17
    assert document.warnings == ("too_many_pages",)


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=300))
def test_every_word_keeps_its_place_on_the_page_and_beside_its_neighbours(text: str) -> None:
    try:
        document = read(text + "\n" + text)
    except UnreadableFile:
        return
    for page in document.pages:
        for line in page.lines:
            assert all(0 <= word.box.x0 < word.box.x1 <= page.width for word in line.words)
            assert all(0 <= word.box.y0 < word.box.y1 <= page.height for word in line.words)
            assert all(one.box.x1 <= two.box.x0 for one, two in zip(line.words, line.words[1:], strict=False))


@given(st.lists(st.lists(st.text("ab 1,;\"'é", max_size=8), min_size=2, max_size=5), min_size=2, max_size=8))
def test_columns_of_a_csv_never_overlap(table: list[list[str]]) -> None:
    try:
        document = read(
            "\n".join(";".join(cell.replace(";", "").replace('"', "") for cell in row) for row in table), Kind.CSV
        )
    except UnreadableFile:
        return
    for page in document.pages:
        for line in page.lines:
            assert all(one.box.x1 < two.box.x0 for one, two in zip(line.words, line.words[1:], strict=False))
