"""What the tests of the record share."""

from __future__ import annotations

import pytest
from tests.integration.audit.recording import Recording


@pytest.fixture
def record(database, tmp_path) -> Recording:
    """The empty record of a fresh database."""
    with database.owner() as owner:
        owner.execute("delete from audit.inbox")
    return Recording(database, tmp_path)
