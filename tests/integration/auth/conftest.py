"""The accounts service over HTTP, on a fresh database, with two routes that use a request's transaction."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from fastapi import FastAPI, Request, Response

from carebase import errors, sealing, settings
from carebase.audit import log as audit
from carebase.audit.log import ReadGate
from carebase.auth import routes
from carebase.auth.accounts import Accounts
from carebase.auth.passwords import Passwords
from carebase.auth.policy import Policy
from carebase.auth.requests import ReadSession, RequestSession, SignedInIdentity
from carebase.auth.tokens import Tokens
from carebase.database import queries
from carebase.database.pool import Login
from carebase.mail import outbox
from carebase.mail.messages import Kind, Message

PASSWORD = "correct horse battery staple"
PROBES = queries.load("""
-- name: who
-- Whom policies see.
select auth.uid();

-- name: defer_failure
-- Work that PostgreSQL accepts and whose commit it refuses.
insert into public.fails_at_commit (n) values (1);

-- name: write
-- Any change.
insert into public.notes (n) values (1);
""")


def application(database: Any, pools: Any, gate: Any, *, data: Path, **chosen: Any) -> FastAPI:
    app = FastAPI()
    app.state.settings = settings.Settings(data=data, secret=database.secret, **{"auto_confirm": True, **chosen})
    app.state.pools = pools
    app.state.gate = gate
    app.state.tokens = Tokens(database.secret, issuer="http://localhost:8000/auth/v1", access_token_minutes=60)
    app.include_router(routes.router)

    @app.exception_handler(errors.CareError)
    async def rendered(request: Request, error: errors.CareError) -> Response:
        waiting = {} if error.retry_after_seconds is None else {"Retry-After": str(error.retry_after_seconds)}
        return Response(json.dumps({"code": error.code}), error.status, waiting, "application/json")

    @app.get("/api/me")
    async def me(session: ReadSession) -> dict[str, str]:
        return {"id": str(await session.value(PROBES["who"]))}

    @app.get("/api/seen")
    async def seen(session: ReadSession) -> dict[str, str]:
        audit.saw(session, "public.cases", ["case-1"])
        return {"id": str(await session.value(PROBES["who"]))}

    @app.get("/api/identity")
    async def identity(identity: SignedInIdentity) -> dict[str, str]:
        return {"id": str(identity.user_id)}

    @app.post("/api/things", status_code=201)
    async def make(session: RequestSession) -> dict[str, str]:
        await session.run(PROBES["write"])
        return {"made": "yes"}

    @app.post("/api/uncommittable", status_code=201)
    async def uncommittable(session: RequestSession) -> dict[str, str]:
        await session.run(PROBES["defer_failure"])
        return {"made": "yes"}

    @app.get("/api/changing-read")
    async def changing_read(session: ReadSession) -> dict[str, str]:
        await session.run(PROBES["write"])
        return {"made": "yes"}

    return app


@dataclass
class Service:
    """A client of the service, and what a test wants to know behind it."""

    app: FastAPI
    database: Any

    def from_address(self, address: str = "127.0.0.1") -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.app, client=(address, 40000), raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://localhost:8000")

    def sql(self, text: str, *values: Any) -> list[tuple[Any, ...]]:
        with self.database.owner() as connection:
            cursor = connection.execute(text, values)
            return cursor.fetchall() if cursor.description else []

    def govern(self, **rules: Any) -> None:
        """Decide otherwise than the defaults about accounts."""
        means = self.app.state.accounts
        means.policy = dataclasses.replace(means.policy, **rules)

    def mails(self) -> list[Message]:
        """What waits to be sent, the oldest first; rows for nobody are left out."""
        rows = self.sql("select id, message_sealed from auth.outbox where kind <> 'none' order by created_at, id")
        return [
            Message.of_bytes(sealing.unseal(self.database.secret, sealed, purpose=outbox.SEAL, bound_to=str(mail_id)))
            for mail_id, sealed in rows
        ]

    def mail(self, kind: Kind) -> Message:
        """The latest mail of the kind."""
        return [message for message in self.mails() if message.kind is kind][-1]

    def let_a_minute_pass(self) -> None:
        """Another mail may be asked for."""
        self.sql("delete from auth.allowances where kind = 'mail_kind'")

    def recorded(self, action: str) -> list[dict[str, Any]]:
        entries = sorted(self.database.recorded(), key=lambda entry: entry["at"])
        return [entry for entry in entries if entry["action"] == action]


@pytest.fixture
async def service(database: Any, tmp_path: Path) -> AsyncIterator[Service]:
    with database.owner() as connection:
        connection.execute("""
            create table public.notes (n int);
            create table public.parents (n int primary key);
            create table public.fails_at_commit (n int references public.parents (n) deferrable initially deferred);
            grant insert on public.notes, public.fails_at_commit to authenticated
        """)
    async with database.pools() as pools, ReadGate(pools[Login.AUDIT_SEALER]) as gate:
        app = application(database, pools, gate, data=tmp_path)
        # Cheap hashes: one test compares times and brings its own.
        app.state.accounts = Accounts(
            pools,
            tokens=app.state.tokens,
            secret=database.secret,
            hashing=Passwords(memory_kibibytes=256, passes=1),
            # Without mails in the way; tests of confirmation say otherwise.
            policy=Policy(is_confirmed_at_once=True),
        )
        yield Service(app, database)
        if hasattr(app.state, "accounts"):
            app.state.accounts.close()


@pytest.fixture
async def client(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    async with service.from_address() as opened:
        yield opened


# Tests are imported by path, so what they share is reached through fixtures.
class Steps:
    """What people do, in few words."""

    PASSWORD = PASSWORD

    @staticmethod
    async def signed_up(client: httpx.AsyncClient, email: str = "amina@example.org") -> dict[str, Any]:
        answer = await client.post("/auth/v1/signup", json={"email": email, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        return answer.json()

    @staticmethod
    async def signed_in(
        client: httpx.AsyncClient, email: str = "amina@example.org", password: str = PASSWORD
    ) -> httpx.Response:
        return await client.post("/auth/v1/token?grant_type=password", json={"email": email, "password": password})

    @staticmethod
    def pkce(verifier: str = "v" * 43) -> tuple[str, dict[str, str]]:
        """A client's verifier and what it sends of it."""
        hashed = hashlib.sha256(verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(hashed).rstrip(b"=").decode()
        return verifier, {"code_challenge": challenge, "code_challenge_method": "s256"}

    @staticmethod
    def brought(address: str) -> dict[str, str]:
        """What an address takes along, in its query and behind its `#`."""
        parts = urlsplit(address)
        return dict(parse_qsl(parts.query)) | dict(parse_qsl(parts.fragment))

    @classmethod
    async def opened(cls, client: httpx.AsyncClient, link: str) -> httpx.Response:
        """What a mail's link is answered with that a client asked for, which waits for it at the site's address."""
        given = {name: cls.brought(link)[name] for name in ("token", "type")}
        return await client.get("/auth/v1/verify", params={**given, "redirect_to": "http://localhost:8000"})

    @staticmethod
    def claims(session: dict[str, Any]) -> dict[str, Any]:
        """What an access token says, unverified."""
        payload = session["access_token"].split(".")[1]
        return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))

    @staticmethod
    def bearer(session: dict[str, Any]) -> dict[str, str]:
        return {"Authorization": f"Bearer {session['access_token']}"}


@pytest.fixture
def steps() -> type[Steps]:
    return Steps


@pytest.fixture
def made_app():
    return application
