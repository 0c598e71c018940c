"""Serves the built style and scripts under names that change with their content.

In charge of names and of the `/static` mount; `assets` builds the files.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from carebase.errors import SetupError

MOUNT = "/static"
DIST = Path(__file__).parent / "static" / "dist"
MANIFEST = "manifest.json"
PACKED = ".gz"
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Names:
    """From a file's plain name (`app.css`) to the one it is served under."""

    files: Mapping[str, str]

    def url(self, name: str) -> str:
        """The address of a built file; KeyError when the build does not make it."""
        return f"{MOUNT}/{self.files[name]}"


def built(dist: Path = DIST) -> Names:
    """What the last build made; SetupError when there was none."""
    try:
        manifest = json.loads((dist / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SetupError(
            details="The pages' style and scripts have not been built.",
            hint="From a checkout run: make assets. An installed wheel brings them along.",
        ) from None
    return Names(manifest["files"])


class BuiltFiles(StaticFiles):
    """The `/static` mount: names hold a hash of the content, so browsers may keep them for ever."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, or 404; folders are not listed."""
        if path.endswith(PACKED):
            raise HTTPException(404)
        response = await self._packed(path, scope) or await super().get_response(path, scope)
        if response.status_code < 400:
            response.headers["Cache-Control"] = FOR_EVER
            response.headers["Vary"] = "Accept-Encoding"
        return response

    async def _packed(self, path: str, scope: Scope) -> Response | None:
        """The file as the build packed it, for a browser that takes it so."""
        if "gzip" not in Headers(scope=scope).get("accept-encoding", ""):
            return None
        try:
            response = await super().get_response(path + PACKED, scope)
        except HTTPException:
            return None
        response.headers["Content-Encoding"] = "gzip"
        response.headers["Content-Type"] = MEDIA_TYPES.get(Path(path).suffix, "application/octet-stream")
        return response


def mount(dist: Path = DIST) -> BuiltFiles:
    """The application to mount at MOUNT."""
    return BuiltFiles(directory=dist, check_dir=False)
