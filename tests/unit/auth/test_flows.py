"""Challenges and verifiers of RFC 7636, and what a client may send as one."""

from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carebase.auth import flows, refused

VERIFIERS = st.from_regex(r"\A[A-Za-z0-9._~-]{43,128}\Z")


def challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


@given(VERIFIERS)
def test_a_verifier_answers_its_own_challenge(verifier):
    read = flows.challenge_of({"code_challenge": challenge(verifier), "code_challenge_method": "S256"})

    assert read is not None
    assert flows.is_answered(read, verifier)


@given(VERIFIERS, st.text())
def test_no_other_text_answers_it(verifier, other):
    assert flows.is_answered(challenge(verifier), other) == (other == verifier)


@given(VERIFIERS)
def test_a_challenge_does_not_answer_itself(verifier):
    assert not flows.is_answered(challenge(verifier), challenge(verifier))


def test_without_challenge_and_method_there_is_none():
    assert flows.challenge_of({}) is None
    assert flows.challenge_of({"code_challenge": "", "code_challenge_method": None}) is None


@pytest.mark.parametrize(
    "given",
    [
        {"code_challenge": "x" * 43},
        {"code_challenge_method": "s256"},
        {"code_challenge": "x" * 43, "code_challenge_method": "plain"},
        {"code_challenge": "x" * 43, "code_challenge_method": ""},
        {"code_challenge": "x" * 42, "code_challenge_method": "s256"},
        {"code_challenge": "x" * 43 + "=", "code_challenge_method": "s256"},
        {"code_challenge": ["x" * 43], "code_challenge_method": "s256"},
        {"code_challenge": "é" * 43, "code_challenge_method": "s256"},
    ],
)
def test_anything_but_sha256_is_refused(given):
    with pytest.raises(refused.NotValid):
        flows.challenge_of(given)
