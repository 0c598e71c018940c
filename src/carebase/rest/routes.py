"""The data API as an ASGI application: `app.mount("/rest/v1", routes.application(…))`.

In charge of what is HTTP alone: addresses, limits, other sites' browsers, sending. Raw ASGI, since a framework's own
work for a request costs more than all of ours.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import lru_cache
from typing import Final

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from carebase import errors
from carebase.auth import requests
from carebase.observability import Log
from carebase.rest import failures, reads, respond, shapes, work
from carebase.rest.configuration import Configuration
from carebase.rest.credentials import Caller, Doorkeeper
from carebase.rest.parsing import request as reading
from carebase.rest.respond import Response
from carebase.rest.run import Came, Runner
from carebase.rest.schema import Known
from carebase.rest.shapes import Prepared, Raw, ShapesByState
from carebase.rest.syntax import Action, Request

LOG = Log("rest")

ANY_ORIGIN: Final = ("Access-Control-Allow-Origin", "*")
"""Never with credentials: a browser sends no cookie of ours along."""
METHODS: Final = "GET, POST, PATCH, PUT, DELETE, OPTIONS, HEAD"
ALWAYS_ALLOWED: Final = "Accept, Accept-Language, Content-Language"
EXPOSED: Final = ", ".join([
    "Content-Encoding", "Content-Location", "Content-Range", "Content-Type", "Date", "Location", "Server",
    "Transfer-Encoding", "Range-Unit",
])  # fmt: skip
WITH_BODY: Final = frozenset({"content-length", "transfer-encoding"})
"""One of them comes with every body (RFC 9112, 6.3)."""
PREFLIGHT_SECONDS: Final = 86_400


class AddressTooLong(errors.CareError):
    """Path and query are longer than allowed."""

    code, status, message = "address_too_long", 414, "The address is longer than allowed."


def application(
    *,
    runner: Callable[[HTTPConnection], Runner],
    known: Callable[[HTTPConnection], Known],
    doorkeeper: Doorkeeper,
    configuration: Configuration,
) -> ASGIApp:
    """The application. What is only there once the server has started is asked for at each request."""

    remembered = ShapesByState()

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise ValueError(scope["type"])
        connection = HTTPConnection(scope)
        names = [name for name, _ in scope["headers"]]
        if scope["method"] == "OPTIONS" and _is_preflight(names):
            await _send(send, _preflight(connection))
            return
        exchange = _Exchange(connection, receive, configuration=configuration, remembered=remembered)
        try:
            response = await exchange.answer(runner, known, doorkeeper)
        except errors.CareError as error:
            response = exchange.refused(error)
            # What PostgreSQL refuses is mostly the client's doing; only the answer tells.
            if response.status >= 500:
                LOG.error(
                    "request_failed",
                    cause=error.__cause__ or error,
                    code=error.code,
                    request_id=requests.request_id_of(connection),
                )
        if b"origin" in names:
            response = respond.with_headers(response, (ANY_ORIGIN, ("Access-Control-Expose-Headers", EXPOSED)))
        await _send(send, response)

    return serve


class _Exchange:
    """One request on its way, with what an error has to know of it."""

    def __init__(
        self, connection: HTTPConnection, receive: Receive, *, configuration: Configuration, remembered: ShapesByState
    ) -> None:
        self._connection, self._receive = connection, receive
        self._configuration, self._shapes = configuration, remembered
        self._method = str(connection.scope["method"])
        self._caller: Caller | None = None
        self._named: Collection[str] = ()
        self._is_tracked = False

    async def answer(
        self,
        runner: Callable[[HTTPConnection], Runner],
        known: Callable[[HTTPConnection], Known],
        doorkeeper: Doorkeeper,
    ) -> Response:
        """The response to send."""
        scope, configuration = self._connection.scope, self._configuration
        path, query = _path(scope), bytes(scope["query_string"])
        if len(path) + len(query) > configuration.longest_address:
            raise AddressTooLong(hint=f"At most {configuration.longest_address} characters.")
        headers = _headers(scope)
        self._caller = caller = doorkeeper.admit(self._connection)
        body = await self._body() if any(name in WITH_BODY for name, _ in headers) else b""
        raw = Raw(method=self._method, path=path, query=query, headers=headers, body=body)
        there = known(self._connection)

        def prepare(asked: Raw) -> Prepared:
            request = reading.read(
                method=asked.method,
                path=asked.path,
                query=asked.query,
                headers=asked.headers,
                body=asked.body,
                timezones=there.timezones,
            )
            self._named = reads.names_of(request)
            if request.action is Action.INSPECT:
                return shapes.prepared(request, None)
            return shapes.prepared(request, work.prepare(request, there, configuration, role=caller.role))

        prepared = self._shapes.of(there).prepared(raw, role=caller.role, prepare=prepare)
        self._named = prepared.named
        if prepared.work is None:
            return _inspected(prepared.request, there, configuration, role=caller.role)
        self._is_tracked = prepared.work.is_recorded
        came = Came(
            method=self._method,
            path=path,
            headers=headers,
            origin=requests.origin_of(self._connection),
        )
        answered = await runner(self._connection).run(prepared.work, there, caller=caller, came=came)
        return respond.respond(prepared.request, answered, prepared.work.shape, query=query)

    def refused(self, error: errors.CareError) -> Response:
        """The response that tells of an error."""
        is_anonymous = self._caller is None or self._caller.is_anonymous
        failure = failures.of(error, is_anonymous=is_anonymous, named=self._named, is_tracked=self._is_tracked)
        return respond.of_failure(failure, is_head=self._method == "HEAD")

    async def _body(self) -> bytes:
        parts: list[bytes] = []
        left = self._configuration.largest_body
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise errors.Invalid(hint="The request ended before its body did.")
            part = message.get("body", b"")
            left -= len(part)
            if left < 0:
                raise errors.TooLarge(hint=f"At most {self._configuration.largest_body} bytes.")
            parts.append(part)
            if not message.get("more_body"):
                return b"".join(parts)


def _path(scope: Scope) -> str:
    """What follows the mount, percent signs and all."""
    raw = bytes(scope.get("raw_path") or scope["path"].encode()).partition(b"?")[0]
    return raw.decode("latin-1").removeprefix(scope.get("root_path", "")) or "/"


def _headers(scope: Scope) -> list[tuple[str, str]]:
    try:
        return [(name.decode("latin-1"), value.decode()) for name, value in scope["headers"]]
    except UnicodeDecodeError:
        return [(name.decode("latin-1"), _text(value)) for name, value in scope["headers"]]


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _is_preflight(names: Collection[bytes]) -> bool:
    return b"origin" in names and b"access-control-request-method" in names


def _preflight(connection: HTTPConnection) -> Response:
    wanted = connection.headers.get("access-control-request-headers", "")
    names = [name.strip() for name in wanted.split(",") if name.strip()]
    headers = (
        ANY_ORIGIN,
        ("Access-Control-Allow-Methods", METHODS),
        ("Access-Control-Allow-Headers", ", ".join(["Authorization", *names, ALWAYS_ALLOWED])),
        ("Access-Control-Max-Age", str(PREFLIGHT_SECONDS)),
    )
    return Response(status=200, headers=headers)


def _inspected(request: Request, known: Known, configuration: Configuration, *, role: str) -> Response:
    allowed = work.allowed(request, known, configuration, role=role)
    return Response(status=200, headers=(ANY_ORIGIN, ("Allow", allowed), ("Content-Length", "0")))


async def _send(send: Send, response: Response) -> None:
    headers = [_encoded(header) for header in response.headers]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})


@lru_cache(maxsize=2048)
def _encoded(header: tuple[str, str]) -> tuple[bytes, bytes]:
    name, value = header
    return name.encode("latin-1", "replace"), value.encode("utf-8", "replace")
