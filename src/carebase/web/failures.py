"""Says on a page what went wrong, in the reader's language.

In charge of the page rendering of `CareError`; the JSON one is the API's. A person who is not
signed in is taken to the sign-in page and back afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from carebase.auth import refused
from carebase.errors import CareError, NotSignedIn
from carebase.web import messages, rendering

SIGN_IN = "/login"
API_ROOTS = ("/api/", "/auth/", "/rest/", "/storage/", "/realtime/", "/gateway")
TEMPLATE = "failure.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureView:
    """What the error page shows."""

    status: int
    title: str
    explanation: str
    wait: str | None
    """How long to wait, as a sentence; None when waiting does not help."""
    request_id: str
    """What to tell the person who runs the server; empty when there is none."""


def wants_page(request: Request) -> bool:
    """Whether the asker is a browser on one of the pages (and not a program on the API)."""
    return not request.url.path.startswith(API_ROOTS) and "text/html" in request.headers.get("accept", "")


def page(renderer: rendering.Renderer, request: Request, error: CareError) -> Response:
    """The answer to a browser whose request failed."""
    if isinstance(error, NotSignedIn | refused.SessionNotFound | refused.Banned):
        return _to_sign_in(request)
    view = failure_view(
        renderer.reader(request),
        error,
        request_id=str(getattr(request.state, "request_id", "")),
    )
    answer = renderer.page(request, TEMPLATE, view=view, status=error.status, is_signed_in=False)
    if error.retry_after_seconds is not None:
        answer.headers["Retry-After"] = str(error.retry_after_seconds)
    return answer


def failure_view(t: messages.Reader, error: CareError, *, request_id: str) -> FailureView:
    """Word an error by its code, else by its status; details stay out, they may be for operators."""
    known = next(
        name
        for name in (f"failure-{error.code.replace('_', '-')}", f"failure-{error.status}", "failure-500")
        if t.messages.has(t.language, f"{name}-title")
    )
    seconds = error.retry_after_seconds
    return FailureView(
        status=error.status,
        title=t(f"{known}-title"),
        explanation=t(f"{known}-explanation"),
        wait=None if seconds is None else t("failure-wait", seconds=seconds),
        request_id=request_id,
    )


def _to_sign_in(request: Request) -> Response:
    """Go to the sign-in page; after a read, come back to the same address (which holds no patient data)."""
    target = SIGN_IN
    if request.method == "GET" and request.url.path != "/":
        target = f"{SIGN_IN}?{urlencode({'next': request.url.path})}"
    return RedirectResponse(target, status_code=303)


def safe_next(given: str | None) -> str:
    """Where to go after signing in: a path of ours, else the first page.

    >>> safe_next("/cases/abc")
    '/cases/abc'
    >>> safe_next("//evil.example"), safe_next("https://evil.example"), safe_next("/\\\\evil.example")
    ('/cases', '/cases', '/cases')
    """
    if given is None or not given.startswith("/") or given.startswith(("//", "/\\")):
        return "/cases"
    if any(character in given for character in "\r\n\t\\") or given.startswith(SIGN_IN):
        return "/cases"
    return given
