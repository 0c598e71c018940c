"""What the case client says before it speaks to anybody."""

from __future__ import annotations

import subprocess
import sys

import pytest

from carebase import client


def test_a_missing_address_or_key_is_said_with_the_variables_to_set(monkeypatch):
    monkeypatch.delenv("SUPABASE_URL", raising=False)
    monkeypatch.delenv("SUPABASE_SERVICE_ROLE_KEY", raising=False)
    for url, key in ((None, "k"), ("http://localhost:8000", None)):
        with pytest.raises(client.SupabaseClientError) as refused:
            client.SupabaseCaseClient(url, key)
        assert "SUPABASE_SERVICE_ROLE_KEY" in refused.value.hint


def test_an_address_that_is_none_is_refused():
    pytest.importorskip("supabase")
    with pytest.raises(client.SupabaseClientError):
        client.SupabaseCaseClient("localhost", "k")


def test_it_is_imported_without_supabase_py_and_says_how_to_install_it_when_it_is_used():
    program = (
        "import sys; sys.modules['supabase'] = None\n"
        "from carebase.client import SupabaseCaseClient, SupabaseClientError\n"
        "try: SupabaseCaseClient('http://localhost:8000', 'k')\n"
        "except SupabaseClientError as error: print(error, error.hint)\n"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said == "supabase-py is not installed. Run: pip install 'carebase[client]'\n"
