"""Links and six digits on a real database: good once, for one purpose, for a while."""

from __future__ import annotations

import asyncio

import pytest

from carebase.auth import accounts, metadata, one_time_tokens
from carebase.auth.one_time_tokens import TokenType

ADDRESS = "amina@example.org"
RECOVERY, MAGIC = [TokenType.RECOVERY], [TokenType.MAGIC_LINK]


@pytest.fixture
def means(service):
    return service.app.state.accounts


@pytest.fixture
async def amina(means):
    async with means.begin() as session:
        return await accounts.make(
            session, ADDRESS, hashed=None, app_metadata=metadata.of_service(), user_metadata="{}"
        )


async def written(means, user, token_type=TokenType.RECOVERY):
    async with means.begin() as session:
        return await one_time_tokens.make(session, means, user, token_type=token_type, relates_to=ADDRESS)


async def by_token(means, token, types=RECOVERY):
    async with means.begin() as session:
        return await one_time_tokens.redeem_token(session, token, types=types)


async def by_code(means, user, code, types=RECOVERY):
    async with means.begin() as session:
        return await one_time_tokens.redeem_code(session, means, user, types=types, code=code)


async def test_a_link_is_good_once(means, amina):
    made = await written(means, amina)

    first, second = await by_token(means, made.token), await by_token(means, made.token)

    assert first is not None
    assert (first.user_id, first.relates_to) == (amina.id, ADDRESS)
    assert second is None


async def test_of_eight_at_the_same_moment_one_has_the_link(means, amina):
    made = await written(means, amina)

    redeemed = await asyncio.gather(*(by_token(means, made.token) for _ in range(8)))

    assert len([found for found in redeemed if found is not None]) == 1


async def test_of_four_at_the_same_moment_one_has_the_digits(means, amina):
    made = await written(means, amina)

    redeemed = await asyncio.gather(*(by_code(means, amina, made.code) for _ in range(4)))

    assert len([found for found in redeemed if found is not None]) == 1


async def test_the_digits_and_the_link_are_used_up_together(means, amina):
    made = await written(means, amina)

    assert await by_code(means, amina, made.code) is not None
    assert await by_token(means, made.token) is None


async def test_what_was_written_for_one_purpose_serves_no_other(means, amina):
    made = await written(means, amina)

    assert await by_token(means, made.token, types=MAGIC) is None
    assert await by_code(means, amina, made.code, types=MAGIC) is None
    assert await by_code(means, amina, made.code) is not None


async def test_digits_of_one_person_are_nothing_for_another(means, amina):
    async with means.begin() as session:
        bruno = await accounts.make(
            session, "bruno@example.org", hashed=None, app_metadata=metadata.of_service(), user_metadata="{}"
        )
    made = await written(means, amina)
    await written(means, bruno)

    assert await by_code(means, bruno, made.code) is None


async def test_five_wrong_codes_end_the_digits_but_not_the_link(means, amina):
    made = await written(means, amina)
    wrong = f"{(int(made.code) + 1) % 10**6:06d}"

    await asyncio.gather(*(by_code(means, amina, wrong) for _ in range(5)))

    assert await by_code(means, amina, made.code) is None
    assert await by_token(means, made.token) is not None


async def test_many_guesses_at_the_same_moment_are_all_counted(means, amina, service):
    await written(means, amina)

    await asyncio.gather(*(by_code(means, amina, f"{guess:06d}") for guess in range(20)))

    [(tries,)] = service.sql("select tries from auth.one_time_tokens")
    assert tries == 5


async def test_a_newer_link_takes_the_place_of_the_older(means, amina):
    older, newer = await written(means, amina), await written(means, amina)

    assert await by_token(means, older.token) is None
    assert await by_token(means, newer.token) is not None


async def test_digits_are_over_before_the_link(means, amina, service):
    made = await written(means, amina)
    [(code_minutes, link_minutes)] = service.sql(
        "select round(extract(epoch from code_expires_at - now()) / 60)::int,"
        " round(extract(epoch from expires_at - now()) / 60)::int from auth.one_time_tokens"
    )
    service.sql("update auth.one_time_tokens set code_expires_at = now()")

    assert (code_minutes, link_minutes) == (10, 60)
    assert await by_code(means, amina, made.code) is None
    service.sql("update auth.one_time_tokens set expires_at = now()")
    assert await by_token(means, made.token) is None


async def test_neither_the_token_nor_the_digits_are_kept(means, amina, service):
    made = await written(means, amina)

    [(kept,)] = service.sql("select t::text from auth.one_time_tokens t")
    assert made.token not in kept
    assert made.code.encode().hex() not in kept


@pytest.mark.parametrize("code", ["", "12345", "1234567", "١٢٣٤٥٦", "123 456", "12345a", "a" * 10_000])
async def test_what_is_not_six_digits_is_no_try(means, amina, service, code):
    await written(means, amina)

    assert await by_code(means, amina, code) is None
    assert service.sql("select tries from auth.one_time_tokens") == [(0,)]


@pytest.mark.parametrize("token", ["", "é", "x" * 300, "pkce_", "\x00"])
async def test_what_is_no_token_is_refused(means, token):
    assert await by_token(means, token) is None
