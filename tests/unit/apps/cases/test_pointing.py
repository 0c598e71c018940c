"""Pointers from a statement to its source."""

from carebase.apps.cases import pointing
from carebase.apps.cases.result import Place, Said, Unread
from carebase.web.messages import Reader


def test_a_confidence_that_was_not_assessed_is_said_to_be_so(fr: Reader) -> None:
    assert pointing.confidence(fr, None) == pointing.Confidence(percent=None, text="Confiance : non évaluée")
    assert pointing.confidence(fr, 0.314) == pointing.Confidence(percent=31, text="Confiance : 31 %")


def test_an_address_names_the_statement_and_its_line_and_no_person() -> None:
    marked = pointing.page_address("c-1", file_id="f/1", page=2, mark=pointing.Mark("a b", 7))
    assert marked == "/cases/c-1/files/f%2F1/pages/2?hl=a%20b&line=7"
    plain = pointing.page_address("c-1", file_id="f-1", page=2, mark=pointing.Mark("", 7))
    assert plain == "/cases/c-1/files/f-1/pages/2"


def test_a_pointer_says_the_whole_way_in_words(en: Reader) -> None:
    points = pointing.Pointing(en, "c-1", {"f-1": "FBC.pdf"})
    place = Place(file="f-1", page=2, line=7, box=None, quote="Hb 6.4")
    link = points.link(Said(id="s1", text="", severity="info", confidence=None, places=(place,)), place)
    assert link.sentence == "See the source: FBC.pdf, page 2, line 7"
    assert (link.place, link.quote) == ("p. 2, l. 7", "Hb 6.4")


def test_what_was_not_read_shows_its_words_or_its_page(en: Reader) -> None:
    points = pointing.Pointing(en, "c-1", {"f-1": "FBC.pdf"})
    assert points.unread(Unread(file="f-1", page=2, line=3, quote="K ?")).text == "Line not read: “K ?”"
    page = points.unread(Unread(file="f-1", page=2, line=None, quote=""))
    assert (page.text, page.address) == ("Page 2 not read.", "/cases/c-1/files/f-1/pages/2")
