"""How fast cases are opened, analysed and listed, beside what the same machine gives in the same minutes.

`make bench T=cases`; `SCALE=small` measures less and takes under a minute. In charge of the comparison:
whatever is compared is measured in turns, so that a busy minute of the machine falls on both sides.
"""

from __future__ import annotations

import os
import platform
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import deployment, figures, machine, many_cases, reports
from benchmarks.deployment import Client, Deployment

WARM_UP = 5
OWN_CASES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How much is measured."""

    creates: int
    backlogs: int
    backlog: int
    cases: tuple[int, ...]
    rounds: int


SCALES: Mapping[str, Scale] = {
    "full": Scale(creates=100, backlogs=3, backlog=100, cases=(1_000, 100_000, 1_000_000), rounds=60),
    "small": Scale(creates=15, backlogs=1, backlog=20, cases=(1_000, 10_000), rounds=15),
}
# What a clinician asks for, as method, path and body; the cursor is taken from the first page.
QUESTIONS: Mapping[str, tuple[str, str, Mapping[str, Any] | None]] = {
    "list": ("GET", "/api/cases", None),
    "list next page": ("GET", "/api/cases?cursor={cursor}", None),
    "list failed": ("GET", "/api/cases?status=failed", None),
    "list by gender": ("GET", "/api/cases?gender=female", None),
    "list since a date": ("GET", "/api/cases?created_from={since}", None),
    "list earliest first": ("GET", "/api/cases?sort=created_at", None),
    "list with its total": ("GET", "/api/cases?total=true", None),
    "search a name": ("POST", "/api/cases/search", {"query": "aicha ngono"}),
}


def main() -> None:
    scale = SCALES[os.environ.get("SCALE", "full")]
    began = time.monotonic()
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} processors, {platform.platform()}")
    print(f"load before: {_load()}")
    with tempfile.TemporaryDirectory(prefix="carebase-bench-") as folder, ExitStack() as stack:
        # The database's own user has to pass through to its directory.
        Path(folder).chmod(0o711)
        first = stack.enter_context(deployment.deployed(Path(folder), "one"))
        doctor = first.doctor("measured")
        verdicts = open_cases(first, doctor, scale=scale, folder=Path(folder))
        verdicts += work_off(first, doctor, scale=scale)
        lists: list[tuple[int, Client]] = []
        for number, count in enumerate(scale.cases):
            if number == 0:
                lists.append((count, filled(first, doctor, count=count)))
            else:
                other = stack.enter_context(deployment.deployed(Path(folder), f"list{number}"))
                lists.append((count, filled(other, other.doctor("measured"), count=count)))
        verdicts += list_cases(lists, rounds=scale.rounds)
    print(f"\nload after: {_load()}, {time.monotonic() - began:.0f} s in all\n")
    print("\n".join(verdicts))


def open_cases(deployed: Deployment, doctor: Client, *, scale: Scale, folder: Path) -> list[str]:
    """Open cases one at a time in turns with what the machine gives; then others, each worked off before the next."""
    pgbench = machine.Pgbench(deployed.dsn)
    created, completed, synced, transacted = [], [], [], []
    for number in range(WARM_UP + scale.creates):
        report = reports.five_pages(number)
        synced.append(machine.seconds_to_sync(folder, report))
        case_id, taken = doctor.open_case(number, report)
        created.append(taken)
        if number % WARM_UP == 0:
            transacted += pgbench.seconds(WARM_UP)
    with deployed.worker():
        doctor.wait_until_completed(case_id)
        for number in range(WARM_UP + scale.creates // 2):
            case_id, _ = doctor.open_case(number, reports.five_pages(number))
            answered = time.perf_counter()
            doctor.wait_until_completed(case_id)
            completed.append(time.perf_counter() - answered)
    del created[:WARM_UP], completed[:WARM_UP], synced[:WARM_UP], transacted[:WARM_UP]
    print(f"\nA case with a five-page PDF of {len(report)} bytes, one at a time")
    print(figures.line("POST /api/cases", created))
    print(figures.line("write and fsync the same bytes", synced))
    print(figures.line("one transaction of pgbench", transacted))
    print(figures.line("201 to completed", completed))
    create = statistics.median(created)
    bare = statistics.median(synced) + statistics.median(transacted)
    return [
        figures.verdict("create p50 milliseconds", 1000 * create, goal=100),
        figures.verdict("create", create / bare, goal=5),
        figures.verdict("completed", statistics.median(completed), goal=1),
    ]


def work_off(deployed: Deployment, doctor: Client, *, scale: Scale) -> list[str]:
    """Let one worker work off a backlog; its rate between the first and the last publication."""
    rates = []
    with deployed.owner() as owner:
        for number in range(scale.backlogs):
            before = datetime.now(UTC)
            last = [doctor.open_case(n, reports.five_pages(n))[0] for n in range(scale.backlog)][-1]
            with deployed.worker():
                doctor.wait_until_completed(last)
                published = _publications(owner, before, wanted=scale.backlog)
            rates.append(60 * (len(published) - 1) / (published[-1] - published[0]).total_seconds())
            print(f"\nBacklog {number + 1} of {scale.backlog} cases: {rates[-1]:.0f} cases a minute", end="")
    print(f"\none worker: median {statistics.median(rates):.0f} ({min(rates):.0f} to {max(rates):.0f}) cases a minute")
    return [figures.verdict("worker", statistics.median(rates), goal=300, at_least=True)]


def _publications(owner: Any, since: datetime, *, wanted: int) -> Sequence[datetime]:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        found = owner.execute(
            "select published_at from public.insight_runs where published_at > %s order by 1", [since]
        ).fetchall()
        if len(found) >= wanted:
            return [row[0] for row in found]
        time.sleep(0.1)
    raise RuntimeError("the backlog was not worked off")


def filled(deployed: Deployment, doctor: Client, *, count: int) -> Client:
    """The doctor's client, after the deployment was brought to `count` cases."""
    began = time.monotonic()
    with deployed.owner() as owner:
        own = many_cases.fill(owner, doctor.user_id, count=count, own=OWN_CASES)
    print(
        f"{count} cases of {many_cases.DOCTORS} doctors, {own} of the one who asks ({time.monotonic() - began:.0f} s)"
    )
    return doctor


def list_cases(lists: Sequence[tuple[int, Client]], *, rounds: int) -> list[str]:
    """Ask each deployment each question in turns."""
    taken: dict[tuple[str, int], list[float]] = {(name, count): [] for name in QUESTIONS for count, _ in lists}
    cursors = {count: client.send("GET", "/api/cases")["next_cursor"] for count, client in lists}
    since = f"{datetime.fromtimestamp(time.time() - 86400 * 2, UTC):%Y-%m-%dT%H:%M:%SZ}"
    for number in range(rounds + WARM_UP):
        for name, (method, path, body) in QUESTIONS.items():
            for count, client in lists:
                seconds = client.seconds(method, path.format(cursor=cursors[count], since=since), body)
                if number >= WARM_UP:
                    taken[name, count].append(seconds)
    print()
    ratios = {}
    for name in QUESTIONS:
        for count, _ in lists:
            print(figures.line(f"{name}, {count} cases", taken[name, count]))
        medians = [statistics.median(taken[name, count]) for count, _ in lists]
        ratios[name] = medians[-1] / medians[0]
    # Opening a case has triggers of its own, whose plans may not grow with the table either.
    opened: dict[int, list[float]] = {count: [] for count, _ in lists}
    for number in range(rounds // 2 + WARM_UP):
        for count, client in lists:
            seconds = client.open_case(number, reports.five_pages(number))[1]
            if number >= WARM_UP:
                opened[count].append(seconds)
    for count, _ in lists:
        print(figures.line(f"POST /api/cases, {count} cases", opened[count]))
    ratios["create"] = statistics.median(opened[lists[-1][0]]) / statistics.median(opened[lists[0][0]])
    others = ", ".join(f"{name} {ratio:.2f}" for name, ratio in ratios.items())
    print(f"p50 at {lists[-1][0]} over p50 at {lists[0][0]}: {others}")
    return [figures.verdict("list", ratios["list"], goal=2)]


def _load() -> str:
    return " ".join(f"{load:.2f}" for load in os.getloadavg())


if __name__ == "__main__":
    main()
