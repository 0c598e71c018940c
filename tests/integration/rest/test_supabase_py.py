"""supabase-py, unmodified, against a whole deployment."""

from __future__ import annotations

import httpx
import pytest

supabase = pytest.importorskip("supabase")


@pytest.fixture
def client(served, sign_in):
    token = sign_in("data-api@example.org").headers["Authorization"].removeprefix("Bearer ")
    with httpx.Client(timeout=30) as http:
        options = supabase.ClientOptions(auto_refresh_token=False, httpx_client=http)
        client = supabase.create_client(served.address, token, options)
        client.postgrest.auth(token)
        yield client


def test_the_python_client_opens_finds_changes_and_counts_cases(client):
    row = {"case_id": "python-1", "patient_name": "Amina", "patient_age": 40, "patient_gender": "female"}
    assert client.table("cases").insert(row).execute().data[0]["case_id"] == "python-1"
    found = client.table("cases").select("case_id, case_files(file_id)").eq("case_id", "python-1").single().execute()
    assert found.data == {"case_id": "python-1", "case_files": []}
    changed = client.table("cases").update({"case_summary": "Cough"}).eq("case_id", "python-1").execute()
    assert changed.data[0]["case_summary"] == "Cough"
    counted = client.table("cases").select("*", count="exact").ilike("patient_name", "ami%").limit(1).execute()
    assert counted.count == 1
    nobody = client.table("cases").select("case_id").eq("case_id", "none").maybe_single().execute()
    assert nobody is None


def test_the_python_client_is_told_what_it_did_wrong(client):
    with pytest.raises(supabase.PostgrestAPIError) as refused:
        client.table("cases").select("no_such_column").execute()
    assert refused.value.code == "42703"
    with pytest.raises(supabase.PostgrestAPIError) as unknown:
        client.table("case").select("*").execute()
    assert unknown.value.code == "PGRST205"
