"""What an administrator's words about an account are read as."""

from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from carebase.auth import attributes, refused

UNITS = {"h": 3600, "m": 60, "s": 1, "ms": 0.001}


@given(st.lists(st.tuples(st.integers(0, 99), st.sampled_from(sorted(UNITS))), min_size=1, max_size=4))
def test_a_length_of_time_is_the_sum_of_its_parts(parts) -> None:
    written = "".join(f"{number}{unit}" for number, unit in parts)
    assert attributes.duration(written) == timedelta(seconds=sum(number * UNITS[unit] for number, unit in parts))


@given(st.text())
@example("")
@example("-1h")
@example("1")
@example("h")
@example("1h ")
@example("1d")
@example("١h")
@example("9" * 2000 + "h")
def test_any_other_text_is_no_length_of_time_and_never_a_surprise(text: str) -> None:
    try:
        found = attributes.duration(text)
    except refused.NotValid:
        return
    assert timedelta() <= found <= attributes.LONGEST_BAN


def test_a_length_beyond_every_life_is_as_long_as_can_be_kept() -> None:
    assert attributes.duration("9999999999999999999999h") == attributes.LONGEST_BAN


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda c: st.lists(c) | st.dictionaries(st.text(), c)
    )
)
def test_any_value_in_any_field_is_read_or_refused(value) -> None:
    for name in ("email", "phone", "password", "password_hash", "email_confirm", "app_metadata", "user_metadata",
                 "ban_duration", "id", "role", "aud"):  # fmt: skip
        try:
            wanted = attributes.read({name: value})
        except refused.NotValid:
            continue
        assert "Wanted()" in repr(wanted)


@pytest.mark.parametrize(
    "text",
    [
        "$2b$15$" + "a" * 53,
        "$2b$03$" + "a" * 53,
        "$2x$10$" + "a" * 53,
        "$2b$10$" + "a" * 52,
        "$2b$10$" + "a" * 53 + "\n",
        "$argon2i$v=19$m=65536,t=3,p=4$" + "a" * 22 + "$" + "a" * 43,
        "$argon2id$v=16$m=65536,t=3,p=4$" + "a" * 22 + "$" + "a" * 43,
        "$argon2id$v=19$m=262145,t=3,p=4$" + "a" * 22 + "$" + "a" * 43,
        "$argon2id$v=19$m=65536,t=11,p=4$" + "a" * 22 + "$" + "a" * 43,
        "$argon2id$v=19$m=65536,t=3,p=9$" + "a" * 22 + "$" + "a" * 43,
        "$argon2id$v=19$m=8,t=3,p=4$" + "a" * 22 + "$" + "a" * 43,
        "plain text",
    ],
)
def test_a_hash_that_is_unknown_or_costs_too_much_is_refused(text: str) -> None:
    with pytest.raises(refused.NotValid):
        attributes.hash_brought(text)


@pytest.mark.parametrize(
    ("body", "is_proven", "opens"),
    [
        ({}, False, False),
        ({"user_metadata": {"a": 1}, "app_metadata": {"role": "nurse"}, "ban_duration": "1h"}, False, False),
        ({"email": "a@example.org"}, False, True),
        ({"phone": "+33123456789"}, False, True),
        ({"password": "x"}, True, True),
        ({"password_hash": "$2b$10$" + "a" * 53}, True, True),
        ({"email_confirm": True}, True, True),
        ({"phone_confirm": True}, True, True),
    ],
)
def test_what_would_open_somebodys_account_is_known_as_such(body, is_proven, opens) -> None:
    wanted = attributes.read(body)
    assert (wanted.is_proven, wanted.opens_account) == (is_proven, opens)


@pytest.mark.parametrize("name", ["user_metadata", "app_metadata"])
@pytest.mark.parametrize("value", [2**63, -1e300, [[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]])
def test_what_could_not_be_answered_again_is_not_kept(name: str, value: object) -> None:
    with pytest.raises(refused.NotValid):
        attributes.read({name: {"a": value}})
