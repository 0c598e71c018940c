"""Codes on paper as they are printed and typed."""

import math

from hypothesis import given
from hypothesis import strategies as st

from carebase.auth import paper_codes

LOOK_ALIKES = ["0O", "1IL", "2Z", "5S", "8B", "UV"]


def test_a_code_is_no_guess():
    signs = paper_codes.GROUPS * paper_codes.SIGNS_IN_A_GROUP
    assert signs * math.log2(len(set(paper_codes.ALPHABET))) >= 50
    assert len({paper_codes.new_code() for _ in range(10_000)}) == 10_000


def test_no_two_signs_look_alike():
    for alike in LOOK_ALIKES:
        assert len(set(alike) & set(paper_codes.ALPHABET)) <= 1


@given(st.sampled_from([" ", "-", "  ", ""]), st.booleans())
def test_a_code_is_read_however_it_is_typed(between, is_small):
    code = paper_codes.new_code()
    typed = between.join(code.split("-"))
    read = paper_codes.normal(f" {typed.lower() if is_small else typed} ")
    assert read == code.replace("-", "")


@given(st.text(max_size=80))
def test_what_is_read_has_only_signs_that_are_printed(text):
    read = paper_codes.normal(text)
    assert read is None or (len(read) == 12 and set(read) <= set(paper_codes.ALPHABET))
