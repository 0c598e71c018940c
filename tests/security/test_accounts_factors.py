"""Staff without its second factor, over every surface and by every way in: ASVS 6.3.3, 6.3.4, 7.5.1, 9.2."""

from __future__ import annotations

import base64
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from tests.integration.conftest import SECRET
from tests.security.clinic import Clinic

from carebase import server
from carebase.auth import accounts, factors, methods, opening, totp
from carebase.auth.callers import Caller
from carebase.auth.methods import Method
from carebase.settings import Settings

VERSION = {"X-Supabase-Api-Version": "2024-01-01"}
CALLER = Caller(address="192.0.2.7")
WAYS_IN = [method for method in Method if method not in methods.SECOND_FACTORS]
STAFF = ["attending", "nurse", "another attending"]
# What tells of a patient, by the tables of the data API.
OF_PATIENTS = [
    "ai_insights", "allergies", "care_messages", "care_team", "case_files", "case_steps", "cases", "insight_runs",
    "insight_signatures", "insight_statements", "insight_texts", "medicines", "observations", "patients",
    "result_releases", "secure_messages", "statement_reviews", "tasks",
]  # fmt: skip
OFTEN = [table for table in OF_PATIENTS if table not in {"care_team", "result_releases"}]


@dataclass
class Site:
    """The whole application on the clinic's database, where staff is asked for two factors."""

    app: Any
    clinic: Clinic

    async def came_in(self, name: str, proofs: Sequence[Method]) -> opening.Opened:
        """A session of one of the clinic's people, opened as every way in opens one."""
        means = self.app.state.accounts
        async with means.begin() as session:
            user = await accounts.by_id(session, self.id_of(name))
            assert user is not None
            given = [methods.proof(method) for method in proofs]
            return await opening.open_one(session, means, user, proofs=given, action="sign_in", caller=CALLER)

    def id_of(self, name: str) -> UUID:
        found = self.clinic.people[name].user_id
        assert found is not None
        return found

    def client(self, token: str) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        headers = {"Authorization": f"Bearer {token}"} | VERSION
        return httpx.AsyncClient(transport=transport, base_url="http://localhost:8000", headers=headers)

    async def raised(self, client: httpx.AsyncClient) -> tuple[str, dict[str, Any]]:
        """What a person of staff does to come in fully, over HTTP: the factor's id and the raised session."""
        enrolled = (await client.post("/auth/v1/factors", json={"factor_type": "totp"})).raise_for_status().json()
        factor = f"/auth/v1/factors/{enrolled['id']}"
        challenge = (await client.post(f"{factor}/challenge")).raise_for_status().json()["id"]
        secret = base64.b32decode(enrolled["totp"]["secret"])
        code = totp.code_at(secret, totp.step_at(time.time()))
        answer = await client.post(f"{factor}/verify", json={"challenge_id": challenge, "code": code})
        return enrolled["id"], answer.raise_for_status().json()

    async def sees(self, client: httpx.AsyncClient, name: str) -> dict[str, int]:
        """How much each surface shows: rows of the data API and of its functions, cases, files, changed rows."""
        found = {}
        for table in OF_PATIENTS:
            answer = await client.get(f"/rest/v1/{table}?select=*")
            found[table] = len(answer.json()) if answer.status_code == 200 else 0
        case = self.clinic.makings.completed.get(name) or self.clinic.makings.completed["attending"]
        ((file_id,),) = self.clinic.owner.execute(
            "select file_id from public.case_files where case_id = %s limit 1", [case]
        ).fetchall()
        for label, address in (
            ("the case", f"/api/cases/{case}"),
            ("its insights", f"/api/cases/{case}/insights"),
            ("its file", f"/api/cases/{case}/files/{file_id}"),
            ("its page", f"/cases/{case}"),
        ):
            # What the clinic's runs hold is no real result: who gets past the policies meets an error.
            found[label] = int((await client.get(address)).status_code in (200, 500))
        found["the list"] = len((await client.get("/api/cases")).json().get("cases", []))
        counted = await client.head("/rest/v1/patients?select=id", headers={"Prefer": "count=exact"})
        found["a count"] = int(counted.headers["Content-Range"].rpartition("/")[2])
        written = await client.patch(
            f"/rest/v1/cases?case_id=eq.{case}", json={"case_summary": "x"}, headers={"Prefer": "return=representation"}
        )
        found["a change"] = len(written.json()) if written.status_code == 200 else 0
        return found


@pytest.fixture
async def site(clinic: Clinic, tmp_path: Path) -> AsyncIterator[Site]:
    asked = "update private.site_settings set value = %s where name = 'staff_mfa'"
    chosen = Settings(data=tmp_path, secret=SECRET, database_url=clinic.database.owner_dsn, staff_mfa="required")
    app = server.build(chosen, owner_dsn=clinic.database.owner_dsn)
    clinic.owner.execute(asked, ["required"])
    try:
        async with app.router.lifespan_context(app):
            yield Site(app, clinic)
    finally:
        clinic.owner.execute(asked, ["optional"])
        clinic.owner.execute("delete from auth.mfa_factors where secret_sealed is not null and status = 'verified'")


async def test_staff_sees_nothing_of_a_patient_by_one_proof_whichever_it_is(site):
    shown = {}
    for way in WAYS_IN:
        name = STAFF[len(shown) % len(STAFF)]
        opened = await site.came_in(name, [way])
        async with site.client(opened.access_token) as client:
            shown[way] = sum((await site.sees(client, name)).values())
    assert shown == dict.fromkeys(WAYS_IN, 0)


async def test_the_same_staff_sees_its_patients_once_it_has_shown_a_second_factor(site):
    opened = await site.came_in("attending", [Method.PASSWORD])
    async with site.client(opened.access_token) as client:
        _, raised = await site.raised(client)
    async with site.client(raised["access_token"]) as client:
        found = await site.sees(client, "attending")
    assert [what for what in (*OFTEN, "the case", "the list", "a count") if not found[what]] == []


async def test_a_removed_factor_takes_the_token_it_gave_with_it(site):
    opened = await site.came_in("attending", [Method.PASSWORD])
    async with site.client(opened.access_token) as client:
        factor, raised = await site.raised(client)
    async with site.client(raised["access_token"]) as client:
        assert (await client.get("/rest/v1/cases")).status_code == 200
        assert (await client.delete(f"/auth/v1/factors/{factor}")).status_code == 200
        for address in ("/rest/v1/cases", "/api/cases"):
            assert (await client.get(address)).status_code == 401
        body = {"refresh_token": raised["refresh_token"]}
        below = (await client.post("/auth/v1/token?grant_type=refresh_token", json=body)).raise_for_status().json()
    async with site.client(below["access_token"]) as client:
        assert set((await site.sees(client, "attending")).values()) == {0}


async def test_a_factor_removed_by_the_operator_lowers_at_once_too(site):
    opened = await site.came_in("attending", [Method.PASSWORD])
    async with site.client(opened.access_token) as client:
        factor, raised = await site.raised(client)
    means = site.app.state.accounts
    async with means.begin() as session:
        user = await accounts.by_id(session, site.id_of("attending"))
        await factors.remove(session, means, user, factor_id=UUID(factor), caller=CALLER)
    async with site.client(raised["access_token"]) as client:
        assert (await client.get("/rest/v1/cases")).status_code == 401


async def test_a_token_that_claims_more_than_its_session_is_refused_everywhere(site):
    opened = await site.came_in("attending", [Method.PASSWORD])
    tokens, user = site.app.state.tokens, opened.account.user
    proofs = [methods.proof(Method.PASSWORD), methods.proof(Method.TOTP)]
    claimed = tokens.issue(user, session_id=opened.session_id, aal="aal2", amr=proofs)
    async with site.client(claimed) as client:
        for address in ("/rest/v1/cases", "/rest/v1/patients", "/api/cases"):
            assert (await client.get(address)).status_code == 401
        removed = await client.post("/auth/v1/paper_codes", json={"purpose": "recovery"})
        assert removed.status_code in (400, 403)


async def test_staff_below_reaches_what_it_needs_to_come_in_fully(site):
    opened = await site.came_in("nurse", [Method.PASSWORD])
    async with site.client(opened.access_token) as client:
        assert (await client.get("/auth/v1/user")).status_code == 200
        _, raised = await site.raised(client)
    async with site.client(raised["access_token"]) as client:
        assert len((await client.get("/rest/v1/patients")).json()) > 0
