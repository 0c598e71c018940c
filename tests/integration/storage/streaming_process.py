"""Receives a file of so many MiB and streams it back, and says how much its memory grew: `data mebibytes`."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import sys
from pathlib import Path
from uuid import uuid4

from carebase.database.identity import ANONYMOUS
from carebase.settings import Settings
from carebase.storage import encryption
from carebase.storage.backends import filesystem
from carebase.storage.objects import Store

CHUNK = 65_536


def most_kibibytes() -> int:
    """The most memory this process ever had."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1])


async def main(data: Path, mebibytes: int) -> None:
    settings = Settings(data=data)
    backend = filesystem.Filesystem(data / "objects")
    # With a key given and nothing refused, the database is not asked.
    store = Store(backend, None, keys=encryption.keys_of(settings, backend), scratch=data)

    async def content(many: int):
        for number in range(many * (1 << 20) // CHUNK):
            yield number.to_bytes(4, "big") * (CHUNK // 4)

    async def there_and_back(many: int) -> str:
        received = await store.receive(content(many), identity=ANONYMOUS, limit_bytes=1 << 40, key=uuid4())
        digest = hashlib.sha256()
        async for part in store.stream(received):
            digest.update(part)
            await asyncio.sleep(0)
        async with store.plain_file(received) as path:
            assert path.stat().st_size == received.size
        assert digest.hexdigest() == received.sha256
        return received.sha256

    await there_and_back(2)
    before = most_kibibytes()
    sha256 = await there_and_back(mebibytes)
    print(json.dumps({"sha256": sha256, "grown_mebibytes": (most_kibibytes() - before) / 1024, "pid": os.getpid()}))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
