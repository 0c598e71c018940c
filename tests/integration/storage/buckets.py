"""An S3 service of the tests' own: moto on a free port, in this process."""

from __future__ import annotations

import contextlib
import logging
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
from moto.server import ThreadedMotoServer

from carebase.storage.backends import s3

ACCESS = {"AWS_ACCESS_KEY_ID": "key-of-the-tests", "AWS_SECRET_ACCESS_KEY": "secret-of-the-tests"}


@dataclass(frozen=True)
class Service:
    """Where it listens; it believes every key."""

    address: str

    def a_bucket(self) -> str:
        """A fresh bucket's name."""
        name = f"files-{uuid.uuid4().hex[:12]}"
        httpx.put(f"{self.address}/{name}").raise_for_status()
        return name

    def backend(self, name: str, *, prefix: str = "") -> s3.S3:
        return s3.S3(
            s3.Bucket(
                name=name,
                prefix=prefix,
                endpoint=self.address,
                access_key=ACCESS["AWS_ACCESS_KEY_ID"],
                secret_key=ACCESS["AWS_SECRET_ACCESS_KEY"],
            )
        )

    def unfinished(self, name: str) -> int:
        """How many uploads in parts the bucket holds that were neither finished nor taken back."""
        return httpx.get(f"{self.address}/{name}?uploads").raise_for_status().text.count("<Upload>")

    def settings(self, name: str, *, prefix: str = "") -> dict[str, str]:
        """The variables with which a deployment keeps its files there."""
        return {"CAREBASE_STORAGE": f"s3://{name}/{prefix}", "CAREBASE_S3_ENDPOINT": self.address, **ACCESS}


@contextlib.contextmanager
def serving() -> Iterator[Service]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield Service(f"http://{host}:{port}")
    finally:
        server.stop()
