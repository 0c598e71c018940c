"""The documents say what is there: links, commands, settings, dependencies and tests are real."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import click
import pytest

from carebase.cli import main
from carebase.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
WRITTEN = (".md", ".py", ".sql", ".toml", ".json", ".ftl", ".html", ".js", ".scss", ".yaml", ".yml", ".lock", ".txt")
NAMED = ("Makefile", "run", ".npmrc", ".gitignore")

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
CODE_BLOCK = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
# A command stands in code: after spaces, an assignment of the environment, a path or a back-tick.
COMMAND = re.compile(
    r"(?:^|(?<=[\s`/]))carebase (?!carebase\b)((?:[a-z][a-z0-9-]*)(?: [a-z][a-z0-9-]*)*)", re.MULTILINE
)
MAKE = re.compile(r"\bmake ([a-z][a-z-]*)\b")
TARGET = re.compile(r"^([a-z][a-z-]*):", re.MULTILINE)
SETTING = re.compile(r"\b(CAREBASE_[A-Z_]+[A-Z]|(?:DATABASE|JWT|SITE)_[A-Z_]+[A-Z])\b")
# Read where they are needed and by no deployment that serves: the settings' own file, tests, evaluation.
ELSEWHERE = frozenset(
    {"CAREBASE_CONFIG", "CAREBASE_CHROMIUM", "CAREBASE_SHARED", "CAREBASE_TEST_POSTGRES", "JWT_SECRET_FILE"}
)
TEST = re.compile(r"`(test_\w+)`")
ROW = re.compile(r"^\| (`[^|]+`) \| ", re.MULTILINE)

# Where a package was loaded from is a fact of one machine: hosts of registries and mirrors, and their paths.
ADDRESSES = re.compile(
    r"https?://[^\s\"']*(?:artifactory|nexus|devpi|verdaccio|registry|mirror)[^\s\"']*"
    r"|https?://[^\s\"']*(?:/simple/|\.whl|\.tgz|\.tar\.gz)"
    r"|^\s*\"resolved\":|^\s*(?:--)?(?:extra-)?index-url\b",
    re.IGNORECASE | re.MULTILINE,
)
MACHINE = re.compile(r"(?<![\w.~/-])/(?:home|Users)/[a-z][\w.-]*/|(?<![\w.~/-])/root/", re.IGNORECASE)


@cache
def tracked() -> tuple[Path, ...]:
    """The files of the repository; of the directory, where it is no checkout."""
    if shutil.which("git") and (ROOT / ".git").exists():
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
        found = [ROOT / name for name in listed.decode().split("\0") if name]
    else:
        skipped = {".venv", "node_modules", "dist", ".git"}
        found = [path for path in ROOT.rglob("*") if path.is_file() and not skipped & set(path.parts)]
    return tuple(path for path in found if path.is_file())


def documents() -> list[Path]:
    return [path for path in tracked() if path.suffix == ".md"]


def texts() -> Iterator[tuple[Path, str]]:
    for path in tracked():
        if path.suffix in WRITTEN or path.name in NAMED:
            yield path, path.read_text(encoding="utf-8")


def short(path: Path) -> str:
    return str(path.relative_to(ROOT))


def anchors_of(text: str) -> set[str]:
    """The anchors that forges make of headings."""
    headings = HEADING.findall(CODE_BLOCK.sub("", text))
    return {re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def dependency_names(requirements: list[str]) -> set[str]:
    return {re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0].lower() for requirement in requirements}


@pytest.mark.parametrize("document", documents(), ids=short)
def test_every_relative_link_leads_somewhere(document: Path) -> None:
    text = CODE_BLOCK.sub("", document.read_text(encoding="utf-8"))
    missing = []
    for link in LINK.findall(text):
        if re.match(r"[a-z]+:", link):
            continue
        place, _, anchor = unquote(link).partition("#")
        target = (document.parent / place).resolve() if place else document
        is_there = target.exists() and target.is_relative_to(ROOT)
        if is_there and anchor and target.suffix == ".md":
            is_there = anchor in anchors_of(target.read_text(encoding="utf-8"))
        if not is_there:
            missing.append(link)
    assert missing == []


def test_every_make_target_in_the_documents_is_in_the_makefile() -> None:
    targets = set(TARGET.findall((ROOT / "Makefile").read_text(encoding="utf-8")))
    named = {
        (short(document), target)
        for document in documents()
        for line in _code_of(document.read_text(encoding="utf-8"))
        for target in MAKE.findall(line)
    }
    assert {("README.md", "run"), ("README.md", "test")} <= named
    assert sorted((where, target) for where, target in named if target not in targets) == []


def test_every_command_in_the_documents_exists() -> None:
    unknown = []
    for document in documents():
        for line in _code_of(document.read_text(encoding="utf-8")):
            unknown += [f"{short(document)}: {line}" for words in COMMAND.findall(line) if not _is_command(words)]
    assert unknown == []


def test_every_dependency_has_its_row_with_reason_and_licence() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    python = dependency_names(project["project"]["dependencies"])
    for group in project["dependency-groups"].values():
        python |= dependency_names(group)
    for extra in project["project"].get("optional-dependencies", {}).values():
        python |= dependency_names(extra)
    npm: set[str] = set()
    for folder in ("frontend", "tests/clients"):
        package = json.loads((ROOT / folder / "package.json").read_text(encoding="utf-8"))
        npm |= {name for kind, named in package.items() if kind.lower().endswith("dependencies") for name in named}
    record = (ROOT / "docs" / "decisions" / "0002-dependencies.md").read_text(encoding="utf-8")
    rows = {name for row in ROW.findall(record) for name in CODE.findall(row)}
    assert rows == python | npm


def test_every_setting_that_a_document_names_exists() -> None:
    known = {field.metadata["name"] for field in dataclasses.fields(Settings)} | ELSEWHERE
    named = {
        (short(document), name)
        for document in documents()
        for name in SETTING.findall(document.read_text(encoding="utf-8"))
    }
    assert len(named) > 10
    assert sorted((where, name) for where, name in named if name not in known) == []


def test_every_test_that_a_document_names_exists() -> None:
    written = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"def (test_\w+)", path.read_text(encoding="utf-8"))
    }
    named = {
        (short(document), name)
        for document in documents()
        for name in TEST.findall(document.read_text(encoding="utf-8"))
    }
    assert len(named) > 40
    assert sorted((where, name) for where, name in named if name not in written) == []


def test_every_decision_is_in_the_list_of_decisions() -> None:
    decisions = ROOT / "docs" / "decisions"
    first = (decisions / "0001-record-architecture-decisions.md").read_text(encoding="utf-8")
    numbers = [path.name[:4] for path in sorted(decisions.glob("*.md"))]
    assert numbers == [f"{number:04d}" for number in range(1, len(numbers) + 1)]
    for path in sorted(decisions.glob("*.md")):
        text = path.read_text(encoding="utf-8")
        sections = re.findall(r"^## (.+)$", text, re.MULTILINE)
        assert sections == ["Context", "Decision", "Consequences", "Alternatives"], path.name
        assert path.name.startswith("0001") or f"({path.name})" in first, path.name


def test_nothing_names_a_registry_or_the_machine_it_was_written_on() -> None:
    own = Path(__file__).resolve()
    found = []
    for path, text in texts():
        if path == own:
            continue
        found += [f"{short(path)}: {match[0].strip()}" for match in ADDRESSES.finditer(text)]
        found += [f"{short(path)}: {match[0]}" for match in MACHINE.finditer(text)]
    assert found == []


def _code_of(text: str) -> Iterator[str]:
    """The lines of code of a document, in blocks and in sentences."""
    is_fenced = False
    for line in text.splitlines():
        if line.startswith("```"):
            is_fenced = not is_fenced
        elif is_fenced or line.startswith("    "):
            yield line.strip()
        else:
            yield from CODE.findall(line)


def _is_command(words: str) -> bool:
    """Whether the words begin with a command; those behind it are its arguments."""
    command: click.Command | None = main.main
    for position, word in enumerate(words.split()):
        if not isinstance(command, click.Group):
            return position > 0
        command = command.get_command(click.Context(command), word)
        if command is None:
            return False
    return True
