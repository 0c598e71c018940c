"""Second factors: enrolled, shown, used once, removed; what they raise and what falls with them."""

import asyncio
import base64
import json
import time
from uuid import UUID

import pytest

from carebase.auth import accounts, totp
from carebase.auth import factors as second_factors
from carebase.auth.callers import Caller
from carebase.errors import NotFound

VERSION = {"X-Supabase-Api-Version": "2024-01-01"}


def code_of(secret: str, *, away: int = 0) -> str:
    raw = base64.b32decode(secret)
    return totp.code_at(raw, totp.step_at(time.time()) + away)


def wrong_code_of(secret: str) -> str:
    right = {code_of(secret, away=step) for step in (-2, -1, 0, 1, 2)}
    return next(code for code in ("000000", "111111", "222222", "333333", "444444", "555555") if code not in right)


class Factors:
    """What a person does with second factors, in few words."""

    def __init__(self, client, steps):
        self.client, self.steps = client, steps

    async def enrolled(self, session, *, kind="totp", **named):
        answer = await self.client.post(
            "/auth/v1/factors", json={"factor_type": kind, **named}, headers=self.steps.bearer(session) | VERSION
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def asked(self, session, factor_id):
        address = f"/auth/v1/factors/{factor_id}/challenge"
        answer = await self.client.post(address, headers=self.steps.bearer(session) | VERSION)
        assert answer.status_code == 200, answer.text
        return answer.json()["id"]

    async def answered(self, session, factor_id, code, *, challenge=None):
        challenge = challenge or await self.asked(session, factor_id)
        return await self.client.post(
            f"/auth/v1/factors/{factor_id}/verify",
            json={"challenge_id": challenge, "code": code},
            headers=self.steps.bearer(session) | VERSION,
        )

    async def added(self, session, **named):
        """A verified factor, and the session that it raised."""
        factor = await self.enrolled(session, **named)
        answer = await self.answered(session, factor["id"], code_of(factor["totp"]["secret"], away=-1))
        assert answer.status_code == 200, answer.text
        return factor, answer.json()

    async def printed(self, session, **asked):
        return await self.client.post("/auth/v1/paper_codes", json=asked, headers=self.steps.bearer(session) | VERSION)

    async def removed(self, session, factor_id):
        return await self.client.delete(f"/auth/v1/factors/{factor_id}", headers=self.steps.bearer(session) | VERSION)


@pytest.fixture
def factors(client, steps):
    return Factors(client, steps)


def level_of(service, session):
    return service.app.state.tokens.verify(session["access_token"]).claims["aal"]


def refusal_of(answer):
    return answer.status_code, answer.json()["code"]


def make_older(service, session, *, minutes):
    """As if the session had been proven so long ago."""
    service.sql(
        "update auth.sessions set amr = (select jsonb_agg(e || jsonb_build_object("
        "'timestamp', (e ->> 'timestamp')::bigint - %s)) from jsonb_array_elements(amr) e) where user_id = %s",
        minutes * 60,
        session["user"]["id"],
    )


def forget_steps(service):
    """As if the next thirty seconds had come."""
    service.sql("update auth.mfa_factors set last_used_step = null")


async def test_an_enrolled_factor_is_told_as_an_address_a_picture_and_a_text(client, service, steps, factors):
    session = await steps.signed_up(client)

    factor = await factors.enrolled(session, friendly_name="phone", issuer="City clinic")

    assert (factor["type"], factor["friendly_name"]) == ("totp", "phone")
    assert factor["totp"]["uri"].startswith("otpauth://totp/City%20clinic:amina%40example.org?secret=")
    assert factor["totp"]["secret"] in factor["totp"]["uri"]
    assert factor["totp"]["qr_code"].startswith("<svg ")
    ((sealed,),) = service.sql("select secret_sealed from auth.mfa_factors")
    assert base64.b32decode(factor["totp"]["secret"]) not in bytes(sealed)
    assert not [entry for entry in service.database.recorded() if factor["totp"]["secret"] in json.dumps(entry)]


async def test_a_first_right_code_makes_it_a_factor_and_raises_the_session(client, service, steps, factors):
    session = await steps.signed_up(client)
    factor = await factors.enrolled(session)

    answer = await factors.answered(session, factor["id"], code_of(factor["totp"]["secret"]))

    raised = answer.json()
    claims = service.app.state.tokens.verify(raised["access_token"]).claims
    assert (claims["aal"], [entry["method"] for entry in claims["amr"]]) == ("aal2", ["password", "totp"])
    assert [(each["status"], each["factor_type"]) for each in raised["user"]["factors"]] == [("verified", "totp")]
    assert service.sql("select aal, factor_id::text from auth.sessions") == [("aal2", factor["id"])]
    assert (await client.get("/api/me", headers=steps.bearer(raised))).status_code == 200
    (row,) = service.recorded("add_factor")
    assert (row["actor"], row["keys"]) == (session["user"]["id"], [factor["id"]])
    assert service.sql("select kind from auth.outbox where kind like 'factor%%'") == [("factor_added",)]


async def test_a_raised_session_goes_on_as_such_and_its_earlier_refresh_token_is_nothing(
    client, service, steps, factors
):
    session = await steps.signed_up(client)
    _, raised = await factors.added(session)

    async def refreshed(held):
        body = {"refresh_token": held["refresh_token"]}
        return await client.post("/auth/v1/token?grant_type=refresh_token", json=body, headers=VERSION)

    assert refusal_of(await refreshed(session)) == (400, "refresh_token_not_found")
    again = await refreshed(raised)
    assert again.status_code == 200
    assert level_of(service, again.json()) == "aal2"


async def test_the_other_sessions_of_the_account_stay_below(client, service, steps, factors):
    session = await steps.signed_up(client)
    other = (await steps.signed_in(client)).json()
    await factors.added(session)
    assert sorted(service.sql("select aal from auth.sessions")) == [("aal1",), ("aal2",)]
    assert (await client.get("/api/me", headers=steps.bearer(other))).status_code == 200


async def test_a_code_is_good_once(client, steps, factors):
    session = await steps.signed_up(client)
    factor = await factors.enrolled(session)
    code = code_of(factor["totp"]["secret"])

    first = await factors.answered(session, factor["id"], code)
    second = await factors.answered(session, factor["id"], code)

    assert first.status_code == 200
    assert refusal_of(second) == (422, "mfa_verification_failed")


async def test_a_code_that_came_before_the_one_used_last_is_refused(client, steps, factors):
    session = await steps.signed_up(client)
    factor = await factors.enrolled(session)
    assert (await factors.answered(session, factor["id"], code_of(factor["totp"]["secret"]))).status_code == 200
    earlier = code_of(factor["totp"]["secret"], away=-1)
    assert refusal_of(await factors.answered(session, factor["id"], earlier)) == (422, "mfa_verification_failed")


@pytest.mark.parametrize("away", [-3, 3])
async def test_a_code_of_another_minute_is_refused(client, steps, factors, away):
    session = await steps.signed_up(client)
    factor = await factors.enrolled(session)
    answer = await factors.answered(session, factor["id"], code_of(factor["totp"]["secret"], away=away))
    assert refusal_of(answer) == (422, "mfa_verification_failed")


async def test_of_two_that_show_one_code_at_the_same_moment_one_is_refused(client, service, steps, factors):
    session = await steps.signed_up(client)
    factor, _ = await factors.added(session)
    forget_steps(service)
    sessions = [(await steps.signed_in(client)).json() for _ in range(4)]
    challenges = [await factors.asked(each, factor["id"]) for each in sessions]
    code = code_of(factor["totp"]["secret"])

    answers = await asyncio.gather(
        *(
            factors.answered(each, factor["id"], code, challenge=challenge)
            for each, challenge in zip(sessions, challenges, strict=True)
        )
    )

    assert sorted(answer.status_code for answer in answers) == [200, 422, 422, 422]


async def test_a_challenge_is_answered_by_its_own_session_alone(client, steps, factors):
    session = await steps.signed_up(client)
    factor, _ = await factors.added(session)
    first, second = [(await steps.signed_in(client)).json() for _ in range(2)]
    challenge = await factors.asked(first, factor["id"])
    answer = await factors.answered(second, factor["id"], code_of(factor["totp"]["secret"]), challenge=challenge)
    assert refusal_of(answer) == (422, "mfa_challenge_expired")


async def test_a_challenge_is_over_after_five_minutes(client, service, steps, factors):
    session = await steps.signed_up(client)
    factor = await factors.enrolled(session)
    challenge = await factors.asked(session, factor["id"])
    service.sql("update auth.mfa_challenges set expires_at = expires_at - interval '300 seconds'")
    answer = await factors.answered(session, factor["id"], code_of(factor["totp"]["secret"]), challenge=challenge)
    assert refusal_of(answer) == (422, "mfa_challenge_expired")


async def test_a_challenge_that_was_answered_is_over(client, service, steps, factors):
    session = await steps.signed_up(client)
    factor = await factors.enrolled(session)
    challenge, code = await factors.asked(session, factor["id"]), code_of(factor["totp"]["secret"])
    assert (await factors.answered(session, factor["id"], code, challenge=challenge)).status_code == 200
    forget_steps(service)
    assert refusal_of(await factors.answered(session, factor["id"], code, challenge=challenge)) == (
        422,
        "mfa_challenge_expired",
    )


async def test_five_wrong_codes_end_a_challenge(client, service, steps, factors):
    session = await steps.signed_up(client)
    factor = await factors.enrolled(session)
    challenge, wrong = await factors.asked(session, factor["id"]), wrong_code_of(factor["totp"]["secret"])
    for _ in range(5):
        answer = await factors.answered(session, factor["id"], wrong, challenge=challenge)
        assert refusal_of(answer) == (422, "mfa_verification_failed")
    right = await factors.answered(session, factor["id"], code_of(factor["totp"]["secret"]), challenge=challenge)
    assert refusal_of(right) == (422, "mfa_challenge_expired")
    assert len(service.recorded("factor_refused")) == 5


async def test_new_challenges_and_new_sessions_give_no_new_tries(client, steps, factors):
    session = await steps.signed_up(client)
    factor, _ = await factors.added(session)
    wrong, seen = wrong_code_of(factor["totp"]["secret"]), []
    for _ in range(3):
        thief = (await steps.signed_in(client)).json()
        seen += [await factors.answered(thief, factor["id"], wrong) for _ in range(4)]
    assert [refusal_of(answer) for answer in seen[:10]] == [(422, "mfa_verification_failed")] * 10
    assert refusal_of(seen[-1]) == (429, "over_request_rate_limit")
    assert int(seen[-1].headers["Retry-After"]) >= 1
    right = await factors.answered(thief, factor["id"], code_of(factor["totp"]["secret"]))
    assert right.status_code == 429


async def test_somebody_elses_factor_is_not_there(client, steps, factors):
    amina, bruno = await steps.signed_up(client), await steps.signed_up(client, "bruno@example.org")
    factor = await factors.enrolled(amina)
    for answer in (
        await client.post(f"/auth/v1/factors/{factor['id']}/challenge", headers=steps.bearer(bruno) | VERSION),
        await factors.answered(
            bruno, factor["id"], code_of(factor["totp"]["secret"]), challenge=await factors.asked(amina, factor["id"])
        ),
        await factors.removed(bruno, factor["id"]),
        await factors.removed(bruno, "no-id"),
    ):
        assert refusal_of(answer) == (404, "mfa_factor_not_found")


async def test_a_second_factor_is_added_by_somebody_who_has_shown_the_first(client, steps, factors):
    session = await steps.signed_up(client)
    _, raised = await factors.added(session, friendly_name="phone")
    below = (await steps.signed_in(client)).json()

    refused = await client.post("/auth/v1/factors", json={"factor_type": "totp"}, headers=steps.bearer(below) | VERSION)

    assert refusal_of(refused) == (403, "insufficient_aal")
    assert (await factors.enrolled(raised, friendly_name="tablet"))["friendly_name"] == "tablet"


async def test_an_enrolment_begun_with_the_password_alone_does_not_outlive_the_first_factor(client, steps, factors):
    session = await steps.signed_up(client)
    thief = (await steps.signed_in(client)).json()
    begun = await factors.enrolled(thief, friendly_name="a thief's")
    await factors.added(session, friendly_name="mine")

    answer = await factors.answered(thief, begun["id"], code_of(begun["totp"]["secret"]))

    assert refusal_of(answer) == (403, "insufficient_aal")


async def test_a_token_from_before_the_factor_is_no_proof_of_it(client, steps, factors):
    session = await steps.signed_up(client)
    factor, _ = await factors.added(session)
    # The session was raised; whoever holds its earlier token was not.
    assert refusal_of(await factors.removed(session, factor["id"])) == (403, "insufficient_aal")


@pytest.mark.parametrize("what", ["add", "finish adding", "remove", "print"])
async def test_factors_change_by_a_proof_of_the_last_minutes_only(client, service, steps, factors, what):
    session = await steps.signed_up(client)
    begun = await factors.enrolled(session, friendly_name="begun") if what == "finish adding" else None
    if what in ("remove", "print"):
        factor, session = await factors.added(session)
    make_older(service, session, minutes=16)
    match what:
        case "add":
            answer = await client.post(
                "/auth/v1/factors", json={"factor_type": "totp"}, headers=steps.bearer(session) | VERSION
            )
        case "finish adding":
            answer = await factors.answered(session, begun["id"], code_of(begun["totp"]["secret"]))
        case "remove":
            answer = await factors.removed(session, factor["id"])
        case "print":
            answer = await factors.printed(session, purpose="recovery")
    assert refusal_of(answer) == (403, "reauthentication_needed")


async def test_a_shown_factor_makes_an_old_session_fresh(client, service, steps, factors):
    factor, raised = await factors.added(await steps.signed_up(client))
    make_older(service, raised, minutes=16)
    again = (await factors.answered(raised, factor["id"], code_of(factor["totp"]["secret"]))).json()
    assert (await factors.removed(again, factor["id"])).status_code == 200


async def test_a_removed_factor_takes_down_at_once_what_it_raised(client, service, steps, factors):
    factor, raised = await factors.added(await steps.signed_up(client))
    await factors.printed(raised, purpose="recovery")

    assert (await factors.removed(raised, factor["id"])).json() == {"id": factor["id"]}

    assert service.sql("select aal, factor_id, jsonb_path_query_array(amr, '$[*].method') from auth.sessions") == [
        ("aal1", None, ["password"])
    ]
    body = {"refresh_token": raised["refresh_token"]}
    again = await client.post("/auth/v1/token?grant_type=refresh_token", json=body)
    assert level_of(service, again.json()) == "aal1"
    assert service.sql("select count(*) from auth.paper_codes") == [(0,)]
    assert service.recorded("remove_factor")[0]["actor"] == raised["user"]["id"]
    assert ("factor_removed",) in service.sql("select kind from auth.outbox")
    # The token of before opens and changes nothing, yet its client is told whose it is, so that it gets another.
    assert (await client.get("/auth/v1/user", headers=steps.bearer(raised))).json()["id"] == raised["user"]["id"]
    assert (await client.get("/api/me", headers=steps.bearer(raised))).status_code == 401
    changed = await client.put("/auth/v1/user", json={"data": {"a": 1}}, headers=steps.bearer(raised))
    assert changed.json()["error_code"] == "session_not_found"


async def test_a_factor_that_an_operator_removes_is_on_record_once(client, service, steps, factors):
    factor, raised = await factors.added(await steps.signed_up(client))
    key = {"Authorization": f"Bearer {service.app.state.tokens.service_key()}"}
    removed = await client.delete(f"/auth/v1/admin/users/{raised['user']['id']}/factors/{factor['id']}", headers=key)
    assert removed.status_code == 200, removed.text
    (entry,) = service.recorded("remove_factor")
    assert (entry["details"]["by"], entry["details"]["account"]) == ("service key", raised["user"]["id"])


async def test_a_session_raised_by_another_factor_stays_when_one_of_two_goes(client, service, steps, factors):
    first, raised = await factors.added(await steps.signed_up(client), friendly_name="phone")
    second, raised = await factors.added(raised, friendly_name="tablet")
    assert (await factors.removed(raised, first["id"])).status_code == 200
    assert service.sql("select aal, factor_id::text from auth.sessions") == [("aal2", second["id"])]


async def test_an_unverified_factor_is_removed_without_a_second_one(client, service, steps, factors):
    session = await steps.signed_up(client)
    factor = await factors.enrolled(session)
    assert (await factors.removed(session, factor["id"])).status_code == 200
    assert service.sql("select count(*) from auth.mfa_factors") == [(0,)]
    assert service.sql("select kind from auth.outbox where kind like 'factor%%'") == []


async def test_names_are_unique_and_factors_few(client, service, steps, factors):
    session = await steps.signed_up(client)
    await factors.enrolled(session, friendly_name="phone")
    enroll = {"url": "/auth/v1/factors", "headers": steps.bearer(session) | VERSION}
    same = await client.post(**enroll, json={"factor_type": "totp", "friendly_name": "phone"})
    assert refusal_of(same) == (422, "mfa_factor_name_conflict")
    for _ in range(9):
        await factors.enrolled(session)
    one_more = await client.post(**enroll, json={"factor_type": "totp"})
    assert refusal_of(one_more) == (422, "too_many_enrolled_mfa_factors")
    service.sql("update auth.mfa_factors set created_at = created_at - interval '2 hours'")
    await factors.enrolled(session, friendly_name="phone")
    assert service.sql("select count(*) from auth.mfa_factors") == [(1,)]


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"factor_type": "phone", "phone": "+221771234567"}, (422, "mfa_phone_enroll_not_enabled")),
        ({"factor_type": "webauthn"}, (422, "mfa_webauthn_enroll_not_enabled")),
        ({"factor_type": "blood"}, (400, "validation_failed")),
        ({"factor_type": ["totp"]}, (400, "validation_failed")),
        ({}, (400, "validation_failed")),
        ({"factor_type": "totp", "friendly_name": "x" * 101}, (400, "validation_failed")),
        ({"factor_type": "totp", "friendly_name": "x\x1b[2J"}, (400, "validation_failed")),
        ({"factor_type": "totp", "issuer": 7}, (400, "validation_failed")),
    ],
)
async def test_what_is_not_offered_is_refused_in_gotrues_words(client, steps, body, refusal):
    session = await steps.signed_up(client)
    answer = await client.post("/auth/v1/factors", json=body, headers=steps.bearer(session) | VERSION)
    assert refusal_of(answer) == refusal


@pytest.mark.parametrize("code", ["", " ", "12345", "1234567", "١٢٣٤٥٦", "\x00", "x" * 9999, 123456])
async def test_any_text_as_a_code_is_refused_and_breaks_nothing(client, steps, factors, code):
    session = await steps.signed_up(client)
    factor = await factors.enrolled(session)
    assert (await factors.answered(session, factor["id"], code)).status_code in (400, 422)


@pytest.mark.parametrize("method", ["factors", "factors/{}/challenge", "factors/{}/verify", "paper_codes"])
async def test_nobody_reaches_factors_without_a_token(client, method):
    address = f"/auth/v1/{method}".format("00000000-0000-0000-0000-000000000000")
    assert refusal_of(await client.post(address, json={}, headers=VERSION)) == (401, "no_authorization")


async def test_an_ended_session_or_a_disabled_account_shows_no_factor(client, service, steps, factors):
    session = await steps.signed_up(client)
    factor = await factors.enrolled(session)
    challenge, code = await factors.asked(session, factor["id"]), code_of(factor["totp"]["secret"])
    service.sql("update auth.users set banned_until = now() + interval '1 day'")
    assert refusal_of(await factors.answered(session, factor["id"], code, challenge=challenge)) == (400, "user_banned")
    service.sql("update auth.users set banned_until = null")
    service.sql("update auth.sessions set idle_after = now()")
    assert refusal_of(await factors.answered(session, factor["id"], code, challenge=challenge)) == (
        403,
        "session_not_found",
    )


async def test_the_operator_removes_what_somebody_lost_and_the_sessions_fall(client, service, steps, factors):
    session = await steps.signed_up(client)
    _, raised = await factors.added(session, friendly_name="phone")
    await factors.enrolled(raised, friendly_name="begun")
    means = service.app.state.accounts

    removed = await second_factors.reset(means, "Amina@example.org", caller=Caller(address=None))

    assert removed == 2
    assert service.sql("select count(*) from auth.mfa_factors") == [(0,)]
    assert service.sql("select distinct aal from auth.sessions") == [("aal1",)]
    assert (await client.get("/api/me", headers=steps.bearer(raised))).status_code == 401
    below = (await steps.signed_in(client)).json()
    await factors.added(below)
    with pytest.raises(NotFound):
        await second_factors.reset(means, "nobody@example.org", caller=Caller(address=None))


@pytest.mark.parametrize("by", ["its person", "an administrator"])
async def test_a_factor_that_is_shown_and_removed_at_the_same_moment_raises_nothing_for_long(
    client, service, steps, factors, by
):
    factor, raised = await factors.added(await steps.signed_up(client))
    forget_steps(service)
    others = [(await steps.signed_in(client)).json() for _ in range(3)]
    challenges = [await factors.asked(each, factor["id"]) for each in others]
    code = code_of(factor["totp"]["secret"])

    async def removed_by_an_administrator():
        means = service.app.state.accounts
        async with means.begin() as session:
            user = await accounts.by_email(session, "amina@example.org")
            await second_factors.remove(session, means, user, factor_id=UUID(factor["id"]), caller=Caller(address=None))

    removing = factors.removed(raised, factor["id"]) if by == "its person" else removed_by_an_administrator()
    _, *answers = await asyncio.gather(
        removing,
        *(
            factors.answered(each, factor["id"], code, challenge=challenge)
            for each, challenge in zip(others, challenges, strict=True)
        ),
    )

    assert [answer.status_code for answer in answers if answer.status_code >= 500] == []
    assert service.sql("select count(*) from auth.mfa_factors") == [(0,)]
    assert service.sql("select distinct aal from auth.sessions") == [("aal1",)]
