"""Guessing a password grows slower, for the one who guesses."""

import asyncio
import hashlib

from carebase.mail.messages import Kind


async def guess(client, steps, *, times, email="amina@example.org"):
    return [(await steps.signed_in(client, email, password="not the password")).status_code for _ in range(times)]


async def test_after_ten_wrong_passwords_whoever_guesses_waits(client, service, steps):
    await steps.signed_up(client)
    assert await guess(client, steps, times=10) == [400] * 10
    refused = await steps.signed_in(client)
    assert refused.status_code == 429
    assert refused.json()["error_code"] == "over_request_rate_limit"
    assert int(refused.headers["Retry-After"]) >= 1


async def test_the_person_signs_in_from_another_address_meanwhile(client, service, steps):
    await steps.signed_up(client)
    await guess(client, steps, times=11)
    async with service.from_address("192.0.2.7") as elsewhere:
        assert (await steps.signed_in(elsewhere)).status_code == 200
        forged = await client.post(
            "/auth/v1/token?grant_type=password",
            json={"email": "amina@example.org", "password": steps.PASSWORD},
            headers={"X-Forwarded-For": "192.0.2.7"},
        )
        assert forged.status_code == 429


async def test_an_address_without_an_account_is_counted_alike(client, steps):
    assert await guess(client, steps, times=11, email="nobody@example.org") == [400] * 10 + [429]


async def test_passwords_tried_at_the_same_moment_are_counted_too(client, steps):
    await steps.signed_up(client)
    answers = await asyncio.gather(*(steps.signed_in(client, password="not the password") for _ in range(16)))
    assert sorted(answer.status_code for answer in answers) == [400] * 10 + [429] * 6


async def test_the_wait_doubles_passes_and_is_forgotten_after_the_right_password(client, service, steps):
    await steps.signed_up(client)
    await guess(client, steps, times=10)

    def pass_seconds(seconds):
        service.sql("update auth.attempts set last_at = last_at - make_interval(secs => %s)", seconds)

    waits = []
    for _ in range(3):
        waits.append(int((await steps.signed_in(client)).headers["Retry-After"]))
        pass_seconds(waits[-1])
        assert await guess(client, steps, times=1) == [400]
    assert waits == [1, 2, 4]
    pass_seconds(8)
    assert (await steps.signed_in(client)).status_code == 200
    assert service.sql("select count(*) from auth.attempts where address = '127.0.0.1'") == [(0,)]


async def test_the_wait_has_a_longest(client, service, steps):
    await steps.signed_up(client)
    await guess(client, steps, times=1)
    service.sql("update auth.attempts set tries = 2000000000, last_at = clock_timestamp()")
    refused = await steps.signed_in(client)
    assert 890 <= int(refused.headers["Retry-After"]) <= 900


async def test_a_count_is_of_the_database_and_outlives_the_process(client, service, steps):
    await steps.signed_up(client)
    await guess(client, steps, times=10)
    # So that the wait is longer than it takes to begin again.
    service.sql("update auth.attempts set tries = 20")
    service.app.state.accounts.close()
    del service.app.state.accounts
    assert (await steps.signed_in(client)).status_code == 429


async def test_the_current_password_is_not_guessed_through_a_change(client, steps):
    session = await steps.signed_up(client)
    body = {"password": "another long phrase", "current_password": "not the password"}
    answers = [await client.put("/auth/v1/user", json=body, headers=steps.bearer(session)) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [400] * 10 + [429]


async def test_whoever_tries_one_password_with_every_account_waits_whichever_comes_next(client, service, steps):
    await steps.signed_up(client)
    for number in range(100):
        assert (await steps.signed_in(client, f"nobody{number}@example.org", "Summer2026!")).status_code == 400

    refused = await steps.signed_in(client, "nobody-else@example.org", "Summer2026!")

    assert (refused.status_code, refused.json()["error_code"]) == (429, "over_request_rate_limit")
    assert 1 <= int(refused.headers["Retry-After"]) <= 12
    async with service.from_address("192.0.2.9") as elsewhere:
        assert (await steps.signed_in(elsewhere)).status_code == 200


async def test_right_passwords_use_nothing_up_however_many_come_from_one_address(client, service, steps):
    await steps.signed_up(client)
    for _ in range(3):
        await steps.signed_in(client)

    ((used,),) = service.sql(
        "select coalesce(sum(extract(epoch from full_at - now())), 0) from auth.allowances"
        " where kind = 'sign_in_address' and full_at > now()"
    )
    assert used == 0


async def test_neighbours_of_an_ipv6_address_are_one_guesser(service, steps):
    async with service.from_address("2001:db8::1") as one:
        await steps.signed_up(one)
        for _ in range(10):
            await steps.signed_in(one, password="wrong password")
    async with service.from_address("2001:db8::ffff:2") as neighbour:
        assert (await steps.signed_in(neighbour)).status_code == 429
    async with service.from_address("2001:db8:0:1::1") as another:
        assert (await steps.signed_in(another)).status_code == 200


async def test_guessing_from_many_addresses_ends_and_keeps_the_person_out_of_nothing(service, steps, made_app):
    browser = {"Cookie": f"carebase_device={'b' * 43}"}
    body = {"email": "amina@example.org", "password": steps.PASSWORD}
    wrong = {**body, "password": "not the password"}

    async def tried(address, given=wrong, *, headers=None):
        async with service.from_address(address) as caller:
            return await caller.post("/auth/v1/token?grant_type=password", json=given, headers=headers or {})

    async with service.from_address("198.51.100.1") as home:
        await steps.signed_up(home)
    assert (await tried("198.51.100.2", body, headers=browser)).status_code == 200

    # Each guess comes from an address of its own; three to a round, and then more time than any wait passes.
    looked_at, statuses = 0, []
    for number in range(90):
        statuses.append((await tried(f"203.0.{number // 250}.{number % 250}")).status_code)
        looked_at += statuses[-1] == 400
        if number > 30 and number % 3 == 0:
            service.sql("update auth.attempts set last_at = last_at - interval '2 hours' where address = 'elsewhere'")
    assert statuses[:15] == [400] * 15
    assert 15 < looked_at <= 50
    # The other thousands: none is looked at, whatever time passes and whichever process is asked.
    service.sql("update auth.attempts set tries = 50, last_at = now() - interval '2 days' where address = 'elsewhere'")
    another = type(service)(
        made_app(
            service.database, service.app.state.pools, service.app.state.gate, data=service.app.state.settings.data
        ),
        service.database,
    )
    for served in (service, another):
        async with served.from_address("203.0.113.9") as guesser:
            refused = await steps.signed_in(guesser)
            assert (refused.status_code, refused.json()["error_code"]) == (429, "over_request_rate_limit")
            assert refused.headers["retry-after"] == "3600"
    another.app.state.accounts.close()

    # Meanwhile the person comes in: in a browser of hers from anywhere, and without one from where she was before.
    assert (await tried("192.0.2.50", body, headers=browser)).status_code == 200
    service.sql("update auth.attempts set tries = 50 where address = 'elsewhere'")
    assert (await tried("198.51.100.1", body)).status_code == 200
    service.sql("update auth.attempts set tries = 50, last_at = now() - interval '2 hours' where address = 'elsewhere'")
    # From a new place by what is mailed to her, and after it by her password again.
    async with service.from_address("192.0.2.77") as away:
        assert (await steps.signed_in(away)).status_code == 429
        await away.post("/auth/v1/otp", json={"email": "amina@example.org"})
        link = service.mail(Kind.MAGIC_LINK).link
        assert "access_token" in steps.brought((await steps.opened(away, link)).headers["location"])
        assert (await steps.signed_in(away)).status_code == 200
    # Her coming in ended the tries in a row, and not the waiting of who guesses.
    assert service.sql("select tries from auth.attempts where address = 'elsewhere'") == [(15,)]
    assert (await tried("203.0.113.10")).status_code == 400

    # Her own browser has its own end, which no other caller comes near to.
    service.sql("update auth.attempts set tries = 20 where address like 'device%%'")
    for address, headers, status in (("192.0.2.51", browser, 429), ("198.51.100.1", None, 200)):
        service.sql("insert into auth.attempts select account_sha256, %s, 20, now() from auth.attempts"
                    " where address = 'elsewhere' on conflict (account_sha256, address) do update set tries = 20",
                    "device " + hashlib.sha256(b"b" * 43).hexdigest())  # fmt: skip
        assert (await tried(address, body, headers=headers)).status_code == status


async def test_digits_are_guessed_from_many_addresses_no_better(service, steps):
    async with service.from_address("198.51.100.1") as home:
        await steps.signed_up(home)
        await home.post("/auth/v1/otp", json={"email": "amina@example.org"})
    statuses = []
    for number in range(30):
        # Others are written in the place of those that were tried too often.
        service.sql("update auth.one_time_tokens set tries = 0")
        async with service.from_address(f"203.0.113.{number}") as guesser:
            body = {"type": "email", "email": "amina@example.org", "token": "000000"}
            statuses.append((await guesser.post("/auth/v1/verify", json=body)).status_code)
    assert statuses[:15] == [403] * 15
    assert statuses.count(403) < 20
    service.sql("update auth.attempts set tries = 50, last_at = now() - interval '2 days'")
    async with service.from_address("192.0.2.77") as away:
        body["token"] = service.mail(Kind.MAGIC_LINK).code
        assert (await away.post("/auth/v1/verify", json=body)).status_code == 429
        landed = await steps.opened(away, service.mail(Kind.MAGIC_LINK).link)
        assert "access_token" in steps.brought(landed.headers["location"])
