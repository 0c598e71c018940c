"""A carebase process in small: owns an embedded server until its standard input ends. Not a test.

Arguments: data directory, programs, user id to become (-1 for none). Prints one line of
JSON: the connection string, or the code and words of the refusal.
"""

import asyncio
import json
import os
import sys
from concurrent.futures.thread import ThreadPoolExecutor
from pathlib import Path

from carebase import errors
from carebase.database import embedded


def say(answer: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


async def own(data: Path, programs: Path) -> None:
    # Named here, since asyncio would import it only at the first use.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())
    server = embedded.Embedded(data, binaries=programs)
    try:
        cluster = await server.start()
    except errors.SetupError as refusal:
        say({"code": refusal.code, "says": str(refusal), "hint": refusal.hint})
        return
    say({"dsn": cluster.dsn(), "uid": os.getuid()})
    await asyncio.to_thread(sys.stdin.read)
    await server.stop()


if __name__ == "__main__":
    # Everything is imported by now: the other user may not be able to read this Python's library.
    if (uid := int(sys.argv[3])) >= 0:
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)
    asyncio.run(own(Path(sys.argv[1]), Path(sys.argv[2])))
