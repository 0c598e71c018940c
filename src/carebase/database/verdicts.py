"""Puts grants and policies together as PostgreSQL does, for one row and one verb.

Of the policies of a verb at least one permissive must hold and every restrictive one; a change or a removal
first has to find its row, so the policies for reading apply to it as well. A null counts as false.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

import psycopg
from psycopg import sql

from carebase.database import conditions


class Verb(StrEnum):
    """What can be done with a row, as SQL says it."""

    SELECT = "select"
    INSERT = "insert"
    UPDATE = "update"
    DELETE = "delete"


class Clause(StrEnum):
    """The two conditions of a policy: for the row that is there and for the row that comes."""

    USING = "using"
    WITH_CHECK = "with check"


COMMANDS: Final[Mapping[Verb, str]] = {Verb.SELECT: "r", Verb.INSERT: "a", Verb.UPDATE: "w", Verb.DELETE: "d"}
"""How `pg_policy` writes them; `*` stands for all."""
DEMANDS: Final[Mapping[Verb, tuple[tuple[Verb, Clause], ...]]] = {
    Verb.SELECT: ((Verb.SELECT, Clause.USING),),
    Verb.INSERT: ((Verb.INSERT, Clause.WITH_CHECK),),
    Verb.UPDATE: ((Verb.SELECT, Clause.USING), (Verb.UPDATE, Clause.USING), (Verb.UPDATE, Clause.WITH_CHECK)),
    Verb.DELETE: ((Verb.SELECT, Clause.USING), (Verb.DELETE, Clause.USING)),
}
"""Which policies have to let a verb pass, in this order."""


DEEPEST: Final = 3
"""How many times a condition is taken apart."""


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy that applies to the person, with its conditions as PostgreSQL words them."""

    name: str
    command: str
    is_permissive: bool
    using: str | None
    with_check: str | None
    comment: str | None

    def condition(self, verb: Verb, clause: Clause) -> str | None:
        """What it asks of a row, None where it does not speak of that."""
        if self.command not in {COMMANDS[verb], "*"}:
            return None
        return self.using if clause is Clause.USING else self.with_check or self.using


@dataclass(frozen=True, slots=True, kw_only=True)
class Grants:
    """The columns of a table by what may be done with them at all."""

    columns: Mapping[Verb, tuple[str, ...]]
    may_pick: bool
    """Whether the key may be read, without which no row can be named."""
    total: int
    """How many columns the table has."""


@dataclass(frozen=True, slots=True)
class Arm:
    """A condition or a part of one; `holds` is None where SQL answers null."""

    text: str
    holds: bool | None
    joined_by: str | None = None
    """`and` or `or` where it could be taken apart."""
    arms: tuple[Arm, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a policy's condition said of the row."""

    policy: str
    clause: Clause
    is_permissive: bool
    condition: Arm
    refusal: str | None = None
    """Why PostgreSQL would not evaluate it for this person; a statement fails then."""
    comment: str | None = None

    @property
    def holds(self) -> bool | None:
        """The value of the condition, None for null and where it could not be evaluated."""
        return self.condition.holds


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a person may do one thing with the row, and why."""

    verb: Verb
    may: bool
    because: str
    """A sentence."""
    decided_by: tuple[str, ...] = ()
    """The deciding policies; empty where none was asked."""
    columns: tuple[str, ...] | None = None
    """The columns it may be done with; None for all of them."""
    answers: tuple[Answer, ...] = ()


@dataclass(slots=True)
class Bench:
    """Asks conditions of one row on a connection that is the person."""

    connection: psycopg.Connection[Any]
    schema: str
    table: str
    row: str
    _asked: dict[tuple[str, Clause], Answer] = field(default_factory=dict)

    def judge(self, verb: Verb, *, grants: Grants, policies: Sequence[Policy] | None) -> Verdict:
        """Whether the verb is allowed; `policies` is None where row security is off."""
        columns = grants.columns.get(verb, ())
        if not columns:
            return Verdict(
                verb, may=False, because=f"Nobody signed in is granted {verb} on {self.schema}.{self.table}."
            )
        if verb in {Verb.UPDATE, Verb.DELETE} and not grants.may_pick:
            return Verdict(verb, may=False, because="The key may not be read, so no row can be named.")
        limited = None if len(columns) == grants.total else columns
        if policies is None:
            return Verdict(verb, may=True, because="Row security is off: the grant alone decides.", columns=limited)
        answers: list[Answer] = []
        deciding: list[str] = []
        for needed, clause in DEMANDS[verb]:
            found = [self._ask(policy, clause, text) for policy, text in _speaking(policies, needed, clause)]
            answers += [one for one in found if one not in answers]
            refused = _refused(found, verb=verb, needed=needed)
            if refused is not None:
                because, names = refused
                return Verdict(verb, may=False, because=because, decided_by=names, answers=tuple(answers))
            deciding += [one.policy for one in found if one.is_permissive and one.holds]
        names = tuple(dict.fromkeys(deciding))
        return Verdict(
            verb,
            may=True,
            because=f"{_listed(names)} {'lets' if len(names) == 1 else 'let'} it pass.",
            decided_by=names,
            columns=limited,
            answers=tuple(answers),
        )

    def _ask(self, policy: Policy, clause: Clause, text: str) -> Answer:
        known = self._asked.get((policy.name, clause))
        if known is None:
            known = self._asked[policy.name, clause] = self._answer(policy, clause, text)
        return known

    def _answer(self, policy: Policy, clause: Clause, text: str) -> Answer:
        asked = Arm(text, None)
        refusal = None
        try:
            asked = self._taken_apart(Arm(text, self._value(text)), depth=0)
        except psycopg.OperationalError:
            raise
        except psycopg.Error as error:
            refusal = _refusal(error)
        return Answer(policy.name, clause, policy.is_permissive, asked, refusal=refusal, comment=policy.comment)

    def _taken_apart(self, whole: Arm, *, depth: int) -> Arm:
        """The condition with its arms, as far as their values prove that they are its arms."""
        found = conditions.split(whole.text)
        if found.joined_by is None or depth == DEEPEST:
            return whole
        try:
            arms = tuple(self._taken_apart(Arm(arm, self._value(arm)), depth=depth + 1) for arm in found.arms)
        except psycopg.OperationalError:
            raise
        except psycopg.Error:
            return whole  # An arm that stands only behind another one is not asked alone.
        is_sound = _joined(found.joined_by, [arm.holds for arm in arms]) is whole.holds
        return replace(whole, joined_by=found.joined_by, arms=arms) if is_sound else whole

    def _value(self, condition: str) -> bool | None:
        """The condition's value for the row; only the catalogue's own words come here."""
        question = sql.SQL("select ({}) from jsonb_populate_record(null::{}, %s::jsonb) as {}").format(
            sql.SQL(condition.replace("%", "%%")),
            sql.Identifier(self.schema, self.table),
            sql.Identifier(self.table),
        )
        with self.connection.transaction():
            ((holds,),) = self.connection.execute(question, [self.row]).fetchall()
        return None if holds is None else bool(holds)


def _speaking(policies: Sequence[Policy], verb: Verb, clause: Clause) -> Iterator[tuple[Policy, str]]:
    for policy in policies:
        text = policy.condition(verb, clause)
        if text is not None:
            yield policy, text


def _refused(answers: Sequence[Answer], *, verb: Verb, needed: Verb) -> tuple[str, tuple[str, ...]] | None:
    """Why the answers to one demand stop the verb, with the policies that do; None when they let it pass."""
    failed = tuple(one.policy for one in answers if one.refusal)
    against = tuple(one.policy for one in answers if not (one.is_permissive or one.holds))
    permissive = tuple(one.policy for one in answers if one.is_permissive)
    if failed:
        because, names = f"{_listed(failed)} cannot be evaluated for this person.", failed
    elif against:
        because, names = f"{_listed(against)} must hold beside every other and {_fails(against)} not.", against
    elif not permissive:
        because, names = f"No policy is for {needed}.", ()
    elif not any(one.holds for one in answers if one.is_permissive):
        because, names = f"{_listed(permissive)} {_fails(permissive)} not hold.", permissive
    else:
        return None
    return (because if verb is needed else f"The row is not found, since it is not seen. {because}"), names


def _fails(names: Sequence[str]) -> str:
    return "does" if len(names) == 1 else "do"


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _refusal(error: psycopg.Error) -> str:
    # Other messages of PostgreSQL may quote what the row holds.
    is_safe = isinstance(error, psycopg.errors.InsufficientPrivilege) and error.diag.message_primary
    return f"{error.diag.message_primary}" if is_safe else f"PostgreSQL answers {error.sqlstate}"


def _joined(connective: str, values: Sequence[bool | None]) -> bool | None:
    """AND and OR of SQL's three values."""
    decisive = connective == "or"
    if decisive in values:
        return decisive
    return None if None in values else not decisive
