"""What is said of an upload beside its bytes is an object or nothing."""

from __future__ import annotations

import base64

from hypothesis import given
from hypothesis import strategies as st

from carebase.storage import arriving


def test_metadata_of_a_header_is_json_in_base64():
    assert arriving.metadata_of_header(base64.b64encode(b'{"ward": "4B"}').decode()) == {"ward": "4B"}
    assert arriving.metadata_of_header(None) == {}


@given(st.text(max_size=40))
def test_what_cannot_be_read_says_nothing(said):
    assert isinstance(arriving.metadata_of_header(said), dict)
    assert isinstance(arriving.metadata(said), dict)
