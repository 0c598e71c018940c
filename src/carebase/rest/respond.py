"""What leaves for an answered request: status, headers and body.

Pure. In charge of ranges, of what was preferred and honoured, and of headers and status that the database chose.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final, assert_never
from urllib.parse import quote, unquote_plus

from carebase.rest import errors
from carebase.rest.errors import RangeRefused
from carebase.rest.failures import Failure, Headers
from carebase.rest.syntax import Action, Count, Media, MediaType, Preferences, Request, Resolution, Return

WITHOUT_CHARSET: Final = frozenset({Media.OCTETS})
HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
UNSAID: Final = Preferences()
STATUS: Final = re.compile(r"[0-9]{3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The row of a statement, read. `page` rows are in the body of `total`, None where those were not counted."""

    body: bytes = b""
    page: int = 0
    total: int | None = None
    seen: bytes | None = None
    chosen_headers: bytes | None = None
    """The setting `response.headers` of the transaction."""
    chosen_status: bytes | None = None
    location: tuple[tuple[str, str], ...] = ()
    """Key columns of the one new row and the conditions that find it."""
    inserted: int | None = None
    """How many rows of an upsert are new; None where that was not counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What of the plan the response depends on, besides the request."""

    media: MediaType
    offset: int = 0
    """Of the root's rows."""
    profile: str | None = None
    """The schema, where the client chose among several."""
    is_void: bool = False
    """Whether it is a function that returns nothing."""
    takes_resolution: bool = True
    """Whether an insert could meet a row that is there: the table has a key, or `on_conflict` named one."""
    may_end_otherwise: bool = True
    """Whether `tx=` was heeded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """Ready to be sent."""

    status: int
    headers: Headers = ()
    body: bytes = b""


def respond(request: Request, answered: Answered, shape: Shape, *, query: bytes = b"") -> Response:
    """The response; `query` is the one that came.

    Raises BadResponseHeaders, BadResponseStatus where the database chose what cannot be sent.
    """
    if shape.media.plan is not None:
        return _overridden(_of_document(request, answered, shape), answered)
    match request.action:
        case Action.READ:
            response = _of_rows(request, answered, shape, query=query)
        case Action.CALL if shape.is_void:
            ranged = _content_range(shape.offset, answered.page, answered.total)
            response = Response(status=204, headers=(ranged, *_applied(request, shape)))
        case Action.CALL:
            response = _of_rows(request, answered, shape, query=query)
        case Action.INSERT:
            response = _of_insert(request, answered, shape)
        case Action.PUT:
            response = _of_put(request, answered, shape)
        case Action.UPDATE:
            counted = _content_range(0, answered.page, _counted(request, answered))
            response = _of_change(request, answered, shape, counted=counted)
        case Action.DELETE:
            counted = _content_range(0, 0, _counted(request, answered))
            response = _of_change(request, answered, shape, counted=counted)
        case Action.DESCRIBE:
            response = _of_document(request, answered, shape)
        case Action.INSPECT:
            raise ValueError(request.action)
        case _:
            assert_never(request.action)
    return _overridden(response, answered)


def with_headers(response: Response, more: Headers) -> Response:
    """The response with headers that it does not have already."""
    there = {name.lower() for name, _ in response.headers}
    added = tuple(header for header in more if header[0].lower() not in there)
    return replace(response, headers=(*response.headers, *added))


def of_failure(failure: Failure, *, is_head: bool = False) -> Response:
    """An error as it leaves."""
    body = json.dumps(failure.body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    headers = (
        ("Content-Type", "application/json; charset=utf-8"),
        ("Content-Length", str(len(body))),
        ("Proxy-Status", f"PostgREST; error={_plain(failure.code)}"),
        *failure.headers,
    )
    return Response(status=failure.status, headers=headers, body=b"" if is_head else body)


# --- by what was done ----------------------------------------------------------------------------------------------


def _of_rows(request: Request, answered: Answered, shape: Shape, *, query: bytes) -> Response:
    status = _range_status(shape.offset, answered.page, answered.total)
    body = answered.body
    media = shape.media
    if status == 416:
        refusal = RangeRefused.out_of_bounds(shape.offset, total=answered.total or 0)
        body = json.dumps(refusal.as_json(), separators=(",", ":")).encode()
        media = MediaType(Media.JSON.value, Media.JSON)
    is_head = request.method == "HEAD"
    headers = [_content_range(shape.offset, answered.page, answered.total)]
    if request.action is Action.READ:
        headers.append(("Content-Location", _canonical(request.target, query)))
    if not is_head:
        headers.append(("Content-Length", str(len(body))))
    headers += [*_typed(media, shape), *_applied(request, shape)]
    return Response(status=status, headers=tuple(headers), body=b"" if is_head else body)


def _of_document(request: Request, answered: Answered, shape: Shape) -> Response:
    """What is no rows: the description of the API, a plan."""
    if request.method == "HEAD":
        return Response(status=200, headers=tuple(_typed(shape.media, shape)))
    headers = (("Content-Length", str(len(answered.body))), *_typed(shape.media, shape))
    return Response(status=200, headers=headers, body=answered.body)


def _of_insert(request: Request, answered: Answered, shape: Shape) -> Response:
    is_shown = request.preferences.returns is Return.REPRESENTATION
    body = answered.body if is_shown else b""
    headers = [("Content-Length", str(len(body)))]
    if answered.location:
        conditions = "&".join(f"{_escaped(name)}={_escaped(value)}" for name, value in answered.location)
        headers.append(("Location", f"/{_escaped_path(request.target)}?{conditions}"))
    headers += [_content_range(0, 0, _counted(request, answered)), *_applied(request, shape)]
    if is_shown:
        headers += _typed(shape.media, shape)
    is_merge = request.preferences.resolution is Resolution.MERGE
    # Where nothing can be there already, all that was written is new.
    inserted = answered.page if answered.inserted is None else answered.inserted
    none_new = is_merge and inserted <= 0
    return Response(status=200 if none_new else 201, headers=tuple(headers), body=body)


def _of_put(request: Request, answered: Answered, shape: Shape) -> Response:
    if request.preferences.returns is not Return.REPRESENTATION:
        return Response(status=204, headers=_applied(request, shape))
    headers = (
        ("Content-Length", str(len(answered.body))),
        *_typed(shape.media, shape),
        *_applied(request, shape),
    )
    return Response(status=201 if answered.inserted else 200, headers=headers, body=answered.body)


def _of_change(request: Request, answered: Answered, shape: Shape, *, counted: tuple[str, str]) -> Response:
    headers = (counted, *_applied(request, shape))
    if request.preferences.returns is not Return.REPRESENTATION:
        return Response(status=204, headers=headers)
    headers = (*headers, ("Content-Length", str(len(answered.body))), *_typed(shape.media, shape))
    return Response(status=200, headers=headers, body=answered.body)


# --- headers -------------------------------------------------------------------------------------------------------


def _range_status(offset: int, page: int, total: int | None) -> int:
    if total is None:
        return 200
    if offset > total:
        return 416
    return 206 if page < total else 200


def _content_range(offset: int, page: int, total: int | None) -> tuple[str, str]:
    shown = f"{offset}-{offset + page - 1}" if page > 0 and total != 0 else "*"
    return "Content-Range", f"{shown}/{'*' if total is None else total}"


def _counted(request: Request, answered: Answered) -> int | None:
    # What was written is only counted truly: nobody asks the planner about it.
    return answered.page if request.preferences.count in {Count.EXACT, Count.ESTIMATED} else None


def _typed(media: MediaType, shape: Shape) -> list[tuple[str, str]]:
    is_text = media.media is not None and media.media not in WITHOUT_CHARSET
    headers = [("Content-Type", f"{media.text}; charset=utf-8" if is_text else media.text)]
    if shape.profile is not None:
        headers.append(("Content-Profile", shape.profile))
    return headers


@lru_cache(maxsize=512)
def _canonical(target: str, query: bytes) -> str:
    """The address by which the same rows are found: its parameters in alphabetical order, each name once."""
    values: dict[str, list[str]] = {}
    for entry in query.decode("latin-1").removesuffix("&").split("&") if query else ():
        name, value = _entry(entry)
        values.setdefault(name, []).append(value)
    written = "&".join([f"{_escaped(name)}={','.join(values[name])}" for name in sorted(values)])
    return f"/{_escaped_path(target)}{'?' if written else ''}{written}"


@lru_cache(maxsize=2048)
def _entry(entry: str) -> tuple[str, str]:
    """A parameter's name, and its value as it is written again."""
    name, _, value = entry.partition("=")
    return unquote_plus(name), _escaped(unquote_plus(value))


@lru_cache(maxsize=2048)
def _escaped(text: str) -> str:
    return quote(text, safe="")


@lru_cache(maxsize=512)
def _escaped_path(text: str) -> str:
    # A header takes neither line ends nor what lies beyond Latin.
    return quote(text, safe=" !$&'()*+,;=:@/") if text.isprintable() else quote(text)


def _applied(request: Request, shape: Shape) -> Headers:
    """What of the preferences was heeded, in the order that PostgREST has."""
    said, action = request.preferences, request.action
    if said == UNSAID:
        return ()
    writes = action in {Action.INSERT, Action.PUT, Action.UPDATE, Action.DELETE}
    heeded = list(_heeded(said, action, shape))
    if writes and said.returns is not None:
        heeded.insert(sum(entry.startswith(("resolution", "missing")) for entry in heeded), f"return={said.returns}")
    return (("Preference-Applied", ", ".join(heeded)),) if heeded else ()


def _heeded(said: Preferences, action: Action, shape: Shape) -> Iterator[str]:
    if action is Action.INSERT and shape.takes_resolution and said.resolution is not None:
        yield f"resolution={said.resolution}"
    if action in {Action.INSERT, Action.UPDATE} and said.is_missing_default is not None:
        yield f"missing={'default' if said.is_missing_default else 'null'}"
    if said.count is not None:
        yield f"count={said.count}"
    if shape.may_end_otherwise and said.is_rollback is not None:
        yield f"tx={'rollback' if said.is_rollback else 'commit'}"
    if said.is_strict is not None:
        yield f"handling={'strict' if said.is_strict else 'lenient'}"
    if said.timezone is not None:
        yield f"timezone={said.timezone}"
    limits = action in {Action.UPDATE, Action.DELETE, Action.CALL} and said.is_strict
    if limits and said.max_affected is not None:
        yield f"max-affected={said.max_affected}"


def _overridden(response: Response, answered: Answered) -> Response:
    """The response with the status and the headers that the database chose; its own give way to those."""
    if not answered.chosen_status and not answered.chosen_headers:
        return response
    status = response.status
    if answered.chosen_status:
        text = answered.chosen_status.decode("utf-8", "replace")
        if not STATUS.fullmatch(text) or not 200 <= int(text) <= 599:
            raise errors.BadResponseStatus
        status = int(text)
    if not answered.chosen_headers:
        return replace(response, status=status)
    chosen = _chosen_headers(answered.chosen_headers)
    names = {name.lower() for name, _ in chosen}
    kept = tuple(header for header in response.headers if header[0].lower() not in names)
    return replace(response, status=status, headers=(*kept, *chosen))


def _chosen_headers(written: bytes) -> Sequence[tuple[str, str]]:
    try:
        entries = json.loads(written)
        if not isinstance(entries, list):
            raise TypeError("headers")
        pairs = [pair for entry in entries for pair in _one_header(entry)]
    except (ValueError, TypeError, AttributeError) as error:
        raise errors.BadResponseHeaders from error
    return pairs


def _one_header(entry: dict[str, Any]) -> Iterator[tuple[str, str]]:
    ((name, value),) = entry.items()
    if not HEADER_NAME.fullmatch(name) or not isinstance(value, str) or any(one in value for one in "\r\n\0"):
        raise ValueError("header")
    yield name, value


def _plain(code: str) -> str:
    return code if code.isascii() and code.isprintable() else "unknown"
