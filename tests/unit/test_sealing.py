"""What is kept under seal opens for its own purpose, row and secret alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carebase import sealing


@given(st.binary(max_size=200), st.text(max_size=20), st.text(max_size=20))
def test_what_was_sealed_opens_again(plain, purpose, row):
    sealed = sealing.seal("secret", plain, purpose=purpose, bound_to=row)
    assert sealing.unseal("secret", sealed, purpose=purpose, bound_to=row) == plain


@pytest.mark.parametrize(
    ("secret", "purpose", "row"), [("other", "totp", "1"), ("secret", "mail", "1"), ("secret", "totp", "2")]
)
def test_another_secret_purpose_or_row_opens_nothing(secret, purpose, row):
    sealed = sealing.seal("secret", b"plain", purpose="totp", bound_to="1")
    with pytest.raises(sealing.Unsealable):
        sealing.unseal(secret, sealed, purpose=purpose, bound_to=row)


@given(st.binary(max_size=60))
def test_bytes_of_any_shape_are_refused(sealed):
    with pytest.raises(sealing.Unsealable):
        sealing.unseal("secret", sealed, purpose="totp", bound_to="1")


def test_two_seals_of_the_same_text_differ():
    first, second = (sealing.seal("secret", b"plain", purpose="totp", bound_to="1") for _ in range(2))
    assert first != second
