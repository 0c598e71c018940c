"""Storage over HTTP with files of patients in it, for tests of who reads them and of what is written down about it."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import OctKey

from carebase.audit.log import ReadGate
from carebase.auth.tokens import Tokens
from carebase.database.identity import Identity, Role
from carebase.database.pool import Login
from carebase.documents.reading import Reader
from carebase.settings import Settings
from carebase.storage import routes
from carebase.storage.objects import Store

BASE = "http://localhost:8000/storage/v1"
CACHE = "max-age=3600"
SERVICE = Identity(Role.SERVICE, {"role": "service_role"})


async def _chunks(content: bytes) -> AsyncIterator[bytes]:
    yield content


@dataclass
class Site:
    """A client without credentials, people with theirs, and what lies behind."""

    app: FastAPI
    database: Any
    client: httpx.AsyncClient
    nadia: Identity
    """Attending, in the patient's team."""
    omar: Identity
    """Attending, in nobody's team."""
    amina: Identity
    """The patient's account."""
    patient: UUID

    def bearer(self, person: Identity) -> dict[str, str]:
        claims = {"aud": "authenticated", "exp": int(time.time()) + 900, **person.claims, "role": person.role.value}
        key = OctKey.import_key(self.database.secret.encode())
        return {"Authorization": f"Bearer {jwt.encode({'alg': 'HS256'}, claims, key)}"}

    @property
    def service(self) -> dict[str, str]:
        return {"apikey": self.app.state.tokens.service_key()}

    @property
    def anon(self) -> dict[str, str]:
        return {"apikey": self.app.state.tokens.anon_key()}

    def sql(self, text: str, *values: Any) -> list[tuple[Any, ...]]:
        with self.database.owner() as connection:
            cursor = connection.execute(text, values or None)
            return cursor.fetchall() if cursor.description else []

    async def put(self, bucket: str, name: str, content: bytes, media_type: str = "application/pdf") -> None:
        """An object, past every policy."""
        received = await self.app.state.store.receive(_chunks(content), identity=SERVICE, limit_bytes=1 << 30)
        self.sql("delete from storage.uploads where key = %s", received.key)
        self.sql(
            "insert into storage.objects (bucket_id, name, version, metadata) values (%s, %s, %s, jsonb_build_object("
            "'size', %s::bigint, 'mimetype', %s::text, 'sha256', %s::text, 'eTag', '\"' || %s::text || '\"', "
            "'cacheControl', %s::text))",
            *(bucket, name, str(received.key), received.size, media_type, received.sha256, received.sha256, CACHE),
        )

    async def get(self, path: str, *, by: Identity | None = None, **headers: str) -> httpx.Response:
        sent = {**({} if by is None else self.bearer(by)), **{n.replace("_", "-"): v for n, v in headers.items()}}
        return await self.client.get(f"{BASE}/{path}", headers=sent)

    async def link(self, name: str, *, headers: dict[str, str], **given: Any) -> str:
        """The address of a new link, below `/storage/v1`."""
        asked = {"expiresIn": 60, **given}
        answer = await self.client.post(f"{BASE}/object/sign/{name}", json=asked, headers=headers)
        assert answer.status_code == 200, answer.text
        address: str = answer.json()["signedURL"]
        path, _, query = address[1:].partition("?")
        return f"{quote(path)}?{query}"

    def recorded(self, *, also: Collection[str] = ()) -> list[dict[str, Any]]:
        """What is on record of reading objects, in its order; `also` are actions that write."""
        left_out = {"INSERT", "UPDATE", "DELETE"} - set(also)
        entries = [
            entry
            for entry in self.database.recorded()
            if entry["relation"] == "storage.objects" and entry["action"] not in left_out
        ]
        return sorted(entries, key=lambda entry: entry["at"])


@asynccontextmanager
async def opened(database: Any, data: Path) -> AsyncIterator[Site]:
    """The routes of Storage with a patient in them."""
    settings = Settings(data=data, secret=database.secret)
    async with AsyncExitStack() as stack:
        reader = Reader()
        stack.push_async_callback(reader.close)
        pools = await stack.enter_async_context(database.pools())
        gate = await stack.enter_async_context(ReadGate(pools[Login.AUDIT_SEALER]))
        app = FastAPI()
        app.state.settings, app.state.pools, app.state.gate, app.state.reader = settings, pools, gate, reader
        app.state.tokens = Tokens(database.secret, issuer="http://localhost:8000/auth/v1", access_token_minutes=60)
        app.state.store = Store.of(settings, pools)
        app.include_router(routes.router)
        nadia, omar, amina = database.a_person(), database.a_person(), database.a_person(None)
        with database.owner() as owner:
            row = owner.execute(
                "insert into public.patients (first_name, last_name, account_id, created_by) "
                "values ('Amina', 'Diallo', %s, %s) returning id",
                [amina.user_id, nadia.user_id],
            ).fetchone()
            owner.execute(
                "insert into public.care_team (patient_id, provider_id, role) values (%s, %s, 'attending')",
                [row[0], nadia.user_id],
            )
            owner.execute("update private.site_settings set value = 'optional' where name = 'staff_mfa'")
            owner.execute("insert into storage.buckets (id, name, public) values ('leaflets', 'leaflets', true)")
        transport = httpx.ASGITransport(app, client=("192.0.2.7", 40000), raise_app_exceptions=False)
        client = await stack.enter_async_context(httpx.AsyncClient(transport=transport))
        yield Site(app, database, client, nadia, omar, amina, row[0])


def said(answer: httpx.Response) -> tuple[int, str]:
    """The status and the code of a refusal."""
    return answer.status_code, json.loads(answer.content)["code"]
