"""Every place for bytes, each behind the same promises."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.integration.storage import buckets

from carebase.storage.backends import filesystem
from carebase.storage.backends.backend import Backend
from carebase.storage.backends.moving import Moving


@pytest.fixture(scope="session")
def service() -> Iterator[buckets.Service]:
    with buckets.serving() as running:
        yield running


@pytest.fixture(params=["filesystem", "s3", "moving"])
def place(request: pytest.FixtureRequest, tmp_path, service) -> Backend:
    match request.param:
        case "filesystem":
            return filesystem.Filesystem(tmp_path / "objects")
        case "s3":
            return service.backend(service.a_bucket(), prefix="of/carebase")
        case _:
            return Moving(service.backend(service.a_bucket()), previous=filesystem.Filesystem(tmp_path / "objects"))
