"""`carebase demo`: everything at once, with an invented clinician and two invented patients.

Serves like `carebase serve`; in an empty embedded database it makes an account and opens two cases over
the API, as a client would, and prints what was found with file, page and line of each finding.
"""

from __future__ import annotations

import asyncio
import json
import mimetypes
import secrets
import ssl
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click

from carebase import authority, errors, observability
from carebase.auth import administration
from carebase.auth.accounts import Accounts
from carebase.auth.tokens import Tokens
from carebase.cli import runtime, serve
from carebase.database.pool import Login, Pools
from carebase.settings import Settings

SAMPLES: Final = Path(__file__).parent / "samples"
SIGN_IN_FILE: Final = "demo.json"
EMAIL: Final = "demo@carebase.example"
LONGEST_WAIT_SECONDS: Final = 60.0
DEFAULTS: Final[Mapping[str, Any]] = {"staff_mfa": "optional", "auto_confirm": True}
"""Milder here unless the operator says otherwise: its people are invented, and a visitor brings neither a second
factor nor a mailbox."""


@dataclass(frozen=True)
class DemoCase:
    """One case of the demo: what the clinician writes and which files come with it."""

    language: str
    fields: Mapping[str, str]
    lab_files: tuple[str, ...]
    radiology_files: tuple[str, ...]


CASES: Final = (
    DemoCase(
        language="fr",
        fields={
            "patient_name": "Aïcha NGONO",
            "birth_date": "1991-03-14",
            "patient_gender": "female",
            "pregnant": "false",
            "case_summary": (
                "Asthénie et dyspnée d'effort depuis 2 mois, palpitations. Pas de fièvre. Règles abondantes."
            ),
            "doctor_notes": "TA 10/6, FC 104/min, T 36,8 °C, SpO2 97 %. Pâleur conjonctivale.",
        },
        lab_files=("fr/bilan-biologique.pdf",),
        radiology_files=("fr/radiographie-thoracique.pdf", "fr/radiographie-thoracique.png"),
    ),
    DemoCase(
        language="en",
        fields={
            "patient_name": "Kwame OSEI",
            "birth_date": "1968-06-02",
            "patient_gender": "male",
            "case_summary": (
                "Breathlessness and leg swelling for 3 weeks, nausea. Known diabetes and hypertension. No chest pain."
            ),
            "doctor_notes": "BP 168/94, HR 92, RR 22, SpO2 95%, temperature 36.9 C.",
        },
        lab_files=("en/laboratory-report.pdf",),
        radiology_files=("en/chest-radiograph-report.pdf", "en/chest-radiograph.png"),
    ),
)


class DemoFailed(errors.SetupError):
    """The demo could not be prepared."""

    code, message = "demo_failed", "The demo could not be prepared."


class Client:
    """A client of the API, with nothing but what every client has."""

    def __init__(self, address: str, *, email: str, password: str, trust: ssl.SSLContext | None = None) -> None:
        self._address, self._trust = address, trust
        self._headers: dict[str, str] = {}
        token = self.post_json("/auth/v1/token?grant_type=password", {"email": email, "password": password})
        self._headers = {"Authorization": f"Bearer {token['access_token']}"}

    def post_json(self, path: str, value: Mapping[str, Any]) -> Any:
        """The answer to a JSON body."""
        return self._send(path, json.dumps(value).encode(), kind="application/json")

    def open_case(self, case: DemoCase) -> Any:
        """The answer to a form with files."""
        boundary = uuid.uuid4().hex
        body = bytearray()
        for name, value in case.fields.items():
            body += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, paths in (("lab_files", case.lab_files), ("radiology_files", case.radiology_files)):
            for path in paths:
                file = SAMPLES / path
                kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
                body += (
                    f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{file.name}"\r\n'
                    f"Content-Type: {kind}\r\n\r\n"
                ).encode()
                body += file.read_bytes() + b"\r\n"
        body += f"--{boundary}--\r\n".encode()
        return self._send("/api/cases", bytes(body), kind=f"multipart/form-data; boundary={boundary}")

    def finished_case(self, case_id: str, *, language: str) -> Any:
        """The case once its analysis has ended; DemoFailed when that takes too long."""
        until = time.monotonic() + LONGEST_WAIT_SECONDS
        while time.monotonic() < until:
            case = self._send(f"/api/cases/{case_id}?language={language}", None, kind=None)
            if case["status"] != "processing":
                return case
            time.sleep(0.1)
        raise DemoFailed(details=f"Case {case_id} is still in work.", hint="Is the worker running? See its log lines.")

    def _send(self, path: str, body: bytes | None, *, kind: str | None) -> Any:
        headers = self._headers | ({"Content-Type": kind} if kind else {})
        asked = urllib.request.Request(self._address + path, data=body, headers=headers)  # noqa: S310 (our own server)
        try:
            with urllib.request.urlopen(asked, timeout=30, context=self._trust) as answer:  # noqa: S310
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise DemoFailed(
                details=f"{path} answered {error.code}: {error.read(500).decode(errors='replace')}"
            ) from error


async def prepare(chosen: Settings, address: str) -> None:
    """Make the account and the cases where there are none, and print what a visitor needs to know."""
    sign_in = chosen.data / SIGN_IN_FILE
    if chosen.embedded and not sign_in.exists() and await _is_empty(chosen):
        password = secrets.token_urlsafe(12)
        await _make_clinician(chosen, password)
        trust = authority.believing(authority.files(chosen)[0]) if chosen.speaks_https else None
        client = await asyncio.to_thread(Client, _own_address(chosen), email=EMAIL, password=password, trust=trust)
        opened = [await asyncio.to_thread(client.open_case, case) for case in CASES]
        for case, started in zip(CASES, opened, strict=True):
            done = await asyncio.to_thread(client.finished_case, started["case_id"], language=case.language)
            click.echo(told(done))
        sign_in.touch(mode=0o600)
        sign_in.write_text(json.dumps({"email": EMAIL, "password": password}), encoding="utf-8")
    click.echo(f"\ncarebase  {address}\n          API {address}/docs")
    if sign_in.exists():
        known = json.loads(sign_in.read_text(encoding="utf-8"))
        click.echo(f"Sign in   {known['email']}  {known['password']}")
    click.echo("Stop      Ctrl-C")


def _own_address(chosen: Settings) -> str:
    """Where this server is from this very machine, whatever stands in front of it for others."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(chosen.host, chosen.host)  # noqa: S104 (compared)
    return f"{'https' if chosen.speaks_https else 'http'}://{f'[{host}]' if ':' in host else host}:{chosen.port}"


def told(case: Mapping[str, Any]) -> str:
    """What was found in a case, each finding with file, page and line."""
    lines = [f"\n{case['patient_name']}: {case['status']}"]
    result = case["insights"]
    if result is None:
        return "\n".join([*lines, f"  {case['failure_reason']}"])
    names = {file["file_id"]: file["file_name"] for file in case["files"]}
    lines += [f"  !! {_told(statement, names)}" for statement in result["critical_alerts"]]
    lines += [f"  -  {_told(statement, names)}" for statement in result["case_summary"]["key_findings"]]
    primary = result["diagnosis"]["primary"]
    if primary:
        met = f"{primary['criteria_met']}/{primary['criteria_total']}"
        lines.append(f"  => {primary['name']} ({primary['icd10']}), {met}")
        for mark, part in (("+", "evidence_for"), ("-", "evidence_against"), ("?", "missing")):
            lines += [f"     {mark} {_told(statement, names)}" for statement in primary[part]]
    lines.extend(f"  .. {warning['message']}" for warning in result["warnings"])
    return "\n".join(lines)


def _told(statement: Mapping[str, Any], names: Mapping[str, str]) -> str:
    places = [
        f"{names.get(place['file'], place['file'])} p. {place['page']} l. {place['line']}"
        for place in statement["evidence"]
    ]
    return str(statement["text"]) + (f"  [{'; '.join(dict.fromkeys(places))}]" if places else "")


async def _is_empty(chosen: Settings) -> bool:
    async with _accounts(chosen) as accounts:
        return not await administration.everybody(accounts)


async def _make_clinician(chosen: Settings, password: str) -> None:
    async with _accounts(chosen) as accounts:
        await administration.create_with_role(accounts, EMAIL, password, role="attending")


@asynccontextmanager
async def _accounts(chosen: Settings) -> AsyncIterator[Accounts]:
    """The accounts of the running server, for a moment."""
    dsn = await runtime.reached_database(chosen)
    tokens = Tokens.of(chosen)
    logins = frozenset({Login.AUTH_SERVICE})
    async with Pools(owner_dsn=dsn, secret=chosen.secret, logins=logins) as pools:
        accounts = Accounts(pools, tokens=tokens, secret=chosen.secret)
        try:
            yield accounts
        finally:
            accounts.close()


@click.command("demo")
@runtime.data_option
@click.option("--port", type=int, help="Port of the web server (PORT, 8000).")
@runtime.explained
def command(data: Path | None, port: int | None) -> None:
    """Serve with an invented clinician and two invented patients, until Ctrl-C.

    Exit codes: 0 ended by a signal, 69 the port is taken, 75 something did not answer, 78 a setting is wrong.
    """
    observability.start(quiet=True)
    chosen = runtime.read_settings(data=data, port=port, defaults=DEFAULTS)
    runtime.run_async(serve.serve(chosen, when_ready=prepare))
