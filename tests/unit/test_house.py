"""The house rules that no linter knows, read from the source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import carebase
from carebase import observability

ROOT = Path(carebase.__file__).parent
MODULES = {path.relative_to(ROOT).as_posix(): path for path in sorted(ROOT.rglob("*.py")) if path.name != "__init__.py"}
BANNED_NAMES = {"utils", "util", "helpers", "helper", "manager", "common", "misc", "data", "info", "process", "handle"}
LINES_THAT_ASK, LINES_THAT_STOP = 400, 600
# A file over 400 lines is a question; those for which it was asked and that stayed one concept stand here.
ASKED: set[str] = set()
# The supervisor of PostgreSQL works before there is anything of a patient, and speaks of processes and paths.
WITH_LOGGERS = {"observability.py", "database/embedded.py", "database/placement.py"}
STATEMENT = re.compile(
    r"^\s*(select\s.+\sfrom\s|insert\s+into\s|update\s+\S+\s+set\s|delete\s+from\s|create\s+(table|function|role|policy)\s"
    r"|alter\s+(table|role|database)\s|drop\s+(table|schema|policy)\s|grant\s+\S+\s+(on|to)\s|truncate\s)",
    re.IGNORECASE | re.DOTALL,
)


def trees(*, outside: str | None = None) -> Iterator[tuple[str, ast.Module]]:
    for name, path in MODULES.items():
        if outside is None or not name.startswith(f"{outside}/"):
            yield name, ast.parse(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", MODULES)
def test_a_module_opens_by_saying_what_it_is_in_charge_of(name):
    said = ast.get_docstring(ast.parse(MODULES[name].read_text(encoding="utf-8")))
    assert said
    assert len(said.partition("\n")[0]) > 20


def test_init_files_are_empty():
    assert [str(path) for path in ROOT.rglob("__init__.py") if path.read_bytes()] == []


def test_modules_are_named_for_what_they_are_in_charge_of():
    assert [name for name in MODULES if set(Path(name).with_suffix("").parts) & BANNED_NAMES] == []


def test_no_file_holds_more_than_one_concept_can_need():
    lines = {name: path.read_text(encoding="utf-8").count("\n") for name, path in MODULES.items()}
    assert {name: count for name, count in lines.items() if count > LINES_THAT_STOP} == {}
    assert {name for name, count in lines.items() if count > LINES_THAT_ASK} - ASKED == set()


def imported(tree: ast.Module) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def test_only_the_database_package_imports_the_driver():
    drivers = {"psycopg", "asyncpg", "sqlalchemy"}
    assert [name for name, tree in trees(outside="database") if imported(tree) & drivers] == []


def test_nobody_commits_but_the_database_package():
    found = [
        f"{name}:{node.lineno}"
        for name, tree in trees(outside="database")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in {"commit", "rollback"}
    ]
    assert found == []


def texts(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Strings of the code, without docstrings; of an f-string its fixed parts in one."""
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.lineno, node.value
        elif isinstance(node, ast.JoinedStr):
            parts = (str(part.value) if isinstance(part, ast.Constant) else "x" for part in node.values)
            yield node.lineno, "".join(parts)


def test_sql_is_written_as_sql_outside_the_database_package():
    # What a client asks for in the data API's own grammar is the one thing that only a program can write as SQL.
    found = [
        f"{name}:{line}"
        for name, tree in trees(outside="database")
        for line, text in texts(tree)
        if STATEMENT.match(text) and not str(name).startswith("rest/render")
    ]
    assert found == []


@pytest.mark.parametrize(
    "text", ["select id from public.cases", "insert into t (n) values (1)", "UPDATE t SET n = 1", "delete from t"]
)
def test_sql_is_recognised(text):
    assert STATEMENT.match(text)


def test_a_log_line_holds_an_event_and_safe_fields():
    """Names of events are literals in snake case; the fields are on the list and no dictionary is passed on."""
    for name, tree in trees():
        logs = {
            target.id
            for node in tree.body
            if isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Call)
            and ast.unparse(node.value.func) in {"Log", "observability.Log"}
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id=log), attr="info" | "warning" | "error")) if (
                    log in logs
                ):
                    (event,) = node.args
                    assert isinstance(event, ast.Constant), f"{name}:{node.lineno}"
                    assert re.fullmatch(r"[a-z][a-z0-9_]*", event.value), f"{name}:{node.lineno}"
                    fields = {keyword.arg for keyword in node.keywords} - {"cause"}
                    assert fields <= observability.SAFE_FIELDS, f"{name}:{node.lineno} {fields}"


def test_nobody_prints_or_logs_past_our_own_log():
    found = [
        f"{name}:{node.lineno}"
        for name, tree in trees()
        if name not in WITH_LOGGERS
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"logging.getLogger", "print"}
    ]
    assert found == []


def test_roles_are_not_compared_in_python():
    """What an account may see is decided by policies; Python knows whether somebody is signed in at all."""
    clinical = {"attending", "nurse", "specialist", "admin", "patient"}
    found = [
        f"{name}:{node.lineno}"
        for name, tree in trees(outside="clinical")
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare)
        and "role" in ast.unparse(node).lower()
        and any(isinstance(part, ast.Constant) and part.value in clinical for part in ast.walk(node))
    ]
    assert found == []


def test_no_stub_is_left():
    found = [
        f"{name}:{number}"
        for name, path in MODULES.items()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(r"\b(TODO|FIXME|XXX|raise NotImplementedError)\b", line)
    ]
    assert found == []
