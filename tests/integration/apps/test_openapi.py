"""The API's description and its doors: what exists is described and the reverse, and nothing is open by accident.

None of it depends on PostgreSQL's version, so it runs on one.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from starlette.routing import BaseRoute, Mount
from tests.integration.apps.test_cases_api import AMINA, lab

on_one_version = pytest.mark.parametrize("cluster", [os.environ.get("CAREBASE_TEST_POSTGRES", "18")], indirect=True)

# What answers without a session, and why.
PUBLIC = {
    "/": "leads to the worklist, which asks to sign in",
    "/health": "document 004",
    "/healthz": "for supervisors",
    "/readyz": "for supervisors",
    "/docs": "the API's description",
    "/redoc": "the API's description",
    "/openapi.json": "the API's description",
    "/login": "where one signs in",
    "/login/code": "where one signs in by a printed code",
    "/login/mail": "asks for a mail to sign in with, and tells nobody whether there is an account",
    "/login/with/{name}": "leads to an outside provider",
    "/login/link": "asks who has begun a link elsewhere whether it is meant; without its ticket it asks nothing",
    "/login/return": "where an outside provider sends people back to",
    "/register": "an account without a role sees nothing",
    "/forgot": "asks for a mail, and tells nobody whether there is an account",
    "/confirm": "where the link of such a mail is redeemed",
    "/confirm/code": "where its digits are redeemed",
    "/confirm/again": "asks for it again",
    "/first-run": "makes the first administrator, on this machine alone",
    "/install-certificate": "nobody can sign in before it is trusted",
    "/install-certificate/carebase.crt": "the same; it is in every handshake",
    "/install-certificate/carebase.pem": "the same",
    "/auth/v1/health": "as GoTrue",
    "/auth/v1/settings": "as GoTrue",
    "/auth/v1/.well-known/jwks.json": "the public keys that tokens are checked with",
    "/auth/v1/.well-known/openid-configuration": "where they are",
    "/auth/v1/signup": "an account without a role sees nothing",
    "/auth/v1/token": "where one signs in",
    "/auth/v1/otp": "asks for a mail to sign in with, and tells nobody whether there is an account",
    "/auth/v1/magiclink": "the same",
    "/auth/v1/recover": "the same",
    "/auth/v1/resend": "the same",
    "/auth/v1/verify": "where a link or a code of such a mail is redeemed",
    "/auth/v1/authorize": "leads to an outside provider",
    "/auth/v1/callback": "where an outside provider sends people back to",
}
DESCRIBED_ROOTS = ("/api/", "/auth/v1/", "/storage/v1/", "/cases/create_case", "/cases/all_cases", "/cases/cases/")
RESUMABLE = "/storage/v1/upload/resumable"
SECOND_WAYS = {
    ("GET", "/storage/v1/bucket/"),
    ("POST", "/storage/v1/bucket/"),
    ("POST", f"{RESUMABLE}/"),
    ("POST", f"{RESUMABLE}/sign/"),
    ("POST", f"{RESUMABLE}/{{upload_id}}"),
    ("POST", f"{RESUMABLE}/sign/{{upload_id}}"),
    ("OPTIONS", f"{RESUMABLE}/{{upload_id}}"),
}
"""What clients ask for under another address or by another method, where it is described."""
NOTHING = "00000000-0000-0000-0000-000000000000"
PROGRAM, BROWSER = {"Accept": "application/json"}, {"Accept": "text/html"}


def leaves(routes: Iterable[BaseRoute], prefix: str = "") -> Iterator[tuple[str, BaseRoute]]:
    """Every route with its whole path, also of routers inside of routers."""
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is None:
            yield prefix + getattr(route, "path", ""), route
        else:
            yield from leaves(inner.routes, prefix + route.include_context.prefix)


def doors(app: Any) -> set[tuple[str, str]]:
    """Method and path of everything that answers, a name with folders as the description has it."""
    return {
        (method, path.replace(":path}", "}"))
        for path, route in leaves(app.routes)
        if not isinstance(route, Mount)
        for method in route.methods - {"HEAD"}
    }


def described(app: Any) -> set[tuple[str, str]]:
    return {
        (method.upper(), path)
        for path, methods in app.openapi()["paths"].items()
        for method in methods
        if method != "head"
    }


def filled(path: str) -> str:
    return re.sub(r"\{[^}]+\}", "1", path)


@on_one_version
async def test_every_route_of_the_api_is_described_and_the_other_way_round(running):
    async with running() as application:
        existing = {door for door in doors(application.app) if f"{door[1]}/".startswith(DESCRIBED_ROOTS)}

        assert existing - SECOND_WAYS == described(application.app)
        assert len(existing) > 15


@on_one_version
async def test_the_description_says_what_may_come_back(running):
    async with running() as application:
        for path, methods in application.app.openapi()["paths"].items():
            for method, operation in methods.items():
                assert operation["summary"], (method, path)
                assert operation.get("description"), (method, path)
                if path.startswith("/api/"):
                    assert {"400", "401", "404", "429", "500"} <= set(operation["responses"]), (method, path)
                assert "422" not in operation["responses"], (method, path)
                assert operation.get("deprecated", False) == path.startswith("/cases/"), (method, path)


@on_one_version
async def test_no_door_is_open_without_a_session_unless_it_is_listed(running):
    async with running() as application, application.client() as nobody:
        all_doors = doors(application.app)
        assert {path for _, path in all_doors} >= set(PUBLIC)
        for method, path in sorted(all_doors):
            # What TUS is spoken here is said to everybody.
            if path in PUBLIC or (method == "OPTIONS" and path.startswith(RESUMABLE)):
                continue
            for accepts in (PROGRAM, BROWSER):
                answer = await nobody.request(method, filled(path), headers=accepts)
                if path.startswith("/storage/v1/") and answer.status_code in {400, 412}:
                    # Storage says in the body what others say by the status, of what it has looked at.
                    is_told = answer.headers["Content-Type"] == "application/json"
                    said = answer.json()["statusCode"] if is_told else str(answer.status_code)
                    assert said in {"400", "403", "404", "412"}, (method, path, answer.text)
                    continue
                assert answer.status_code in {303, 401, 403, 404}, (method, path, answer.status_code, answer.text)
                if answer.status_code == 303:
                    assert answer.headers["Location"].startswith("/login"), (method, path)
                if answer.status_code == 403:
                    # A form that did not come from a page of ours is refused before anybody asks who sent it.
                    assert method == "POST"
                    assert not path.startswith("/api/")


@on_one_version
async def test_a_person_without_a_role_comes_no_further_than_nobody(running):
    async with running() as application:
        doctor = application.database.a_person()
        async with application.client(doctor) as own:
            case = (await own.post("/api/cases", data=AMINA, files=[lab()])).json()
        for role in (None, "patient", "anything"):
            async with application.client(application.database.a_person(role)) as person:
                for method, path in sorted(doors(application.app)):
                    if path.startswith(("/auth/", "/log")) or path in PUBLIC:
                        continue
                    address = path.replace("{case_id}", case["case_id"]).replace(
                        "{file_id}", case["files"][0]["file_id"]
                    )
                    answer = await person.request(method, filled(address), headers=PROGRAM)
                    assert case["case_id"] not in answer.text or answer.status_code >= 400, (method, path)
                    assert AMINA["patient_name"] not in answer.text, (method, path)


@on_one_version
@pytest.mark.parametrize("page", ["/docs", "/redoc"])
async def test_the_viewers_load_nothing_from_elsewhere(running, page):
    async with running() as application, application.client() as nobody:
        answer = await nobody.get(page)

        assert answer.status_code == 200
        assert not re.search(r"(?:https?:)?//", answer.text)
        assert "<script>" not in answer.text
        policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
        assert policy["default-src"] == policy["script-src"] == "'self'"
        assert not re.search(r"https?:|\*", " ".join(policy.values()))
        wanted = re.findall(r'(?:src|href)="([^"]+)"', answer.text)
        assert wanted
        for address in wanted:
            assert (await nobody.get(address)).status_code == 200, address


@on_one_version
async def test_the_description_can_be_switched_off(running):
    async with running(api_docs=False) as application, application.client() as nobody:
        for path in ("/openapi.json", "/docs", "/redoc"):
            assert (await nobody.get(path)).status_code == 404


@on_one_version
async def test_every_answer_carries_the_headers_that_keep_a_browser_careful(running):
    async with running() as application, application.client() as nobody:
        async with application.client(application.database.a_person()) as doctor:
            case = (await doctor.post("/api/cases", data=AMINA, files=[lab()])).json()
            download = await doctor.get(case["files"][0]["file_url"])
            found = {
                200: await doctor.get("/api/cases"),
                201: await doctor.post("/api/cases", data=AMINA),
                303: await nobody.get("/cases", headers=BROWSER),
                400: await doctor.get("/api/cases?limit=0"),
                401: await nobody.get("/api/cases"),
                404: await doctor.get("/api/nothing"),
                405: await doctor.put("/api/cases"),
            }
            application.app.state.reader = None
            found[500] = await doctor.get(f"/cases/{case['case_id']}/files/{case['files'][0]['file_id']}/pages/1.png")
        style = re.search(r'href="([^"]+\.css)"', (await nobody.get("/login", headers=BROWSER)).text)
        assert style is not None
        found[299] = await nobody.get(style[1])  # a static file, beside the other 200

        for status, answer in [*found.items(), (200, download)]:
            assert answer.status_code == (200 if status == 299 else status), answer.text
            headers = answer.headers
            policy = headers["Content-Security-Policy"]
            if answer is download:
                assert policy == "sandbox; default-src 'none'"
                assert headers["Content-Disposition"].startswith("attachment")
            else:
                for part in ("object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "script-src 'self'"):
                    assert part in policy
                assert "unsafe" not in policy
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Referrer-Policy"] == "same-origin"
            assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
            assert headers["X-Request-Id"]
            assert "Server" not in headers
            if status != 299:
                assert headers["Cache-Control"] == "no-store"
            if answer.content:
                assert re.match(r"(application/(json|pdf)|text/(html|css); charset=utf-8)$", headers["Content-Type"])


@on_one_version
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:8000.evil.example"])
async def test_no_other_site_may_read_what_a_cookie_opens(running, origin):
    async with running() as application, application.client(application.database.a_person()) as doctor:
        asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
        for answer in (
            await doctor.get("/api/cases", headers={"Origin": origin}),
            await doctor.options("/api/cases", headers={"Origin": origin, **asked}),
            await doctor.get("/openapi.json", headers={"Origin": origin}),
        ):
            assert not [name for name in answer.headers if name.lower().startswith("access-control-")]
        # Clients in browsers use the accounts service from anywhere. Without this header no browser shows a page of
        # another site what was asked for with cookies, and `*` forbids it once more.
        for answer in (
            await doctor.get("/auth/v1/user", headers={"Origin": origin}),
            await doctor.options("/auth/v1/user", headers={"Origin": origin, **asked}),
        ):
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
            assert "Access-Control-Allow-Credentials" not in answer.headers


@on_one_version
@pytest.mark.parametrize("host", ["evil.example", "a/b?c", "localhost:8000/login?", "x/api/cases#", "[::1", "a@b"])
async def test_what_the_host_header_says_changes_nothing(running, host):
    async with running() as application, application.client() as nobody:
        forged = {"Host": host, "X-Forwarded-Host": host, "X-Forwarded-Proto": "https", "X-Forwarded-For": "6.6.6.6"}
        async with application.client(application.database.a_person()) as doctor:
            opened = await doctor.post("/api/cases", data=AMINA, headers=forged)
            assert opened.status_code == 201
            assert opened.headers["Location"] == f"/api/cases/{opened.json()['case_id']}"
        assert (await nobody.get("/api/cases", headers=forged)).status_code == 401
        away = await nobody.get("/cases", headers={**BROWSER, **forged})
        assert (away.status_code, away.headers["Location"]) == (303, "/login?next=%2Fcases")
        assert host not in (await nobody.get("/docs", headers=forged)).text
        description = await nobody.get("/openapi.json", headers=forged)
        assert "servers" not in description.json()
        recorded = str(application.database.recorded())
        assert "6.6.6.6" not in recorded
        assert "evil.example" not in recorded


GARBAGE = [
    b"", b" ", b"{", b"}", b"[", b"[1,]", b'{"a":}', b"{'a':1}", b"nul", b"NaN", b"[Infinity]", b"[-]", b"[1e]",
    b"[01]", b'["\\x00"]', b'["\\u12"]', b'["a\x00a"]', b"\xff\xfe[\x00]\x00", b'["\xe9"]', b'{"a":1}}',
    b"[" * 100_000, b'{"a":' * 5_000, b"null", b"true", b"1", b'"x"', b"[]", b"{}", b"[" + b"9" * 5_000 + b"]",
    rb'{"patient_name":"\ud800","query":"\ud800","patient_gender":"f","patient_age":1}',
    rb'{"patient_name":"\u0000","query":"\u0000","email":"\u0000","password":"\u0000"}',
    b'{"patient_name":{},"query":[],"email":1,"password":null,"patient_age":1e400}',
    b'{"patient_name":"x","patient_gender":"f","patient_age":' + b"9" * 400 + b"}",
    rb'{"email":"\ud800@x.org","password":"\ud800\ud800\ud800\ud800\ud800\ud800\ud800\ud800"}',
]  # fmt: skip


@on_one_version
async def test_garbage_for_json_is_refused_and_breaks_nothing(running):
    async with running(requests_per_minute=100_000) as here, here.client(here.database.a_person()) as doctor:
        case = (await doctor.post("/api/cases", data=AMINA)).json()["case_id"]
        for method, path in (
            ("POST", "/api/cases"),
            ("POST", "/cases/create_case"),
            ("POST", "/api/cases/search"),
            ("PATCH", f"/api/cases/{case}"),
            ("PUT", "/auth/v1/user"),
            ("POST", "/auth/v1/signup"),
            ("POST", "/auth/v1/token?grant_type=password"),
            ("POST", "/auth/v1/token?grant_type=refresh_token"),
        ):
            for body in GARBAGE:
                answer = await doctor.request(method, path, content=body, headers={"Content-Type": "application/json"})
                refused = 400 <= answer.status_code < 500
                # Changing nothing is what an empty change asks for.
                is_empty_change = method in {"PATCH", "PUT"} and body == b"{}" and answer.status_code == 200
                assert refused or is_empty_change, (method, path, body[:40], answer.status_code)
                assert answer.status_code != 422 or path.startswith("/auth/")  # as GoTrue


@pytest.fixture(scope="module")
def tester(sign_in) -> httpx.Client:
    return sign_in("tester@carebase.example")


def test_nothing_that_the_description_allows_or_forbids_breaks_the_server(served, tester, sign_in):
    description = tester.get("/openapi.json").json()
    case = tester.post("/api/cases", data=AMINA, files=[lab()]).raise_for_status().json()
    real = {"case_id": case["case_id"], "file_id": case["files"][0]["file_id"]}
    broken: list[str] = []
    called = 0

    def try_out(operation: Any, mode: schemathesis.GenerationMode) -> None:
        @settings(
            max_examples=8, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
        )
        @given(operation.as_strategy(generation_mode=mode))
        def sent(example: schemathesis.Case) -> None:
            nonlocal called
            called += 1
            if called % 2 and example.path_parameters and operation.method.upper() != "DELETE":
                example.path_parameters = {name: real.get(name, NOTHING) for name in example.path_parameters}
            answer = example.call(
                base_url=served.address, headers={"Authorization": tester.headers["Authorization"]}, timeout=20
            )
            if answer.status_code >= 500:
                broken.append(f"{operation.method} {operation.path} {answer.status_code}: {example.as_curl_command()}")

        # Some operations take nothing that could be wrong.
        with contextlib.suppress(Unsatisfiable):
            sent()

    operations = [found.ok() for found in schemathesis.openapi.from_dict(description).get_all_operations()]
    # Signing out ends the session that the others need.
    for operation in sorted(operations, key=lambda one: one.path.endswith("/logout")):
        for mode in schemathesis.GenerationMode:
            try_out(operation, mode)

    assert broken == []
    assert called > 8 * len(operations)
    log = served.log()
    assert '"request_broke"' not in log
    assert '"work_failed"' not in log, [line for line in log.splitlines() if "work_failed" in line]
