"""Accounts over HTTP, in GoTrue's shapes."""


async def test_a_person_signs_up_signs_in_and_reads_the_own_account(client, service, steps):
    session = await steps.signed_up(client)
    assert session["token_type"] == "bearer"
    assert session["expires_in"] == 3600
    assert session["user"]["email"] == "amina@example.org"
    assert session["user"]["app_metadata"] == {"provider": "email", "providers": ["email"]}
    assert session["user"]["identities"][0]["provider"] == "email"

    answer = await steps.signed_in(client)
    assert answer.status_code == 200
    user = (await client.get("/auth/v1/user", headers=steps.bearer(answer.json()))).json()
    assert user["id"] == session["user"]["id"]
    me = await client.get("/api/me", headers=steps.bearer(answer.json()))
    assert me.json() == {"id": user["id"]}
