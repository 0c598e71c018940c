"""Where the templates and sentences of the administrator's pages lie."""

from __future__ import annotations

from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
