"""supabase-py, unmodified, against the service on a real socket."""

from __future__ import annotations

import asyncio
import socket
import threading
from pathlib import Path

import httpx
import pytest
import uvicorn

from carebase.audit.log import ReadGate
from carebase.auth.accounts import Accounts
from carebase.auth.passwords import Passwords
from carebase.auth.policy import Policy
from carebase.database.pool import Login

supabase = pytest.importorskip("supabase")

PASSWORD = "correct horse battery staple"


@pytest.fixture
def server(database, made_app, tmp_path: Path):
    """Its address and a way to its application, while it serves from a thread of its own."""
    bound = socket.create_server(("127.0.0.1", 0))
    ready, ending = threading.Event(), threading.Event()
    held = {}

    async def serve() -> None:
        async with database.pools() as pools, ReadGate(pools[Login.AUDIT_SEALER]) as gate:
            app = made_app(database, pools, gate, data=tmp_path)
            app.state.accounts = Accounts(
                pools,
                tokens=app.state.tokens,
                secret=database.secret,
                hashing=Passwords(memory_kibibytes=256, passes=1),
                policy=Policy(is_confirmed_at_once=True),
            )
            running = uvicorn.Server(uvicorn.Config(app, log_config=None, proxy_headers=False, lifespan="off"))
            held["key"] = app.state.tokens.anon_key()
            task = asyncio.create_task(running.serve(sockets=[bound]))
            # The socket listens already: what comes before the server is up waits in its queue.
            ready.set()
            await asyncio.to_thread(ending.wait)
            running.should_exit = True
            await task
            app.state.accounts.close()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert ready.wait(30)
    yield f"http://127.0.0.1:{bound.getsockname()[1]}", held["key"]
    ending.set()
    thread.join(30)


@pytest.fixture
def client(server):
    address, key = server
    with httpx.Client(timeout=30) as http:
        yield supabase.create_client(address, key, supabase.ClientOptions(auto_refresh_token=False, httpx_client=http))


def test_the_python_client_signs_up_in_and_out_and_goes_on(client) -> None:
    credentials = {"email": "amina@example.org", "password": PASSWORD}
    made = client.auth.sign_up({**credentials, "options": {"data": {"full_name": "Amina", "role": "attending"}}})
    assert made.session is not None
    assert made.user.email == "amina@example.org"
    assert made.user.user_metadata == {"full_name": "Amina", "role": "attending"}
    assert made.user.app_metadata == {"provider": "email", "providers": ["email"]}
    assert [identity.provider for identity in made.user.identities] == ["email"]
    assert made.user.email_confirmed_at is not None

    signed_in = client.auth.sign_in_with_password(credentials)
    assert signed_in.user.id == made.user.id
    assert signed_in.session.token_type == "bearer"
    assert client.auth.get_user().user.id == made.user.id
    assert client.auth.get_claims()["claims"]["sub"] == made.user.id
    assert len(client.auth.get_user_identities().identities) == 1

    before = client.auth.get_session()
    after = client.auth.refresh_session().session
    assert after.refresh_token != before.refresh_token
    assert client.auth.set_session(after.access_token, after.refresh_token).user.id == made.user.id

    updated = client.auth.update_user({"data": {"full_name": "Amina B."}})
    assert updated.user.user_metadata["full_name"] == "Amina B."

    client.auth.sign_out()
    assert client.auth.get_session() is None
    from supabase_auth.errors import AuthApiError

    with pytest.raises(AuthApiError) as gone:
        client.auth.get_user(after.access_token)
    assert (gone.value.code, gone.value.status) == ("session_not_found", 403)
    with pytest.raises(AuthApiError) as used:
        client.auth.refresh_session(after.refresh_token)
    assert used.value.code == "refresh_token_not_found"


def test_the_python_client_reads_our_refusals(client) -> None:
    from supabase_auth.errors import AuthApiError, AuthWeakPasswordError

    with pytest.raises(AuthWeakPasswordError) as weak:
        client.auth.sign_up({"email": "amina@example.org", "password": "short"})
    assert weak.value.reasons == ["length"]
    credentials = {"email": "amina@example.org", "password": PASSWORD}
    client.auth.sign_up(credentials)
    refusals = []
    for step in (
        lambda: client.auth.sign_up(credentials),
        lambda: client.auth.sign_in_with_password({**credentials, "password": "not the password"}),
        client.auth.sign_in_anonymously,
        lambda: client.auth.sign_up({"phone": "+33600000000", "password": PASSWORD}),
        lambda: client.auth.get_user("x.y.z"),
    ):
        with pytest.raises(AuthApiError) as refused:
            step()
        refusals.append((refused.value.status, refused.value.code))
    assert refusals == [
        (422, "user_already_exists"),
        (400, "invalid_credentials"),
        (422, "anonymous_provider_disabled"),
        (400, "phone_provider_disabled"),
        (403, "bad_jwt"),
    ]
