"""What files cost without carebase: bytes sealed in one process, a static server, a write and a transaction."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from tests.faults.served import ROOT, free_port

from benchmarks.deployment import Deployment
from benchmarks.rest_peer import Server

BLOCK_BYTES = 1 << 20
PROOF_BYTES = 16


class OneProcess:
    """Copies, hashes and seals bytes from memory to a synced file and back, a block at a time, and nothing else."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / f"peer-{uuid.uuid4().hex}"
        self._folder.mkdir()
        self._path = self._folder
        self._cipher = AESGCM(os.urandom(32))

    def up(self, content: bytes) -> float:
        """Seconds until the bytes are durable."""
        # A file of its own each time, as carebase's: memory that a removed one gave back is faster than fresh memory.
        self._path = self._folder / uuid.uuid4().hex
        began = time.perf_counter()
        digest, given, room = hashlib.sha256(), memoryview(content), bytearray(BLOCK_BYTES + PROOF_BYTES)
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        for number, at in enumerate(range(0, len(content), BLOCK_BYTES)):
            block = bytearray(given[at : at + BLOCK_BYTES])
            digest.update(block)
            sealed = memoryview(room)[: len(block) + PROOF_BYTES]
            self._cipher.encrypt_into(number.to_bytes(12, "big"), block, None, sealed)
            os.write(descriptor, sealed)
        os.fsync(descriptor)
        os.close(descriptor)
        return time.perf_counter() - began

    def down(self, *, hashed: bool = True) -> float:
        """Seconds until they are read, opened, hashed and copied."""
        began = time.perf_counter()
        digest, copy = hashlib.sha256(), bytearray(BLOCK_BYTES)
        descriptor = os.open(self._path, os.O_RDONLY)
        number = 0
        while sealed := os.read(descriptor, BLOCK_BYTES + PROOF_BYTES):
            block = self._cipher.decrypt(number.to_bytes(12, "big"), sealed, None)
            if hashed:
                digest.update(block)
            copy[: len(block)] = block
            number += 1
        os.close(descriptor)
        return time.perf_counter() - began


class WriteAndTransaction:
    """Writes a file, syncs it, and commits one row, one after the other."""

    def __init__(self, deployment: Deployment, folder: Path) -> None:
        self._folder = folder / f"peer-{uuid.uuid4().hex}"
        self._folder.mkdir()
        self._connection = psycopg.connect(deployment.dsn, autocommit=True)
        self._connection.execute("create table if not exists public.bench_files (id uuid primary key, sha256 text)")

    def seconds(self, content: bytes) -> float:
        """Of one file."""
        name = uuid.uuid4()
        began = time.perf_counter()
        descriptor = os.open(self._folder / name.hex, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        os.write(descriptor, content)
        os.fsync(descriptor)
        os.close(descriptor)
        with self._connection.transaction():
            self._connection.execute(
                "insert into public.bench_files values (%s, %s)", [name, hashlib.sha256(content).hexdigest()]
            )
        return time.perf_counter() - began


@contextmanager
def static(folder: Path) -> Iterator[Server]:
    """Starlette's handler of static files over a folder, as uvicorn serves it in one process."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.storage_static", str(folder), str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT,
    )  # fmt: skip
    try:
        server = Server("Starlette", f"http://127.0.0.1:{port}", process.pid)
        server.wait()
        yield server
    finally:
        process.terminate()
        process.wait(20)
