"""An upload of 20 MB in chunks of 6 MB survives the death of the server, by the published client and by plain HTTP."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import time

import httpx
import pytest
from tests.clients import install
from tests.faults import campaign, storage_campaign
from tests.faults.served import Served, serving
from tests.faults.storage_campaign import BUCKET, STORAGE, VERSION, Outcome

from carebase.errors import SetupError
from carebase.web import node

CONTENT = os.urandom(20_000_000)
CHUNK = 6_000_000


def test_a_killed_server_costs_no_more_than_a_chunk() -> None:
    with serving() as served:
        headers, folder = storage_campaign._a_doctor(served)
        outcome = Outcome()

        by_hand = _by_hand(served, headers, f"{folder}/by-hand", outcome)
        assert by_hand == [CHUNK, 2 * CHUNK]
        offsets = _by_client(served, headers, f"{folder}/by-client", outcome)
        assert offsets in (None, [CHUNK, 2 * CHUNK, 3 * CHUNK, len(CONTENT)])

        for name in ("by-hand", *([] if offsets is None else ["by-client"])):
            address = f"{served.address}{STORAGE}/object/authenticated/{BUCKET}/{folder}/{name}"
            found = httpx.get(address, headers=headers, timeout=60)
            assert hashlib.sha256(found.content).digest() == hashlib.sha256(CONTENT).digest()
        print(f"\n{outcome}")
        assert served.stop() == 0
        if offsets is None:
            pytest.skip("tus-js-client is not installed; `make test` does it")


def _by_hand(served: Served, headers: dict[str, str], name: str, outcome: Outcome) -> list[int]:
    """The offsets that were told after each kill."""
    said = {"bucketName": BUCKET, "objectName": name}
    metadata = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in said.items())
    told = []
    with httpx.Client(base_url=served.address, headers={**headers, **VERSION}, timeout=60) as client:
        given = {"Upload-Length": str(len(CONTENT)), "Upload-Metadata": metadata}
        address = client.post(f"{STORAGE}/upload/resumable", headers=given).raise_for_status().headers["location"]
        offset = 0
        while offset < len(CONTENT):
            sent = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": str(offset)}
            chunk = CONTENT[offset : offset + CHUNK]
            answer = client.patch(address, content=chunk, headers=sent).raise_for_status()
            offset += len(chunk)
            assert answer.headers["upload-offset"] == str(offset)
            if len(told) < 2:
                campaign._kill(served, "app" if not told else "postmaster", outcome)
                told.append(int(client.head(address).raise_for_status().headers["upload-offset"]))
    return told


def _by_client(served: Served, headers: dict[str, str], name: str, outcome: Outcome) -> list[int] | None:
    """The offsets that the client was told, the server being killed after the first; None without the client."""
    try:
        command = [*node.find().node, "resumable.mjs"]
    except SetupError:
        return None
    if not (install.MODULES / "tus-js-client").exists():
        return None
    plan = {
        "endpoint": f"{served.address}{STORAGE}/upload/resumable",
        "headers": headers,
        "metadata": {"bucketName": BUCKET, "objectName": name, "contentType": "application/octet-stream"},
        "content": base64.b64encode(CONTENT).decode(),
        "chunkSize": CHUNK,
        # As often as a server under load may need to come back.
        "retryDelays": [0, 1000, 3000, *[5000] * 20],
    }
    with subprocess.Popen(
        command, cwd=install.FOLDER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as going:
        assert going.stdin is not None
        assert going.stdout is not None
        going.stdin.write(json.dumps(plan))
        going.stdin.close()
        first = json.loads(going.stdout.readline())
        assert first == {"offset": CHUNK}
        time.sleep(0.02)  # into the next chunk
        campaign._kill(served, "app", outcome)
        *others, done = map(json.loads, going.stdout.read().splitlines())
        assert going.wait(60) == 0, done
    return [CHUNK, *(each["offset"] for each in others)]
