"""Installs the npm packages that tests use, with the Node of the pages' build: `python -m tests.clients.install`.

They stay in this folder's `node_modules`, which is not committed. No package runs a script while it installs.
"""

from __future__ import annotations

import sys
from pathlib import Path

from carebase.errors import SetupError
from carebase.web import node

FOLDER = Path(__file__).parent
MODULES = FOLDER / "node_modules"
INSTALLED = MODULES / ".ok"


def main() -> int:
    try:
        node.run((*node.find().npm, "ci", "--ignore-scripts", "--no-audit", "--loglevel=error"), cwd=FOLDER)
    except SetupError as error:
        sys.stderr.write(f"{error}\n{error.hint or ''}\n")
        return error.exit_code
    INSTALLED.touch()
    return 0


if __name__ == "__main__":
    sys.exit(main())
