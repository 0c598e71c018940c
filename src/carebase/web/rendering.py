"""Turns a view into a page, or into one block of it for htmx.

In charge of the template environment: what a template may see is its `view`, the frame of the page
and the sentences; an unknown name is an error. nhsuk-frontend's macros are at hand as `nhs.button(…)`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse

from carebase.auth.tokens import Tokens
from carebase.errors import NotSignedIn
from carebase.web import csrf, headers, messages, static, zones
from carebase.web.widgets import Widget

KIT_TEMPLATES = Path(__file__).parent / "templates"
MACROS = {
    "button": "button/macro.jinja",
    "details": "details/macro.jinja",
    "errorSummary": "error-summary/macro.jinja",
    "input": "input/macro.jinja",
    "radios": "radios/macro.jinja",
    "select": "select/macro.jinja",
    "skipLink": "skip-link/macro.jinja",
    "textarea": "textarea/macro.jinja",
}
"""The nhsuk-frontend macros that our templates use, and their files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """A link to the same page in another language."""

    language: messages.Language
    name: str
    """The language's name in that language."""
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What every page says of this deployment."""

    idle_minutes: int = 20
    """Without use, after which a session ends."""
    is_second_factor_optional: bool = False
    """Whether staff comes in without one, which is for demonstrations."""
    widget: Widget | None = None
    """Of the service that tells people from programs; None without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What the page around the content needs."""

    language: messages.Language
    path: str
    """The path of this page, to mark where the reader is."""
    is_signed_in: bool
    form_token: str
    switches: tuple[Switch, ...]
    request_id: str
    """Empty when the server gave the request no id."""
    site: Site
    widget: Widget | None
    """The site's, on a page with a form that asks for it."""
    offered: tuple[tuple[str, str], ...]
    """More pages for this person: address and sentence."""


OFFERED: Mapping[str, tuple[tuple[str, str], ...]] = {"admin": (("/admin", "nav-administration"),)}
"""More pages that the header offers to an account with a role: address and sentence. What is shown there is decided by
the database, whatever a header offers."""


class Renderer:
    """The templates and sentences of one application on top of the kit's."""

    def __init__(
        self,
        *,
        names: static.Names,
        templates: Sequence[Path] = (),
        locales: Sequence[Path] = (),
        site: Site | None = None,
    ) -> None:
        self._site = site or Site()
        self.messages = messages.Messages(messages.KIT_LOCALES, *locales)
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader([*templates, KIT_TEMPLATES]),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals |= {"asset": names.url, "nhs": _nhs_macros()}
        self._environment.filters["address_part"] = _address_part

    def page(
        self,
        request: Request,
        template: str,
        *,
        view: object,
        status: int = 200,
        is_signed_in: bool = True,
        asks_person: bool = False,
    ) -> HTMLResponse:
        """The whole page; `asks_person` where a form of it is taken from people alone."""
        widget = self._site.widget if asks_person else None
        context = self._context(request, view, is_signed_in=is_signed_in, widget=widget)
        answer = _answer(request, self._environment.get_template(template).render(context), status=status)
        if widget is not None:
            answer.headers["Content-Security-Policy"] = headers.policy_with(widget.origins)
        return answer

    def block(self, request: Request, template: str, *, name: str, view: object) -> HTMLResponse:
        """One block of the page, alone; the same block that the whole page holds."""
        found = self._environment.get_template(template)
        context = found.new_context(self._context(request, view, is_signed_in=True))
        return _answer(request, "".join(found.blocks[name](context)), status=200)

    def reader(self, request: Request) -> messages.Reader:
        """The sentences in the language of this request, with times in its zone."""
        return self.messages.reader(messages.choose(request), zone=zones.choose(request))

    @property
    def widget(self) -> Widget | None:
        """What forms that are taken from people alone are sent with."""
        return self._site.widget

    def _context(
        self, request: Request, view: object, *, is_signed_in: bool, widget: Widget | None = None
    ) -> dict[str, Any]:
        return {
            "view": view,
            "t": self.reader(request),
            "frame": self._frame(request, is_signed_in=is_signed_in, widget=widget),
        }

    def _frame(self, request: Request, *, is_signed_in: bool, widget: Widget | None) -> Frame:
        own_names = {language: self.messages.text(language, "language-own-name") for language in messages.LANGUAGES}
        return Frame(
            language=messages.choose(request),
            path=request.url.path,
            is_signed_in=is_signed_in,
            form_token=csrf.token(request),
            switches=tuple(
                Switch(language=language, name=name, address=address)
                for language, name, address in messages.switches(request, own_names)
            ),
            request_id=str(getattr(request.state, "request_id", "")),
            site=self._site,
            widget=widget,
            offered=_offered(request) if is_signed_in else (),
        )


def _offered(request: Request) -> tuple[tuple[str, str], ...]:
    kept = getattr(request.state, "access_token", None)
    if kept is None:
        return ()
    try:
        claims = cast(Tokens, request.app.state.tokens).verify(kept).claims
    except NotSignedIn:
        return ()
    said = claims.get("app_metadata")
    return OFFERED.get(str(said.get("role")), ()) if isinstance(said, Mapping) else ()


def wants_block(request: Request) -> bool:
    """Whether htmx asks for a part of the page."""
    return request.headers.get("hx-request") == "true"


def _answer(request: Request, text: str, *, status: int) -> HTMLResponse:
    response = HTMLResponse(text, status_code=status, headers={"Vary": "Accept-Language, Cookie, HX-Request"})
    response.headers["Content-Language"] = messages.choose(request)
    messages.remember(request, response)
    csrf.remember(request, response)
    return response


def _address_part(text: str) -> str:
    """Text as one segment of a path or one value of a query."""
    return quote(text, safe="")


def _nhs_macros() -> Mapping[str, Any]:
    # These templates read parameters that were not given, so they need a forgiving environment of their own.
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("nhsuk_frontend_jinja", "templates"),
        autoescape=True,
        undefined=jinja2.ChainableUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return {
        name: getattr(environment.get_template(f"nhsuk/components/{file}").module, name)
        for name, file in MACROS.items()
    }
