"""The original service's wrapper around supabase-py, as document 000 calls it."""

from __future__ import annotations

import pytest
from tests.integration.clients.conftest import Deployment

from carebase import client

pytest.importorskip("supabase")

NEW = {
    "case_id": "case_123",
    "patient_name": "John Doe",
    "patient_age": 45,
    "patient_gender": "Male",
    "case_summary": "Initial consultation",
}


@pytest.fixture
async def service(deployment: Deployment):
    async with client.SupabaseCaseClient(deployment.address, deployment.service_key) as opened:
        yield opened


@pytest.fixture
def doctor(deployment: Deployment) -> str:
    return str(deployment.database.a_person().user_id)


async def test_000_a_case_is_created_and_found_among_all_and_by_its_id(service, doctor):
    created = await service.create_new_case(user_id=doctor, **NEW)
    assert created.items() >= {**NEW, "doctor_id": doctor, "status": "processing"}.items()
    assert await service.get_all_cases(user_id=doctor) == [created]
    assert await service.get_case_by_id(case_id="case_123") == created


async def test_000_all_cases_of_a_doctor_are_those_of_no_other_and_the_newest_is_first(deployment, service, doctor):
    other = str(deployment.database.a_person().user_id)
    for case_id, user_id in (("case_1", doctor), ("case_2", other), ("case_3", doctor)):
        await service.create_new_case(**{**NEW, "case_id": case_id}, user_id=user_id)
    assert [case["case_id"] for case in await service.get_all_cases(user_id=doctor)] == ["case_3", "case_1"]


async def test_000_address_and_key_are_read_from_the_environment(deployment, doctor, monkeypatch):
    monkeypatch.setenv("SUPABASE_URL", deployment.address)
    monkeypatch.setenv("SUPABASE_SERVICE_ROLE_KEY", deployment.service_key)
    async with client.SupabaseCaseClient() as found:
        assert (found.url, found.key) == (deployment.address, deployment.service_key)
        assert await found.get_all_cases(user_id=doctor) == []


async def test_000_a_status_is_not_set_without_a_result_that_supports_it(service, doctor):
    await service.create_new_case(user_id=doctor, **NEW)
    with pytest.raises(client.SupabaseClientError) as refused:
        await service.update_case_status(case_id="case_123", status="completed")
    assert refused.value.code == "CA409"
    assert (await service.get_case_by_id(case_id="case_123"))["status"] == "processing"


async def test_000_the_status_a_case_has_may_be_set_again_and_the_case_comes_back(service, doctor):
    created = await service.create_new_case(user_id=doctor, **NEW)
    same = await service.update_case_status(case_id="case_123", status="processing")
    assert (same["id"], same["status"]) == (created["id"], "processing")


async def test_000_what_goes_wrong_is_a_supabase_client_error_with_the_servers_code(deployment, service, doctor):
    await service.create_new_case(user_id=doctor, **NEW)
    with pytest.raises(client.SupabaseClientError, match="open the case") as twice:
        await service.create_new_case(user_id=doctor, **NEW)
    assert twice.value.code == "23505"
    with pytest.raises(client.SupabaseClientError, match="case_9") as unknown:
        await service.get_case_by_id(case_id="case_9")
    assert unknown.value.code == "case_not_found"
    with pytest.raises(client.SupabaseClientError) as no_status:
        await service.update_case_status(case_id="case_9", status="completed")
    assert no_status.value.code == "case_not_found"


async def test_a_server_that_is_not_there_and_a_wrong_key_are_supabase_client_errors(deployment, doctor):
    async with client.SupabaseCaseClient("http://127.0.0.1:1", deployment.service_key) as nowhere:
        with pytest.raises(client.SupabaseClientError, match="does not answer"):
            await nowhere.create_new_case(user_id=doctor, **NEW)
    async with client.SupabaseCaseClient(deployment.address, "sb_secret_wrong") as stranger:
        with pytest.raises(client.SupabaseClientError):
            await stranger.get_all_cases(user_id=doctor)


async def test_with_the_anon_key_it_acts_for_the_person_that_signs_in(deployment):
    amina = deployment.sign_up(email="amina@clinic.example", password="a-long-enough-passphrase")
    erik = deployment.sign_up(email="erik@clinic.example", password="a-long-enough-passphrase")
    deployment.grant("amina@clinic.example")
    async with client.SupabaseCaseClient(deployment.address, deployment.anon_key) as own:
        with pytest.raises(client.SupabaseClientError) as nobody:
            await own.create_new_case(user_id=amina, **NEW)
        assert nobody.value.code == "42501"
        own.supabase.auth.sign_in_with_password(
            {"email": "amina@clinic.example", "password": "a-long-enough-passphrase"}
        )
        assert (await own.create_new_case(user_id=amina, **NEW))["doctor_id"] == amina
        with pytest.raises(client.SupabaseClientError) as forged:
            await own.create_new_case(**{**NEW, "case_id": "case_124"}, user_id=erik)
        assert forged.value.code == "42501"
        own.supabase.auth.sign_out()
