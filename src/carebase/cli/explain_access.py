"""`carebase explain-access`: may this person see, add, change or remove this row, and which policy decides."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click

from carebase.cli import runtime
from carebase.database import access
from carebase.database.access import Explanation
from carebase.database.verdicts import Answer, Arm, Verdict

EXIT_MAY_NOT_READ: Final = 1


@click.command("explain-access")
@click.argument("user")
@click.argument("table")
@click.argument("key", nargs=-1, required=True)
@click.option(
    "--aal",
    type=click.Choice(["aal1", "aal2"]),
    help="Suppose a sign-in by password (aal1) or with a second factor (aal2); else that of its newest session.",
)
@runtime.data_option
@runtime.json_option
@runtime.explained
def command(user: str, table: str, *, key: tuple[str, ...], aal: str | None, data: Path | None, as_json: bool) -> None:
    """Say what a person may do with one row, and which policy decides it.

    USER is an e-mail address or an account's id. TABLE is a table's name, in the schema public where it names
    none. KEY is the value of its primary key or of another unique key, or COLUMN=VALUE for each column of one.
    Nothing of the row is printed. That it was asked is on the audit's record.

    Exit codes: 0 the person may read the row, 1 may not, 65 there is no such account, table or row,
    69 carebase is not running, 75 the database does not answer, 78 a setting is wrong.
    """
    chosen = runtime.read_settings(data=data)
    dsn = runtime.run_async(runtime.reached_database(chosen))
    found = access.explain(dsn, secret=chosen.secret, account=user, table=table, key=key, aal=aal)
    if as_json:
        runtime.print_json(_as_json(found))
    else:
        for line in _lines(found):
            click.echo(line)
    if not found.may_read:
        sys.exit(EXIT_MAY_NOT_READ)


def _lines(found: Explanation) -> Iterator[str]:
    person = found.account
    yield f"{person.email or person.id}, {person.role or 'no clinical role'}, {found.aal}"
    yield " ".join([found.table, *(f"{column}={value}" for column, value in found.key.items())])
    for note in found.notes:
        yield f"  {note}"
    shown: set[tuple[str, str]] = set()
    for verdict in found.verdicts:
        yield ""
        yield from _verdict_lines(verdict, shown=shown)


def _verdict_lines(verdict: Verdict, *, shown: set[tuple[str, str]]) -> Iterator[str]:
    """A verdict and the conditions that decided it; those that stand above already are not repeated."""
    yield f"{verdict.verb:<8}{'yes' if verdict.may else 'no':<5}{verdict.because}"
    if verdict.columns is not None:
        yield f"        columns: {', '.join(verdict.columns)}"
    for answer in verdict.answers:
        if answer.policy in verdict.decided_by and (answer.policy, answer.clause) not in shown:
            shown.add((answer.policy, answer.clause))
            yield from _answer_lines(answer)


def _answer_lines(answer: Answer) -> Iterator[str]:
    if answer.refusal:
        yield f"        {answer.policy}, {answer.clause}: {answer.refusal}"
        return
    yield f"        {answer.policy}, {answer.clause}:"
    yield from _arm_lines(answer.condition, indent=10)


def _arm_lines(arm: Arm, *, indent: int) -> Iterator[str]:
    margin = " " * indent
    if arm.joined_by is None:
        # PostgreSQL breaks a CASE into lines.
        text = " ".join(line.strip() for line in arm.text.strip().splitlines())
        yield f"{margin}{_word(arm.holds):<6}{text}"
        return
    yield f"{margin}{_word(arm.holds):<6}{'one of' if arm.joined_by == 'or' else 'all of'}"
    for part in arm.arms:
        yield from _arm_lines(part, indent=indent + 6)


def _word(holds: bool | None) -> str:  # noqa: FBT001  the one thing it words
    return {True: "true", False: "false", None: "null"}[holds]


def _as_json(found: Explanation) -> dict[str, Any]:
    person = found.account
    return {
        "account": {"id": str(person.id), "email": person.email, "role": person.role, "aal": found.aal},
        "table": found.table,
        "key": dict(found.key),
        "notes": list(found.notes),
        "verdicts": {
            verdict.verb.value: {
                "may": verdict.may,
                "because": verdict.because,
                "decided_by": list(verdict.decided_by),
                "columns": None if verdict.columns is None else list(verdict.columns),
                "policies": [_answer_as_json(answer) for answer in verdict.answers],
            }
            for verdict in found.verdicts
        },
    }


def _answer_as_json(answer: Answer) -> dict[str, Any]:
    return {
        "policy": answer.policy,
        "clause": answer.clause.value,
        "permissive": answer.is_permissive,
        "condition": _arm_as_json(answer.condition),
        "refusal": answer.refusal,
        "comment": answer.comment,
    }


def _arm_as_json(arm: Arm) -> dict[str, Any]:
    found: dict[str, Any] = {"text": arm.text, "holds": arm.holds}
    if arm.joined_by:
        found |= {"joined_by": arm.joined_by, "arms": [_arm_as_json(part) for part in arm.arms]}
    return found
