"""People come in by an outside provider: a real OpenID Connect server, asked as in production."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import pytest
from tests.integration.auth import oidc as issuers
from tests.integration.auth.oidc import Oidc

from carebase.auth import oauth_providers, oauth_routes
from carebase.auth.accounts import Accounts
from carebase.auth.oauth_issuers import Issuer
from carebase.auth.passwords import Passwords
from carebase.auth.policy import Policy

SITE = "http://localhost:8000"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture
def oidc() -> Iterator[Oidc]:
    with issuers.serving() as serving:
        yield serving


def believe(service: Any, oidc: Oidc, *, is_email_trusted: bool = True, **policy: Any) -> None:
    """A deployment that knows the issuer as `hospital`."""
    said = f'''
        [hospital]
        issuer = "{oidc.issuer}"
        client_id = "{issuers.CLIENT_ID}"
        client_secret = "{issuers.CLIENT_SECRET}"
        is_email_trusted = {str(is_email_trusted).lower()}
        also_client_ids = ["an-app"]
    '''
    found = oauth_providers.of_text(said, beside=Path())
    service.app.state.issuers = {name: Issuer(provider) for name, provider in found.items()}
    old = service.app.state.accounts
    service.app.state.accounts = Accounts(
        service.app.state.pools,
        tokens=service.app.state.tokens,
        secret=service.database.secret,
        hashing=Passwords(memory_kibibytes=256, passes=1),
        policy=Policy(
            **{"is_confirmed_at_once": False, "redirect_addresses": ("https://app.example.org/in",), **policy}
        ),
    )
    old.close()


@pytest.fixture
def known(service: Any, oidc: Oidc) -> Oidc:
    believe(service, oidc)
    return oidc


async def begun(client: httpx.AsyncClient, **query: str) -> httpx.Response:
    return await client.get("/auth/v1/authorize", params={"provider": "hospital", **query})


async def at_provider(address: str) -> str:
    """The browser at the provider; where it is sent back to."""
    async with httpx.AsyncClient() as browser:
        answer = await browser.get(address)
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


async def came_back(client: httpx.AsyncClient, **query: str) -> str:
    """The whole way; where the browser ends."""
    left = await begun(client, **query)
    assert left.status_code == 302, left.text
    back = await at_provider(left.headers["location"])
    ended = await client.get(back)
    assert ended.status_code == 302
    return ended.headers["location"]


def fragment(address: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(address).fragment))


def made_account(service: Any, email: str, *, is_confirmed: bool, password: str = "x") -> str:
    [(user_id,)] = service.sql(
        "insert into auth.users (email, email_confirmed_at, encrypted_password) "
        "values (%s, case when %s then now() end, %s) returning id",
        email, is_confirmed, password,
    )  # fmt: skip
    service.sql(
        "insert into auth.identities (user_id, provider, provider_id, identity_data) "
        "values (%s, 'email', %s, jsonb_build_object('email', %s::text))",
        user_id, str(user_id), email,
    )  # fmt: skip
    return str(user_id)


async def test_a_person_comes_in_by_a_provider_at_the_first_level(service, client, known):
    ended = await came_back(client)
    session = fragment(ended)
    assert ended.startswith(f"{SITE}#")
    user = (await client.get("/auth/v1/user", headers={"Authorization": f"Bearer {session['access_token']}"})).json()
    assert user["email"] == "amina@example.org"
    assert user["app_metadata"] == {"provider": "hospital", "providers": ["hospital"]}
    assert [identity["provider"] for identity in user["identities"]] == ["hospital"]
    assert user["identities"][0]["identity_data"]["sub"] == "amina-1"
    assert service.sql("select aal, amr -> 0 ->> 'method' from auth.sessions") == [("aal1", "oauth")]
    assert len(service.recorded("sign_up")) == 1


async def test_the_same_person_comes_in_again_to_the_same_account(service, client, known):
    await came_back(client)
    known.person["email"] = "another@example.org"
    await came_back(client)
    assert service.sql("select email from auth.users") == [("amina@example.org",)]
    assert service.sql("select email from auth.identities") == [("another@example.org",)]


async def test_a_client_exchanges_a_code_for_the_session(client, known):
    asked = {"code_challenge": CHALLENGE, "code_challenge_method": "s256", "redirect_to": "https://app.example.org/in"}
    ended = await came_back(client, **asked)
    assert ended.startswith("https://app.example.org/in?code=")
    assert "token" not in ended
    code = parse_qs(urlsplit(ended).query)["code"][0]
    body = {"auth_code": code, "code_verifier": VERIFIER}
    opened = await client.post("/auth/v1/token?grant_type=pkce", json=body)
    assert opened.status_code == 200, opened.text
    assert opened.json()["user"]["email"] == "amina@example.org"
    assert (await client.post("/auth/v1/token?grant_type=pkce", json=body)).status_code == 404


async def test_the_provider_gets_a_challenge_a_state_and_a_nonce(client, known):
    left = await begun(client, prompt="login", redirect_uri="https://evil.example", state="x", response_type="token")
    query = parse_qs(urlsplit(left.headers["location"]).query)
    assert query["redirect_uri"] == [issuers.CALLBACK]
    assert query["response_type"] == ["code"]
    assert query["code_challenge_method"] == ["S256"]
    assert query["prompt"] == ["login"]
    assert len(query["nonce"][0]) >= 43
    assert query["state"] != ["x"]
    cookie = left.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


async def test_on_https_the_cookie_is_bound_to_this_host(service, client, oidc):
    believe(service, oidc, site_address="https://care.example.org")
    cookie = (await begun(client)).headers["set-cookie"]
    assert cookie.startswith("__Host-carebase_flow=")
    assert "Secure" in cookie
    assert "Domain" not in cookie


async def test_the_way_back_ends_on_the_list_of_addresses_only(client, known):
    assert (await came_back(client, redirect_to="https://evil.example/in")).startswith(f"{SITE}#")


async def test_a_hostile_host_changes_no_address(client, known):
    left = await client.get(
        "/auth/v1/authorize", params={"provider": "hospital"},
        headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"},
    )  # fmt: skip
    assert "evil" not in left.headers["location"]


async def test_another_browser_does_not_end_what_one_has_begun(service, client, known):
    back = await at_provider((await begun(client)).headers["location"])
    async with service.from_address() as other:
        await begun(other)
        ended = (await other.get(back)).headers["location"]
    assert ended.startswith(f"{SITE}?error=access_denied&error_code=bad_oauth_state")
    assert service.sql("select count(*) from auth.sessions") == [(0,)]


async def test_an_answer_counts_once(service, client, known):
    back = await at_provider((await begun(client)).headers["location"])
    assert "access_token" in (await client.get(back)).headers["location"]
    assert "bad_oauth_state" in (await client.get(back)).headers["location"]
    assert service.sql("select count(*) from auth.sessions") == [(1,)]


async def test_an_answer_counts_once_among_many_at_the_same_moment(service, client, known):
    back = await at_provider((await begun(client)).headers["location"])
    ended = await asyncio.gather(*(client.get(back) for _ in range(10)))
    assert sum("access_token" in answer.headers["location"] for answer in ended) == 1
    assert service.sql("select count(*) from auth.sessions") == [(1,)]


async def test_an_answer_that_comes_late_is_refused(service, client, known):
    back = await at_provider((await begun(client)).headers["location"])
    service.sql("update auth.flow_state set expires_at = now()")
    assert "bad_oauth_state" in (await client.get(back)).headers["location"]


async def test_an_answer_by_form_comes_back_with_the_cookie(client, known):
    back = await at_provider((await begun(client)).headers["location"])
    form = dict(parse_qsl(urlsplit(back).query))
    sent = await client.post("/auth/v1/callback", data={**form, "evil": "1"})
    assert sent.status_code == 303
    assert "evil" not in sent.headers["location"]
    assert "access_token" in (await client.get(sent.headers["location"])).headers["location"]


async def test_a_person_who_says_no_is_sent_back_with_the_reason(service, client, known):
    left = await begun(client, redirect_to="https://app.example.org/in")
    state = parse_qs(urlsplit(left.headers["location"]).query)["state"][0]
    answer = await client.get("/auth/v1/callback", params={"state": state, "error": "access_denied"})
    ended = answer.headers["location"]
    assert ended.startswith("https://app.example.org/in?error=access_denied&error_code=bad_oauth_callback")
    assert service.recorded("sign_in_refused")


async def test_the_words_of_a_provider_are_not_passed_on(client, known):
    left = await begun(client)
    state = parse_qs(urlsplit(left.headers["location"]).query)["state"][0]
    asked = {"state": state, "error": "<b>evil</b>", "error_description": "call 555"}
    ended = (await client.get("/auth/v1/callback", params=asked)).headers["location"]
    assert "evil" not in ended
    assert "555" not in ended


@pytest.mark.parametrize("said", ["other", ""])
async def test_the_answer_of_another_issuer_is_refused(client, known, said):
    left = await begun(client)
    state = parse_qs(urlsplit(left.headers["location"]).query)["state"][0]
    asked = {"state": state, "code": "c", "iss": said}
    assert "bad_oauth_callback" in (await client.get("/auth/v1/callback", params=asked)).headers["location"]
    assert "/token" not in known.asked


async def test_an_unknown_provider_is_refused(client, known):
    answer = await client.get("/auth/v1/authorize", params={"provider": "github"})
    assert answer.status_code == 400
    assert answer.json()["error_code"] == "validation_failed"


@pytest.mark.parametrize("is_confirmed_at_once", [True, False])
async def test_an_account_of_a_proven_address_is_linked_only_where_addresses_are_proven(
    service, client, oidc, is_confirmed_at_once
):
    believe(service, oidc, is_confirmed_at_once=is_confirmed_at_once)
    made_account(service, "amina@example.org", is_confirmed=True)
    ended = await came_back(client)
    assert ("access_token" in ended) is not is_confirmed_at_once
    assert ("user_already_exists" in ended) is is_confirmed_at_once
    kinds = [kind for (kind,) in service.sql("select kind from auth.outbox")]
    assert kinds.count("identity_added") == (not is_confirmed_at_once)
    if not is_confirmed_at_once:
        [(said,)] = service.sql("select raw_app_meta_data from auth.users")
        assert said["providers"] == ["email", "hospital"]


async def test_an_account_that_somebody_else_prepared_loses_what_was_put_into_it(service, client, known):
    """Who signs up with another's address waits in vain for its owner."""
    user_id = made_account(service, "amina@example.org", is_confirmed=False, password="the attacker's")
    ended = await came_back(client)
    assert "access_token" in ended
    assert service.sql("select id::text, encrypted_password, email_confirmed_at is not null from auth.users") == [
        (user_id, None, True)
    ]


@pytest.mark.parametrize("is_confirmed", [True, False])
async def test_an_address_that_is_not_verified_opens_nobodys_account(service, client, known, is_confirmed):
    made_account(service, "amina@example.org", is_confirmed=is_confirmed)
    known.person["email_verified"] = False
    assert "provider_email_needs_verification" in await came_back(client)
    assert service.sql("select count(*) from auth.sessions") == [(0,)]


async def test_a_provider_that_is_not_trusted_with_addresses_verifies_none(service, client, oidc):
    believe(service, oidc, is_email_trusted=False)
    made_account(service, "amina@example.org", is_confirmed=True)
    assert "provider_email_needs_verification" in await came_back(client)


async def test_without_an_account_an_unverified_address_tells_nothing_more(client, known):
    known.person["email_verified"] = False
    assert "provider_email_needs_verification" in await came_back(client)


async def test_where_sign_up_is_closed_only_accounts_that_exist_come_in(service, client, oidc):
    believe(service, oidc, is_sign_up_open=False)
    assert "signup_disabled" in await came_back(client)
    made_account(service, "amina@example.org", is_confirmed=True)
    assert "access_token" in await came_back(client)


async def test_a_disabled_account_stays_outside(service, client, known):
    await came_back(client)
    service.sql("update auth.users set banned_until = now() + interval '1 day'")
    service.sql("delete from auth.sessions")
    assert "user_banned" in await came_back(client)
    assert service.sql("select count(*) from auth.sessions") == [(0,)]
    # An account that is only a name by now keeps nobody from having one.
    service.sql("update auth.users set banned_until = null, email = 'gone', deleted_at = now()")
    assert "access_token" in await came_back(client)
    assert service.sql("select u.deleted_at is null from auth.identities i join auth.users u on u.id = i.user_id") == [
        (True,)
    ]
    assert (await client.get("/auth/v1/settings")).json()["external"]["hospital"] is True


async def test_the_address_comes_from_the_profile_of_the_same_person_alone(client, known):
    del known.person["email"]
    known.userinfo = {"sub": "amina-1", "email": "amina@example.org", "email_verified": True}
    assert "access_token" in await came_back(client)
    known.person["sub"] = "bruno-1"
    assert "validation_failed" in await came_back(client)


async def test_a_person_without_an_address_is_refused(client, known):
    del known.person["email"]
    known.userinfo = {"sub": "amina-1"}
    assert "email_address_not_provided" in await came_back(client)


async def test_no_word_of_a_provider_gives_a_role(service, client, known):
    known.person |= {"role": "admin", "app_metadata": {"role": "admin"}}
    await came_back(client)
    [(said, own)] = service.sql("select raw_app_meta_data, raw_user_meta_data from auth.users")
    assert "role" not in said
    assert "role" not in own


async def test_a_token_got_elsewhere_gives_a_session(client, known):
    raw = "a nonce"
    token = known.token(nonce=hashlib.sha256(raw.encode()).hexdigest())
    body = {"provider": "hospital", "id_token": token, "nonce": raw}
    answer = await client.post("/auth/v1/token?grant_type=id_token", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["user"]["email"] == "amina@example.org"


async def signed_in(client: httpx.AsyncClient) -> dict[str, str]:
    session = fragment(await came_back(client))
    return {"Authorization": f"Bearer {session['access_token']}"}


async def test_an_identity_is_linked_by_who_is_signed_in_and_unlinked_again(service, client, known):
    headers = await signed_in(client)
    known.person |= {"sub": "amina-2", "email": "private@example.org"}
    asked = {"provider": "hospital", "skip_http_redirect": "true"}
    begun = await client.get("/auth/v1/user/identities/authorize", params=asked, headers=headers)
    assert begun.status_code == 200, begun.text
    assert "access_token" in (await client.get(await at_provider(begun.json()["url"]))).headers["location"]
    user = (await client.get("/auth/v1/user", headers=headers)).json()
    assert user["email"] == "amina@example.org"
    first, second = user["identities"]
    assert (first["id"], second["id"]) == ("amina-1", "amina-2")
    gone = await client.delete(f"/auth/v1/user/identities/{second['identity_id']}", headers=headers)
    assert gone.status_code == 200, gone.text
    last = await client.delete(f"/auth/v1/user/identities/{first['identity_id']}", headers=headers)
    assert (last.status_code, last.json()["error_code"]) == (422, "single_identity_not_deletable")
    # The session that the link opened has gone with it.
    assert service.sql("select count(*) from auth.sessions") == [(1,)]
    assert {kind for (kind,) in service.sql("select kind from auth.outbox")} >= {"identity_added", "identity_removed"}


async def test_a_link_of_one_browser_is_not_ended_in_another(service, client, known):
    """An attacker's link must not take a victim's identity into the attacker's account."""
    headers = await signed_in(client)
    known.person |= {"sub": "victim-1", "email": "victim@example.org"}
    asked = {"provider": "hospital", "skip_http_redirect": "true"}
    begun = await client.get("/auth/v1/user/identities/authorize", params=asked, headers=headers)
    back = await at_provider(begun.json()["url"])
    async with service.from_address() as victim:
        assert "bad_oauth_state" in (await victim.get(back)).headers["location"]
    assert service.sql("select provider_id from auth.identities") == [("amina-1",)]


async def test_an_identity_of_another_account_is_not_linked(client, service, known):
    headers = await signed_in(client)
    known.person |= {"sub": "bruno-1", "email": "bruno@example.org"}
    async with service.from_address() as bruno:
        await came_back(bruno)
    asked = {"provider": "hospital", "skip_http_redirect": "true"}
    begun = await client.get("/auth/v1/user/identities/authorize", params=asked, headers=headers)
    back = await at_provider(begun.json()["url"])
    assert "identity_already_exists" in (await client.get(back)).headers["location"]


async def test_linking_and_unlinking_need_a_recent_proof(client, service, known):
    headers = await signed_in(client)
    service.sql("update auth.sessions set amr = jsonb_set(amr, '{0,timestamp}', '1')")
    asked = {"provider": "hospital"}
    begun = await client.get("/auth/v1/user/identities/authorize", params=asked, headers=headers)
    assert (begun.status_code, begun.json()["error_code"]) == (403, "reauthentication_needed")
    [(identity_id,)] = service.sql("select id from auth.identities")
    gone = await client.delete(f"/auth/v1/user/identities/{identity_id}", headers=headers)
    assert gone.status_code == 403
    body = {"provider": "hospital", "id_token": known.token(sub="amina-2"), "link_identity": True}
    linked = await client.post("/auth/v1/token?grant_type=id_token", json=body, headers=headers)
    assert linked.status_code == 403


async def test_a_token_links_an_identity_to_the_account_of_the_bearer(client, service, known):
    headers = await signed_in(client)
    body = {"provider": "hospital", "id_token": known.token(sub="amina-2"), "link_identity": True}
    assert (await client.post("/auth/v1/token?grant_type=id_token", json=body)).status_code == 401
    linked = await client.post("/auth/v1/token?grant_type=id_token", json=body, headers=headers)
    assert linked.status_code == 200, linked.text
    assert [identity["id"] for identity in linked.json()["user"]["identities"]] == ["amina-1", "amina-2"]


async def test_an_address_is_not_unlinked(client, service, known):
    made_account(service, "amina@example.org", is_confirmed=True)
    headers = await signed_in(client)
    [(identity_id,)] = service.sql("select id from auth.identities where provider = 'email'")
    gone = await client.delete(f"/auth/v1/user/identities/{identity_id}", headers=headers)
    assert (gone.status_code, gone.json()["error_code"]) == (422, "email_conflict_identity_not_deletable")
    wrong = await client.delete("/auth/v1/user/identities/none", headers=headers)
    assert wrong.status_code == 400


async def test_without_a_file_there_is_no_provider(client, service):
    assert oauth_routes.issuers_of(type("Connection", (), {"app": service.app})()) == {}
    assert (await client.get("/auth/v1/authorize?provider=google")).status_code == 400
