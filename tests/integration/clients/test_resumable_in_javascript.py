"""tus-js-client, as it is published, breaks an upload off and goes on with it."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess

import httpx
import pytest
from tests.clients import install

pytestmark = pytest.mark.parametrize("cluster", [os.environ.get("CAREBASE_TEST_POSTGRES", "18")], indirect=True)


def test_an_upload_in_chunks_is_given_up_found_again_and_ended(javascript):
    deployment, content = javascript.deployment, os.urandom(5_000_000)
    headers = {"apikey": deployment.service_key, "x-upsert": "true"}
    name = "somebody/scan.bin"
    plan = {
        "endpoint": f"{deployment.address}/storage/v1/upload/resumable",
        "headers": headers,
        "metadata": {"bucketName": "labdocs", "objectName": name, "contentType": "application/octet-stream",
                     "cacheControl": "3600", "metadata": json.dumps({"study": "ct"})},
        "content": base64.b64encode(content).decode(),
        "chunkSize": 1_500_000,
        "pauseAt": 3_000_000,
    }  # fmt: skip
    ended = subprocess.run(
        [*javascript.node.node, "resumable.mjs"], cwd=install.FOLDER, input=json.dumps(plan),
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    *chunks, done = map(json.loads, ended.stdout.splitlines())
    assert ended.returncode == 0, (ended.stdout, ended.stderr)
    # The second upload began where the first one was given up.
    assert [chunk["offset"] for chunk in chunks] == [1_500_000, 3_000_000, 4_500_000, 5_000_000]
    assert done["url"].startswith(f"{deployment.address}/storage/v1/upload/resumable/")
    found = httpx.get(f"{deployment.address}/storage/v1/object/authenticated/labdocs/{name}", headers=headers)
    assert hashlib.sha256(found.content).digest() == hashlib.sha256(content).digest()
    ((metadata, said),) = deployment.rows("select metadata, user_metadata from storage.objects")
    assert (metadata["cacheControl"], said) == ("max-age=3600", {"study": "ct"})

    # Pages of other origins may do the same.
    asked = {"Origin": "https://app.example.org", "Access-Control-Request-Method": "PATCH",
             "Access-Control-Request-Headers": "tus-resumable,upload-offset,authorization,x-signature"}  # fmt: skip
    allowed = httpx.options(done["url"], headers=asked)
    assert "PATCH" in allowed.headers["access-control-allow-methods"]
    assert "upload-offset" in allowed.headers["access-control-allow-headers"].lower()
    told = httpx.head(done["url"], headers={**headers, "Tus-Resumable": "1.0.0", "Origin": "https://app.example.org"})
    assert {"upload-offset", "location", "tus-resumable"} <= set(
        told.headers["access-control-expose-headers"].lower().split(", ")
    )
