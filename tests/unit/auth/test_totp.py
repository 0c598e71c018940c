"""Codes of an app that counts time."""

import hashlib
import hmac
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carebase.auth import totp

SEED = b"12345678901234567890"
NOW = 1_800_000_000
secrets_of_apps = st.binary(min_size=20, max_size=20)
steps = st.integers(min_value=0, max_value=2**40)


# RFC 6238, appendix B, the rows of SHA-1: eight digits there, of which an app shows the last six.
@pytest.mark.parametrize(
    ("seconds", "eight"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_the_codes_are_those_of_the_standard(seconds, eight):
    assert totp.code_at(SEED, totp.step_at(seconds)) == eight[-6:]


# RFC 4226, appendix D.
@pytest.mark.parametrize(
    ("counter", "code"),
    list(
        enumerate(["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"])
    ),
)
def test_the_codes_of_counters_are_those_of_the_standard(counter, code):
    assert totp.code_at(SEED, counter) == code


@given(secrets_of_apps, steps)
def test_a_code_is_six_digits(secret, step):
    assert re.fullmatch(r"[0-9]{6}", totp.code_at(secret, step))


@given(secrets_of_apps, st.integers(min_value=2, max_value=10**6))
def test_a_code_is_good_one_step_either_way_and_no_further(secret, away):
    current = totp.step_at(NOW)
    near = {totp.code_at(secret, current + step) for step in (-1, 0, 1)}
    for step in (-1, 0, 1):
        assert totp.step_of(secret, totp.code_at(secret, current + step), now=NOW, last_used=None) is not None
    for step in (current - away, current + away):
        code = totp.code_at(secret, max(0, step))
        assert code in near or totp.step_of(secret, code, now=NOW, last_used=None) is None


@given(secrets_of_apps)
def test_a_code_that_was_used_is_refused_and_so_is_every_earlier_one(secret):
    current = totp.step_at(NOW)
    used = totp.step_of(secret, totp.code_at(secret, current), now=NOW, last_used=None)
    assert used is not None
    for step in (current - 1, current):
        found = totp.step_of(secret, totp.code_at(secret, step), now=NOW, last_used=used)
        assert found is None or found > used
    later = totp.step_of(secret, totp.code_at(secret, current + 1), now=NOW + 30, last_used=current)
    assert later == current + 1 or later == current + 2


@given(st.text(max_size=10))
def test_any_text_is_compared_without_breaking(text):
    current = totp.step_at(NOW)
    right = {totp.code_at(SEED, current + step) for step in (-1, 0, 1)}
    assert (totp.step_of(SEED, text, now=NOW, last_used=None) is not None) == (text in right)


def test_the_first_moments_of_time_have_codes_too():
    assert totp.step_of(SEED, totp.code_at(SEED, 0), now=1, last_used=None) == 0


def test_a_secret_is_as_long_as_its_hash_and_never_comes_twice():
    made = {totp.new_secret() for _ in range(1000)}
    assert len(made) == 1000
    assert {len(secret) for secret in made} == {hmac.new(b"", b"", hashlib.sha1).digest_size}


def test_the_address_holds_no_sign_that_ends_it_early():
    told = totp.uri(SEED, issuer="A & B: clinic?", account="a+b@example.org#x")
    assert told.startswith("otpauth://totp/A%20%26%20B%3A%20clinic%3F:a%2Bb%40example.org%23x?secret=")
    assert told.count("?") == 1
    assert "#" not in told
