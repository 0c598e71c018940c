"""`make bench T=storage`: files over HTTP beside what the same bytes cost without a server, in turns.

A signed-in person under row policies, encryption on. 100 MB up and down against one process that copies, hashes and
seals them; 10 kB downloads by signed links, on record before the first byte, against Starlette's static files; 10 kB
uploads against a write, a sync and a transaction; the server's memory while 1 GB comes and goes.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import re
import statistics
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks import rest_peer, storage_peer
from benchmarks.deployment import SILENT_SECONDS, Client, Deployment, deployed
from benchmarks.figures import line, verdict
from benchmarks.rest_peer import Question, Server

ROUNDS = int(os.environ.get("ROUNDS", "7"))
SECONDS = int(os.environ.get("SECONDS", "5"))
ONLY = frozenset(os.environ.get("ONLY", "large links small memory").split())
LARGE_BYTES = int(os.environ.get("LARGE_BYTES", str(100 * 10**6)))
HUGE_BYTES = int(os.environ.get("HUGE_BYTES", str(10**9)))
SMALL_BYTES = 10_000
LINKS = 200
UPLOADS = 150
AT_ONCE = 8
PIECE_BYTES = 1 << 20
GOALS = {"up": 0.5, "down": 0.5, "links": 0.4, "uploads": 0.4}
MOST_MEBIBYTES = 64

# Without a limit of its own, for whoever is signed in; reading from it goes on record as from every private bucket.
BUCKET = """
insert into storage.buckets (id, name) values ('bench', 'bench');
create policy bench on storage.objects to authenticated
    using (bucket_id = 'bench' and owner = (select auth.uid()))
    with check (bucket_id = 'bench' and owner = (select auth.uid()));
"""


class Files:
    """One person's files over one connection that stays open."""

    def __init__(self, client: Client, port: int) -> None:
        self._headers = {"Authorization": f"Bearer {client.token}"}
        self._port = port
        self._connect()

    def up(self, name: str, content: bytes) -> float:
        """Seconds until the upload is acknowledged."""
        headers = {**self._headers, "Content-Type": "application/octet-stream"}
        self._connect()
        began = time.perf_counter()
        self._connection.request("POST", f"/storage/v1/object/bench/{name}", body=content, headers=headers)
        self._answered()
        return time.perf_counter() - began

    def small(self, content: bytes) -> float:
        """The same of a new small file over the connection as it is."""
        headers = {**self._headers, "Content-Type": "application/octet-stream"}
        # The server closes a connection that was silent for five seconds.
        if time.monotonic() - self._used > SILENT_SECONDS:
            self._connect()
        began = time.perf_counter()
        name = uuid.uuid4().hex
        self._connection.request("POST", f"/storage/v1/object/bench/small/{name}", body=content, headers=headers)
        self._answered()
        return time.perf_counter() - began

    def up_made(self, name: str, size: int) -> str:
        """Upload so many bytes that are made on their way; their hash."""
        digest = hashlib.sha256()

        def pieces() -> Iterator[bytes]:
            block = os.urandom(PIECE_BYTES)
            for at in range(0, size, PIECE_BYTES):
                piece = at.to_bytes(8, "big") + block[8 : min(PIECE_BYTES, size - at)]
                digest.update(piece)
                yield piece

        headers = {**self._headers, "Content-Type": "application/octet-stream", "Content-Length": str(size)}
        self._connect()
        self._connection.request("POST", f"/storage/v1/object/bench/{name}", body=pieces(), headers=headers)
        self._answered()
        return digest.hexdigest()

    def down(self, name: str, *, took: Callable[[memoryview], None] | None = None) -> float:
        """Seconds until the last byte is there."""
        self._connect()
        room = memoryview(bytearray(PIECE_BYTES))
        began = time.perf_counter()
        self._connection.request("GET", f"/storage/v1/object/bench/{name}", headers=self._headers)
        answer = self._connection.getresponse()
        if answer.status != 200:
            raise RuntimeError(f"{name}: {answer.status} {answer.read()!r}")
        while count := answer.readinto(room):
            if took is not None:
                took(room[:count])
        return time.perf_counter() - began

    def _connect(self) -> None:
        self._used = time.monotonic()
        self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=300)
        self._connection.connect()

    def _answered(self) -> None:
        answer = self._connection.getresponse()
        said = answer.read()
        self._used = time.monotonic()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status}: {said[:300]!r}")


def main() -> None:
    """Measure and print."""
    # Gigabytes are written: nothing of them stays.
    with tempfile.TemporaryDirectory(prefix="carebase-bench-") as made:
        folder = Path(made)
        folder.chmod(0o755)
        with deployed(folder, "storage") as deployment:
            verdicts = _measured(deployment, folder)
    print("\n".join(verdicts))


def _measured(deployment: Deployment, folder: Path) -> list[str]:
    doctor = deployment.doctor("bench")
    with deployment.owner() as connection:
        connection.execute(BUCKET)
    files = Files(doctor, deployment.served.port)
    verdicts: list[str] = []
    if "large" in ONLY:
        verdicts += _large(files, folder)
    if "links" in ONLY:
        verdicts += _links(deployment, doctor, files=files, folder=folder)
    if "small" in ONLY:
        verdicts += _small(deployment, doctor, folder)
    if "memory" in ONLY:
        verdicts += _memory(deployment, files)
    return verdicts


def _large(files: Files, folder: Path) -> list[str]:
    content, peer = os.urandom(LARGE_BYTES), storage_peer.OneProcess(folder)
    found: dict[str, list[tuple[float, float]]] = {"up": [], "down": [], "down, not hashed": []}
    for at in range(ROUNDS + 1):
        name = f"large-{at}"
        up = (files.up(name, content), peer.up(content))
        down = (files.down(name), peer.down())
        opened = (down[0], peer.down(hashed=False))
        # The first round warms both up.
        if at:
            for kind, pair in (("up", up), ("down", down), ("down, not hashed", opened)):
                found[kind].append(pair)
    print(f"{LARGE_BYTES / 1e6:.0f} MB, {ROUNDS} rounds:")
    for kind, pairs in found.items():
        for label, seconds in (("carebase", [a for a, _ in pairs]), ("one process", [b for _, b in pairs])):
            rates = [LARGE_BYTES / 1e6 / one for one in seconds]
            print(
                f"  {kind:<17} {label:<12} {statistics.median(rates):6.0f} MB/s ({min(rates):.0f} to {max(rates):.0f})"
            )
    return [
        _ratio(f"{LARGE_BYTES / 1e6:.0f} MB {kind}", [b / a for a, b in found[kind]], goal=GOALS[kind])
        for kind in ("up", "down")
    ]


def _links(deployment: Deployment, doctor: Client, *, files: Files, folder: Path) -> list[str]:
    public = folder / "static"
    public.mkdir()
    names = [f"link-{at}" for at in range(LINKS)]
    for name in names:
        content = os.urandom(SMALL_BYTES)
        files.up(name, content)
        (public / name).write_bytes(content)
    signed = doctor.send("POST", "/storage/v1/object/sign/bench", {"expiresIn": 3600, "paths": names})
    ours = Server("carebase", deployment.served.address, _pid(deployment))
    with deployment.owner() as connection:
        (before,) = connection.execute(_RECORDED).fetchone() or (0,)
    pairs, requests = [], 0
    with storage_peer.static(public) as theirs:
        asked = {
            ours: Question("links", [f"/storage/v1{one['signedURL']}" for one in signed]),
            theirs: Question("links", [f"/{name}" for name in names]),
        }
        for at in range(ROUNDS + 1):
            pair = []
            for server, question in asked.items():
                others = rest_peer.backends(deployment) if server is ours else ()
                measured = rest_peer.ask(
                    server, question, token="", prefix="", seconds=SECONDS if at else 2, folder=folder, others=others
                )
                if measured.refused:
                    raise SystemExit(f"{server.name} refused {measured.refused} times")
                pair.append(measured)
                requests += round(measured.rate * (SECONDS if at else 2)) if server is ours else 0
            if at:
                pairs.append(pair)
    with deployment.owner() as connection:
        (after,) = connection.execute(_RECORDED).fetchone() or (0,)
    print(f"10 kB by signed links, {rest_peer.CONNECTIONS} connections, {ROUNDS} × {SECONDS} s:")
    for label, runs in (("carebase", [a for a, _ in pairs]), ("Starlette", [b for _, b in pairs])):
        rates, tails = [run.rate for run in runs], [run.p99 for run in runs]
        print(
            f"  {label:<10} {statistics.median(rates):7.0f}/s ({min(rates):.0f} to {max(rates):.0f})  "
            f"p99 {statistics.median(tails):.1f} ms  CPU {statistics.median(run.cpu for run in runs):.2f} ms a request"
        )
    print(f"  {after - before} downloads on record of about {requests} made")
    return [_ratio("10 kB by signed links, audited", [a.rate / b.rate for a, b in pairs], goal=GOALS["links"])]


_RECORDED = (
    "select count(*) from (select body from audit.log union all select body from audit.inbox) every "
    "where (body::jsonb ->> 'action') = 'download'"
)


def _small(deployment: Deployment, doctor: Client, folder: Path) -> list[str]:
    content, port = os.urandom(SMALL_BYTES), deployment.served.port
    verdicts = []
    for at_once in (1, AT_ONCE):
        clients = [Files(doctor, port) for _ in range(at_once)]
        peers = [storage_peer.WriteAndTransaction(deployment, folder) for _ in range(at_once)]
        ours, theirs, ratios = [], [], []
        for at in range(ROUNDS + 1):
            taken, mine = _many([client.small for client in clients], content)
            peer_taken, single = _many([peer.seconds for peer in peers], content)
            if at:
                ours += mine
                theirs += single
                ratios.append(peer_taken / taken)
        print(f"10 kB uploads, {at_once} at once, {ROUNDS} rounds of {UPLOADS}:")
        print("  " + line("carebase", ours))
        print("  " + line("write, sync and one transaction", theirs))
        verdicts.append(_ratio(f"10 kB uploads, {at_once} at once", ratios, goal=GOALS["uploads"]))
    return verdicts


def _many(works: Sequence[Callable[[bytes], float]], content: bytes) -> tuple[float, list[float]]:
    """How long all of them took, and each."""
    found: list[float] = []

    def repeat(work: Callable[[bytes], float]) -> None:
        found.extend([work(content) for _ in range(UPLOADS // len(works))])

    threads = [threading.Thread(target=repeat, args=[work]) for work in works]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - began, found


def _memory(deployment: Deployment, files: Files) -> list[str]:
    pid = _pid(deployment)
    files.up_made("warm", 20 * PIECE_BYTES)
    files.down("warm")
    grown = {}
    for kind in ("up", "down"):
        before = _most_mebibytes(pid, afresh=True)
        began = time.perf_counter()
        if kind == "up":
            sha256 = files.up_made("huge", HUGE_BYTES)
        else:
            digest = hashlib.sha256()
            files.down("huge", took=digest.update)
            if digest.hexdigest() != sha256:
                raise SystemExit("what came back is not what was sent")
        grown[kind] = _most_mebibytes(pid) - before
        print(
            f"{HUGE_BYTES / 1e6:.0f} MB {kind} in {time.perf_counter() - began:.1f} s: "
            f"memory {before:.0f} MiB, at most {grown[kind]:.1f} MiB more"
        )
    return [verdict(f"MiB more while 1 GB goes {kind}", grown[kind], goal=MOST_MEBIBYTES) for kind in grown]


def _pid(deployment: Deployment) -> int:
    process = deployment.served.process
    if process is None:
        raise SystemExit("the server is not running")
    return process.pid


def _most_mebibytes(pid: int, *, afresh: bool = False) -> float:
    """The most memory that the process had, since the last time it was asked `afresh`."""
    if afresh:
        Path(f"/proc/{pid}/clear_refs").write_text("5")
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    if found is None:
        raise SystemExit("this system does not tell the most memory of a process")
    return int(found[1]) / 1024


def _ratio(name: str, ratios: Sequence[float], *, goal: float) -> str:
    told = verdict(name, statistics.median(ratios), goal=goal, at_least=True)
    return f"{told} ({min(ratios):.2f} to {max(ratios):.2f})"


if __name__ == "__main__":
    main()
