"""`make bench T=auth`: sign-ins beside bare argon2, what they do to other requests, renewed tokens, a token's check.

Two threads verify the same password at the same cost without any server, then eight clients sign in, in turns. It
ends with the lines `sign-in RATIO` (sign-ins a second over bare verifications), `others RATIO` (p99 of other requests
while people sign in over the same when nobody does), `refresh RATE` and `check MICROSECONDS`.
"""

from __future__ import annotations

import http.client
import json
import os
import statistics
import tempfile
import threading
import time
import timeit
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from pwdlib.hashers.argon2 import Argon2Hasher
from starlette.datastructures import State
from starlette.requests import HTTPConnection
from tests.faults.served import PASSWORD

from benchmarks.deployment import Client, Deployment, deployed
from benchmarks.figures import line, percentile, verdict
from carebase.auth import passwords, requests
from carebase.auth.activity import Activity
from carebase.auth.limits import Allowance
from carebase.auth.tokens import Tokens
from carebase.database.identity import Identity, Role

ROUNDS = int(os.environ.get("ROUNDS", "5"))
SECONDS = float(os.environ.get("SECONDS", "8"))
CLIENTS = int(os.environ.get("CLIENTS", "8"))
OTHERS = "/rest/v1/patients?select=id&limit=1"
PAUSE_SECONDS = 0.02
"""Between other requests, which are of one person and not a load of their own."""
CALLS = 100_000
GOALS = {"sign-in": 0.8, "others": 2.0}


@dataclass
class Measured:
    """What one turn after another has brought."""

    bare: list[float] = field(default_factory=list)
    """Verifications a second."""
    sign_ins: list[float] = field(default_factory=list)
    refreshes: list[float] = field(default_factory=list)
    idle: list[float] = field(default_factory=list)
    """Seconds of each other request."""
    busy: list[float] = field(default_factory=list)


def main() -> None:
    """Measure and print."""
    folder = Path(tempfile.mkdtemp(prefix="carebase-bench-"))
    folder.chmod(0o755)
    found = Measured()
    with deployed(folder, "auth") as deployment:
        doctors = [deployment.doctor(f"bench{number}") for number in range(CLIENTS)]
        for turn in range(ROUNDS + 1):
            _turn(deployment, doctors, found if turn else Measured())
    _print(found)
    ratio = statistics.median(ours / bare for ours, bare in zip(found.sign_ins, found.bare, strict=True))
    tails = percentile(found.busy, 0.99) / percentile(found.idle, 0.99)
    check = _check_microseconds()
    print(verdict("sign-ins over bare argon2", ratio, goal=GOALS["sign-in"], at_least=True))
    print(verdict("p99 of other requests while people sign in", tails, goal=GOALS["others"]))
    print(
        f"sign-in {ratio:.2f}\nothers {tails:.2f}\nrefresh {statistics.median(found.refreshes):.0f}\ncheck {check:.1f}"
    )


def _turn(deployment: Deployment, doctors: Sequence[Client], found: Measured) -> None:
    found.bare.append(_bare_rate())
    found.idle += _other_requests(doctors[0])
    with _in_background(lambda: found.sign_ins.append(_rate([_sign_in(deployment, one) for one in doctors[1:]]))):
        found.busy += _other_requests(doctors[0])
    found.refreshes.append(_rate([_refresh(deployment, one) for one in doctors]))


def _bare_rate() -> float:
    """Verifications a second in as many threads as the server has, without anything else."""
    hasher = Argon2Hasher(
        memory_cost=passwords.MEMORY_KIBIBYTES, time_cost=passwords.PASSES, parallelism=passwords.LANES
    )
    kept = hasher.hash(PASSWORD)

    def verify() -> None:
        if not hasher.verify(PASSWORD, kept):
            raise RuntimeError("the password does not match its own hash")

    return _rate([verify] * passwords.HASHES_AT_ONCE)


def _sign_in(deployment: Deployment, doctor: Client) -> Callable[[], object]:
    client = Connected(deployment)
    body = {"email": doctor.email, "password": PASSWORD}
    return lambda: client.post("/auth/v1/token?grant_type=password", body)


def _refresh(deployment: Deployment, doctor: Client) -> Callable[[], object]:
    client = Connected(deployment)
    body = {"email": doctor.email, "password": PASSWORD}
    tokens = [client.post("/auth/v1/token?grant_type=password", body)["refresh_token"]]

    def renew() -> None:
        answer = client.post("/auth/v1/token?grant_type=refresh_token", {"refresh_token": tokens[0]})
        tokens[0] = answer["refresh_token"]

    return renew


class Connected:
    """A connection of its own, on which nobody is signed in."""

    def __init__(self, deployment: Deployment) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", deployment.served.port, timeout=60)

    def post(self, path: str, body: dict[str, str]) -> dict[str, Any]:
        """The answer's JSON; RuntimeError for any status but 200."""
        self._connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path} answered {answer.status}: {content[:300]!r}")
        return dict(json.loads(content))


def _rate(work: Sequence[Callable[[], object]]) -> float:
    """How often a second all of `work` is done, each over and over in a thread of its own."""
    until = time.perf_counter() + SECONDS

    def again(one: Callable[[], object]) -> int:
        times = 0
        while time.perf_counter() < until:
            one()
            times += 1
        return times

    began = time.perf_counter()
    with ThreadPoolExecutor(len(work)) as threads:
        total = sum(threads.map(again, work))
    return total / (time.perf_counter() - began)


def _other_requests(doctor: Client) -> list[float]:
    """How long one person's requests take, one after another."""
    until = time.perf_counter() + SECONDS
    taken = []
    while time.perf_counter() < until:
        taken.append(doctor.seconds("GET", OTHERS))
        time.sleep(PAUSE_SECONDS)
    return taken


@contextmanager
def _in_background(work: Callable[[], object]) -> Iterator[None]:
    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def _check_microseconds() -> float:
    """What each request pays in this process for who is asking: a known token, its limit, the note of its use."""
    tokens = Tokens("a-secret-of-the-benchmark-that-is-long-enough", issuer="bench", access_token_minutes=60)
    state = State()
    state.allowance, state.activity = Allowance(10**9), Activity(None, idle_minutes=20)  # type: ignore[arg-type]
    token = tokens.anon_key()
    person = Identity(Role.AUTHENTICATED, {"sub": str(uuid.uuid4()), "session_id": str(uuid.uuid4())})
    headers = [(f"x-header-{number}".encode(), b"value") for number in range(12)]
    scope = {"type": "http", "app": SimpleNamespace(state=state), "headers": headers, "client": ("127.0.0.1", 4711)}
    connection = HTTPConnection(scope)

    def ask() -> None:
        tokens.verify(token)
        requests.spend_request(connection, person)
        requests.note_activity(connection, person)

    return min(timeit.repeat(ask, number=CALLS, repeat=5)) / CALLS * 1e6


def _print(found: Measured) -> None:
    for name, rates in (("bare argon2", found.bare), ("sign-ins", found.sign_ins), ("refreshes", found.refreshes)):
        print(f"  {name:<12} {statistics.median(rates):7.1f}/s ({min(rates):.1f} to {max(rates):.1f})")
    print(line("  other requests, nobody signs in", found.idle))
    print(line("  other requests, people sign in", found.busy))


if __name__ == "__main__":
    main()
