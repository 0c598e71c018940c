"""Forms in work are kept for whoever writes them, offered again, and gone once they are sent or a week has passed."""

from __future__ import annotations

import re
from typing import Any

from tests.integration.apps.test_account_pages import (  # noqa: F401 (the fixture)
    DOCTOR,
    OTHER,
    Browser,
    visit,
)

from carebase.auth import administration


async def test_a_form_in_work_outlives_the_session_and_is_its_writer_s_alone(visit: Any) -> None:  # noqa: F811, PLR0915 (one database)
    async with visit(staff_mfa="optional") as (application, browser):
        means = application.app.state.accounts
        await administration.create_with_role(means, "nurse@example.org", OTHER, role="nurse")
        await administration.create_with_role(means, "amina@example.org", OTHER, role="patient")

        def sql(statement: str, *values: object) -> Any:
            with application.database.owner() as connection:
                found = connection.execute(statement, values)
                return found.fetchall() if found.description else None

        async def keep(who: Browser, form: str = "new_case", **fields: str) -> int:
            return (await who.send(f"/drafts/{form}", seen_on="/account/profile", **fields)).status_code

        assert (await browser.client.post("/drafts/new_case", data={})).headers["location"] == "/login"
        await browser.sign_in()
        assert "est gardé" not in (await browser.get("/cases/new")).text
        assert (await browser.client.post("/drafts/new_case", data={"patient_name": "x"})).status_code == 403
        assert await keep(browser, form="other", patient_name="x") == 404

        kept = {"patient_name": "Thérèse <b>", "case_summary": "Fatigue", "doctor_notes": "x" * 30_000, "other": "no"}
        assert await keep(browser, **kept) == 204
        assert await keep(browser, patient_name="") == 204
        ((fields,),) = sql("select fields from public.drafts")
        assert fields == {"patient_name": "Thérèse <b>", "case_summary": "Fatigue", "doctor_notes": "x" * 20_000}

        sql("update auth.sessions set idle_after = now() - interval '1 second'")
        away = await browser.get("/cases/new")
        assert away.headers["location"] == "/login?next=%2Fcases%2Fnew"
        await browser.sign_in(next="/cases/new")
        offer = (await browser.get("/cases/new")).text
        assert re.search(r"Un brouillon du .* \(UTC\) est gardé", offer)
        assert "Thérèse" not in offer
        again = (await browser.get("/cases/new?draft=kept")).text
        assert 'value="Thérèse &lt;b&gt;"' in again
        assert "est gardé" not in again

        # Nobody else is offered it, and nobody can remove it.
        for other in ("nurse@example.org", "amina@example.org"):
            await browser.sign_in(other, OTHER)
            assert "est gardé" not in (await browser.get("/cases/new")).text
            removed = await browser.send("/drafts/new_case/removal", seen_on="/account/profile")
            assert removed.headers["location"] == "/cases/new"
        # A patient has no such forms.
        assert await keep(browser, patient_name="x") == 403
        assert sql("select count(*) from public.drafts") == [(1,)]

        # Sent, it is gone.
        await browser.sign_in()
        page = await browser.get("/cases/new?draft=kept")
        hidden = dict(re.findall(r'name="(form_token|idempotency_key)" value="([^"]+)"', page.text))
        files = {name: (None, text) for name, text in {
            **hidden, "patient_name": "Thérèse", "patient_age": "41", "patient_gender": "female",
        }.items()}  # fmt: skip
        opened = await browser.client.post("/cases/new", files=files)
        assert opened.status_code == 303, opened.text
        assert sql("select count(*) from public.drafts") == [(0,)]

        # Removed by hand, it is gone; and after a week, for its writer and then for good.
        assert await keep(browser, patient_name="Encore") == 204
        await browser.send("/drafts/new_case/removal", seen_on="/cases/new")
        assert sql("select count(*) from public.drafts") == [(0,)]
        assert await keep(browser, patient_name="Vieux") == 204
        sql("update public.drafts set kept_at = now() - interval '8 days'")
        assert "est gardé" not in (await browser.get("/cases/new")).text
        assert await keep(browser, patient_name="Neuf") == 204
        assert sql("select fields ->> 'patient_name' from public.drafts") == [("Neuf",)]
        sql("update public.drafts set kept_at = now() - interval '8 days'")
        await browser.sign_in("nurse@example.org", OTHER)
        assert await keep(browser, patient_name="Autre") == 204
        assert sql("select fields ->> 'patient_name' from public.drafts") == [("Autre",)]
        assert DOCTOR not in str(sql("select * from public.drafts"))
