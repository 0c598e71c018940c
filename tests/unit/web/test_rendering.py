"""Pages from views: nothing unknown, nothing unescaped, a block alone as in the page."""

from dataclasses import dataclass
from pathlib import Path

import jinja2
import pytest
from starlette.requests import Request

from carebase.web import rendering, static


class EveryName(dict[str, str]):
    """Assets as if they had been built."""

    def __missing__(self, name: str) -> str:
        return name


NAMES = static.Names(EveryName())


@dataclass(frozen=True)
class NoteView:
    text: str


def a_request(**headers: str) -> Request:
    return Request(
        {
            "type": "http",
            "method": "GET",
            "scheme": "http",
            "server": ("127.0.0.1", 8000),
            "path": "/note",
            "query_string": b"",
            "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
            "state": {"request_id": "r-1"},
        }
    )


@pytest.fixture
def renderer(tmp_path: Path) -> rendering.Renderer:
    (tmp_path / "note.html").write_text(
        '{% extends "base.html" %}{% block content %}<h1>Note</h1>{% block body %}<p>{{ view.text }}</p>'
        "{% endblock %}{% endblock %}"
    )
    (tmp_path / "wrong.html").write_text("{{ view.nothing }}")
    return rendering.Renderer(names=NAMES, templates=[tmp_path])


def body(response: object) -> str:
    return bytes(response.body).decode()  # type: ignore[attr-defined]


def test_what_people_typed_is_text_and_never_markup(renderer: rendering.Renderer) -> None:
    page = body(renderer.page(a_request(), "note.html", view=NoteView("<script>alert(1)</script>")))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_block_is_the_same_as_in_its_page(renderer: rendering.Renderer) -> None:
    view = NoteView("Bonjour")
    block = body(renderer.block(a_request(), "note.html", name="body", view=view))
    assert block == "<p>Bonjour</p>"
    assert block in body(renderer.page(a_request(), "note.html", view=view))


def test_a_name_that_the_view_lacks_is_an_error(renderer: rendering.Renderer) -> None:
    with pytest.raises(jinja2.UndefinedError):
        renderer.page(a_request(), "wrong.html", view=NoteView(""))


def test_a_page_says_its_language_and_offers_the_other(renderer: rendering.Renderer) -> None:
    french = renderer.page(a_request(), "note.html", view=NoteView(""))
    assert french.headers["content-language"] == "fr"
    assert '<html lang="fr">' in body(french)
    assert '<a href="/note?lang=en" lang="en"' in body(french)
    assert '<html lang="en">' in body(renderer.page(a_request(accept_language="en"), "note.html", view=NoteView("")))


def test_who_is_not_signed_in_is_not_offered_to_sign_out(renderer: rendering.Renderer) -> None:
    page = body(renderer.page(a_request(), "note.html", view=NoteView(""), is_signed_in=False))
    assert "/logout" not in page


def test_a_page_holds_no_inline_script_or_style(renderer: rendering.Renderer) -> None:
    page = body(renderer.page(a_request(), "note.html", view=NoteView("")))
    for inline in ("<style", " style=", "<script>", " onclick=", "javascript:"):
        assert inline not in page


def test_no_address_leads_to_another_host(renderer: rendering.Renderer) -> None:
    page = body(renderer.page(a_request(), "note.html", view=NoteView("")))
    assert "http://" not in page
    assert "https://" not in page
