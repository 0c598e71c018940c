"""Serves a folder as Starlette does: `folder port`."""

from __future__ import annotations

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

if __name__ == "__main__":
    application = Starlette(routes=[Mount("/", StaticFiles(directory=sys.argv[1]))])
    uvicorn.run(application, port=int(sys.argv[2]), log_level="error", access_log=False, loop="uvloop")
