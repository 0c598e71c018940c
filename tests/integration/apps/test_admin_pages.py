"""The administrator's pages as a browser meets them, without a script: who comes in, what is done and recorded."""

from __future__ import annotations

import asyncio
import json
import re
import time
from typing import Any

from tests.integration.apps.test_account_pages import DOCTOR, OTHER, Browser, token_of, visit  # noqa: F401 (the fixture)

from carebase.auth import administration

PAGES = ("/admin", "/admin/users", "/admin/audit")
STAFF = "nurse@example.org"


def ids(application: Any) -> dict[str, str]:
    with application.database.owner() as connection:
        return {
            email: str(number) for email, number in connection.execute("select email, id from auth.users").fetchall()
        }


def require_second_factor(application: Any) -> None:
    """As a start with the setting tells the database."""
    with application.database.owner() as connection:
        connection.execute("update private.site_settings set value = 'required' where name = 'staff_mfa'")


def sealed(application: Any) -> None:
    with application.database.owner() as connection:
        connection.execute("select audit.seal(10000)")


async def test_nobody_but_an_administrator_with_a_second_factor_comes_in(visit: Any) -> None:  # noqa: F811
    async with visit(role="admin") as (application, browser):
        means = application.app.state.accounts
        require_second_factor(application)
        await administration.create_with_role(means, STAFF, OTHER, role="attending")
        for page in PAGES:
            away = await browser.get(page)
            assert away.headers["location"].startswith("/login"), page
        await browser.sign_in()
        assert (await browser.get("/admin")).headers["location"].startswith("/account/factors/new")
        plain = await browser.client.get("/admin", headers={"accept": "application/json"})
        assert plain.status_code == 404
        await browser.add_app()
        for page in PAGES:
            shown = await browser.get(page)
            assert (shown.status_code, shown.headers["cache-control"]) == (200, "no-store"), shown.text[-800:]
            assert 'href="/admin"' in shown.text

        async with application.client() as client:
            client.headers.update(browser.client.headers)
            other = Browser(client)
            await other.sign_in(STAFF, OTHER)
            await other.add_app()
            token = token_of(await other.get("/account/profile"))
            own = ids(application)[STAFF]
            assert 'href="/admin"' not in (await other.get("/cases")).text
            for page in (*PAGES, f"/admin/users/{own}", "/admin/audit/entries/1/1"):
                assert (await other.get(page)).status_code == 404, page
            for page in ("/admin/audit", "/admin/audit/verify", "/admin/audit/export", "/admin/users",
                         "/admin/users/invite", f"/admin/users/{own}/role"):  # fmt: skip
                refused = await other.client.post(
                    page, data={"form_token": token, "role": "admin", "email": "a@b.example"}
                )
                assert refused.status_code == 404, page


async def test_accounts_are_found_granted_a_role_disabled_and_helped(visit: Any) -> None:  # noqa: F811
    async with visit(role="admin") as (application, browser):
        means = application.app.state.accounts
        await administration.create_with_role(means, STAFF, OTHER, role="patient")
        with application.database.owner() as connection:
            connection.execute(
                "update auth.users set raw_app_meta_data = '{}', raw_user_meta_data = %s where email = %s",
                [json.dumps({"role": "nurse", "full_name": "Ndome <b>Ruth</b>"}), STAFF],
            )
        await browser.sign_in()
        await browser.add_app()
        found = await browser.send("/admin/users", seen_on="/admin/users", asked="ruth")
        assert STAFF in found.text
        assert DOCTOR not in found.text
        assert "Demande : Infirmier" in found.text
        assert "<b>Ruth" not in found.text
        place = f"/admin/users/{ids(application)[STAFF]}"
        for path, fields, said in (
            ("/role", {"role": "nurse"}, "role"),
            ("/disable", {}, "disabled"),
            ("/enable", {}, "enabled"),
            ("/factors/reset", {}, "reset"),
        ):
            done = await browser.send(f"{place}{path}", seen_on=place, **fields)
            assert (done.status_code, done.headers["location"]) == (303, f"{place}?said={said}"), done.text[-500:]
            assert "cb-notice" in (await browser.get(done.headers["location"])).text
        assert (await browser.send(f"{place}/role", seen_on=place, role="postgres")).status_code == 400
        user = (
            await administration.read(
                means, (await administration.page(means, number=1, size=5, asked="ruth")).accounts[0].user.id
            )
        ).user
        assert (user.app_metadata["role"], user.banned_until) == ("nurse", None)

        own = f"/admin/users/{ids(application)[DOCTOR]}"
        refused = await browser.send(f"{own}/role", seen_on="/admin/users", role="nurse")
        assert refused.status_code == 400
        assert "propre compte" in refused.text
        sent = await browser.send("/admin/users/invite", seen_on="/admin/users", email="new@example.org", role="nurse")
        assert sent.headers["location"] == "/admin/users?said=invited"
        wrong = await browser.send("/admin/users/invite", seen_on="/admin/users", email="no address", role="nurse")
        assert (wrong.status_code, "À corriger" in wrong.text) == (400, True)

        recorded = [(row["action"], row["actor"]) for row in application.database.recorded()]
        assert ("change_account", ids(application)[DOCTOR]) in recorded
        assert ("reset_second_factors", ids(application)[DOCTOR]) in recorded

        with application.database.owner() as connection:
            connection.execute(
                "update auth.sessions s set amr ="
                " (select jsonb_agg(e || jsonb_build_object('timestamp', 1)) "
                " from jsonb_array_elements(s.amr::jsonb) e)"
            )
        again = await browser.send(f"{place}/disable", seen_on=place)
        assert again.headers["location"].startswith("/login/mfa?next=%2Fadmin%2Fusers")


async def test_the_record_is_searched_checked_and_exported_and_every_look_is_on_it(visit: Any) -> None:  # noqa: F811
    async with visit(role="admin") as (application, browser):
        await browser.sign_in()
        await browser.add_app()
        with application.database.owner() as connection:
            patient = str(
                connection.execute(
                    "insert into public.patients (first_name, last_name, created_by)"
                    " values ('Amina', 'X', %s) returning id",
                    [ids(application)[DOCTOR]],
                ).fetchone()[0]
            )
            for _ in range(60):
                connection.execute(
                    "select audit.record('read', 'public.patients', %s, %s)", [json.dumps([patient])] * 2
                )
        sealed(application)

        everything = await browser.send("/admin/audit", seen_on="/admin/audit", relation="patients", action="READ")
        assert everything.status_code == 200, everything.text[-800:]
        assert everything.text.count('href="/admin/audit/entries/') == 50
        assert "Amina" not in everything.text
        hidden = {
            name: re.search(rf'name="{name}" value="([^"]+)"', everything.text)[1]
            for name in ("before_at", "before_seq")
        }
        rest = await browser.send(
            "/admin/audit", seen_on="/admin/audit", relation="patients", action="READ",
            **{name: value.replace("&#43;", "+") for name, value in hidden.items()},
        )  # fmt: skip
        assert rest.text.count('href="/admin/audit/entries/') == 10
        about = await browser.send("/admin/audit", seen_on="/admin/audit", patient=patient, action="INSERT")
        assert about.text.count('href="/admin/audit/entries/') == 1
        one = await browser.get(re.search(r'href="(/admin/audit/entries/\d+/\d+)"', about.text)[1])
        assert patient in one.text
        # Clinical content is for those who have access to that record, administrators are not among them.
        assert "accès d’urgence" in one.text
        assert "Amina" not in one.text
        assert (await browser.get("/admin/audit/entries/1/1")).status_code == 404
        own = await browser.send(
            "/admin/audit", seen_on="/admin/audit", person=DOCTOR, since="2020-01-01", until="2100-01-01"
        )
        assert own.text.count('href="/admin/audit/entries/') > 0
        wrong = await browser.send(
            "/admin/audit", seen_on="/admin/audit", person="x@example.org", patient="1", since="then"
        )
        assert (wrong.status_code, wrong.text.count("nhsuk-error-message")) == (400, 3)

        begun = await browser.send("/admin/audit/verify", seen_on="/admin/audit")
        assert begun.headers["location"] == "/admin/audit?said=verify"
        until = time.monotonic() + 30
        while "Intact :" not in (page := (await browser.get("/admin/audit")).text) and time.monotonic() < until:
            await asyncio.sleep(0.1)
        assert "Intact :" in page, page[-3000:]

        silent = await browser.send("/admin/audit/export", seen_on="/admin/audit", patient=patient, form="csv")
        assert (silent.status_code, 'id="reason-error"' in silent.text) == (400, True)
        sheet = await browser.send(
            "/admin/audit/export", seen_on="/admin/audit", patient=patient, form="csv", reason="Plainte 17"
        )
        assert sheet.status_code == 200
        assert re.fullmatch(
            r'attachment; filename="carebase-record-\d+T\d+Z\.csv"', sheet.headers["content-disposition"]
        )
        assert len(sheet.text.splitlines()) >= 62

        recorded = application.database.recorded()
        admin = ids(application)[DOCTOR]
        looks = [row for row in recorded if row["relation"] == "audit.log" and row["actor"] == admin]
        assert {row["action"] for row in looks} == {"search", "read", "verify", "export"}
        assert [row["details"]["reason"] for row in looks if row["action"] == "export"] == ["Plainte 17"]
        assert all(row["patients"] == [patient] for row in looks if row["action"] in {"read", "export"})
        assert [row["patients"] for row in looks if row["action"] == "search"].count([patient]) == 1
