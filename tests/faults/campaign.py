"""Cases are opened without pause while processes are killed; afterwards everything accepted is accounted for."""

from __future__ import annotations

import asyncio
import json
import random
import threading
import time
import urllib.error
from dataclasses import dataclass, field

import psutil
import psycopg
from tests.faults import reports
from tests.faults.served import Doctor, Served, sha256

from carebase.database.embedded import Embedded

TARGETS = ("app", "worker", "postmaster")
STUCK_AFTER_SECONDS = 60.0
PAUSE_BETWEEN_CASES_SECONDS = 0.08


@dataclass
class Outcome:
    """What was accepted, and what had become of it in the end."""

    kills: dict[str, int] = field(default_factory=dict)
    accepted: dict[str, dict[str, str]] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    mismatched: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    without_insight: list[str] = field(default_factory=list)
    slowest_return_seconds: float = 0.0

    def __str__(self) -> str:
        return (
            f"kills {self.kills}, accepted {len(self.accepted)}, lost {len(self.lost)}, "
            f"mismatched {len(self.mismatched)}, "
            f"stuck {len(self.stuck)}, without insight {len(self.without_insight)}, "
            f"slowest return {self.slowest_return_seconds:.1f} s"
        )


def run(served: Served, doctor: Doctor, *, kills: int, seed: int, targets: tuple[str, ...] = TARGETS) -> Outcome:
    """Kill `kills` times at points that `seed` decides, then wait and count."""
    chance, outcome, done = random.Random(seed), Outcome(), threading.Event()
    opener = threading.Thread(target=_open_cases, args=(doctor, outcome, done), daemon=True)
    opener.start()
    for number in range(kills):
        time.sleep(chance.uniform(0.3, 2.0))
        target = targets[number] if number < len(targets) else chance.choice(targets)
        _kill(served, target, outcome)
    time.sleep(1.0)
    done.set()
    opener.join(60)
    _account(doctor, outcome)
    return outcome


def published_more_than_once(served: Served) -> int:
    """How many numbers of a case were published twice, and jobs that are still to be done."""
    cluster = asyncio.run(Embedded(served.data).reach())
    assert cluster is not None
    with psycopg.connect(cluster.dsn()) as connection:
        row = connection.execute(
            "select (select count(*) from (select from public.insight_runs where published_at is not null "
            "group by case_id, analysis_no having count(*) > 1) twice) "
            "+ (select count(*) from jobs.procrastinate_jobs where status in ('todo', 'doing'))"
        ).fetchone()
    assert row is not None
    return int(row[0])


def _kill(served: Served, target: str, outcome: Outcome) -> None:
    process = served.process_of(target)
    if process is None:
        return
    try:
        process.kill()
    except psutil.NoSuchProcess:
        return
    outcome.kills[target] = outcome.kills.get(target, 0) + 1
    began = time.monotonic()
    if target == "app":
        assert served.process is not None
        served.process.wait()
        served.start()
    served.wait_ready()
    outcome.slowest_return_seconds = max(outcome.slowest_return_seconds, time.monotonic() - began)


def _open_cases(doctor: Doctor, outcome: Outcome, done: threading.Event) -> None:
    number = 0
    while not done.is_set():
        number += 1
        content = reports.lab_report(number)
        try:
            case = doctor.open_case(number, {"labs.pdf": content})
        except (urllib.error.HTTPError, OSError):
            # Not accepted, so not promised.
            time.sleep(0.05)
            continue
        outcome.accepted[case["case_id"]] = {case["files"][0]["file_url"]: sha256(content)}
        time.sleep(PAUSE_BETWEEN_CASES_SECONDS)


def _account(doctor: Doctor, outcome: Outcome) -> None:
    until = time.monotonic() + STUCK_AFTER_SECONDS
    for case_id, files in outcome.accepted.items():
        try:
            case = json.loads(doctor.get(f"/api/cases/{case_id}"))
            while case["status"] == "processing" and time.monotonic() < until:
                time.sleep(0.1)
                case = json.loads(doctor.get(f"/api/cases/{case_id}"))
        except urllib.error.HTTPError:
            outcome.lost.append(case_id)
            continue
        if case["status"] == "processing":
            outcome.stuck.append(case_id)
            continue
        # A backlog that gets shorter is not stuck.
        until = time.monotonic() + STUCK_AFTER_SECONDS
        if case["status"] != "completed" or not case["insights"] or not case["insights"]["labs"]:
            outcome.without_insight.append(f"{case_id} {case['status']} {case['failure_reason']}")
        for address, expected in files.items():
            if sha256(doctor.get(address)) != expected:
                outcome.mismatched.append(address)
