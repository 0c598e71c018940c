"""Every error has a code of its own, a sentence, and a line in the reference."""

from __future__ import annotations

import importlib.util
import inspect
import re
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

from carebase import errors

SCRIPT = Path(__file__).parents[2] / "scripts" / "make_reference.py"
# Clients of GoTrue know these by the code and tell the cases apart by the message.
SHARED_IN_GOTRUE = {
    "insufficient_aal",
    "invalid_credentials",
    "no_authorization",
    "not_admin",
    "otp_expired",
    "reauthentication_needed",
    "user_already_exists",
    "user_banned",
    "validation_failed",
}
# Those of PostgREST's by its codes, one of which stands for everything that cannot be read.
SHARED_IN_POSTGREST = {"PGRST100"}
# Those of Storage by fewer codes still.
SHARED_IN_STORAGE = {"InternalError", "InvalidJWT", "InvalidRequest", "NoSuchKey"}


def load_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_reference", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


reference = load_script()
CLASSES = reference.error_classes()


@pytest.mark.parametrize("found", CLASSES, ids=lambda found: found.__qualname__)
def test_an_error_has_its_own_code_and_speaks_in_sentences(found):
    assert "code" in vars(found), "a code of its own, not its parent's"
    if found.__module__.startswith("carebase.rest."):
        # PostgREST's codes, PostgreSQL's or ours; of several relationships it says 300, multiple choices.
        assert re.fullmatch(r"PGRST[0-9X][0-9]{2}|[0-9]{2}[0-9A-Z]{3}|[a-z][a-z0-9_]*", found.code)
        assert 400 <= found.status <= 599 or found.status == 300
    elif found.__module__.startswith("carebase.storage."):
        # Storage's codes, or ours.
        assert re.fullmatch(r"[A-Z][A-Za-z]+|[a-z][a-z0-9_]*", found.code)
        assert 400 <= found.status <= 599
    else:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", found.code)
        assert 400 <= found.status <= 599
    assert found.message
    assert inspect.getdoc(found).partition("\n")[0]


@pytest.mark.parametrize("is_setup", [False, True])
def test_a_code_means_one_thing(is_setup):
    codes = Counter(found.code for found in CLASSES if issubclass(found, errors.SetupError) is is_setup)
    assert {
        code for code, times in codes.items() if times > 1
    } <= SHARED_IN_GOTRUE | SHARED_IN_POSTGREST | SHARED_IN_STORAGE


def test_what_stops_a_command_ends_it_with_an_exit_code_of_sysexits():
    assert {found.exit_code for found in CLASSES if issubclass(found, errors.SetupError)} <= set(range(64, 79))


@pytest.mark.parametrize("name", reference.PAGES)
def test_the_reference_is_current(name):
    written = (reference.REFERENCE / name).read_text(encoding="utf-8")
    assert written == reference.PAGES[name](), "run: python scripts/make_reference.py"


def test_details_and_hint_travel_beside_the_message():
    error = errors.Conflict(details="It was closed.", hint="Open another.", retry_after_seconds=3)
    assert str(error) == "The change conflicts with what is stored. It was closed."
    assert (error.message, error.hint, error.retry_after_seconds) == (
        "The change conflicts with what is stored.",
        "Open another.",
        3,
    )
    assert str(errors.Conflict()) == "The change conflicts with what is stored."
