from __future__ import annotations

from collections.abc import Callable

import pytest

from carebase.rest import plan, plan_reads, relationships, syntax
from carebase.rest.catalogue import (
    ByKey,
    Cardinality,
    Catalogue,
    Column,
    Computed,
    ComputedColumn,
    Kind,
    Name,
    Table,
    Visible,
)
from carebase.rest.parsing import request as requests


def n(name: str) -> Name:
    return Name("api", name)


def table(name: str, columns: str, *, key: str = "id", computed: str = "") -> Table:
    pairs = [column.split(":") for column in columns.split()]
    return Table(
        name=n(name),
        kind=Kind.TABLE,
        columns={column: Column(name=column, type=kind, declared_type=kind) for column, kind in pairs},
        key=tuple(key.split()),
        computed={computed: ComputedColumn(function=n(computed), type="integer")} if computed else {},
    )


def refers(origin: str, column: str, target: str) -> ByKey:
    return ByKey(
        origin=n(origin),
        target=n(target),
        cardinality=Cardinality.MANY_TO_ONE,
        constraint=f"{origin}_{column}_fkey",
        columns=((column, "id"),),
        holds_key=True,
    )


TABLES = (
    table("patients", "id:bigint name:text born_on:date data:jsonb tags:text[]", computed="age"),
    table("cases", "id:bigint title:text patient_id:bigint parent_id:bigint search:tsvector"),
    table("notes", "id:bigint text:text case_id:bigint"),
    table("doctors", "id:bigint name:text"),
    table("teams", "case_id:bigint doctor_id:bigint", key="case_id doctor_id"),
    table("secrets", "id:bigint word:text"),
)
KEYS = (
    refers("cases", "patient_id", "patients"),
    refers("notes", "case_id", "cases"),
    refers("teams", "case_id", "cases"),
    refers("teams", "doctor_id", "doctors"),
)


@pytest.fixture(scope="session")
def clinic() -> Catalogue:
    tables = {one.name: one for one in TABLES}
    computed = Computed(origin=n("patients"), target=n("cases"), function=n("open_cases"), is_to_one=False)
    return Catalogue(
        schemas=("api",),
        tables=tables,
        relationships=relationships.by_origin(
            KEYS, primary={name: one.key for name, one in tables.items()}, computed=[computed]
        ),
        visible={"authenticated": Visible(tables=frozenset(tables) - {n("secrets")})},
    )


@pytest.fixture(scope="session")
def setting(clinic: Catalogue) -> plan_reads.Setting:
    return plan_reads.Setting(catalogue=clinic, role="authenticated", are_aggregates_allowed=True)


def said(address: str, prefer: str = "") -> syntax.Request:
    path, _, query = address.partition("?")
    headers = [("Prefer", prefer)] if prefer else []
    return requests.read(method="GET", path=f"/{path}", query=query, headers=headers, body=b"")


@pytest.fixture(scope="session")
def ask(setting: plan_reads.Setting) -> Callable[..., plan.Read]:
    """Plans `patients?select=name`."""

    def asked(
        address: str,
        *,
        prefer: str = "",
        by: plan_reads.Setting | None = None,
        form: plan.Form = plan.Form.LIST,
    ) -> plan.Read:
        return plan_reads.plan_read(said(address, prefer), by or setting, form=form)

    return asked
