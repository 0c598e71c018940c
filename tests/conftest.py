"""What holds for every test: nothing is written to the home of whoever runs them."""

from __future__ import annotations

import os
import shutil
import tempfile

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Servers that tests start keep the keys of their files in a place of their own."""
    place = tempfile.mkdtemp(prefix="carebase-configuration-")
    os.environ["XDG_CONFIG_HOME"] = place
    config.add_cleanup(lambda: shutil.rmtree(place, ignore_errors=True))
