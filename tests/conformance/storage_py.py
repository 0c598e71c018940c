"""Runs the suite of supabase-py's `storage3` package against our Storage.

    python -m tests.conformance.storage_py CHECKOUT [PYTEST ARGUMENT ...]

CHECKOUT is supabase-py; its own client and tests are used, unchanged, in an environment of their own, with the row
policies that the suite brings along for its anonymous key.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import venv
from pathlib import Path
from typing import Final

from tests.conformance import storage

ENVIRONMENT: Final = Path(".venv/conformance-storage")
NEEDED: Final = (
    "httpx[http2]==0.28.1", "pydantic==2.14.3", "yarl==1.24.5", "deprecation==2.1.0", "pyiceberg==0.10.0",
    "python-dotenv==1.2.3", "pytest==9.2.0", "pytest-asyncio==1.5.0",
)  # fmt: skip
POLICIES: Final = "infra/supabase/migrations/*.sql"


def python() -> Path:
    """The interpreter of the suite's own environment, made at the first run."""
    found, stamp = ENVIRONMENT / "bin/python", ENVIRONMENT / "needed.txt"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != "\n".join(NEEDED):
        venv.create(ENVIRONMENT, with_pip=True, clear=True)
        subprocess.run([found, "-m", "pip", "install", "-qq", "--disable-pip-version-check", *NEEDED], check=True)
        stamp.write_text("\n".join(NEEDED), encoding="utf-8")
    return found.absolute()


def run(package: Path, *, deployed: storage.Deployed, options: list[str]) -> int:
    """Run the suite where it is; pytest's exit code, its counts as the last line."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}}
    environment = {
        **kept,
        "PYTHONPATH": str(package / "src"),
        "PYTHONDONTWRITEBYTECODE": "1",
        # The suite's own file says where a local Supabase listens; what is set already wins over it.
        "SUPABASE_TEST_URL": f"{deployed.address}/storage/v1/",
        "SUPABASE_TEST_KEY": deployed.anon_key,
    }
    command = [python(), "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short", *options]
    return subprocess.run(command, cwd=package, env=environment, check=False).returncode


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkout", type=Path)
    given, options = parser.parse_known_args()
    package = given.checkout.resolve() / "src" / "storage"
    policies = [file.read_text(encoding="utf-8") for file in sorted(package.glob(POLICIES))]
    if not policies:
        raise SystemExit(f"the suite has no {POLICIES} any more")
    with storage.deployed("\n".join(policies)) as deployed:
        return run(package, deployed=deployed, options=options)


if __name__ == "__main__":
    sys.exit(main())
