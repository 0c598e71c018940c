"""Makes `carebase` of this environment the one of this checkout, without building a package.

Writes a path file into the environment's site-packages and the command beside its Python.
"""

from __future__ import annotations

import stat
import sys
import sysconfig
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1] / "src"
COMMAND = """#!{python}
import sys

from carebase.cli.main import main

sys.exit(main())
"""

if __name__ == "__main__":
    (Path(sysconfig.get_path("purelib")) / "carebase.pth").write_text(f"{SOURCE}\n", encoding="utf-8")
    command = Path(sys.executable).with_name("carebase")
    command.write_text(COMMAND.format(python=sys.executable), encoding="utf-8")
    command.chmod(command.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
