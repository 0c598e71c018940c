"""The pages as a browser meets them: signing in, opening a case, following a finding."""

from __future__ import annotations

import io
import json
import re
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import httpx
import pytest
from reportlab.pdfgen import canvas

from carebase.auth import administration

PASSWORD = "un long mot de passe pour essayer"
HTML = {"accept": "text/html", "accept-language": "fr"}
LINE = "Hemoglobine   6,4   g/dL   12,0 - 15,5"


def a_report(*, pages: int = 2) -> bytes:
    written = io.BytesIO()
    sheet = canvas.Canvas(written)
    for _ in range(pages):
        sheet.drawString(50, 700, LINE)
        sheet.showPage()
    sheet.save()
    return written.getvalue()


class Browser:
    """A person with cookies who fills in the forms that the pages show."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.client.get(path, headers=headers)

    async def token(self, path: str) -> str:
        found = re.search(r'name="form_token" value="([^"]+)"', (await self.get(path)).text)
        assert found is not None
        return found[1]

    async def sign_in(self, email: str, password: str = PASSWORD, *, back_to: str = "") -> httpx.Response:
        data = {"form_token": await self.token("/login"), "email": email, "password": password, "next": back_to}
        return await self.client.post("/login", data=data)

    async def open_case(self, *, files: list[Any] | None = None, **fields: str) -> httpx.Response:
        values = {"form_token": await self.token("/cases/new"), "idempotency_key": str(uuid.uuid4())} | fields
        headers = {"hx-request": fields.pop("as_script")} if "as_script" in fields else {}
        values.pop("as_script", None)
        # Without a file the form is sent as a browser sends it: with an empty part for each file input.
        parts = files or [("lab_files", ("", b"", "application/octet-stream"))]
        return await self.client.post("/cases/new", data=values, files=parts, headers=headers)


RIGHT = {"patient_name": "Thérèse Mbarga", "birth_date": "1984-07-04", "patient_gender": "female"}
REPORT = [("lab_files", ("NFS.pdf", a_report(), "application/pdf"))]

Visit = Callable[..., AbstractAsyncContextManager[Browser]]


@pytest.fixture
def visit(running: Any) -> Callable[..., AbstractAsyncContextManager[tuple[Any, Browser]]]:
    """The application with one clinician who is signed in, unless told otherwise."""

    @asynccontextmanager
    async def begin(*, signed_in: bool = True) -> AsyncIterator[tuple[Any, Browser]]:
        async with running() as application:
            await administration.create_with_role(
                application.app.state.accounts, "dr@example.org", PASSWORD, role="attending"
            )
            async with application.client() as client:
                client.headers.update(HTML)
                browser = Browser(client)
                if signed_in:
                    assert (await browser.sign_in("dr@example.org")).status_code == 303
                yield application, browser

    return begin


async def test_who_is_not_signed_in_signs_in_and_comes_back(visit: Any) -> None:
    async with visit(signed_in=False) as (_, browser):
        away = await browser.get("/cases/new")
        assert (away.status_code, away.headers["location"]) == (303, "/login?next=%2Fcases%2Fnew")
        back = await browser.sign_in("dr@example.org", back_to="/cases/new")
        assert (back.status_code, back.headers["location"]) == (303, "/cases/new")
        assert (await browser.get("/cases/new")).status_code == 200


async def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(visit: Any) -> None:
    async with visit(signed_in=False) as (_, browser):
        wrong = await browser.sign_in("dr@example.org", "pas le bon mot de passe")
        unknown = await browser.sign_in("who@example.org", "pas le bon mot de passe")
        assert wrong.status_code == unknown.status_code == 400
        sentence = "L’adresse ou le mot de passe n’est pas correct."
        assert sentence in wrong.text
        assert wrong.text.replace("dr@", "who@") == unknown.text
        assert "carebase_access" not in browser.client.cookies


async def test_signing_out_ends_the_session_and_not_only_the_cookie(visit: Any) -> None:
    async with visit() as (_, browser):
        kept = dict(browser.client.cookies)
        out = await browser.client.post("/logout", data={"form_token": await browser.token("/cases")})
        assert (out.status_code, out.headers["location"]) == (303, "/login")
        assert "carebase_access" not in browser.client.cookies
        browser.client.cookies.update(kept)
        assert (await browser.get("/cases")).headers["location"] == "/login?next=%2Fcases"


async def test_a_page_goes_on_when_the_access_token_has_run_out(visit: Any) -> None:
    async with visit() as (_, browser):
        refresh = browser.client.cookies["carebase_refresh"]
        browser.client.cookies.clear()
        browser.client.cookies.update({"carebase_access": "old", "carebase_refresh": refresh})
        page = await browser.get("/cases")
        assert page.status_code == 200
        assert any(value.startswith("carebase_refresh=") for value in page.headers.get_list("set-cookie"))


async def test_the_list_is_empty_at_first_and_offers_what_to_do(visit: Any) -> None:
    async with visit() as (_, browser):
        assert "Ouvrir un premier dossier" in (await browser.get("/cases")).text


async def test_a_case_is_opened_with_its_files_and_shown_in_work(visit: Any) -> None:
    async with visit() as (_, browser):
        opened = await browser.open_case(**RIGHT, pregnant="false", doctor_notes="Pâle", files=REPORT)
        assert opened.status_code == 303
        page = (await browser.get(opened.headers["location"])).text
        for words in ("Thérèse Mbarga", "Analyse en cours", "NFS.pdf", "Pâle"):
            assert words in page
        assert "Thérèse Mbarga" in (await browser.get("/cases?status=processing")).text
        assert "Thérèse Mbarga" not in (await browser.get("/cases?status=failed")).text


async def test_mistakes_are_named_and_what_was_typed_is_kept(visit: Any) -> None:
    async with visit() as (application, browser):
        refused = await browser.open_case(patient_name="", patient_age="abc", doctor_notes="à garder", files=REPORT)
        assert refused.status_code == 400
        for words in ("Indiquez le nom du patient.", "Indiquez un âge entier", "Indiquez le sexe.", "à garder"):
            assert words in refused.text
        with application.database.owner() as connection:
            assert connection.execute("select count(*) from public.cases").fetchone() == (0,)
            assert connection.execute("select count(*) from storage.objects").fetchone() == (0,)


async def test_the_same_form_sent_twice_opens_one_case(visit: Any) -> None:
    async with visit() as (_, browser):
        key = str(uuid.uuid4())
        first = await browser.open_case(**RIGHT, idempotency_key=key, files=REPORT)
        second = await browser.open_case(**RIGHT, idempotency_key=key, files=REPORT)
        assert first.headers["location"] == second.headers["location"]


async def test_a_script_that_sends_the_form_is_told_where_to_go(visit: Any) -> None:
    async with visit() as (_, browser):
        opened = await browser.open_case(**RIGHT, as_script="true", files=REPORT)
        assert opened.status_code == 204
        assert opened.headers["hx-redirect"].startswith("/cases/")


async def test_a_file_of_another_kind_is_refused_in_words(visit: Any) -> None:
    async with visit() as (_, browser):
        wrong = [("lab_files", ("report.pdf", b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\xff\xff", "application/pdf"))]
        page = await browser.open_case(**RIGHT, files=wrong)
        assert page.status_code == 415
        assert "Type de fichier non accepté" in page.text
        scripted = await browser.open_case(**RIGHT, as_script="true", files=wrong)
        assert scripted.status_code == 415
        assert "n’est pas d’un type accepté, malgré son nom" in scripted.text


async def test_a_form_without_its_token_changes_nothing(visit: Any) -> None:
    async with visit() as (application, browser):
        for token in ("", "x" * 43):
            refused = await browser.open_case(**RIGHT, form_token=token, files=REPORT)
            assert refused.status_code == 403
            assert "Envoi refusé" in refused.text
        with application.database.owner() as connection:
            assert connection.execute("select count(*) from public.cases").fetchone() == (0,)


async def test_a_form_from_another_site_changes_nothing(visit: Any) -> None:
    async with visit() as (_, browser):
        token = await browser.token("/cases/new")
        for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
            data = RIGHT | {"form_token": token}
            refused = await browser.client.post("/cases/new", data=data, files=REPORT, headers=headers)
            assert refused.status_code == 403


async def test_a_finding_leads_to_its_page_with_the_line_marked(visit: Any) -> None:
    async with visit() as (application, browser):
        address = (await browser.open_case(**RIGHT, files=REPORT)).headers["location"]
        case_id = address.rsplit("/", 1)[1]
        _publish(application, case_id)
        link = re.search(r'href="(/cases/[^"]+/pages/1\?hl=s1&amp;line=1)"', (await browser.get(address)).text)
        assert link is not None
        followed = await browser.get(link[1].replace("&amp;", "&"))
        assert "Passage surligné" in followed.text
        assert LINE in followed.text
        picture = re.search(r'<img src="([^"]+)"', followed.text)
        assert picture is not None
        marked = await browser.get(picture[1].replace("&amp;", "&"))
        plain = await browser.get(picture[1].split("?")[0])
        assert marked.headers["content-type"] == "image/png"
        assert marked.content[:8] == b"\x89PNG\r\n\x1a\n"
        assert marked.content != plain.content
        assert marked.headers["cache-control"] == "no-store"


async def test_there_is_no_page_beyond_the_last(visit: Any) -> None:
    async with visit() as (application, browser):
        address = (await browser.open_case(**RIGHT, files=REPORT)).headers["location"]
        _publish(application, address.rsplit("/", 1)[1])
        file = re.search(r'href="(/cases/[^"]+/files/[^"/]+)/pages/1"', (await browser.get(address)).text)
        assert file is not None
        assert (await browser.get(f"{file[1]}/pages/2")).status_code == 200
        for page in ("0", "3", "-1", "x"):
            assert (await browser.get(f"{file[1]}/pages/{page}")).status_code in {400, 404}
            assert (await browser.get(f"{file[1]}/pages/{page}.png")).status_code in {400, 404}


async def test_another_clinician_meets_a_page_that_says_nothing(visit: Any) -> None:
    async with visit() as (application, browser):
        address = (await browser.open_case(**RIGHT, files=REPORT)).headers["location"]
        await administration.create_with_role(
            application.app.state.accounts, "other@example.org", PASSWORD, role="attending"
        )
        async with application.client() as client:
            client.headers.update(HTML)
            other = Browser(client)
            await other.sign_in("other@example.org")
            for path in (address, f"{address}/progress"):
                page = await other.get(path)
                assert page.status_code == 404
                assert "Mbarga" not in page.text
            assert "Mbarga" not in (await other.get("/cases")).text


async def test_the_language_is_switched_and_kept(visit: Any) -> None:
    async with visit() as (_, browser):
        assert '<html lang="en">' in (await browser.get("/cases?lang=en")).text
        assert "No cases yet" in (await browser.get("/cases")).text


async def test_pages_are_stored_nowhere_and_run_only_our_scripts(visit: Any) -> None:
    async with visit() as (_, browser):
        for path in ("/cases", "/cases/none-such", "/login"):
            page = await browser.get(path)
            assert page.headers["cache-control"] == "no-store"
            assert "script-src 'self';" in page.headers["content-security-policy"]
            assert "unsafe-inline" not in page.headers["content-security-policy"]


def _publish(application: Any, case_id: str) -> None:
    """A published analysis with one finding, as a worker would leave it."""
    with application.database.owner() as connection:
        row = connection.execute("select file_id from public.case_files where case_id = %s", [case_id]).fetchone()
        assert row is not None
        place = {"file": row[0], "page": 1, "line": 1, "box": [50, 80, 300, 95], "quote": LINE, "sha256": "0"}
        said = {"id": "s1", "code": "x", "params": {}, "text": "Hb 6,4", "severity": "info", "evidence": [place]}
        result = {"engine": "test", "critical_alerts": [said | {"confidence": None}]}
        connection.execute(
            "insert into public.insight_runs (lease_token, case_id, analysis_no, engine, version, inputs_sha256,"
            " results, published_at) values (gen_random_uuid(), %s, 1, 'test', '1', '0', %s, now())",
            [case_id, json.dumps({"fr": result, "en": result})],
        )
        connection.execute("update public.case_files set page_count = 2 where case_id = %s", [case_id])


async def test_an_account_without_a_clinical_role_is_told_whom_to_ask(visit: Any) -> None:
    async with visit(signed_in=False) as (application, browser):
        await administration.create_with_role(application.app.state.accounts, "p@example.org", PASSWORD, role="patient")
        await browser.sign_in("p@example.org")
        refused = await browser.open_case(**RIGHT, files=REPORT)
        assert refused.status_code == 403
        assert "Votre compte n’y est pas autorisé" in refused.text
        assert "reconnectez-vous" in refused.text
        with application.database.owner() as owner:
            assert owner.execute("select count(*) from public.cases").fetchone() == (0,)
