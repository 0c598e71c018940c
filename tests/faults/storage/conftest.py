"""The same databases as the integration tests have."""

from __future__ import annotations

from tests.integration.conftest import cluster, database

__all__ = ["cluster", "database"]
