"""Codes on paper: sheets replace each other, a code is good once and for its purpose alone."""

import asyncio
import base64
import time
import uuid

import httpx
import pytest

from carebase.auth import paper_codes, paper_sign_in, printing, refused, totp
from carebase.auth.callers import Caller
from carebase.auth.paper_codes import Purpose
from carebase.errors import NotFound

VERSION = {"X-Supabase-Api-Version": "2024-01-01"}
CALLER = Caller(address="192.0.2.7")


def refusal_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


class Person:
    """Somebody signed in, and what they do with paper."""

    def __init__(self, client, session):
        self.client, self.session = client, session

    @property
    def id(self) -> str:
        return self.session["user"]["id"]

    async def sent(self, address: str, body: dict) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.session['access_token']}"} | VERSION
        return await self.client.post(f"/auth/v1/{address}", json=body, headers=headers)

    async def enrolled(self, kind: str) -> dict:
        answer = await self.sent("factors", {"factor_type": kind})
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def shown(self, factor_id: str, code: str) -> httpx.Response:
        """The answer to a code; the session is the raised one afterwards where it was right."""
        challenge = (await self.sent(f"factors/{factor_id}/challenge", {})).json()["id"]
        answer = await self.sent(f"factors/{factor_id}/verify", {"challenge_id": challenge, "code": code})
        if answer.status_code == 200:
            self.session = answer.json()
        return answer

    async def with_app(self) -> str:
        factor = await self.enrolled("totp")
        secret = base64.b32decode(factor["totp"]["secret"])
        answer = await self.shown(factor["id"], totp.code_at(secret, totp.step_at(time.time())))
        assert answer.status_code == 200, answer.text
        return factor["id"]

    async def with_sheet(self) -> tuple[str, list[str]]:
        factor = await self.enrolled("codes")
        answer = await self.shown(factor["id"], factor["codes"][0])
        assert answer.status_code == 200, answer.text
        return factor["id"], factor["codes"]

    async def printed(self, purpose: str, **more: str) -> list[str]:
        answer = await self.sent("paper_codes", {"purpose": purpose, **more})
        assert answer.status_code == 200, answer.text
        assert answer.headers["Cache-Control"] == "no-store"
        return answer.json()["codes"]


@pytest.fixture
def a_person(client, steps):
    async def signed_up(email: str = "amina@example.org") -> Person:
        return Person(client, await steps.signed_up(client, email))

    return signed_up


@pytest.fixture
def again(client, steps):
    async def signed_in(email: str = "amina@example.org") -> Person:
        return Person(client, (await steps.signed_in(client, email)).json())

    return signed_in


@pytest.fixture
def means(service):
    return service.app.state.accounts


@pytest.fixture
def record_of(service):
    """A patient's record with this number, of this account."""

    def opened(account_id: str, mrn: str) -> uuid.UUID:
        ((found,),) = service.sql(
            "insert into public.patients (mrn, first_name, last_name, date_of_birth, account_id)"
            " values (%s, 'Amina', 'Diallo', '1990-01-01', %s) returning id",
            mrn,
            account_id,
        )
        return found

    return opened


async def test_a_sheet_of_paper_is_a_second_factor(service, a_person, again):
    amina = await a_person()
    factor_id, codes = await amina.with_sheet()
    assert len(codes) == 10

    later = await again()
    answer = await later.shown(factor_id, codes[1].lower().replace("-", " "))

    claims = service.app.state.tokens.verify(answer.json()["access_token"]).claims
    assert (claims["aal"], claims["amr"][-1]["method"]) == ("aal2", "mfa/paper")
    assert refusal_of(await (await again()).shown(factor_id, codes[1])) == (422, "mfa_verification_failed")


async def test_clients_that_know_apps_alone_are_told_paper_as_one(a_person):
    amina = await a_person()
    await amina.with_sheet()
    (factor,) = amina.session["user"]["factors"]
    assert (factor["factor_type"], factor["is_on_paper"]) == ("totp", True)


async def test_a_recovery_code_stands_for_a_lost_app_once(a_person, again):
    amina = await a_person()
    factor_id = await amina.with_app()
    codes = await amina.printed("recovery")

    assert (await (await again()).shown(factor_id, codes[0])).status_code == 200
    assert refusal_of(await (await again()).shown(factor_id, codes[0])) == (422, "mfa_verification_failed")


async def test_of_two_that_show_one_recovery_code_at_the_same_moment_one_is_refused(a_person, again):
    amina = await a_person()
    factor_id = await amina.with_app()
    (code, *_) = await amina.printed("recovery")
    thieves = [await again() for _ in range(4)]
    answers = await asyncio.gather(*(thief.shown(factor_id, code) for thief in thieves))
    assert sorted(answer.status_code for answer in answers) == [200, 422, 422, 422]


async def test_a_recovery_code_makes_no_factor_of_one_that_never_was(a_person):
    amina = await a_person()
    await amina.with_app()
    (code, *_) = await amina.printed("recovery")
    begun = await amina.enrolled("totp")
    assert refusal_of(await amina.shown(begun["id"], code)) == (422, "mfa_verification_failed")


async def test_recovery_codes_need_something_to_stand_for(a_person):
    amina = await a_person()
    assert refusal_of(await amina.sent("paper_codes", {"purpose": "recovery"})) == (400, "validation_failed")


async def test_a_new_sheet_takes_the_place_of_the_old_one_and_of_no_other(a_person, again):
    amina = await a_person()
    factor_id, sheet = await amina.with_sheet()
    old, new = await amina.printed("recovery"), await amina.printed("recovery")
    assert refusal_of(await (await again()).shown(factor_id, old[0])) == (422, "mfa_verification_failed")
    for code in (new[0], sheet[1]):
        assert (await (await again()).shown(factor_id, code)).status_code == 200


async def test_two_sheets_printed_at_the_same_moment_leave_one(service, a_person):
    amina = await a_person()
    await amina.with_app()
    await asyncio.gather(*(amina.printed("recovery") for _ in range(4)))
    assert service.sql("select count(distinct sheet_id), count(*) from auth.paper_codes") == [(1, 10)]


async def test_a_used_up_sheet_is_printed_again_by_its_own_factor(a_person, again):
    amina = await a_person()
    factor_id, old = await amina.with_sheet()
    new = await amina.printed("second_factor", factor_id=factor_id)
    assert refusal_of(await (await again()).shown(factor_id, old[1])) == (422, "mfa_verification_failed")
    assert (await (await again()).shown(factor_id, new[0])).status_code == 200


async def test_a_sheet_is_printed_for_no_factor_of_somebody_else_and_for_no_app(a_person):
    amina, bruno = await a_person(), await a_person("bruno@example.org")
    factor_id, _ = await amina.with_sheet()
    app = await bruno.with_app()
    for asked in (factor_id, app, str(uuid.uuid4())):
        answer = await bruno.sent("paper_codes", {"purpose": "second_factor", "factor_id": asked})
        assert refusal_of(answer) == (404, "mfa_factor_not_found")


async def test_codes_are_printed_by_somebody_who_has_shown_the_second_factor(a_person, again):
    await (await a_person()).with_app()
    for purpose in ("recovery", "sign_in"):
        answer = await (await again()).sent("paper_codes", {"purpose": purpose})
        assert refusal_of(answer) == (403, "insufficient_aal")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"purpose": "love"},
        {"purpose": 7},
        {"purpose": "sign_in", "factor_id": "x"},
        {"purpose": "recovery", "patient_id": str(uuid.uuid4())},
    ],
)
async def test_what_cannot_be_printed_is_refused(a_person, body):
    assert refusal_of(await (await a_person()).sent("paper_codes", body)) == (400, "validation_failed")


async def test_printing_is_on_record_and_its_codes_are_not(service, a_person):
    amina = await a_person()
    await amina.with_app()
    codes = await amina.printed("recovery")
    (row,) = service.recorded("print_codes")
    assert (row["actor"], row["keys"], row["details"]["purpose"]) == (amina.id, [amina.id], "recovery")
    kept = f"{service.database.recorded()} {service.sql('select * from auth.paper_codes')}"
    assert not [code for code in codes if code in kept or code.replace("-", "") in kept]


@pytest.mark.parametrize("used_for", list(Purpose))
async def test_a_code_is_good_for_its_own_purpose_alone(means, a_person, used_for):
    amina = await a_person()
    factor_id, _ = await amina.with_sheet()
    sheets = {
        Purpose.SIGN_IN: await amina.printed("sign_in"),
        Purpose.RECOVERY: await amina.printed("recovery"),
        Purpose.SECOND_FACTOR: await amina.printed("second_factor", factor_id=factor_id),
    }
    async with means.begin() as session:
        for purpose, codes in sheets.items():
            is_right = await paper_codes.use(
                session,
                means,
                uuid.UUID(amina.id),
                purpose=used_for,
                code=codes[0],
                factor_id=uuid.UUID(factor_id) if used_for is Purpose.SECOND_FACTOR else None,
            )
            assert is_right == (purpose is used_for)


# To sign in.


async def test_people_come_in_by_record_number_telephone_or_address(service, means, a_person, record_of):
    amina = await a_person()
    record_of(amina.id, "MRN-17")
    service.sql("update auth.users set phone = '221771234567' where id = %s", amina.id)
    codes = await amina.printed("sign_in")
    for name, code in zip(["MRN-17", "+221 77 123 45 67", " Amina@Example.org "], codes, strict=False):
        opened = await paper_sign_in.by_code(means, name, code, caller=CALLER)
        claims = service.app.state.tokens.verify(opened.access_token).claims
        assert (claims["sub"], claims["aal"]) == (amina.id, "aal1")
        assert [entry["method"] for entry in claims["amr"]] == ["paper_code"]


async def test_the_token_address_takes_a_printed_code_once(client, a_person):
    (code, *_) = await (await a_person()).printed("sign_in")
    came = {"url": "/auth/v1/token?grant_type=paper_code", "json": {"name": "amina@example.org", "code": code}}
    first, second = await client.post(**came, headers=VERSION), await client.post(**came, headers=VERSION)
    assert (first.status_code, first.json()["user"]["email"]) == (200, "amina@example.org")
    assert refusal_of(second) == (400, "invalid_credentials")


async def test_a_number_that_is_two_peoples_lets_in_whose_code_it_is(service, means, a_person, record_of):
    amina, bruno = await a_person(), await a_person("bruno@example.org")
    record_of(amina.id, "221771234567")
    service.sql("update auth.users set phone = '221771234567' where id = %s", bruno.id)
    for person in (amina, bruno):
        (code, *_) = await person.printed("sign_in")
        opened = await paper_sign_in.by_code(means, "221771234567", code, caller=CALLER)
        assert str(opened.account.user.id) == person.id


async def test_a_code_lets_in_once(means, a_person):
    (code, *_) = await (await a_person()).printed("sign_in")
    tries = [paper_sign_in.by_code(means, "amina@example.org", code, caller=CALLER) for _ in range(4)]
    came = await asyncio.gather(*tries, return_exceptions=True)
    assert sorted(type(each).__name__ for each in came) == ["InvalidCredentials"] * 3 + ["Opened"]


async def test_a_sheet_to_sign_in_with_is_over_after_its_time(service, means, a_person):
    (code, *_) = await (await a_person()).printed("sign_in")
    service.sql("update auth.paper_codes set expires_at = now()")
    with pytest.raises(refused.InvalidCredentials):
        await paper_sign_in.by_code(means, "amina@example.org", code, caller=CALLER)


@pytest.mark.parametrize("name", ["nobody@example.org", "MRN-0", "+221000", "", "x" * 999, "a\x00b", "'; drop"])
async def test_a_name_of_nobody_is_answered_like_a_wrong_code(means, a_person, name):
    await a_person()
    for asked in (name, "amina@example.org"):
        with pytest.raises(refused.InvalidCredentials):
            await paper_sign_in.by_code(means, asked, paper_codes.new_code(), caller=CALLER)


async def test_guessing_is_slowed_down_for_a_name_and_an_address(means, a_person):
    (code, *_) = await (await a_person()).printed("sign_in")
    for _ in range(10):
        with pytest.raises(refused.InvalidCredentials):
            await paper_sign_in.by_code(means, "amina@example.org", paper_codes.new_code(), caller=CALLER)
    with pytest.raises(refused.TooManyTries):
        await paper_sign_in.by_code(means, "AMINA@example.org", code, caller=CALLER)
    elsewhere = Caller(address="192.0.2.8")
    assert (await paper_sign_in.by_code(means, "amina@example.org", code, caller=elsewhere)).session_id


@pytest.mark.parametrize("role", ["attending", "nurse", "specialist", "admin"])
async def test_staff_does_not_come_in_by_paper_whoever_printed_it(service, means, a_person, role):
    amina = await a_person()
    (code, *_) = await amina.printed("sign_in")
    service.sql("update auth.users set raw_app_meta_data = jsonb_build_object('role', %s::text)", role)
    with pytest.raises(refused.InvalidCredentials):
        await paper_sign_in.by_code(means, "amina@example.org", code, caller=CALLER)
    with pytest.raises(refused.NotValid):
        await printing.print_for(means, "amina@example.org", purpose=Purpose.SIGN_IN, caller=CALLER)


async def test_the_disabled_do_not_come_in_by_paper(service, means, a_person):
    (code, *_) = await (await a_person()).printed("sign_in")
    service.sql("update auth.users set banned_until = now() + interval '1 day'")
    with pytest.raises(refused.InvalidCredentials):
        await paper_sign_in.by_code(means, "amina@example.org", code, caller=CALLER)


async def test_each_sign_in_and_each_refusal_is_one_row(service, means, a_person):
    amina = await a_person()
    (code, *_) = await amina.printed("sign_in")
    with pytest.raises(refused.InvalidCredentials):
        await paper_sign_in.by_code(means, "amina@example.org", paper_codes.new_code(), caller=CALLER)
    await paper_sign_in.by_code(means, "amina@example.org", code, caller=CALLER)
    (refusal,), (entry,) = service.recorded("sign_in_refused"), service.recorded("sign_in")
    assert (refusal["keys"], refusal["details"]["reason"]) == ([amina.id], "paper code")
    assert entry["actor"] == amina.id


# For somebody else.


async def test_who_leads_the_team_prints_for_a_patient_and_nobody_else_does(service, means, a_person, again, record_of):
    amina = await a_person()
    record = record_of(amina.id, "MRN-17")
    staff = {}
    for role, team in (("attending", "attending"), ("nurse", "nurse"), ("specialist", None), ("admin", None)):
        email = f"{role}@example.org"
        member = await a_person(email)
        service.sql(
            "update auth.users set raw_app_meta_data = jsonb_build_object('role', %s::text) where id = %s",
            role,
            member.id,
        )
        if team:
            service.sql(
                "insert into public.care_team (patient_id, provider_id, role) values (%s, %s, %s)",
                record,
                member.id,
                team,
            )
        staff[role] = await again(email)
    asked = {"purpose": "sign_in", "patient_id": str(record)}

    answers = {role: await member.sent("paper_codes", asked) for role, member in staff.items()}
    answers["patient"] = await amina.sent("paper_codes", asked)

    assert {role: answer.status_code for role, answer in answers.items()} == {
        "attending": 200, "nurse": 404, "specialist": 404, "admin": 404, "patient": 404,
    }  # fmt: skip
    (row,) = service.recorded("print_codes")
    assert (row["actor"], row["keys"], row["patients"]) == (staff["attending"].id, [amina.id], [str(record)])
    assert service.sql("select distinct issued_by::text from auth.paper_codes") == [(staff["attending"].id,)]
    opened = await paper_sign_in.by_code(means, "MRN-17", answers["attending"].json()["codes"][0], caller=CALLER)
    assert str(opened.account.user.id) == amina.id


async def test_nobody_prints_codes_to_come_in_as_a_colleague_who_is_a_patient(service, a_person, again, record_of):
    nurse = await a_person("nurse@example.org")
    record = record_of(nurse.id, "MRN-18")
    lead = await a_person("lead@example.org")
    for person, role in ((nurse, "nurse"), (lead, "attending")):
        service.sql(
            "update auth.users set raw_app_meta_data = jsonb_build_object('role', %s::text) where id = %s",
            role,
            person.id,
        )
    service.sql(
        "insert into public.care_team (patient_id, provider_id, role) values (%s, %s, 'attending')", record, lead.id
    )
    asked = {"purpose": "sign_in", "patient_id": str(record)}
    answer = await (await again("lead@example.org")).sent("paper_codes", asked)
    assert refusal_of(answer) == (400, "validation_failed")


async def test_the_operator_prints_recovery_codes_for_who_lost_an_app(means, a_person, again):
    amina = await a_person()
    factor_id = await amina.with_app()
    sheet = await printing.print_for(means, "amina@example.org", purpose=Purpose.RECOVERY, caller=CALLER)
    assert (await (await again()).shown(factor_id, sheet.codes[0])).status_code == 200
    with pytest.raises(NotFound):
        await printing.print_for(means, "nobody@example.org", purpose=Purpose.RECOVERY, caller=CALLER)
