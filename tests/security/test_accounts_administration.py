"""Forged tokens, confused keys, withdrawn keys and assumed roles, by surface: ASVS 8.3.2, 9.1.1–9.2.3, 15.3.3."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from joserfc import jws, jwt
from joserfc.jwk import ECKey, OctKey
from tests.integration.conftest import Database, RunningCluster
from tests.security.conftest import a_database

from carebase import server, settings
from carebase.auth import administration, api_keys, attributes, operators, signing_keys
from carebase.auth.api_keys import Kind
from carebase.auth.tokens import Tokens

PASSWORD = "correct horse battery staple"
# What only somebody who is signed in, or a key that administers, is answered by.
SURFACES = [
    ("GET", "/rest/v1/cases"),
    ("HEAD", "/rest/v1/patients"),
    ("POST", "/rest/v1/cases"),
    ("POST", "/rest/v1/rpc/my_patients"),
    ("GET", "/api/cases"),
    ("GET", "/auth/v1/user"),
    ("PUT", "/auth/v1/user"),
    ("POST", "/auth/v1/logout"),
    ("GET", "/auth/v1/sessions"),
    ("POST", "/auth/v1/factors"),
    ("GET", "/auth/v1/admin/users"),
    ("POST", "/auth/v1/admin/generate_link"),
]


@pytest.fixture
def database(cluster: RunningCluster) -> Iterator[Database]:
    with a_database(cluster) as made:
        yield made


@dataclass
class Site:
    """The whole application, whose tokens a key of its file signs."""

    app: Any
    database: Database
    file: Path

    def client(self, **headers: str) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.app, client=("127.0.0.1", 4711), raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://localhost:8000", headers=headers)

    @property
    def tokens(self) -> Tokens:
        found: Tokens = self.app.state.tokens
        return found

    async def came_in(self, email: str = "amina@example.org", role: str = "attending") -> dict[str, Any]:
        means = self.app.state.accounts
        await administration.create_with_role(means, email, PASSWORD, role=role)
        async with self.client() as client:
            answer = await client.post(
                "/auth/v1/token?grant_type=password", json={"email": email, "password": PASSWORD}
            )
        found: dict[str, Any] = answer.raise_for_status().json()
        return found

    async def minted(self, kind: Kind) -> str:
        async with self.app.state.accounts.begin() as session:
            return (await api_keys.mint(session, kind=kind, name=kind.value)).key

    async def revoked(self, kind: Kind) -> None:
        async with self.app.state.accounts.begin() as session:
            await api_keys.revoke(session, kind.value)


@pytest.fixture
async def site(database: Database, tmp_path: Path) -> AsyncIterator[Site]:
    file = tmp_path / "keys.json"
    signing_keys.rotate(file, algorithm="ES256", life_seconds=3600)
    chosen = settings.Settings(
        data=tmp_path, secret=database.secret, workers=0, auto_confirm=True, signing_keys=file, staff_mfa="optional"
    )
    built = server.build(chosen, owner_dsn=database.owner_dsn)
    async with built.router.lifespan_context(built):
        yield Site(built, database, file)


def claims_of(token: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(jws.extract_compact(token.encode()).payload)
    return found


def part(value: bytes) -> bytes:
    return base64.urlsafe_b64encode(value).rstrip(b"=")


def by_text(header: dict[str, Any], claims: dict[str, Any], text: bytes) -> str:
    signed = part(json.dumps(header).encode()) + b"." + part(json.dumps(claims).encode())
    return (signed + b"." + part(hmac.digest(text, signed, "sha256"))).decode()


def forged(site: Site, claims: dict[str, Any]) -> dict[str, str]:
    """What somebody without our keys, or with another of our signed texts, tries."""
    entry = json.loads(site.file.read_text())["keys"][0]
    kid, own, stranger = entry["kid"], ECKey.import_key(entry), ECKey.generate_key("P-256")
    secret = OctKey.import_key(site.database.secret)
    public = own.as_pem(private=False)
    none = part(json.dumps({"alg": "none", "kid": kid}).encode()).decode()
    body = part(json.dumps(claims).encode()).decode()
    over = {**claims, "exp": int(time.time()) - 1}
    endless = {name: value for name, value in claims.items() if name != "exp"}
    es = {"alg": "ES256", "kid": kid}
    return {
        "unsigned": f"{none}.{body}.",
        "signed by a stranger": jwt.encode(es, claims, stranger),
        "with the stranger's key inside": jwt.encode({**es, "jwk": stranger.as_dict(private=False)}, claims, stranger),
        "with an address of keys": jwt.encode({**es, "jku": "http://127.0.0.1:9/keys"}, claims, stranger),
        "signed with the public key": by_text({"alg": "HS256", "kid": kid}, claims, public),
        "signed with the public key, unnamed": by_text({"alg": "HS256"}, claims, public),
        "by the secret under the key's name": jwt.encode({"alg": "HS256", "kid": kid}, claims, secret),
        "by the secret under an unknown name": jwt.encode({"alg": "HS256", "kid": "x"}, claims, secret),
        "by the key without its name": jwt.encode({"alg": "ES256"}, claims, own),
        "by another secret": jwt.encode({"alg": "HS256"}, claims, OctKey.import_key("another-secret-" * 3)),
        "over": jwt.encode(es, over, own),
        "without an end": jwt.encode(es, endless, own),
        "not yet": jwt.encode(es, {**claims, "nbf": int(time.time()) + 60}, own),
        "for somebody else": jwt.encode(es, {**claims, "aud": "another"}, own),
        "as the database's owner": jwt.encode(es, {**claims, "role": "platform_owner"}, own),
        "as service_role by a key of the file without an end": jwt.encode(es, {"role": "service_role"}, own),
        "as an operator that is over": jwt.encode({"alg": "HS256"}, {"role": "service_role", "exp": 1}, secret),
        "a signed link to a file": jwt.encode({"alg": "HS256"}, {"url": "a/b", "exp": int(time.time()) + 60}, secret),
    }


async def test_no_forged_token_opens_any_surface(site):
    session = await site.came_in()
    claims = claims_of(session["access_token"])
    opened = []
    for name, token in forged(site, claims).items():
        async with site.client(Authorization=f"Bearer {token}") as client:
            for method, path in SURFACES:
                answer = await client.request(method, path, json={} if method in {"POST", "PUT"} else None)
                if answer.status_code not in {401, 403}:
                    opened.append((name, method, path, answer.status_code))
        async with site.client(apikey=token) as client:
            answer = await client.get("/rest/v1/cases")
            if answer.status_code != 401:
                opened.append((name, "apikey", "/rest/v1/cases", answer.status_code))
    assert opened == []
    async with site.client(Authorization=f"Bearer {session['access_token']}") as client:
        assert (await client.get("/rest/v1/cases")).status_code == 200
        assert (await client.get("/auth/v1/user")).status_code == 200


async def test_a_key_that_needs_no_end_administers_accounts_and_reaches_no_data(site):
    token = jwt.encode({"alg": "HS256"}, {"role": "service_role"}, OctKey.import_key(site.database.secret))
    async with site.client(Authorization=f"Bearer {token}") as client:
        assert (await client.get("/auth/v1/admin/users")).status_code == 200
        for path in ("/rest/v1/cases", "/api/cases"):
            assert (await client.get(path)).status_code == 401


@pytest.mark.parametrize(("kind", "path"), [(Kind.SECRET, "/rest/v1/cases"), (Kind.PUBLISHABLE, "/rest/v1/")])
async def test_a_withdrawn_key_is_refused_by_the_next_request_everywhere(site, kind, path):
    key = await site.minted(kind)
    for headers in ({"apikey": key}, {"apikey": key, "Authorization": f"Bearer {key}"}):
        async with site.client(**headers) as client:
            assert (await client.get(path)).status_code == 200
            assert (await client.get("/auth/v1/settings")).status_code == 200
    async with site.client(Authorization=f"Bearer {key}") as client:
        assert (await client.get("/rest/v1/cases")).status_code == 401
    await site.revoked(kind)
    for headers in ({"apikey": key}, {"apikey": key, "Authorization": f"Bearer {key}"}):
        async with site.client(**headers) as client:
            for asked in ("/rest/v1/cases", "/auth/v1/settings", "/auth/v1/admin/users"):
                assert (await client.get(asked)).status_code == 401, asked


async def test_a_key_made_up_in_the_right_form_opens_nothing(site):
    key = api_keys.new(Kind.SECRET)
    async with site.client(apikey=key) as client:
        for asked in ("/rest/v1/cases", "/auth/v1/settings", "/auth/v1/admin/users"):
            assert (await client.get(asked)).status_code == 401


async def test_a_withdrawn_role_of_signed_keys_is_refused_on_the_data_api_too(site):
    service = site.tokens.service_key()
    async with site.client(Authorization=f"Bearer {service}") as client:
        assert (await client.get("/rest/v1/cases")).status_code == 200
        async with site.app.state.accounts.begin() as session:
            await api_keys.revoke_legacy(session, api_keys.Role.SERVICE, key=service)
        for asked in ("/rest/v1/cases", "/auth/v1/admin/users"):
            assert (await client.get(asked)).status_code == 401


async def test_another_role_holds_on_every_surface_from_the_next_request_on(site):
    session = await site.came_in()
    wanted = attributes.read({"app_metadata": {"role": None}})
    async with site.client(Authorization=f"Bearer {session['access_token']}") as client:
        assert (await client.get("/rest/v1/cases")).status_code == 200
        await administration.change(
            site.app.state.accounts,
            UUID(session["user"]["id"]),
            wanted,
            by=operators.COMMAND_LINE,
        )
        for path in ("/rest/v1/cases", "/api/cases"):
            assert (await client.get(path)).status_code == 401


async def test_a_file_that_is_rotated_signs_nobody_out_and_a_key_that_is_taken_away_does(site, monkeypatch):
    monkeypatch.setattr(signing_keys, "LOOKED_AT_SECONDS", -1.0)
    session = await site.came_in()
    async with site.client(Authorization=f"Bearer {session['access_token']}") as client:
        assert (await client.get("/rest/v1/cases")).status_code == 200
        signing_keys.rotate(site.file, algorithm="ES256", life_seconds=3600)
        assert (await client.get("/rest/v1/cases")).status_code == 200
        kept = json.loads(site.file.read_text())["keys"][1:]
        site.file.write_text(json.dumps({"keys": kept}))
        assert (await client.get("/rest/v1/cases")).status_code == 401


@pytest.mark.parametrize("role", ["attending", "nurse", "specialist", "patient"])
async def test_nobody_makes_itself_more_than_it_is(site, role):
    session = await site.came_in(role=role)
    other = await site.came_in("other@example.org")
    more = {
        "app_metadata": {"role": "admin"}, "role": "service_role", "aud": "x", "is_super_admin": True,
        "email_confirmed_at": "2026-01-01T00:00:00Z", "user_metadata": {"role": "admin"}, "data": {"role": "admin"},
        "raw_app_meta_data": {"role": "admin"}, "id": other["user"]["id"],
    }  # fmt: skip
    async with site.client(Authorization=f"Bearer {session['access_token']}") as client:
        await client.put("/auth/v1/user", json=more)
        await client.put("/auth/v1/user", json={name: value for name, value in more.items() if name != "app_metadata"})
        for user in (session["user"]["id"], other["user"]["id"]):
            assert (await client.put(f"/auth/v1/admin/users/{user}", json=more)).status_code == 403
        assert (await client.get("/auth/v1/user")).json()["app_metadata"]["role"] == role
    with site.database.owner() as owner:
        kept = owner.execute(
            "select raw_app_meta_data ->> 'role', role, aud from auth.users order by created_at"
        ).fetchall()
    assert kept == [(role, "authenticated", "authenticated"), ("attending", "authenticated", "authenticated")]
