"""Which passwords are good enough, and what a hash tells apart."""

import asyncio
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pwdlib.hashers.bcrypt import BcryptHasher
from zxcvbn import frequency_lists  # type: ignore[import-untyped]

from carebase import errors
from carebase.auth import passwords, refused

EMAIL = "amina.diallo@clinique-nord.example"


def reasons(password: str, email: str = EMAIL) -> tuple[str, ...]:
    try:
        passwords.check(password, email=email)
    except refused.WeakPassword as weak:
        return weak.reasons
    return ()


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "été à la mer 42",
        "ten chars!",
        "дверь открыта",
        "🐢 slow and steady 🐇",
        "x7$kQ2mP9v",
        "passwords are boring, this is not",
        "a" * 60 + "but then it goes on",
    ],
)
def test_a_phrase_nobody_else_uses_is_taken(password: str) -> None:
    assert reasons(password) == ()


@pytest.mark.parametrize(
    "password",
    [
        "password12", "Password123!", "P@ssw0rd123", "p4ssw0rd!!", "motdepasse1", "MotDePasse2024!", "azertyuiop",
        "azerty12345", "qwertyuiop", "qwerty123456", "1234567890", "0987654321", "12345678901234", "aaaaaaaaaa",
        "abcabcabcabc", "1q2w3e4r5t", "1qaz2wsx3edc", "bienvenue2024", "Welcome2024!", "administrator", "carebase123",
        "iloveyou123", "abcdefghij", "letmein12345", "          ", "hôpital2024!",
    ],
)  # fmt: skip
def test_a_password_from_every_list_of_leaks_is_refused(password: str) -> None:
    assert "common" in reasons(password)


LEAKED = sorted(
    (word for word in frequency_lists.FREQUENCY_LISTS["passwords"] if len(word) >= passwords.SHORTEST),
)[:300]


def test_no_password_of_a_list_of_leaks_is_taken() -> None:
    assert len(LEAKED) == 300
    assert [word for word in LEAKED if not reasons(word)] == []


def test_a_password_made_to_be_read_in_many_ways_is_judged_soon() -> None:
    began = time.process_time()
    reasons("aA4@bB8cC({[<eE3gG69iI1!|lL1|7oO0sS$5tT+7xX%zZ2" * 2)
    assert time.process_time() - began < 0.5


def test_a_clinic_may_ask_for_fewer_characters_or_for_more() -> None:
    passwords.check("kY7-wqéov", email=EMAIL, shortest=8)
    with pytest.raises(refused.WeakPassword, match="15 characters"):
        passwords.check("kY7-wq2é9x!bv", email=EMAIL, shortest=15)


@pytest.mark.parametrize("password", ["amina.diallo", "Amina2024!", "diallo12345", "clinique-nord", "carebase-1!"])
def test_the_own_name_or_the_sites_is_refused(password: str) -> None:
    assert "personal" in reasons(password)


def test_length_counts_characters_and_not_bytes() -> None:
    assert "length" in reasons("é7ü-ß9œ2ç")
    assert "length" not in reasons("é7ü-ß9œ2çx")
    assert "length" not in reasons("ab7-" * 20 + "z" + "yx9!" * 20)
    assert "length" in reasons("ab7-" * 300)


@given(st.text(max_size=300), st.emails())
def test_any_text_is_judged(password: str, email: str) -> None:
    assert set(reasons(password, email)) <= {"length", "common", "personal"}


@given(st.integers(0, 50))
def test_a_generated_password_is_good_enough(_: int) -> None:
    assert reasons(passwords.generate()) == ()


@pytest.fixture
def hashing():
    made = passwords.Passwords(memory_kibibytes=64, passes=1)
    yield made
    made.close()


async def test_a_hash_tells_every_character_apart_also_after_the_seventy_second_byte(hashing) -> None:
    password = "0123456789" * 12
    kept = await hashing.hash(password)
    assert await hashing.verify(password, kept)
    for other in (password[:-1], password + " ", password[:-1] + "x", " " + password):
        assert not await hashing.verify(other, kept)


async def test_the_same_characters_typed_as_other_code_points_are_the_same_password(hashing) -> None:
    kept = await hashing.hash("caf\u00e9 au lait")
    assert await hashing.verify("cafe\u0301 au lait", kept)
    assert not await hashing.verify("cafe au lait", kept)


async def test_a_bcrypt_hash_is_never_matched_by_a_longer_password(hashing) -> None:
    kept = BcryptHasher(rounds=4).hash("x" * 72)
    assert await hashing.verify("x" * 72, kept)
    assert not await hashing.verify("x" * 73, kept)
    assert hashing.is_outdated(kept)


async def test_without_an_account_or_with_an_unknown_hash_nothing_matches(hashing) -> None:
    for kept in (None, "", "plain", "$argon2id$broken", "$2b$"):
        assert not await hashing.verify("plain", kept)


async def test_a_hash_under_todays_costs_is_outdated(hashing) -> None:
    today = passwords.Passwords()
    try:
        assert today.is_outdated(await hashing.hash("a phrase"))
        kept = await today.hash("a phrase")
        assert not today.is_outdated(kept)
        # One lane: each is a thread, and two hashes at once are to be two.
        assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=1$")
    finally:
        today.close()


async def test_the_event_loop_goes_on_while_passwords_are_hashed(hashing) -> None:
    slow = passwords.Passwords()
    try:
        ticks = 0
        hashes = [asyncio.ensure_future(slow.hash("a phrase")) for _ in range(4)]
        while not all(task.done() for task in hashes):
            await asyncio.sleep(0.005)
            ticks += 1
        assert ticks > 4
    finally:
        slow.close()


async def test_beyond_what_can_be_hashed_in_time_people_are_told_to_come_back(hashing, monkeypatch) -> None:
    monkeypatch.setattr(passwords, "MOST_WAITING", 3)
    done = await asyncio.gather(*(hashing.hash("a phrase") for _ in range(5)), return_exceptions=True)
    assert [isinstance(one, errors.Unavailable) for one in done] == [False, False, False, True, True]
    assert await hashing.hash("a phrase")
