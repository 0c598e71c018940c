"""What a key of the platform looks like, and that nothing else is taken for one."""

import hashlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from carebase import errors
from carebase.auth import api_keys
from carebase.auth.api_keys import Kind
from carebase.auth.tokens import Tokens
from carebase.database.identity import Role

TOKENS = Tokens("a secret of this test, longer than thirty-two characters", issuer="i", access_token_minutes=60)
PUBLISHABLE, SECRET = api_keys.new(Kind.PUBLISHABLE), api_keys.new(Kind.SECRET)


@pytest.mark.parametrize(
    ("key", "role"), [(PUBLISHABLE, Role.ANON), (SECRET, Role.SERVICE)], ids=["publishable", "secret"]
)
def test_a_key_says_its_role_and_its_hash_and_no_person(key: str, role: Role) -> None:
    identity = api_keys.identity_of(TOKENS, key)
    assert identity.role is role
    assert identity.user_id is None
    assert identity.claims == {"role": role.value, "key_sha256": hashlib.sha256(key.encode()).hexdigest()}


def test_a_signed_key_is_a_key_too() -> None:
    assert api_keys.identity_of(TOKENS, TOKENS.anon_key()).role is Role.ANON
    assert api_keys.identity_of(TOKENS, TOKENS.service_key()).role is Role.SERVICE


def test_a_key_is_no_bearers_token() -> None:
    for key in (PUBLISHABLE, SECRET):
        with pytest.raises(errors.NotSignedIn):
            TOKENS.verify(key)


def test_no_two_keys_are_alike_and_each_has_128_random_bits() -> None:
    made = {api_keys.new(Kind.SECRET) for _ in range(1000)}
    assert len(made) == 1000
    assert {len(key) for key in made} == {len("sb_secret_") + 22 + 1 + 8}


@given(st.data())
def test_a_mistyped_key_is_told_from_another_one(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(SECRET) - 1))
    other = data.draw(st.sampled_from("ABCxyz019-_ é").filter(lambda sign: sign != SECRET[place]))
    with pytest.raises(errors.NotSignedIn):
        api_keys.identity_of(TOKENS, SECRET[:place] + other + SECRET[place + 1 :])


@given(st.text().map(lambda text: "sb_" + text) | st.text())
@example("sb_")
@example("sb_legacy_" + "a" * 22 + "_" + "a" * 8)
@example(SECRET + "\n")
@example(SECRET.replace("sb_secret", "sb_publishable"))
@example(PUBLISHABLE.replace("sb_publishable", "sb_secret"))
def test_any_text_is_no_key_and_never_a_surprise(text: str) -> None:
    with pytest.raises(errors.NotSignedIn):
        api_keys.identity_of(TOKENS, text)
