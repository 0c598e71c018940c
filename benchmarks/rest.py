"""`make bench T=rest`: the data API and PostgREST 12 over one PostgreSQL, in turns, asked by wrk over 32 connections.

A signed-in person under row policies; first over tables that are not tracked, then over the same tables tracked. Ends
with the lines `list RATIO`, `embed RATIO`, `insert RATIO`, `rpc RATIO`: our requests a second over PostgREST's.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import rest_peer, rest_sql
from benchmarks.deployment import Deployment, deployed
from benchmarks.figures import verdict
from benchmarks.rest_peer import Measured, Question, Server

ROWS = int(os.environ.get("ROWS", "100000"))
ROUNDS = int(os.environ.get("ROUNDS", "5"))
SECONDS = int(os.environ.get("SECONDS", "5"))
ONLY = os.environ.get("ONLY", "").split()
GOALS = {"list": 2.5, "embed": 2.0, "insert": 1.8}
PREFIXES = ("/rest/v1", "")


@dataclass
class Compared:
    """One question's runs on both, paired."""

    ours: list[Measured] = field(default_factory=list)
    theirs: list[Measured] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """The median of the pairs' ratios."""
        return statistics.median(self.ratios)

    @property
    def ratios(self) -> list[float]:
        """Of each pair."""
        return [a.rate / b.rate for a, b in zip(self.ours, self.theirs, strict=True)]

    def lines(self, name: str) -> list[str]:
        """What was found."""
        found = [f"  {name}: ratio {self.ratio:.2f} ({min(self.ratios):.2f} to {max(self.ratios):.2f})"]
        for label, runs in (("carebase", self.ours), ("PostgREST", self.theirs)):
            rates, tails, cpu = ([getattr(run, what) for run in runs] for what in ("rate", "p99", "cpu"))
            found.append(
                f"    {label:<10} {statistics.median(rates):7.0f}/s ({min(rates):.0f} to {max(rates):.0f})  "
                f"p99 {statistics.median(tails):6.1f} ms ({min(tails):.1f} to {max(tails):.1f})  "
                f"CPU {statistics.median(cpu):.3f} ms a request, PostgreSQL included"
            )
        return found


def main() -> None:
    """Measure and print."""
    folder = Path(tempfile.mkdtemp(prefix="carebase-bench-"))
    folder.chmod(0o755)
    with deployed(folder, "rest") as deployment:
        doctor = deployment.doctor("bench")
        projects = rest_peer.fill(deployment, owner=doctor.user_id, rows=ROWS)
        ours = Server("carebase", deployment.served.address, deployment.served.process.pid)
        with rest_peer.peer(deployment, folder=folder) as theirs:
            servers = (ours, theirs)
            asked = [one for one in rest_peer.questions(projects) if not ONLY or one.name in ONLY]
            _check_alike(servers, asked, token=doctor.token)
            plain = _compare(deployment, servers, asked, token=doctor.token, folder=folder)
            _print("tables that are not tracked", plain)
            print(f"  memory of carebase: {ours.resident_mebibytes():.0f} MiB (goal 150)")
            bare = [
                rest_sql.per_second(deployment, asked[0], person=doctor.user_id, seconds=SECONDS, folder=folder)
                for _ in range(ROUNDS)
            ]
            rest_peer.track(deployment)
            reads = [one for one in asked if one.body is None]
            tracked = _compare(deployment, servers, reads, token=doctor.token, folder=folder)
            _print("the same tables, tracked: every read on record before it leaves", tracked)
            print(f"  memory of carebase: {ours.resident_mebibytes():.0f} MiB (goal 150)")
    first = plain[asked[0].name]
    share = statistics.median(run.rate for run in first.ours) / statistics.median(bare)
    print(f"  the same SQL in pgbench: {statistics.median(bare):.0f}/s ({min(bare):.0f} to {max(bare):.0f})")
    print(verdict(f"{asked[0].name} as a share of pgbench", share, goal=0.35, at_least=True))
    cpu = statistics.median(run.cpu for run in first.ours)
    print(verdict(f"CPU of a {asked[0].name} in ms, PostgreSQL included", cpu, goal=0.25))
    for name, compared in plain.items():
        ours_tail, their_tail = (
            statistics.median(run.p99 for run in runs) for runs in (compared.ours, compared.theirs)
        )
        print(verdict(f"p99 of {name}, ours over PostgREST's", ours_tail / their_tail, goal=1.0))
    for name, compared in plain.items():
        if name in GOALS:
            print(verdict(name, compared.ratio, goal=GOALS[name], at_least=True))
    for name, compared in plain.items():
        print(f"{name} {compared.ratio:.2f}")


def _check_alike(servers: tuple[Server, Server], asked: Sequence[Question], *, token: str) -> None:
    """Both give the same body, or nothing is compared."""
    for question in asked:
        if question.body is not None:
            continue
        found = []
        for server, prefix in zip(servers, PREFIXES, strict=True):
            request = urllib.request.Request(server.address + prefix + question.paths[0])
            request.add_header("Authorization", f"Bearer {token}")
            try:
                with urllib.request.urlopen(request, timeout=20) as answer:
                    found.append(b"".join(answer.read().split()))
            except urllib.error.HTTPError as error:
                raise SystemExit(f"{server.name}, {question.name}: {error.read()!r}") from error
        if found[0] != found[1] or len(found[0]) < 20:
            raise SystemExit(f"{question.name}: the servers do not answer alike: {found[0][:200]!r} {found[1][:200]!r}")


def _compare(
    deployment: Deployment, servers: tuple[Server, Server], asked: Sequence[Question], *, token: str, folder: Path
) -> dict[str, Compared]:
    found = {question.name: Compared() for question in asked}
    for at in range(ROUNDS + 1):
        for question in asked:
            pair = []
            for server, prefix in zip(servers, PREFIXES, strict=True):
                others = rest_peer.backends(deployment)
                measured = rest_peer.ask(
                    server, question, token=token, prefix=prefix, seconds=SECONDS if at else 2, folder=folder,
                    others=others,
                )  # fmt: skip
                if measured.refused:
                    raise SystemExit(f"{server.name} refused {measured.refused} times: {question.name}")
                pair.append(measured)
                if question.body is not None:
                    rest_peer.forget_written(deployment)
            # The first round warms both up.
            if at:
                found[question.name].ours.append(pair[0])
                found[question.name].theirs.append(pair[1])
    return found


def _print(title: str, found: dict[str, Compared]) -> None:
    print(f"{title} ({ROWS} rows, {rest_peer.CONNECTIONS} connections, {ROUNDS} × {SECONDS} s):")
    for name, compared in found.items():
        print("\n".join(compared.lines(name)), flush=True)


if __name__ == "__main__":
    main()
