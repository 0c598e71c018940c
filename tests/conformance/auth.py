"""Runs the suite of supabase-py's `auth` package against our accounts service.

    python -m tests.conformance.auth CHECKOUT [PYTEST ARGUMENT ...]

CHECKOUT is supabase-py; its own client and tests are used, unchanged, in an environment of their own. Four servers
listen where the suite expects them, configured as its `infra/docker-compose.yml` has them, over one PostgreSQL
(and a second one, for the configuration whose secret is another). A server of the suite answers at the root of its
address; ours gets the same paths below `/auth/v1`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import venv
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

import psycopg
import uvicorn
import yaml
from starlette.types import ASGIApp, Receive, Scope, Send

from carebase import server
from carebase.database import migrate
from carebase.database.embedded import Embedded
from carebase.settings import Settings

ENVIRONMENT: Final = Path(".venv/conformance-auth")
NEEDED: Final = (
    "httpx[http2]==0.28.1", "pydantic==2.14.3", "pyjwt[crypto]==2.15.1", "faker==40.54.0", "pyotp==2.12.0",
    "respx==0.22.0", "pytest==9.2.0", "pytest-asyncio==1.5.0", "pytest-mock==3.17.0", "pytest-depends==1.0.1",
)  # fmt: skip
PASSWORD_OF_SIX: Final = (
    "it changes the password without the current one, to one of six characters; ours asks for the one and for eight"
)
DECIDED: Final[Mapping[str, str]] = {
    "test_update_user": PASSWORD_OF_SIX,
}
"""Tests that cannot pass by a decision of ours, with the reason."""
SEED: Final = 5
LIMITS_FORGOTTEN_SECONDS: Final = 0.2


class _Rooted:
    """The accounts service at the root of its address, as GoTrue itself has it; counts what it is asked."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.asked = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self.asked += 1
            path = "/auth/v1" + scope["path"]
            scope = {**scope, "path": path, "raw_path": path.encode()}
        await self.app(scope, receive, send)


@dataclass
class Configuration:
    """One server of the suite."""

    name: str
    given: Mapping[str, str]
    """The variables of the suite's own file."""
    rooted: _Rooted | None = field(default=None)

    @property
    def port(self) -> int:
        return int(self.given["PORT"])

    @property
    def secret(self) -> str:
        return self.given["GOTRUE_JWT_SECRET"]

    def settings(self, data: Path, *, folder: Path) -> Settings:
        """The same in our settings."""
        return Settings(
            data=data,
            secret=self.secret,
            port=self.port,
            site_url=self.given["GOTRUE_SITE_URL"],
            sign_up=self.given["GOTRUE_DISABLE_SIGNUP"] != "true",
            auto_confirm=self.given["GOTRUE_MAILER_AUTOCONFIRM"] == "true",
            anonymous_sign_in=self.given["GOTRUE_EXTERNAL_ANONYMOUS_USERS_ENABLED"] == "true",
            phone_sign_in=self.given.get("GOTRUE_EXTERNAL_PHONE_ENABLED") == "true",
            redirect_addresses=self.given.get("GOTRUE_URI_ALLOW_LIST", ""),
            signing_keys=self._signing_keys(folder),
            oidc_providers=self._providers(folder),
            shortest_password=8,
            requests_per_minute=1_000_000,
            mails_per_hour=1000,
        )

    def _signing_keys(self, folder: Path) -> Path | None:
        written = json.loads(self.given.get("GOTRUE_JWT_KEYS", "[]"))
        ours = [key for key in written if key["kty"] != "oct" and "sign" in key["key_ops"]]
        if not ours:
            return None
        file = folder / f"{self.name}.json"
        file.touch(0o600)
        file.write_text(json.dumps({"keys": ours}), encoding="utf-8")
        return file

    def _providers(self, folder: Path) -> Path | None:
        client = self.given.get("GOTRUE_EXTERNAL_GOOGLE_CLIENT_ID")
        if client is None:
            return None
        file = folder / f"{self.name}.toml"
        file.write_text(f'[google]\nclient_id = "{client}"\n', encoding="utf-8")
        return file


def configurations(package: Path) -> list[Configuration]:
    """The servers of the suite's file."""
    services = yaml.safe_load((package / "infra/docker-compose.yml").read_text(encoding="utf-8"))["services"]
    found = [
        Configuration(name, {key: str(value) for key, value in service["environment"].items()})
        for name, service in services.items()
        if "GOTRUE_JWT_SECRET" in service.get("environment", {})
    ]
    if len(found) != 4:
        raise SystemExit(f"the suite has {len(found)} configurations and not four")
    return found


@contextmanager
def database(data: Path, *, secret: str) -> Iterator[str]:
    """A migrated PostgreSQL of its own."""
    embedded = Embedded(data)
    with asyncio.Runner() as runner:
        dsn = runner.run(embedded.start()).dsn()
        try:
            migrate.migrate(dsn, secret=secret, staff_mfa="optional")
            yield dsn
        finally:
            runner.run(embedded.stop())


@contextmanager
def served(one: Configuration, chosen: Settings, *, dsn: str) -> Iterator[None]:
    """One configuration on its port."""
    one.rooted = _Rooted(server.build(chosen, owner_dsn=dsn))
    config = uvicorn.Config(
        one.rooted, host="127.0.0.1", port=one.port, log_level="error", server_header=False, timeout_graceful_shutdown=5
    )
    web = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(web.serve()), name=one.name)
    thread.start()
    try:
        while not web.started:
            if not thread.is_alive():
                raise SystemExit(f"the configuration {one.name} did not start on port {one.port}")
            time.sleep(0.05)
        yield
    finally:
        web.should_exit = True
        thread.join()


@contextmanager
def without_limits(dsns: list[str]) -> Iterator[None]:
    """The suite asks from one address as often as a hospital does in a day, so what it uses up is forgotten."""
    over = threading.Event()

    def forget() -> None:
        with ExitStack() as stack:
            lines = [stack.enter_context(psycopg.connect(dsn, autocommit=True)) for dsn in dsns]
            while not over.wait(LIMITS_FORGOTTEN_SECONDS):
                for line in lines:
                    line.execute("delete from auth.allowances")

    thread = threading.Thread(target=forget)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def python() -> Path:
    """The interpreter of the suite's own environment, made at the first run."""
    found, stamp = ENVIRONMENT / "bin/python", ENVIRONMENT / "needed.txt"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != "\n".join(NEEDED):
        venv.create(ENVIRONMENT, with_pip=True, clear=True)
        subprocess.run([found, "-m", "pip", "install", "-qq", "--disable-pip-version-check", *NEEDED], check=True)
        stamp.write_text("\n".join(NEEDED), encoding="utf-8")
    return found.absolute()


def run(package: Path, *, folder: Path, options: list[str]) -> list[str]:
    """Run the suite; the names of the tests that did not pass, its own counts before ours."""
    report = folder / "report.xml"
    # The suite takes its passwords at random, and one in some hundreds of them is easy to guess.
    (folder / "seeded.py").write_text(f"from faker import Faker\n\nFaker.seed({SEED})\n", encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}}
    command = [
        python(), "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "seeded", "-o", "asyncio_mode=auto",
        "--tb=short", "-W", "ignore::DeprecationWarning", f"--junit-xml={report}", *options, "tests",
    ]  # fmt: skip
    environment = {**kept, "PYTHONPATH": f"{package / 'src'}:{folder}", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=package, env=environment, check=False)
    if done.returncode > 1:
        raise SystemExit(done.returncode)
    cases = ElementTree.parse(report).getroot().iter("testcase")
    return [case.get("name", "") for case in cases if {part.tag for part in case} & {"failure", "error"}]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkout", type=Path)
    given, options = parser.parse_known_args()
    package = given.checkout.resolve() / "src" / "auth"
    asked = configurations(package)
    folder = Path(tempfile.mkdtemp(prefix="carebase-suite-"))
    folder.chmod(0o755)
    places: dict[str, tuple[Path, str]] = {}
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        for number, secret in enumerate(dict.fromkeys(one.secret for one in asked)):
            data = folder / f"data{number}"
            places[secret] = data, stack.enter_context(database(data, secret=secret))
        stack.enter_context(without_limits([dsn for _, dsn in places.values()]))
        for one in asked:
            data, dsn = places[one.secret]
            stack.enter_context(served(one, one.settings(data, folder=folder), dsn=dsn))
        failed = run(package, folder=folder, options=options)
    for one in asked:
        print(f"{one.name:<34} port {one.port}: {one.rooted.asked if one.rooted else 0} requests")
    for name in failed:
        print(f"{name}: {DECIDED.get(name, 'NOT EXPECTED')}")
    return int(any(name not in DECIDED for name in failed))


if __name__ == "__main__":
    sys.exit(main())
