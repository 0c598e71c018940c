"""What whoever administers accounts does over HTTP, and who may not."""

import json
import time
from uuid import uuid4

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from pwdlib.hashers.argon2 import Argon2Hasher
from pwdlib.hashers.bcrypt import BcryptHasher

from carebase.auth import api_keys
from carebase.auth.api_keys import Kind
from carebase.auth.policy import Policy

USERS = "/auth/v1/admin/users"
SECOND_PASSWORD = "another good phrase of words"


@pytest.fixture
def key(service):
    """The header of the service key."""
    return {"Authorization": f"Bearer {service.app.state.tokens.service_key()}"}


async def person(client, service, steps, role, email="boss@example.org"):
    """The header of somebody signed in with a clinical role."""
    await steps.signed_up(client, email)
    service.sql("update auth.users set raw_app_meta_data = raw_app_meta_data || %s where email = %s",
                json.dumps({"role": role}), email)  # fmt: skip
    return steps.bearer((await steps.signed_in(client, email)).json())


async def made(client, key, **wanted):
    body = {"email": "amina@example.org", "password": SECOND_PASSWORD, "email_confirm": True, **wanted}
    answer = await client.post(USERS, json=body, headers=key)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def signed_in(client, steps, password=SECOND_PASSWORD, email="amina@example.org"):
    return await steps.signed_in(client, email, password=password)


def by_secret(service, claims, **header):
    return jwt.encode({"alg": "HS256", **header}, claims, OctKey.import_key(service.database.secret))


async def test_an_account_is_made_with_what_was_said_of_it(client, service, steps, key):
    user = await made(
        client, key, user_metadata={"full_name": "Amina"}, app_metadata={"role": "nurse"}, phone="+33 1 23 45 67 89"
    )
    assert (user["email"], user["phone"], user["user_metadata"]) == (
        "amina@example.org", "33123456789", {"full_name": "Amina"},
    )  # fmt: skip
    assert user["app_metadata"] == {"provider": "email", "providers": ["email", "phone"], "role": "nurse"}
    assert user["email_confirmed_at"]
    assert "phone_confirmed_at" not in user
    assert {identity["provider"] for identity in user["identities"]} == {"email", "phone"}
    assert (await signed_in(client, steps)).json()["user"]["id"] == user["id"]
    (row,) = service.recorded("create_account")
    assert row["keys"] == [user["id"]]
    assert (row["details"]["by"], row["details"]["role"]) == ("service key", "nurse")
    assert SECOND_PASSWORD not in json.dumps(row)
    assert "amina" not in json.dumps(row)


async def test_an_account_without_a_password_is_nobodys_until_its_holder_comes(client, steps, key):
    await made(client, key, password=None)
    for password in ("", SECOND_PASSWORD):
        assert (await signed_in(client, steps, password)).status_code == 400


@pytest.mark.parametrize(
    ("hasher", "spelling"), [(BcryptHasher(rounds=5), "$2b$"), (BcryptHasher(rounds=5), "$2y$"), (Argon2Hasher(), "")]
)
async def test_a_hash_brought_along_lets_its_holder_in(client, steps, key, hasher, spelling):
    brought = hasher.hash(SECOND_PASSWORD)
    await made(client, key, password=None, password_hash=spelling + brought[4:] if spelling else brought)
    assert (await signed_in(client, steps, "wrong" + SECOND_PASSWORD)).status_code == 400
    assert (await signed_in(client, steps)).status_code == 200


@pytest.mark.parametrize(
    "wanted",
    [
        {"email": "no address"},
        {"email": None},
        {"phone": "call me"},
        {"role": "service_role"},
        {"role": "postgres"},
        {"aud": "somebody"},
        {"app_metadata": {"role": "superuser"}},
        {"app_metadata": {"role": ["admin"]}},
        {"app_metadata": {"role": True}},
        {"app_metadata": "admin"},
        {"app_metadata": {"x": "y" * 5000}},
        {"user_metadata": []},
        {"password_hash": "$2b$31$" + "a" * 53, "password": None},
        {"password_hash": "$argon2id$v=19$m=4194304,t=99,p=1$" + "a" * 22 + "$" + "a" * 43, "password": None},
        {"password_hash": "$1$x$y", "password": None},
        {"password_hash": "$2b$10$" + "a" * 53},
        {"password": 7},
        {"email_confirm": "true"},
        {"ban_duration": "for ever"},
        {"ban_duration": "-1h"},
        {"id": "7"},
        {"id": "00000000-0000-0000-0000-000000000000"},
        {"email": "amina\u0000@example.org"},
    ],
)
async def test_what_no_account_can_be_is_refused(client, service, key, wanted):
    body = {"email": "amina@example.org", "password": SECOND_PASSWORD, **wanted}
    answer = await client.post(USERS, json=body, headers=key)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "validation_failed")
    assert service.sql("select count(*) from auth.users") == [(0,)]


async def test_a_weak_password_and_a_taken_address_number_or_id_are_refused(client, key):
    weak = await client.post(USERS, json={"email": "a@example.org", "password": "12345678"}, headers=key)
    assert (weak.status_code, weak.json()["error_code"]) == (422, "weak_password")
    user = await made(client, key, phone="33123456789")
    for wanted, code in (
        ({"email": "Amina@Example.org"}, "email_exists"),
        ({"email": "b@example.org", "phone": "+33123456789"}, "phone_exists"),
        ({"email": "b@example.org", "id": user["id"]}, "validation_failed"),
    ):
        answer = await client.post(USERS, json={"password": SECOND_PASSWORD, **wanted}, headers=key)
        assert answer.json()["error_code"] == code


async def test_accounts_come_in_pages_with_their_number_and_the_next_one(client, key):
    for number in range(5):
        await made(client, key, email=f"p{number}@example.org", user_metadata={"full_name": f"Person {number % 2}"})
    answer = await client.get(USERS, params={"page": 2, "per_page": 2}, headers=key)
    assert [user["email"] for user in answer.json()["users"]] == ["p2@example.org", "p1@example.org"]
    assert answer.json()["aud"] == "authenticated"
    assert answer.json()["users"][0]["identities"][0]["provider"] == "email"
    assert answer.headers["X-Total-Count"] == "5"
    assert answer.headers["Link"] == (
        '</auth/v1/admin/users?page=3&per_page=2>; rel="next", </auth/v1/admin/users?page=3&per_page=2>; rel="last"'
    )
    found = await client.get(USERS, params={"filter": "person 1"}, headers=key)
    assert {user["email"] for user in found.json()["users"]} == {"p1@example.org", "p3@example.org"}
    assert (await client.get(USERS, params={"filter": "%"}, headers=key)).json()["users"] == []
    for params in ({"page": 0}, {"page": -1}, {"page": "x"}, {"per_page": 1001}, {"page": "9" * 30}):
        assert (await client.get(USERS, params=params, headers=key)).status_code == 400


async def test_what_is_null_in_metadata_is_taken_away_and_the_rest_stays(client, key):
    user = await made(client, key, user_metadata={"a": 1, "b": 2}, app_metadata={"role": "nurse", "c": 3})
    body = {"user_metadata": {"a": None, "d": 4}, "app_metadata": {"role": None}}
    changed = (await client.put(f"{USERS}/{user['id']}", json=body, headers=key)).json()
    assert changed["user_metadata"] == {"b": 2, "d": 4}
    assert changed["app_metadata"] == {"provider": "email", "providers": ["email"], "c": 3}


async def test_a_change_of_address_is_one_of_the_way_in_too(client, steps, key):
    user = await made(client, key)
    other = await made(client, key, email="bruno@example.org")
    answer = await client.put(f"{USERS}/{user['id']}", json={"email": "bruno@example.org"}, headers=key)
    assert answer.json()["error_code"] == "email_exists"
    changed = (await client.put(f"{USERS}/{user['id']}", json={"email": "New@example.org"}, headers=key)).json()
    assert changed["email"] == "new@example.org"
    assert changed["identities"][0]["identity_data"]["email"] == "new@example.org"
    assert (await signed_in(client, steps, email="new@example.org")).status_code == 200
    assert (await client.get(f"{USERS}/{other['id']}", headers=key)).json()["email"] == "bruno@example.org"


async def test_another_password_ends_every_session(client, service, steps, key):
    user = await made(client, key)
    session = (await signed_in(client, steps)).json()
    body = {"password": "a third good phrase of words"}
    assert (await client.put(f"{USERS}/{user['id']}", json=body, headers=key)).status_code == 200
    assert (await client.get("/api/me", headers=steps.bearer(session))).status_code == 401
    assert (await signed_in(client, steps)).status_code == 400
    assert (await signed_in(client, steps, body["password"])).status_code == 200


@pytest.mark.parametrize(
    "change",
    [{"ban_duration": "24h"}, {"app_metadata": {"role": "nurse"}}, None, "soft"],
    ids=["banned", "another role", "removed", "removed but for its id"],
)
async def test_what_is_done_to_an_account_holds_from_the_next_request_on(client, steps, key, change):
    user = await made(client, key, app_metadata={"role": "attending"})
    session = (await signed_in(client, steps)).json()
    assert (await client.get("/api/me", headers=steps.bearer(session))).status_code == 200
    path = f"{USERS}/{user['id']}"
    if isinstance(change, dict):
        answer = await client.put(path, json=change, headers=key)
    elif change is None:
        answer = await client.delete(path, headers=key)
    else:
        answer = await client.request("DELETE", path, json={"should_soft_delete": True}, headers=key)
    assert answer.status_code == 200, answer.text
    assert (await client.get("/api/me", headers=steps.bearer(session))).status_code == 401


async def test_a_ban_ends_when_it_is_lifted(client, service, steps, key):
    user = await made(client, key, ban_duration="1h30m")
    assert (await signed_in(client, steps)).json()["error_code"] == "user_banned"
    lifted = (await client.put(f"{USERS}/{user['id']}", json={"ban_duration": "none"}, headers=key)).json()
    assert "banned_until" not in lifted
    session = (await signed_in(client, steps)).json()
    # As an operator writes it in SQL; a time that no client can read is still one.
    for written in ("infinity", "20000-01-01"):
        service.sql("update auth.users set banned_until = %s", written)
        assert (await signed_in(client, steps)).json()["error_code"] == "user_banned"
        assert (await client.get("/auth/v1/user", headers=steps.bearer(session))).json()["error_code"] == "user_banned"
        assert (await client.get("/api/me", headers=steps.bearer(session))).status_code in {401, 403}
        told = (await client.get(f"{USERS}/{user['id']}", headers=key)).json()
        assert told["banned_until"].startswith("9999-01-01")
        assert len((await client.get(USERS, headers=key)).json()["users"]) == 1
    for written in ("-infinity", None):
        service.sql("update auth.users set banned_until = %s", written)
        assert (await signed_in(client, steps)).status_code == 200


async def test_a_removed_account_is_gone_and_its_address_is_free(client, service, key):
    user = await made(client, key)
    assert (await client.delete(f"{USERS}/{user['id']}", headers=key)).json() == {}
    assert service.sql("select count(*) from auth.users") == [(0,)]
    again = await made(client, key)
    await client.request("DELETE", f"{USERS}/{again['id']}", json={"should_soft_delete": True}, headers=key)
    ((email, phone, password, said),) = service.sql(
        "select email, phone, encrypted_password, raw_user_meta_data::text from auth.users"
    )
    assert "amina" not in email
    assert (phone, password, said) == (None, None, "{}")
    assert service.sql("select count(*) from auth.identities") == [(0,)]
    assert (await client.get(f"{USERS}/{again['id']}", headers=key)).json()["error_code"] == "user_not_found"
    await made(client, key)
    assert len(service.recorded("delete_account")) == 2


async def test_an_account_that_a_record_names_keeps_its_id_and_nothing_else(client, service, key):
    user = await made(client, key, user_metadata={"full_name": "Amina"})
    service.sql("insert into public.patients (first_name, last_name, created_by) values ('A', 'B', %s)", user["id"])
    assert (await client.delete(f"{USERS}/{user['id']}", headers=key)).status_code == 200
    ((deleted, said),) = service.sql("select deleted_at is not null, raw_user_meta_data::text from auth.users")
    assert (deleted, said) == (True, "{}")
    assert service.sql("select created_by::text from public.patients") == [(user["id"],)]
    (row,) = service.recorded("delete_account")
    assert row["details"]["kept_as_a_name"] is True


async def test_an_account_that_is_not_there_is_not_found(client, key):
    for path in (f"{USERS}/{uuid4()}", f"{USERS}/7", f"{USERS}/{uuid4()}/factors"):
        answer = await client.get(path, headers=key)
        assert (answer.status_code, answer.json()["error_code"]) == (404, "user_not_found")
    assert (await client.put(f"{USERS}/{uuid4()}", json={}, headers=key)).status_code == 404
    assert (await client.delete(f"{USERS}/{uuid4()}", headers=key)).status_code == 404


# The same in every process that collects the tests.
NOBODY = "0b5d3c0e-6f0a-4f0e-9a51-7d1f4a2c9e33"
ROUTES = [
    ("GET", USERS),
    ("POST", USERS),
    ("GET", f"{USERS}/{NOBODY}"),
    ("PUT", f"{USERS}/{NOBODY}"),
    ("DELETE", f"{USERS}/{NOBODY}"),
    ("GET", f"{USERS}/{NOBODY}/factors"),
    ("DELETE", f"{USERS}/{NOBODY}/factors/{NOBODY}"),
    ("POST", "/auth/v1/admin/generate_link"),
    ("POST", "/auth/v1/invite"),
    ("GET", "/auth/v1/admin/oauth/clients"),
    ("POST", "/auth/v1/admin/oauth/clients"),
    ("GET", f"/auth/v1/admin/oauth/clients/{NOBODY}"),
    ("PUT", f"/auth/v1/admin/oauth/clients/{NOBODY}"),
    ("DELETE", f"/auth/v1/admin/oauth/clients/{NOBODY}"),
    ("POST", f"/auth/v1/admin/oauth/clients/{NOBODY}/regenerate_secret"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_nobody_but_an_operator_administers(client, service, steps, method, path):
    tokens = service.app.state.tokens
    asked = [({}, 401, "no_authorization"), ({"apikey": tokens.anon_key()}, 403, "not_admin")]
    for bearer, status, code in (
        (tokens.anon_key(), 403, "not_admin"),
        ("x.y.z", 403, "bad_jwt"),
        (by_secret(service, {"role": "anon"}), 403, "bad_jwt"),
        (by_secret(service, {"role": "service_role", "exp": int(time.time()) - 1}), 403, "bad_jwt"),
        (jwt.encode({"alg": "HS256"}, {"role": "service_role"}, OctKey.import_key("x" * 40)), 403, "bad_jwt"),
        (api_keys.new(Kind.SECRET), 403, "bad_jwt"),
    ):
        asked.append(({"Authorization": f"Bearer {bearer}"}, status, code))
    asked.append(({"apikey": api_keys.new(Kind.SECRET)}, 401, "no_authorization"))
    for role in ("attending", "nurse", "specialist", "patient"):
        header = await person(client, service, steps, role, email=f"{role}@example.org")
        asked.append((header, 403, "not_admin"))
        asked.append(({**header, "apikey": tokens.service_key()}, 403, "not_admin"))
    for headers, status, code in asked:
        answer = await client.request(method, path, headers=headers, json={} if method != "GET" else None)
        assert (answer.status_code, answer.json()["error_code"]) == (status, code), headers


async def test_signing_oneself_up_as_an_administrator_makes_none(client, service, steps):
    body = {
        "email": "eve@example.org", "password": steps.PASSWORD, "data": {"role": "admin"},
        "app_metadata": {"role": "admin"}, "role": "service_role", "is_super_admin": True, "email_verified": True,
    }  # fmt: skip
    session = (await client.post("/auth/v1/signup", json=body)).json()
    assert session["user"]["app_metadata"] == {"provider": "email", "providers": ["email"]}
    assert (await client.get(USERS, headers=steps.bearer(session))).json()["error_code"] == "not_admin"
    for change in ({"app_metadata": {"role": "admin"}}, {"data": {"role": "admin"}, "role": "service_role"}):
        await client.put("/auth/v1/user", json=change, headers=steps.bearer(session))
    ((kept, role),) = service.sql("select raw_app_meta_data ->> 'role', role from auth.users")
    assert (kept, role) == (None, "authenticated")


async def test_keys_that_clients_sign_themselves_administer_without_an_end_and_do_nothing_else(client, service):
    for role in ("service_role", "supabase_admin"):
        header = {"Authorization": f"Bearer {by_secret(service, {'role': role, 'sub': '1234567890'})}"}
        assert (await client.get(USERS, headers=header)).status_code == 200
        assert (await client.get("/api/identity", headers=header)).status_code == 401
        assert (await client.get("/auth/v1/user", headers=header)).status_code == 403
    named = by_secret(service, {"role": "service_role"}, kid="another")
    assert (await client.get(USERS, headers={"Authorization": f"Bearer {named}"})).status_code == 403


async def minted(service, kind, name="one"):
    async with service.app.state.accounts.begin() as session:
        return (await api_keys.mint(session, kind=kind, name=name)).key


async def test_a_secret_key_administers_until_it_is_withdrawn(client, service):
    key = await minted(service, Kind.SECRET)
    # supabase-js sends it twice; alone as a bearer's token it is nothing.
    both = {"apikey": key, "Authorization": f"Bearer {key}"}
    for headers in ({"apikey": key}, both):
        assert (await client.get(USERS, headers=headers)).status_code == 200
    assert (await client.get(USERS, headers={"Authorization": f"Bearer {key}"})).status_code == 403
    async with service.app.state.accounts.begin() as session:
        await api_keys.revoke(session, "one")
    for headers in ({"apikey": key}, both):
        assert (await client.get(USERS, headers=headers)).status_code == 401
    assert (await client.get("/auth/v1/health", headers={"apikey": key})).status_code == 401


async def test_a_publishable_key_opens_what_anybody_may_until_it_is_withdrawn(client, service, steps):
    key = await minted(service, Kind.PUBLISHABLE)
    header = {"apikey": key, "Authorization": f"Bearer {key}"}
    assert (await client.get("/auth/v1/settings", headers=header)).status_code == 200
    assert (await client.get(USERS, headers=header)).json()["error_code"] == "not_admin"
    assert (await client.get("/api/me", headers=header)).status_code == 401
    service.sql("update auth.api_keys set expires_at = now()")
    assert (await client.get("/auth/v1/settings", headers=header)).status_code == 401


async def test_signed_keys_are_withdrawn_by_their_role(client, service, key):
    tokens = service.app.state.tokens
    async with service.app.state.accounts.begin() as session:
        await api_keys.revoke_legacy(session, api_keys.Role.SERVICE, key=tokens.service_key())
        await api_keys.revoke_legacy(session, api_keys.Role.SERVICE, key=tokens.service_key())
    assert (await client.get(USERS, headers=key)).status_code == 401
    own = {"Authorization": f"Bearer {by_secret(service, {'role': 'service_role'})}"}
    assert (await client.get(USERS, headers=own)).status_code == 401
    assert (await client.get("/auth/v1/settings", headers={"apikey": tokens.anon_key()})).status_code == 200
    async with service.app.state.accounts.begin() as session:
        await api_keys.restore_legacy(session, api_keys.Role.SERVICE)
    assert (await client.get(USERS, headers=key)).status_code == 200


async def test_an_administrator_administers_without_coming_in_as_anybody(client, service, steps, key):
    user = await made(client, key)
    header = await person(client, service, steps, "admin")
    path = f"{USERS}/{user['id']}"
    assert (await client.get(USERS, headers=header)).status_code == 200
    assert (await client.put(path, json={"app_metadata": {"role": "nurse"}}, headers=header)).status_code == 200
    (row,) = service.recorded("change_account")
    boss = service.sql("select id::text from auth.users where email = 'boss@example.org'")[0][0]
    assert (row["actor"], row["details"]["by"], row["details"]["role"]) == (boss, "administrator", "nurse")
    for change in (
        {"password": SECOND_PASSWORD},
        {"password_hash": "$2b$10$" + "a" * 53},
        {"email": "boss2@example.org"},
        {"phone": "33123456789"},
        {"email_confirm": True},
    ):
        answer = await client.put(path, json=change, headers=header)
        assert (answer.status_code, answer.json()["error_code"]) == (403, "service_key_needed")
    link = {"type": "recovery", "email": "amina@example.org"}
    assert (await client.post("/auth/v1/admin/generate_link", json=link, headers=header)).status_code == 403
    new = {"email": "new@example.org", "password": SECOND_PASSWORD}
    assert (await client.post(USERS, json=new, headers=header)).status_code == 403
    assert (await client.post(USERS, json={"email": "new@example.org"}, headers=header)).status_code == 200


async def test_an_administrator_without_the_second_factor_that_is_asked_for_administers_nothing(client, service, steps):
    header = await person(client, service, steps, "admin")
    service.sql("update private.site_settings set value = 'required' where name = 'staff_mfa'")
    assert (await client.get(USERS, headers=header)).json()["error_code"] == "not_admin"


async def test_an_administrator_who_is_demoted_banned_or_signed_out_administers_no_more(client, service, steps):
    for change in (
        """update auth.users set raw_app_meta_data = raw_app_meta_data || '{"role": "nurse"}'""",
        "update auth.users set banned_until = now() + interval '1 hour'",
        "delete from auth.sessions",
    ):
        header = await person(client, service, steps, "admin", email=f"{uuid4()}@example.org")
        assert (await client.get(USERS, headers=header)).status_code == 200
        service.sql(change)
        assert (await client.get(USERS, headers=header)).status_code == 403
        service.sql("update auth.users set banned_until = null")


LINKS = "/auth/v1/admin/generate_link"


async def test_a_link_for_a_new_address_makes_an_account_that_its_link_confirms(client, service, key):
    service.app.state.accounts.policy = Policy(is_confirmed_at_once=False)
    body = {"type": "signup", "email": "amina@example.org", "password": SECOND_PASSWORD, "data": {"a": 1}}
    answer = (await client.post(LINKS, json=body, headers=key)).json()
    assert answer["verification_type"] == "signup"
    assert answer["user_metadata"] == {"a": 1}
    assert "email_confirmed_at" not in answer
    assert answer["action_link"].startswith("http://localhost:8000/auth/v1/verify?")
    verified = await client.post("/auth/v1/verify", json={"type": "signup", "token_hash": answer["hashed_token"]})
    assert verified.json()["user"]["email_confirmed_at"]
    again = await client.post(LINKS, json=body, headers=key)
    assert again.json()["error_code"] == "email_exists"


async def test_what_a_stranger_left_at_an_unproven_address_is_not_confirmed_by_a_link(client, service, steps, key):
    service.app.state.accounts.policy = Policy(is_confirmed_at_once=False)
    body = {"email": "amina@example.org", "password": steps.PASSWORD, "data": {"evil": True}}
    await client.post("/auth/v1/signup", json=body)
    link = {"type": "signup", "email": "amina@example.org", "password": SECOND_PASSWORD}
    answer = (await client.post(LINKS, json=link, headers=key)).json()
    assert answer["user_metadata"] == {}
    await client.post("/auth/v1/verify", json={"type": "signup", "token_hash": answer["hashed_token"]})
    assert (await steps.signed_in(client)).status_code == 400
    assert (await signed_in(client, steps)).status_code == 200


async def test_links_for_an_account_that_is_there_open_it_once(client, key):
    await made(client, key)
    for kind in ("magiclink", "recovery"):
        answer = (await client.post(LINKS, json={"type": kind, "email": "amina@example.org"}, headers=key)).json()
        body = {"type": kind, "token_hash": answer["hashed_token"]}
        opened = await client.post("/auth/v1/verify", json=body)
        assert opened.json()["user"]["email"] == "amina@example.org"
        assert (await client.post("/auth/v1/verify", json=body)).status_code == 403
    unknown = await client.post(LINKS, json={"type": "recovery", "email": "nobody@example.org"}, headers=key)
    assert unknown.json()["error_code"] == "user_not_found"
    new = await client.post(LINKS, json={"type": "magiclink", "email": "new@example.org"}, headers=key)
    assert new.json()["verification_type"] == "signup"


async def test_an_address_changes_once_both_links_were_opened(client, key):
    await made(client, key)
    tokens = {}
    for kind in ("email_change_current", "email_change_new"):
        body = {"type": kind, "email": "amina@example.org", "new_email": "new@example.org"}
        answer = (await client.post(LINKS, json=body, headers=key)).json()
        assert answer["new_email"] == "new@example.org"
        tokens[kind] = answer["hashed_token"]
    for token in tokens.values():
        answer = await client.post("/auth/v1/verify", json={"type": "email_change", "token_hash": token})
        assert answer.status_code == 200
    assert answer.json()["user"]["email"] == "new@example.org"


async def test_links_end_only_where_the_operator_allows(client, key):
    await made(client, key)
    for asked in ("https://evil.example/", "//evil.example", "http://localhost:8000@evil.example/"):
        body = {"type": "magiclink", "email": "amina@example.org", "redirect_to": asked}
        answer = (await client.post(LINKS, json=body, headers={**key, "Host": "evil.example"})).json()
        assert "evil" not in json.dumps(answer)


async def test_somebody_is_invited(client, service, key):
    body = {"email": "amina@example.org", "data": {"status": "alpha"}}
    answer = await client.post("/auth/v1/invite", json=body, headers=key)
    assert answer.json()["invited_at"]
    assert answer.json()["user_metadata"] == {"status": "alpha"}


CLIENTS = "/auth/v1/admin/oauth/clients"


async def test_a_program_is_registered_changed_and_removed(client, service, key):
    body = {"client_name": "Program", "redirect_uris": ["https://example.com/callback"]}
    answer = await client.post(CLIENTS, json=body, headers=key)
    assert answer.status_code == 201
    found = answer.json()
    path = f"{CLIENTS}/{found['client_id']}"
    assert found["client_secret"]
    assert found["grant_types"] == ["authorization_code", "refresh_token"]
    assert found["client_secret"] not in str(service.sql("select * from auth.oauth_clients"))
    assert "client_secret" not in (await client.get(path, headers=key)).json()
    changed = await client.put(path, json={"client_name": "Other"}, headers=key)
    assert (changed.json()["client_name"], changed.json()["redirect_uris"]) == ("Other", body["redirect_uris"])
    renewed = await client.post(f"{path}/regenerate_secret", headers=key)
    assert renewed.json()["client_secret"] != found["client_secret"]
    listed = await client.get(CLIENTS, headers=key)
    assert [one["client_id"] for one in listed.json()["clients"]] == [found["client_id"]]
    assert (await client.delete(path, headers=key)).status_code == 204
    assert (await client.get(path, headers=key)).json()["error_code"] == "oauth_client_not_found"
    assert len(service.recorded("register_client")) == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"redirect_uris": []},
        {"redirect_uris": "https://example.com"},
        {"redirect_uris": ["javascript:alert(1)"]},
        {"redirect_uris": ["http://example.com/callback"]},
        {"redirect_uris": ["https://example.com/#x"]},
        {"redirect_uris": ["https://user@example.com/"]},
        {"redirect_uris": ["/callback"]},
        {"redirect_uris": [7]},
        {"redirect_uris": ["https://example.com/"] * 11},
        {"redirect_uris": ["https://example.com/"], "grant_types": ["password"]},
        {
            "redirect_uris": ["https://example.com/"],
            "client_type": "public",
            "token_endpoint_auth_method": "client_secret_post",
        },
        {"redirect_uris": ["https://example.com/"], "client_type": ["public"]},
        {"redirect_uris": ["https://example.com/"], "client_uri": "javascript:alert(1)"},
    ],
)
async def test_a_program_that_cannot_be_is_refused(client, key, body):
    answer = await client.post(CLIENTS, json=body, headers=key)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "validation_failed")
