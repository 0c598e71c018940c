"""The composition root: settings → connections → routes → one ASGI application.

Only the command line imports it. What requests share lives on `app.state`, put there once at start.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any, Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from carebase import errors
from carebase.apps import site
from carebase.apps.cases import intake, routes
from carebase.audit.checkpoints import Checkpoints
from carebase.audit.log import ReadGate
from carebase.audit.sealer import Sealer
from carebase.auth import oauth_routes
from carebase.auth import routes as auth_routes
from carebase.auth.accounts import Accounts
from carebase.auth.activity import Activity
from carebase.auth.carrying import Carrying
from carebase.auth.limits import Allowance
from carebase.auth.other_origins import OtherOrigins
from carebase.auth.policy import Policy
from carebase.auth.tokens import Tokens
from carebase.database import pool
from carebase.database.listen import Listener
from carebase.database.pool import Login, Pools
from carebase.documents.reading import Reader
from carebase.mail.sender import Sender
from carebase.observability import Log
from carebase.rest import deployment
from carebase.settings import VERSION, Settings
from carebase.storage import link_downloads, ranges
from carebase.storage import routes as storage_routes
from carebase.storage.failures import RangeNotSatisfiable
from carebase.storage.objects import Store
from carebase.web import body_limit, failures, headers, request_limit, signed_in, static, viewers
from carebase.web.proxies import TrustedProxies

DESCRIPTION: Final = (
    "Open a case, attach lab PDFs and radiology images, read insights with their evidence. "
    "Everything a call may see is decided by row policies in PostgreSQL."
)
LOG = Log("server")


class Application(FastAPI):
    """FastAPI beside the data API and downloads by links, whose requests pass by all that FastAPI does: it would cost
    them more than we do.

    Its description leaves out an answer that is never given: what it would answer with 422 is our 400.
    """

    data_api: ASGIApp
    link_downloads: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on to whom it is for."""
        if deployment.is_for_data_api(scope):
            scope["app"] = self
            await self.data_api(scope, receive, send)
        elif link_downloads.is_for_link(scope):
            scope["app"] = self
            await self.link_downloads(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document."""
        if self.openapi_schema is None:
            described = super().openapi()
            for operations in described["paths"].values():
                for operation in operations.values():
                    operation["responses"].pop("422", None)
            for shape in ("HTTPValidationError", "ValidationError"):
                described["components"]["schemas"].pop(shape, None)
        return super().openapi()


class Broken:
    """ASGI middleware: an unexpected error is answered like any other, with our headers and the request's id."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; whatever it raises before it answers becomes a 500 that tells nothing."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        has_begun = False

        async def send_noting(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self.app(scope, receive, send_noting)
        except Exception as error:
            request = Request(scope, receive)
            if has_begun:
                # What was sent cannot be taken back; the connection is broken off, so that it is not believed.
                LOG.error("answer_broke", cause=error, request_id=_id_of(request))
                raise
            refusal = error if isinstance(error, errors.CareError) else None
            if refusal is None:
                LOG.error("request_broke", cause=error, request_id=_id_of(request))
                refusal = errors.CareError(hint="Tell whoever runs this server the request id.")
            await _answer(request, refusal)(scope, receive, send)


def build(settings: Settings, *, owner_dsn: str) -> FastAPI:
    """The application. `owner_dsn` says where PostgreSQL is; the logins' own passwords are used."""
    configuration = deployment.configured(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            state = app.state
            # For what an administrator does with the whole record; no request of anybody else comes near it.
            state.owner_dsn = settings.database_direct_url or owner_dsn
            state.pools = await stack.enter_async_context(
                Pools(owner_dsn=owner_dsn, secret=settings.secret, logins=frozenset(Login) - {Login.CARE_WORKER})
            )
            # Entered before the gate, so that it ends after it and seals what the gate wrote last.
            sealing_pool = state.pools[Login.AUDIT_SEALER]
            await stack.enter_async_context(
                Sealer(
                    sealing_pool,
                    checkpoints=Checkpoints.of(settings, sealing_pool),
                    every=timedelta(minutes=settings.audit_checkpoint_minutes),
                )
            )
            state.gate = await stack.enter_async_context(ReadGate(sealing_pool))
            state.accounts = Accounts(
                state.pools, tokens=state.tokens, secret=settings.secret, policy=Policy.of(settings)
            )
            stack.callback(state.accounts.close)
            service = state.pools[Login.AUTH_SERVICE]
            state.activity = await stack.enter_async_context(Activity(service, idle_minutes=settings.idle_minutes))
            await stack.enter_async_context(Carrying(state.allowance, service, kind="requests"))
            await stack.enter_async_context(Carrying(state.address_allowance, service, kind="address_requests"))
            await stack.enter_async_context(Sender.of(settings, state.pools[Login.AUTH_SERVICE]))
            state.store = Store.of(settings, state.pools)
            state.reader = Reader()
            stack.push_async_callback(state.reader.close)
            state.progress = await stack.enter_async_context(
                Listener(
                    pool.conninfo_for(
                        Login.CARE_QUEUE,
                        owner_dsn=settings.database_direct_url or owner_dsn,
                        secret=settings.secret,
                    ),
                    channel="case_progress",
                )
            )
            state.data_api = await stack.enter_async_context(
                deployment.opened(
                    configuration,
                    pools=state.pools,
                    gate=state.gate,
                    owner_dsn=owner_dsn,
                    direct_dsn=settings.database_direct_url or owner_dsn,
                    secret=settings.secret,
                )
            )
            LOG.info("serving", address=settings.address, version=VERSION)
            yield
            LOG.info("draining")

    app = Application(
        title="carebase",
        version=VERSION,
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json" if settings.api_docs else None,
    )
    app.state.settings = settings
    app.state.tokens, app.state.issuers = Tokens.of(settings), oauth_routes.read_issuers(settings)
    app.state.allowance = Allowance(settings.requests_per_minute)
    app.state.address_allowance = Allowance(settings.requests_per_minute * request_limit.PEOPLE_BEHIND_AN_ADDRESS)
    names = static.built()
    app.state.renderer = site.renderer(names, settings)
    # The original service's paths come before the pages, which own the rest of /cases.
    for router in (auth_routes.router, storage_routes.router, routes.router, routes.original, site.router):
        app.include_router(router)
    if settings.api_docs:
        app.include_router(viewers.router)
    app.mount(static.MOUNT, static.mount(), name="static")
    _add_health(app)
    _add_refusals(app)
    app.add_middleware(body_limit.BodyLimit)
    app.add_middleware(signed_in.CookieSessions)
    app.add_middleware(request_limit.RequestLimit, allowance=app.state.address_allowance)
    app.add_middleware(Broken)
    app.add_middleware(OtherOrigins)
    app.add_middleware(headers.CarefulHeaders)
    app.data_api = headers.CarefulHeaders(Broken(signed_in.CookieSessions(deployment.mounted(configuration))))
    app.link_downloads = headers.CarefulHeaders(OtherOrigins(Broken(link_downloads.LinkDownloads())))
    if settings.trusted_proxies:
        app.add_middleware(TrustedProxies, trusted=settings.trusted_proxies)
        app.data_api = TrustedProxies(app.data_api, trusted=settings.trusted_proxies)
        app.link_downloads = TrustedProxies(app.link_downloads, trusted=settings.trusted_proxies)
    return app


def _add_health(app: FastAPI) -> None:
    @app.get("/healthz", include_in_schema=False)
    async def alive() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz", include_in_schema=False)
    async def ready(request: Request) -> Response:
        async with request.app.state.pools[Login.AUTHENTICATOR].connection(timeout=3) as connection:
            await connection.execute("select 1")
        return JSONResponse({"status": "ok"})

    @app.get("/health", include_in_schema=False)
    async def health() -> dict[str, str]:
        return {"status": "ok", "version": VERSION}

    @app.get("/", include_in_schema=False)
    async def first_page() -> Response:
        return RedirectResponse("/cases", 303)


def _add_refusals(app: FastAPI) -> None:
    async def refused(request: Request, error: Exception) -> Response:
        if not isinstance(error, errors.CareError):
            raise error
        if error.status >= 500:
            LOG.error("request_failed", cause=error.__cause__ or error, code=error.code, request_id=_id_of(request))
        return _answer(request, error)

    async def not_valid(request: Request, error: Exception) -> Response:
        if not isinstance(error, RequestValidationError):
            raise error
        return _answer(request, errors.Invalid(details=intake.fields_at_fault(error.errors())))

    async def not_routed(request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise error
        # The framework reports whatever went wrong while it read the body as 400; ours keeps its own name.
        cause = error.__cause__
        response = _answer(request, cause if isinstance(cause, errors.CareError) else _of_status(error.status_code))
        for name, value in (error.headers or {}).items():
            response.headers[name] = value
        return response

    app.add_exception_handler(errors.CareError, refused)
    app.add_exception_handler(RequestValidationError, not_valid)
    app.add_exception_handler(HTTPException, not_routed)


def _answer(request: Request, error: errors.CareError) -> Response:
    if failures.wants_page(request):
        return failures.page(request.app.state.renderer, request, error)
    return error_response(request, error)


class MethodNotAllowed(errors.CareError):
    """The address exists, the method does not."""

    code, status, message = "method_not_allowed", 405, "This address does not answer to that method."


def _of_status(status: int) -> errors.CareError:
    match status:
        case 404:
            return errors.NotFound()
        case 405:
            return MethodNotAllowed()
        case 413:
            return errors.TooLarge()
        case _ if status < 500:
            return errors.Invalid()
        case _:
            return errors.CareError()


def error_response(request: Request, error: errors.CareError) -> JSONResponse:
    """An error in the one shape of the JSON API."""
    body = {
        "code": error.code,
        "message": error.message,
        "details": error.details,
        "hint": error.hint,
        "request_id": _id_of(request),
    }
    response = JSONResponse(body, error.status)
    if error.retry_after_seconds is not None:
        response.headers["Retry-After"] = str(error.retry_after_seconds)
    if isinstance(error, RangeNotSatisfiable):
        response.headers["Content-Range"] = ranges.unsatisfied(size=error.size)
    if error.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _id_of(request: Request) -> str:
    return str(getattr(request.state, "request_id", ""))
