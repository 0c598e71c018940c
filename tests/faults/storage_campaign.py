"""Files are stored, replaced, moved and removed over /storage/v1 without pause while processes are killed.

Each sender has names of its own and knows what it was told; afterwards every name holds what was told last, or what
was being done when the answer was lost.
"""

from __future__ import annotations

import base64
import hashlib
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import httpx
from tests.faults import campaign
from tests.faults.served import PASSWORD, Served

SENDERS = 6
SIZES = (0, 1, 700, 70_000, 300_000, 1_200_000)
BUCKET = "medical-files"
# As campaigns of cases, with the app more often: it is what has bytes in its hands.
TARGETS = ("app", "worker", "postmaster", "app", "app")
STORAGE = "/storage/v1"
VERSION = {"Tus-Resumable": "1.0.0"}
PATIENT = {"first_name": "Amina", "last_name": "Diallo"}
ABSENT = ""
"""What a name without an object holds."""


@dataclass
class Outcome:
    """What senders were told, and what there is in the end."""

    kills: dict[str, int] = field(default_factory=dict)
    slowest_return_seconds: float = 0.0
    told: Counter[str] = field(default_factory=Counter)
    """Answers by what they were to."""
    lost: list[str] = field(default_factory=list)
    mismatched: list[str] = field(default_factory=list)
    left_over: list[str] = field(default_factory=list)
    """Objects that were removed, or moved away, and are still there."""

    @property
    def uploads(self) -> int:
        return self.told["stored"] + self.told["replaced"] + self.told["resumed"]

    def __str__(self) -> str:
        return (
            f"kills {self.kills}, told {dict(self.told)}, uploads {self.uploads}, lost {len(self.lost)}, "
            f"mismatched {len(self.mismatched)}, left over {len(self.left_over)}, "
            f"slowest return {self.slowest_return_seconds:.1f} s"
        )


@dataclass
class Sender:
    """A person at one of several windows; `holds` are the hashes that each of its names may have now."""

    served: Served
    headers: dict[str, str]
    folder: str
    seed: int
    outcome: Outcome
    holds: dict[str, set[str]] = field(default_factory=dict)
    _touched: dict[str, set[str]] = field(default_factory=dict)
    """What names held before the request that is being made."""

    def work(self, done: threading.Event) -> None:
        chance, number = random.Random(self.seed), 0
        with httpx.Client(base_url=self.served.address, headers=self.headers, timeout=20) as client:
            while not done.is_set():
                number += 1
                self._touched = {}
                try:
                    self._one(client, chance, f"{self.folder}/{self.seed}/{number}")
                except httpx.ConnectError:
                    # Nothing was asked.
                    self.holds.update(self._touched)
                    time.sleep(0.3)
                except httpx.TransportError:
                    # The answer was lost; what was asked for may be done or not.
                    time.sleep(0.05)

    def _one(self, client: httpx.Client, chance: random.Random, name: str) -> None:
        known = [each for each, held in self.holds.items() if ABSENT not in held]
        content = chance.randbytes(chance.choice(SIZES))
        match chance.random():
            case share if share < 0.15 and known:
                self._store(client, chance.choice(known), content, "replaced")
            case share if share < 0.20 and known:
                self._remove(client, chance.choice(known))
            case share if share < 0.25 and known:
                self._move(client, chance.choice(known), name)
            case share if share < 0.40 and content:
                self._resume(client, name, content, pieces=chance.randint(1, 3))
            case _:
                self._store(client, name, content, "stored")

    def _store(self, client: httpx.Client, name: str, content: bytes, kind: str) -> None:
        self._may_become(name, sha256(content))
        sent = {"Content-Type": "application/octet-stream", "x-upsert": "true"}
        answer = client.post(f"{STORAGE}/object/{BUCKET}/{name}", content=content, headers=sent)
        if answer.status_code == 200:
            self._is(name, sha256(content), kind)

    def _resume(self, client: httpx.Client, name: str, content: bytes, *, pieces: int) -> None:
        said = {"bucketName": BUCKET, "objectName": name, "contentType": "application/octet-stream"}
        metadata = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in said.items())
        given = {**VERSION, "Upload-Length": str(len(content)), "Upload-Metadata": metadata}
        begun = client.post(f"{STORAGE}/upload/resumable", headers=given)
        if begun.status_code != 201:
            return
        self._may_become(name, sha256(content))
        address, offset, step = begun.headers["location"], 0, -(-len(content) // pieces)
        # As a client does: whatever happens, it asks how far the upload is and goes on from there.
        for _ in range(200):
            try:
                if offset < len(content):
                    sent = {**VERSION, "Content-Type": "application/offset+octet-stream", "Upload-Offset": str(offset)}
                    client.patch(address, content=content[offset : offset + step], headers=sent)
                told = client.head(address, headers=VERSION)
            except httpx.TransportError:
                time.sleep(0.1)
                continue
            if told.status_code == 200:
                assert int(told.headers["upload-offset"]) >= offset, "an upload went back behind what was answered for"
                offset = int(told.headers["upload-offset"])
                if offset == len(content):
                    self._is(name, sha256(content), "resumed")
                    return
            else:
                time.sleep(0.1)

    def _remove(self, client: httpx.Client, name: str) -> None:
        self._may_become(name, ABSENT)
        answer = client.request("DELETE", f"{STORAGE}/object/{BUCKET}", json={"prefixes": [name]})
        if answer.status_code == 200 and len(answer.json()) == 1:
            self._is(name, ABSENT, "removed")

    def _move(self, client: httpx.Client, name: str, to: str) -> None:
        held = self.holds[name]
        for each in held:
            self._may_become(to, each)
        self._may_become(name, ABSENT)
        body = {"bucketId": BUCKET, "sourceKey": name, "destinationKey": to}
        if client.post(f"{STORAGE}/object/move", json=body).status_code == 200:
            self.holds[to], self.holds[name] = held - {ABSENT}, {ABSENT}
            self.outcome.told["moved"] += 1

    def _may_become(self, name: str, held: str) -> None:
        now = self.holds.get(name, {ABSENT})
        self._touched.setdefault(name, now)
        self.holds[name] = now | {held}

    def _is(self, name: str, held: str, kind: str) -> None:
        self.holds[name] = {held}
        self.outcome.told[kind] += 1


def run(served: Served, *, kills: int, seed: int, least_uploads: int) -> tuple[Outcome, list[Sender]]:
    """Kill `kills` times at points that `seed` decides, go on until enough was stored, and look at every name."""
    outcome, chance, done = Outcome(), random.Random(seed), threading.Event()
    headers, folder = _a_doctor(served)
    senders = [Sender(served, headers, folder, seed * 1000 + number, outcome) for number in range(SENDERS)]
    threads = [threading.Thread(target=sender.work, args=(done,), daemon=True) for sender in senders]
    for thread in threads:
        thread.start()
    for number in range(kills):
        time.sleep(chance.uniform(0.3, 2.0))
        campaign._kill(served, TARGETS[number % len(TARGETS)] if number < 3 else chance.choice(TARGETS), outcome)
    until = time.monotonic() + 300
    while outcome.uploads < least_uploads and time.monotonic() < until:
        time.sleep(0.2)
    done.set()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "a sender hangs"
    _account(served, headers, senders, outcome)
    return outcome, senders


def _a_doctor(served: Served) -> tuple[dict[str, str], str]:
    """The headers of a doctor's requests, and the folder of a patient of its team."""
    email = "storing@carebase.example"
    served.command("user", "create", email, "--role", "attending", "--password-stdin", stdin=PASSWORD)
    body = {"email": email, "password": PASSWORD}
    opened = httpx.post(f"{served.address}/auth/v1/token?grant_type=password", json=body, timeout=30)
    told = opened.raise_for_status().json()
    headers = {"Authorization": f"Bearer {told['access_token']}", "Prefer": "return=representation"}
    with httpx.Client(base_url=served.address, headers=headers, timeout=30) as client:
        ((patient,), user) = (
            client.post("/rest/v1/patients", json=PATIENT).raise_for_status().json(),
            told["user"]["id"],
        )
        member = {"patient_id": patient["id"], "provider_id": user, "role": "attending"}
        client.post("/rest/v1/care_team", json=member).raise_for_status()
    return headers, patient["id"]


def _account(served: Served, headers: dict[str, str], senders: Iterable[Sender], outcome: Outcome) -> None:
    with httpx.Client(base_url=served.address, headers=headers, timeout=30) as client:
        for sender in senders:
            for name, held in sender.holds.items():
                answer = client.get(f"{STORAGE}/object/authenticated/{BUCKET}/{name}")
                is_there = answer.status_code == 200
                assert is_there or json.loads(answer.content)["code"] == "NoSuchKey", answer.text
                found = sha256(answer.content) if is_there else ABSENT
                if found in held:
                    continue
                if held == {ABSENT}:
                    outcome.left_over.append(name)
                elif found == ABSENT:
                    outcome.lost.append(name)
                else:
                    outcome.mismatched.append(name)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
