"""Somebody is invited: an account that waits, a mail, and a link that proves the address and no more."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

import httpx
import pytest

from carebase import sealing
from carebase.auth import invitations, refused
from carebase.auth.accounts import Accounts
from carebase.auth.passwords import Passwords
from carebase.auth.policy import Policy
from carebase.mail import outbox
from carebase.mail.messages import Message

EMAIL = "amina@example.org"


@pytest.fixture
def means(service: Any) -> Accounts:
    """A hospital where only those invited come in and addresses are confirmed."""
    old = service.app.state.accounts
    service.app.state.accounts = Accounts(
        service.app.state.pools,
        tokens=service.app.state.tokens,
        secret=service.database.secret,
        hashing=Passwords(memory_kibibytes=256, passes=1),
        policy=Policy(is_sign_up_open=False, is_confirmed_at_once=False),
    )
    old.close()
    return service.app.state.accounts


def written(service: Any) -> list[Message]:
    """The mails, the oldest first."""
    rows = service.sql("select id, message_sealed from auth.outbox order by created_at")
    return [
        Message.of_bytes(sealing.unseal(service.database.secret, sealed, purpose=outbox.SEAL, bound_to=str(mail_id)))
        for mail_id, sealed in rows
    ]


async def invited(means: Accounts, **chosen: Any) -> Any:
    return await invitations.invite(
        means, EMAIL, **{"data": {"name": "Amina"}, "redirect_to": None, "role": "nurse", "by": None, **chosen}
    )


async def opened(client: httpx.AsyncClient, link: str) -> dict[str, str]:
    answer = await client.get(link.replace("/confirm?", "/auth/v1/verify?"))
    return dict(parse_qsl(urlsplit(answer.headers["location"]).fragment))


async def test_an_invited_person_comes_in_at_the_first_level_and_sets_a_password(service, client, means, steps):
    account = await invited(means, by=uuid4())
    assert account.user.invited_at is not None
    assert account.user.email_confirmed_at is None
    [mail] = written(service)
    assert (mail.kind.value, mail.to, mail.good_minutes) == ("invite", EMAIL, 72 * 60)
    assert mail.link.startswith("http://localhost:8000/confirm?token=")

    session = await opened(client, mail.link)
    headers = {"Authorization": f"Bearer {session['access_token']}"}
    user = (await client.get("/auth/v1/user", headers=headers)).json()
    assert user["app_metadata"]["role"] == "nurse"
    assert user["user_metadata"]["name"] == "Amina"
    assert "email_confirmed_at" in user
    assert service.sql("select aal, amr -> 0 ->> 'method' from auth.sessions") == [("aal1", "invite")]
    set_one = await client.put("/auth/v1/user", json={"password": steps.PASSWORD}, headers=headers)
    assert set_one.status_code == 200, set_one.text
    assert (await steps.signed_in(client, EMAIL)).status_code == 200
    assert len(service.recorded("invite")) == 1


async def test_an_invitation_is_good_once(service, client, means):
    await invited(means)
    [mail] = written(service)
    assert "access_token" in await opened(client, mail.link)
    assert "access_token" not in await opened(client, mail.link)


async def test_an_invitation_is_over_after_its_hours(service, client, means):
    await invited(means)
    service.sql("update auth.one_time_tokens set expires_at = now()")
    [mail] = written(service)
    assert "access_token" not in await opened(client, mail.link)


async def test_a_second_invitation_takes_the_place_of_the_first(service, client, means):
    await invited(means)
    service.sql("delete from auth.allowances")
    await invited(means, role=None)
    first, second = written(service)
    assert "access_token" not in await opened(client, first.link)
    assert "access_token" in await opened(client, second.link)
    assert service.sql("select raw_app_meta_data ->> 'role' from auth.users") == [("nurse",)]


async def test_somebody_who_has_an_account_is_not_invited(service, client, means):
    await invited(means)
    await opened(client, written(service)[0].link)
    with pytest.raises(refused.EmailExists):
        await invited(means, role="admin")
    assert service.sql("select raw_app_meta_data ->> 'role' from auth.users") == [("nurse",)]


async def test_what_a_stranger_left_in_the_account_is_gone_before_it_is_invited(service, client, means, steps):
    service.sql(
        "insert into auth.users (email, encrypted_password, raw_user_meta_data) "
        "values (%s, 'a stranger''s', '{\"x\": 1}')",
        EMAIL,
    )
    account = await invited(means)
    assert account.user.encrypted_password is None
    assert account.user.user_metadata == {"name": "Amina"}


async def test_only_clinical_roles_are_granted(service, means):
    for role in ("service_role", "authenticated", "owner"):
        with pytest.raises(refused.NotValid):
            await invited(means, role=role)
    assert service.sql("select count(*) from auth.users") == [(0,)]


async def test_an_address_is_not_flooded_with_invitations(service, means):
    await invited(means)
    with pytest.raises(refused.TooManyMails):
        await invited(means)
    assert len(written(service)) == 1


async def test_a_link_ends_at_addresses_of_the_list_alone(service, means):
    await invited(means, redirect_to="https://evil.example/")
    assert "evil" not in written(service)[0].link
