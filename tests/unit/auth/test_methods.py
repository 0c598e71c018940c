"""How strong a session is follows from how its person was proven."""

from __future__ import annotations

import pytest

from carebase.auth import methods
from carebase.auth.methods import Method


@pytest.mark.parametrize("method", sorted(set(Method) - methods.SECOND_FACTORS))
def test_no_first_proof_alone_is_a_second_factor(method):
    assert methods.level([methods.proof(method)]) == "aal1"


@pytest.mark.parametrize("method", sorted(methods.SECOND_FACTORS))
def test_a_second_factor_raises_any_first_proof(method):
    assert methods.level([methods.proof(Method.RECOVERY), methods.proof(method)]) == "aal2"
