import io
from collections.abc import Callable
from typing import Any

import pypdfium2
import pytest
from PIL import Image
from reportlab.lib import pdfencrypt
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen import canvas

from carebase import errors
from carebase.documents import glyphs, pdf
from carebase.documents.limits import Limits
from carebase.documents.text import Document, Line
from carebase.documents.unreadable import Reason, UnreadableFile

LIMITS = Limits()


def a_pdf(*pages: Callable[[Any], None], size: tuple[float, float] = (595, 842), **options: Any) -> bytes:
    written = io.BytesIO()
    sheet = canvas.Canvas(written, pagesize=size, **options)
    for page in pages:
        sheet.setFont("Helvetica", 10)
        page(sheet)
        sheet.showPage()
    sheet.save()
    return written.getvalue()


def typed(*texts: tuple[float, float, str]) -> Callable[[Any], None]:
    def page(sheet: Any) -> None:
        for x, y, text in texts:
            sheet.drawString(x, y, text)

    return page


def a_huge_book(pages: int) -> bytes:
    """A page tree in which one page hangs `pages` times: small, and as long as it claims."""
    kids = b" ".join([b"3 0 R"] * pages)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count %d /Kids [%s] >>" % (pages, kids),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>",
    ]
    body, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(body)
    body += b"xref\n0 4\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    return body + b"trailer\n<< /Size 4 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % start


def read(content: bytes) -> Document:
    return pdf.read(content, limits=LIMITS)


def texts(document: Document, page: int = 1) -> list[str]:
    return [line.text for line in document.pages[page - 1].lines]


def words(line: Line) -> list[str]:
    return [word.text for word in line.words]


def refused(content: bytes, limits: Limits = LIMITS) -> Reason:
    with pytest.raises(UnreadableFile) as caught:
        pdf.read(content, limits=limits)
    return caught.value.reason


def test_french_accents_and_signs_are_read_as_printed() -> None:
    document = read(a_pdf(typed((50, 700, "Hémoglobine glyquée – œstradiol ≤ à 5 µmol/L, 37 °C"))))
    assert texts(document)[0].startswith("Hémoglobine glyquée – œstradiol")
    assert "µmol/L, 37 °C" in texts(document)[0]


def test_a_ligature_is_read_as_its_letters() -> None:
    assert [glyphs.printed(code) for code in (0xFB00, 0xFB01, 0xFB02, 0xFB03, 0xFB04)] == [
        "ff",
        "fi",
        "fl",
        "ffi",
        "ffl",
    ]


def test_a_row_of_a_table_is_one_line_with_a_word_for_each_cell() -> None:
    document = read(
        a_pdf(
            typed((50, 700, "Potassium"), (50, 686, "Sodium"), (200, 700, "5,9"), (240, 700, "mmol/L"), (320, 700, "H"))
        )
    )
    assert texts(document) == ["Potassium 5,9 mmol/L H", "Sodium"]


def test_cells_that_nearly_touch_without_a_space_are_two_words() -> None:
    def page(sheet: Any) -> None:
        sheet.drawString(50, 700, "CRP")
        sheet.drawString(50 + sheet.stringWidth("CRP", "Helvetica", 10) + 4, 700, "12")

    assert words(read(a_pdf(page)).pages[0].lines[0]) == ["CRP", "12"]


def test_letters_set_one_by_one_are_one_word() -> None:
    def page(sheet: Any) -> None:
        x = 50.0
        for letter in "Ferritine":
            sheet.drawString(x, 700, letter)
            x += sheet.stringWidth(letter, "Helvetica", 10)

    assert texts(read(a_pdf(page))) == ["Ferritine"]


def test_dotted_leaders_do_not_stick_to_name_and_value() -> None:
    document = read(a_pdf(typed((50, 700, "Cholestérol............5,2 mmol/L"))))
    assert words(document.pages[0].lines[0]) == ["Cholestérol", "............", "5,2", "mmol/L"]


def test_an_exponent_is_read_as_raised_so_that_the_unit_keeps_its_meaning() -> None:
    def page(sheet: Any) -> None:
        x = 50.0
        for text, size, rise in (("250 10", 10, 0), ("9", 6, 4), ("/L", 10, 0)):
            sheet.setFont("Helvetica", size)
            sheet.drawString(x, 700 + rise, text)
            x += sheet.stringWidth(text, "Helvetica", size)

    assert texts(read(a_pdf(page))) == ["250 10⁹/L"]


def test_two_columns_on_a_page_keep_their_rows() -> None:
    document = read(
        a_pdf(typed((50, 700, "Urée 5,1"), (50, 686, "Créat 80"), (320, 700, "ASAT 22"), (320, 686, "ALAT 25")))
    )
    assert texts(document) == ["Urée 5,1 ASAT 22", "Créat 80 ALAT 25"]


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_a_rotated_page_is_read_as_it_is_displayed(rotation: int) -> None:
    def page(sheet: Any) -> None:
        sheet.setPageRotation(0)
        sheet.saveState()
        moves = {90: (595, 0), 180: (595, 842), 270: (0, 842)}
        sheet.translate(*moves[rotation])
        sheet.rotate(rotation)
        sheet.drawString(50, 100, "Sodium")
        sheet.drawString(150, 100, "140")
        sheet.drawString(50, 80, "Potassium")
        sheet.restoreState()

    document = pypdfium2.PdfDocument(a_pdf(page))
    document[0].set_rotation(rotation)
    turned = io.BytesIO()
    document.save(turned)
    document.close()

    only = read(turned.getvalue()).pages[0]
    assert [line.text for line in only.lines] == ["Sodium 140", "Potassium"]
    assert (only.width, only.height) == ((595, 842) if rotation == 180 else (842, 595))
    sodium = only.lines[0].words[0].box
    assert sodium.x0 == pytest.approx(50, abs=1)
    assert sodium.y0 < only.height - 100 < sodium.y1


def test_text_set_sideways_stays_apart_from_the_rows_it_crosses() -> None:
    def page(sheet: Any) -> None:
        sheet.drawString(50, 700, "Sodium 140")
        sheet.saveState()
        sheet.translate(30, 650)
        sheet.rotate(90)
        sheet.drawString(0, 0, "CONFIDENTIEL")
        sheet.restoreState()

    assert sorted(texts(read(a_pdf(page)))) == ["CONFIDENTIEL", "Sodium 140"]


def test_every_box_lies_on_its_page_and_around_its_words() -> None:
    document = read(a_pdf(typed((-10, 700, "cut at the edge"), (560, 20, "overflowing"), (50, 835, "top"))))
    only = document.pages[0]
    assert only.lines
    for line in only.lines:
        for box in (line.box, *(word.box for word in line.words)):
            assert 0 <= box.x0 <= box.x1 <= only.width
            assert 0 <= box.y0 <= box.y1 <= only.height
            assert line.box.x0 <= box.x0
            assert box.y1 <= line.box.y1


def test_text_outside_the_page_is_not_read() -> None:
    assert texts(read(a_pdf(typed((50, 700, "seen"), (900, 700, "hidden"))))) == ["seen"]


def test_what_was_typed_into_a_form_field_is_read() -> None:
    def page(sheet: Any) -> None:
        sheet.drawString(50, 700, "Patient:")
        sheet.acroForm.textfield(name="patient", value="Amina Diallo", x=100, y=690, width=200, height=20)

    assert "Amina" in " ".join(texts(read(a_pdf(page))))


def test_a_scanned_page_says_that_it_is_only_an_image() -> None:
    def page(sheet: Any) -> None:
        sheet.drawImage(ImageReader(Image.new("L", (60, 80), 128)), 0, 0, 595, 842)

    document = read(a_pdf(page, typed((50, 700, "second page"))))
    assert document.pages[0].unread == "image_only"
    assert document.pages[0].lines == ()
    assert document.pages[1].unread is None
    assert document.warnings == ("image_only_page",)


def test_a_scan_under_a_printed_page_number_still_counts_as_unread() -> None:
    def page(sheet: Any) -> None:
        sheet.drawImage(ImageReader(Image.new("L", (60, 80), 128)), 0, 0, 595, 842)
        sheet.drawString(50, 20, "Page 1")

    assert read(a_pdf(page)).pages[0].unread == "image_only"


def test_a_blank_page_is_not_unread() -> None:
    document = read(a_pdf(typed()))
    assert document.pages[0].lines == ()
    assert document.pages[0].unread is None


def test_only_the_first_pages_of_a_long_file_are_read_and_it_says_so() -> None:
    document = read(a_huge_book(500))
    assert len(document.pages) == 200
    assert document.page_count == 500
    assert document.warnings == ("too_many_pages",)


def test_a_file_of_20_000_pages_is_refused() -> None:
    assert refused(a_huge_book(20_000)) is Reason.TOO_MANY_PAGES


def test_a_page_with_endless_text_is_cut_and_it_says_so() -> None:
    content = a_pdf(*[typed(*((50, 800 - 12 * row, "a b c d e") for row in range(50)))] * 3)
    document = pdf.read(content, limits=Limits(words=300))
    assert "too_much_text" in document.warnings
    assert sum(len(line.words) for page in document.pages for line in page.lines) == 300


def test_an_encrypted_file_says_so() -> None:
    locked = pdfencrypt.StandardEncryption("secret", ownerPassword="owner", canPrint=0)
    assert refused(a_pdf(typed((50, 700, "x")), encrypt=locked)) is Reason.ENCRYPTED


@pytest.mark.parametrize("content", [b"hello", b"\0" * 500, b"%PD"])
def test_what_is_not_a_pdf_is_named_so(content: bytes) -> None:
    assert refused(content) is Reason.NOT_A_PDF


def test_a_file_that_breaks_off_at_once_is_damaged() -> None:
    assert refused(b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog") is Reason.DAMAGED


def test_letters_without_a_name_are_never_guessed() -> None:
    content = a_pdf(typed((50, 700, "Potassium 5,9")), pageCompression=0)
    # Codes that the font's encoding leaves without a character.
    nameless = content.replace(b"(Potassium 5,9)", b"(\x01\x02\x03\x04\x05\x06\x07\x0e\x0f 5,9)")
    only = read(nameless).pages[0]
    assert "Potassium" not in " ".join(line.text for line in only.lines)


def test_a_page_is_drawn_at_the_scale_asked_for_or_smaller_over_the_limit() -> None:
    content = a_pdf(typed((50, 700, "x")), size=(200, 100))
    picture, used = pdf.draw(content, page=1, scale=2, limits=LIMITS)
    assert picture.size == (400, 200)
    assert used == 2
    small, _ = pdf.draw(content, page=1, scale=50, limits=Limits(drawn_pixels=20_000))
    assert small.width * small.height <= 20_500


def test_a_page_that_is_not_there_is_not_found() -> None:
    with pytest.raises(errors.NotFound):
        pdf.draw(a_pdf(typed((50, 700, "x"))), page=2, scale=1, limits=LIMITS)
