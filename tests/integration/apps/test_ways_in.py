"""Coming in without a password: by a mail, by a number, by codes that the team prints for a patient."""

from __future__ import annotations

import re
from typing import Any

from tests.integration.apps.test_account_pages import (  # noqa: F401 (the fixture)
    DOCTOR,
    HTML,
    OTHER,
    PASSWORD,
    Browser,
    mail,
    token_of,
    visit,
)

from carebase.auth import administration
from carebase.mail.messages import Kind

AMINA = "amina@example.org"


async def test_a_mail_brings_people_in_by_its_link_or_its_digits(visit: Any) -> None:  # noqa: F811
    async with visit(role="patient", auto_confirm=True) as (application, browser):
        assert (
            'href="/login/mail?next=%2Faccount%2Fsessions"' in (await browser.get("/login?next=/account/sessions")).text
        )

        async def ask(email: str) -> Any:
            return await browser.send(
                "/login/mail", seen_on="/login/mail?next=/account/sessions", email=email, next="/account/sessions"
            )

        known, unknown = await ask(DOCTOR), await ask("no@example.org")
        assert known.status_code == unknown.status_code == 200
        assert known.text.replace(DOCTOR, "") == unknown.text.replace("no@example.org", "")
        with application.database.owner() as connection:
            assert connection.execute("select count(*) from auth.users").fetchone() == (1,)
        bad = await ask("nobody")
        assert bad.status_code == 400
        assert "Indiquez une adresse e-mail complète" in bad.text
        again = await ask(DOCTOR)
        assert again.status_code == 429
        assert "Trop d’essais" in again.text

        written = mail(application, Kind.MAGIC_LINK)
        fields = {"form_token": token_of(known), "kind": "magiclink", "email": DOCTOR}
        wrong = await browser.client.post("/confirm/code", data={**fields, "code": "000000"})
        assert wrong.status_code == 400
        arrived = await browser.client.post("/confirm/code", data={**fields, "code": written.code})
        assert (arrived.status_code, arrived.headers["location"]) == (303, "/account/sessions")
        assert (await browser.get("/account/sessions")).status_code == 200
        assert "carebase_next" not in browser.client.cookies

        # The link was one with the digits: what is used up leads to asking for another.
        async with application.client() as client:
            client.headers.update(HTML)
            other = Browser(client)
            await other.get(written.link)
            over = await other.send("/confirm", seen_on="/confirm")
            assert over.status_code == 400
            assert 'href="/login/mail"' in over.text
            with application.database.owner() as connection:
                connection.execute("delete from auth.allowances")
            await other.send("/confirm/again", seen_on="/login/mail", email=DOCTOR, kind="magiclink")
            await other.get(mail(application, Kind.MAGIC_LINK).link)
            assert "Se connecter" in (await other.get("/confirm")).text
            assert (await other.send("/confirm", seen_on="/confirm")).headers["location"] == "/"


async def test_a_number_is_changed_and_then_names_the_account(visit: Any) -> None:  # noqa: F811
    async with visit(role="patient", phone_sign_in=True, auto_confirm=True) as (application, browser):
        await administration.create_with_role(application.app.state.accounts, AMINA, OTHER, role="patient")
        await browser.sign_in()

        async def change(phone: str, password: str = PASSWORD) -> Any:
            return await browser.send(
                "/account/profile/phone", seen_on="/account/profile", phone=phone, phone_password=password
            )

        assert "Le mot de passe actuel n’est pas correct" in (await change("+237677123456", "pas le bon")).text
        assert "Indiquez un numéro complet" in (await change("douze")).text
        done = await change("+237 677123456")
        assert done.headers["location"] == "/account/profile?said=phone"
        assert "+237677123456" in (await browser.get(done.headers["location"])).text
        async with application.client() as client:
            client.headers.update(HTML)
            other = Browser(client)
            await other.sign_in(AMINA, OTHER)
            taken = await other.send(
                "/account/profile/phone", seen_on="/account/profile", phone="+237677123456", phone_password=OTHER
            )
            assert "Un autre compte porte déjà ce numéro" in taken.text
            assert (await other.sign_in("+237677123456", PASSWORD)).status_code == 303
            assert DOCTOR in (await other.get("/account/profile")).text


async def test_whoever_leads_a_patient_s_team_prints_codes_for_the_patient(visit: Any) -> None:  # noqa: F811
    async with visit(staff_mfa="optional") as (application, browser):
        means = application.app.state.accounts
        await administration.create_with_role(means, AMINA, OTHER, role="patient")
        await administration.create_with_role(means, "nurse@example.org", OTHER, role="nurse")
        with application.database.owner() as connection:
            (patient,) = connection.execute(
                "insert into public.patients (mrn, first_name, last_name, account_id)"
                " select 'MRN-17', 'Thérèse', 'Mbarga', id from auth.users where email = %s returning id",
                [AMINA],
            ).fetchone()
            for email, role in ((DOCTOR, "attending"), ("nurse@example.org", "nurse")):
                connection.execute(
                    "insert into public.care_team (patient_id, provider_id, role)"
                    " select %s, id, %s from auth.users where email = %s",
                    [patient, role, email],
                )
        address = f"/patients/{patient}/codes"
        assert (await browser.get(address)).headers["location"].startswith("/login")
        for email in ("nurse@example.org", AMINA):
            await browser.sign_in(email, OTHER)
            assert (await browser.get(address)).status_code == 404
            assert (await browser.send(address, seen_on="/account/profile")).status_code == 404
        await browser.sign_in()
        assert "Thérèse Mbarga" in (await browser.get(address)).text
        sheet = await browser.send(address, seen_on=address)
        assert sheet.status_code == 200
        codes = re.findall(r"<li><code>([A-Z0-9-]{14})</code></li>", sheet.text)
        assert len(codes) == 10
        assert "http://localhost:8000/login/code" in sheet.text
        assert "MRN-17" not in sheet.text
        assert "10 restants" in (await browser.get(address)).text
        with application.database.owner() as connection:
            connection.execute(
                "insert into public.cases (case_id, doctor_id, patient_name, patient_age, patient_gender, patient_id,"
                " status)"
                " select 'c-1', id, 'Thérèse Mbarga', 41, 'female', %s, 'completed' from auth.users where email = %s",
                [patient, DOCTOR],
            )
        assert f'href="{address}"' in (await browser.get("/cases/c-1")).text
        async with application.client() as client:
            client.headers.update(HTML)
            amina = Browser(client)
            arrived = await amina.send("/login/code", seen_on="/login/code", name="MRN-17", code=codes[0])
            assert arrived.status_code == 303
            assert AMINA in (await amina.get("/account/profile")).text
