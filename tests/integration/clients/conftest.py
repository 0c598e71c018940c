"""The whole application on a real socket, over a database of its own, and the documents' clients to speak to it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from tests.clients import install
from tests.integration.conftest import SECRET, Database

from carebase import server
from carebase.database.identity import Identity, Role
from carebase.errors import SetupError
from carebase.settings import Settings
from carebase.web import node

DOCUMENTS = install.FOLDER / "documents"


@dataclass(frozen=True)
class Deployment:
    """Where it is, the keys that its operator hands out, and what lies behind the curtain."""

    address: str
    anon_key: str
    service_key: str
    database: Database

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self.database.owner() as owner:
            return owner.execute(query, values or None).fetchall()

    def sign_up(self, **account: str) -> str:
        """The id of a new account."""
        headers = {"apikey": self.anon_key}
        answer = httpx.post(f"{self.address}/auth/v1/signup", json=account, headers=headers, timeout=30)
        return str(answer.raise_for_status().json()["user"]["id"])

    def person(self, account: str) -> Identity:
        """Who that account's newest session speaks for."""
        ((session, metadata),) = self.rows(
            "select s.id::text, u.raw_app_meta_data from auth.sessions s join auth.users u on u.id = s.user_id "
            "where u.id = %s order by s.created_at desc limit 1",
            account,
        )
        claims = {"sub": account, "session_id": session, "aal": "aal1", "app_metadata": metadata}
        return Identity(Role.AUTHENTICATED, claims)

    def grant(self, email: str, role: str = "attending") -> None:
        """An administrator gives this account its clinical role."""
        self.rows(
            "update auth.users set raw_app_meta_data = raw_app_meta_data || jsonb_build_object('role', %s::text) "
            "where email = %s returning id",
            role,
            email,
        )


@pytest.fixture
def chosen() -> dict[str, Any]:
    """What the operator chose; a test of mails brings its own."""
    return {"auto_confirm": True}


@pytest.fixture
def deployment(database: Database, tmp_path: Path, chosen: dict[str, Any]) -> Iterator[Deployment]:
    settings = Settings(data=tmp_path, secret=SECRET, database_url=database.owner_dsn, **chosen)
    app = server.build(settings, owner_dsn=database.owner_dsn)
    running = uvicorn.Server(uvicorn.Config(app, log_config=None, proxy_headers=False, lifespan="on"))
    with socket.create_server(("127.0.0.1", 0)) as bound:
        thread = threading.Thread(target=running.run, kwargs={"sockets": [bound]})
        thread.start()
        while not running.started:
            assert thread.is_alive(), "the application did not start"
            time.sleep(0.01)
        address = f"http://127.0.0.1:{bound.getsockname()[1]}"
        yield Deployment(address, app.state.tokens.anon_key(), app.state.tokens.service_key(), database)
        running.should_exit = True
        thread.join(30)


@dataclass
class Documents:
    """Runs the documents' own TypeScript with supabase-js, in a Node of its own, step by step."""

    deployment: Deployment
    node: node.Node

    def run(self, *steps: Mapping[str, Any], **scope: object) -> list[dict[str, Any]]:
        """What each step gave; `scope` are the names that the document takes as known."""
        environment = {
            **os.environ,
            "NEXT_PUBLIC_SUPABASE_URL": self.deployment.address,
            "NEXT_PUBLIC_SUPABASE_ANON_KEY": self.deployment.anon_key,
        }
        plan = {"steps": steps, "scope": scope}
        ended = subprocess.run(
            [*self.node.node, "run.mjs"], cwd=install.FOLDER, env=environment, input=json.dumps(plan),
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert ended.returncode == 0, ended.stderr
        told: list[dict[str, Any]] = json.loads(ended.stdout)
        return told


@pytest.fixture
def javascript(deployment: Deployment) -> Documents:
    if not install.INSTALLED.exists():
        pytest.skip("supabase-js is not installed; `make test` does it, or: python -m tests.clients.install")
    try:
        return Documents(deployment, node.find())
    except SetupError as error:
        pytest.skip(str(error))
