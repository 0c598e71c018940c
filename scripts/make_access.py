"""Writes `docs/reference/access.md`: who may read, add, change and remove which rows, a table for each table.

Its source is the list that tests hold the database to, so the page cannot say what is not so:
`tests/security/policies.yaml`. Run after a change of it: `python scripts/make_access.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "tests" / "security" / "policies.yaml"
PAGE = ROOT / "docs" / "reference" / "access.md"

VERBS = {"reads": "read", "adds": "add", "changes": "change", "removes": "remove"}
ACTORS: Mapping[str, str] = {
    "anon": "Nobody signed in.",
    "patient": "The person of the first record.",
    "another patient": "The person of another record.",
    "proxy": "Acts for the first person, and may at present.",
    "former proxy": "Acted for the first person; the access has expired.",
    "attending": "Leads the first patient's team, and opened another record that has no team yet.",
    "another attending": "Leads another patient's team.",
    "nurse": "A member of the first patient's team.",
    "specialist": "On no team.",
    "admin": "Administers the site; treats nobody.",
    "emergency": "On no team, with emergency access to the first record at present.",
    "former emergency": "The same after that access has ended.",
    "disabled": "An account that was disabled: its requests do not begin.",
    "without a role": "Signed up; no administrator has granted a clinical role yet.",
    "attending by password alone": "The attending, where the site asks its staff for a second factor.",
    "attending by two factors": "The same with the second factor.",
    "service key": "Programs with the service key; never the request path.",
    "worker that holds a case": "Analyses one case, for as long as its lease lasts.",
    "worker without a case": "The same before and after.",
    "queue": "The work queue and the clean-up of files.",
    "accounts": "The accounts service: sign-up, sign-in, sessions.",
    "sealer": "Seals the record of who did what.",
}
WORDS: Mapping[str, str] = {
    "own": "rows of the account: what it wrote, holds or opened",
    "own record": "rows about the person that others wrote",
    "proxied record": "the same, for whom the account acts",
    "team's patients": "rows about patients on whose team the account is",
    "emergency": "rows about the patient whose record it opened in an emergency",
    "opened record": "a record it opened that has no team yet",
    "booked with oneself, written to oneself": "rows of others with the account on the other side",
    "held": "rows of the case whose lease the worker holds",
    "others": "everybody else's",
    "all": "every row",
    "for another": "in somebody else's name: as the author, the member, the holder",
}
ORDER = ("public", "storage", "auth", "private", "audit", "jobs", "migrations")

OPENING = """\
# Who may do what

Which rows everybody reaches in the database, by whatever way: page, REST client, SQL. Row policies decide it, and
`make test-security` holds the database to this list on every version. For one row and one account, with the reason, ask
[`carebase explain-access`](../guides/access.md).

Made by `scripts/make_access.py` from `tests/security/policies.yaml`; do not edit.
"""
BELOW = """\
`change` and `remove` say which rows a statement reaches. Triggers narrow what may be done to them: a patient cancels a
visit and does nothing else to it, a team keeps an attending, what was sent, signed or sealed stays as it is. Words in
brackets say which rows of that kind. Who is not in a table may do nothing there.
"""


def page(rows: Mapping[str, Mapping[str, str]], functions: Mapping[str, str]) -> str:
    """The whole page, from the two parts of the list. A name that the page has no words for stops it."""
    tables = sorted(rows, key=lambda name: (ORDER.index(name.partition(".")[0]), name))
    closed = [table for table in tables if not rows[table]]
    return (
        "\n".join(
            [
                OPENING,
                "## Who",
                "",
                *_table(("actor", "who that is"), ACTORS.items()),
                "## Which rows",
                "",
                *_table(("word", "rows"), WORDS.items()),
                BELOW,
                *(line for table in tables if rows[table] for line in _section(table, rows[table])),
                "## Closed to everybody",
                "",
                "No login and no role of the API has a right in " + ", ".join(f"`{table}`" for table in closed) + ".",
                "",
                "## Functions",
                "",
                "Who may call which. Those in `private` and `audit` are out of reach for clients of the data API;",
                "they answer policies and carebase's own statements.",
                "",
                *_table(
                    ("function", "roles"),
                    (
                        (f"`{name}`", ", ".join(f"`{role}`" for role in roles.split()))
                        for name, roles in functions.items()
                    ),
                ),
            ]
        ).rstrip()
        + "\n"
    )


def _section(table: str, rights: Mapping[str, str]) -> Iterator[str]:
    """One table: those with the same rights stand in one row, columns that may be changed below."""
    together: dict[tuple[str, ...], list[str]] = {}
    columns: dict[str, list[str]] = {}
    for actor, words in rights.items():
        if actor not in ACTORS:
            raise SystemExit(f"say in ACTORS who that is: {actor}")
        cells = dict.fromkeys(VERBS, "")
        for part in words.split("; "):
            verb, _, what = part.partition(" ")
            cells[verb] = what
        cells["changes"] = _without_columns(cells["changes"], columns, actor)
        together.setdefault(tuple(cells.values()), []).append(actor)
    yield f"## `{table}`"
    yield ""
    yield from _table(("who", *VERBS.values()), ((", ".join(names), *cells) for cells, names in together.items()))
    for names, who in columns.items():
        listed = ", ".join(f"`{name}`" for name in names.split())
        yield f"Columns that may be changed{_by(who, columns)}: {listed}."
        yield ""


def _without_columns(changes: str, columns: dict[str, list[str]], actor: str) -> str:
    """The rows alone; the columns go to the list."""
    rows, _, names = changes.removesuffix("]").partition(" [")
    if names:
        columns.setdefault(names, []).append(actor)
    return rows


def _by(who: list[str], columns: Mapping[str, list[str]]) -> str:
    return "" if len(columns) == 1 else f" by {', '.join(who)}"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


if __name__ == "__main__":
    PAGE.write_text(page(**yaml.safe_load(LIST.read_text(encoding="utf-8"))), encoding="utf-8")
