"""Asks both servers thousands of things and counts where they differ.

In charge of the count and of showing what nothing explains; the last line is
`differences: N requests, U unexplained, M explained`.
"""

from __future__ import annotations

import collections
from contextlib import ExitStack
from pathlib import Path

import hypothesis
from tests.conformance import serving
from tests.conformance.differences import asking, comparing, explained, peer
from tests.conformance.differences.making import Asked

SHOWN = 60


def run(program: Path, dsn: str, *, requests: int, seed: int) -> int:
    """Compare; returns how many differences nothing explains."""
    counts: collections.Counter[str] = collections.Counter()
    groups: dict[str, list[str]] = {}
    with ExitStack() as stack:
        theirs = comparing.Side(stack.enter_context(peer.served(program, dsn)))
        ours = comparing.Side(stack.enter_context(serving.served(dsn, peer.configuration())))
        stack.callback(theirs.close)
        stack.callback(ours.close)

        @hypothesis.seed(seed)
        @hypothesis.settings(
            max_examples=requests,
            database=None,
            deadline=None,
            phases=[hypothesis.Phase.generate],
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        @hypothesis.given(asking.requests())
        def compare(asked: Asked) -> None:
            counts["requests"] += 1
            first, second = theirs.ask(asked), ours.ask(asked)
            counts["answered"] += first.status < 300
            parts = list(comparing.differences(asked, first, second))
            if not parts:
                return
            first, second = comparing.with_bodies(asked, (theirs, ours), (first, second))
            found = explained.reasons(asked, first, second, parts=parts)
            for reason in found:
                counts[reason] += 1
            counts["explained" if found else "unexplained"] += 1
            if not found:
                kind = f"{', '.join(parts)}: {first.status} {first.code or ''} → {second.status} {second.code or ''}"
                groups.setdefault(kind, []).append(f"{asked}\nPostgREST: {first}\nours: {second}\n")

        compare()
    for kind, found in sorted(groups.items(), key=lambda group: len(group[1])):
        print(f"=== {len(found)} × {kind}")
        for one in sorted(found, key=len)[: max(1, SHOWN // len(groups))]:
            print(one)
    for reason in (one.reason for one in explained.EXPLAINED):
        print(f"{counts[reason]:6} × {reason}")
    print(f"{counts['answered']} requests were not refused")
    asked, unexplained = counts["requests"], counts["unexplained"]
    print(f"differences: {asked} requests, {unexplained} unexplained, {counts['explained']} explained")
    return unexplained
