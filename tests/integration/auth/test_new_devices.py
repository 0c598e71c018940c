"""People are told by mail when somebody signs in from a device that was not seen before."""

from __future__ import annotations

import dataclasses
from typing import Any

from carebase import sealing
from carebase.mail.messages import Kind, Message

PHONE, LAPTOP = {"User-Agent": "Phone/1"}, {"User-Agent": "Laptop/2"}


def mails(service: Any) -> list[Message]:
    rows = service.sql("select id, message_sealed from auth.outbox where kind = 'new_device'")
    secret = service.database.secret
    return [
        Message.of_bytes(sealing.unseal(secret, bytes(kept), purpose="mail", bound_to=str(mail_id)))
        for mail_id, kept in rows
    ]


async def sign_in(client: Any, steps: Any, headers: dict[str, str]) -> None:
    body = {"email": "amina@example.org", "password": steps.PASSWORD}
    answer = await client.post("/auth/v1/token?grant_type=password", json=body, headers=headers)
    assert answer.status_code == 200


async def sign_up(client: Any, steps: Any) -> None:
    body = {"email": "amina@example.org", "password": steps.PASSWORD}
    await client.post("/auth/v1/signup", json=body, headers=PHONE)


async def test_another_device_is_told_once(client, service, steps):
    await sign_up(client, steps)
    await sign_in(client, steps, PHONE)
    assert mails(service) == []

    await sign_in(client, steps, LAPTOP)
    await sign_in(client, steps, LAPTOP)

    (mail,) = mails(service)
    assert (mail.kind, mail.to, mail.device) == (Kind.NEW_DEVICE, "amina@example.org", "Laptop/2")
    assert mail.link == "http://localhost:8000"


async def test_a_browser_is_known_again_by_its_cookie_whatever_it_calls_itself(client, service, steps):
    await sign_up(client, steps)
    cookie = {"Cookie": "carebase_device=a-random-text"}
    await sign_in(client, steps, {**LAPTOP, **cookie})
    assert len(mails(service)) == 1

    await sign_in(client, steps, {"User-Agent": "Laptop/3", **cookie})

    assert len(mails(service)) == 1


async def test_of_a_device_a_hash_is_kept_that_differs_for_each_account(client, service, steps):
    await sign_up(client, steps)
    body = {"email": "bruno@example.org", "password": steps.PASSWORD}
    await client.post("/auth/v1/signup", json=body, headers=PHONE)

    rows = service.sql("select device_sha256 from auth.known_devices")

    assert len({bytes(row[0]) for row in rows}) == len(rows) == 4


async def test_the_operator_may_have_nobody_told(client, service, steps):
    means = service.app.state.accounts
    means.policy = dataclasses.replace(means.policy, is_new_device_told=False)
    await sign_up(client, steps)

    await sign_in(client, steps, LAPTOP)

    assert mails(service) == []
    assert service.sql("select count(*) from auth.known_devices") == [(3,)]


async def test_a_device_not_seen_for_more_than_a_year_is_forgotten(client, service, steps):
    await sign_up(client, steps)
    service.sql("update auth.known_devices set last_seen_at = now() - interval '401 days'")

    await sign_in(client, steps, LAPTOP)
    await sign_in(client, steps, PHONE)

    assert len(mails(service)) == 2
