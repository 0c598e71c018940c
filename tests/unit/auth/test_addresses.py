"""Which texts are addresses of accounts."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from carebase.auth import addresses, refused


@pytest.mark.parametrize(
    "text", ["a@b.org", "a.b+c@sub.example.fr", "o'brien@example.ie", "é@exämple.de", "root@localhost", "x_1@a-b.c"]
)
def test_an_address_somebody_could_write_to_is_taken(text: str) -> None:
    assert addresses.normal(f"  {text.upper()} ") == text.upper().lower()


@pytest.mark.parametrize(
    "text",
    ["", "a", "@", "a@", "@b", "a b@c.org", "a@b@c", "a@-b.org", "a@b-.org", "a@b..org", "a@.org", "a@b.org\n, c@d.org",
     "a\x00@b.org", "a@b.org\x00", "<a@b.org>", "a,b@c.org", "a@[127.0.0.1]", "a@b_c.org\r\nBcc: d@e.org",
     "a" * 65 + "@b.org", "a@" + "b." * 130 + "org"],
)  # fmt: skip
def test_a_text_that_could_name_two_or_none_is_refused(text: str) -> None:
    with pytest.raises(refused.NotValid):
        addresses.normal(text)


@given(st.text(max_size=80))
@example("a@" + "b" * 60 + "." * 3)
@example("a\u200bb@c.org")
@example("a\ue000b@c.org")
def test_what_is_taken_is_kept_in_one_form(text: str) -> None:
    try:
        kept = addresses.normal(text)
    except refused.NotValid:
        return
    assert addresses.normal(kept) == kept
    assert kept.count("@") == 1
    assert not any(character.isspace() or not character.isprintable() for character in kept)
