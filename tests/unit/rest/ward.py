"""A small catalogue to plan against, and requests as they come in."""

from __future__ import annotations

from carebase.rest import plan_reads
from carebase.rest.catalogue import (
    Argument,
    ByKey,
    Cardinality,
    Catalogue,
    Column,
    Computed,
    ComputedColumn,
    Function,
    Generation,
    Kind,
    Name,
    Returned,
    Table,
    Visible,
    Volatility,
)
from carebase.rest.parsing import request
from carebase.rest.syntax import Request


def api(name: str) -> Name:
    return Name("api", name)


def column(name: str, kind: str = "text", *, declared: str | None = None, default: str | None = None) -> Column:
    return Column(name=name, type=kind, declared_type=declared or kind, default=default)


def a_table(name: str, *columns: Column, key: tuple[str, ...] = (), **more: object) -> Table:
    named = {one.name: one for one in columns}
    return Table(name=api(name), kind=Kind.TABLE, columns=named, key=key, **more)  # type: ignore[arg-type]


def a_function(name: str, *arguments: Argument, returns: Returned, **more: object) -> Function:
    return Function(name=api(name), arguments=arguments, returns=returns, **more)  # type: ignore[arg-type]


INTEGER = Returned(type=Name("pg_catalog", "int4"))
CASES = a_table(
    "cases",
    Column(
        name="id",
        type="bigint",
        declared_type="bigint",
        default="nextval('api.cases_id_seq')",
        generation=Generation.IDENTITY_BY_DEFAULT,
    ),
    column("title", default="'untitled'::text"),
    column("code", declared="api.code"),
    column("doctor_id", "bigint"),
    key=("id",),
    computed={"size": ComputedColumn(function=api("size"), type="integer")},
)
DOCTORS = a_table("doctors", column("id", "bigint"), column("name"), key=("id",))
VISITS = a_table("visits", column("day", "date"), column("case_id", "bigint"), key=("case_id", "day"))
LOGS = a_table("logs", column("said"))
TO_DOCTOR = ByKey(
    origin=api("cases"),
    target=api("doctors"),
    cardinality=Cardinality.MANY_TO_ONE,
    constraint="cases_doctor_id_fkey",
    columns=(("doctor_id", "id"),),
    holds_key=True,
)
TO_SIMILAR = Computed(origin=api("cases"), target=api("cases"), function=api("similar"), is_to_one=False)

FUNCTIONS = (
    a_function("add", Argument(name="a", type="integer"), Argument(name="b", type="integer"), returns=INTEGER),
    a_function(
        "add",
        Argument(name="a", type="integer"),
        Argument(name="b", type="integer"),
        Argument(name="c", type="integer", is_required=False),
        returns=INTEGER,
        volatility=Volatility.STABLE,
    ),
    a_function("twin", Argument(name="x", type="integer"), returns=INTEGER),
    a_function("twin", Argument(name="x", type="text"), returns=INTEGER),
    a_function("secret_twin", Argument(name="x", type="integer"), returns=INTEGER),
    a_function("secret_twin", Argument(name="x", type="text"), returns=INTEGER),
    a_function("cut", Argument(name="word", type="character"), returns=INTEGER, settings={"statement_timeout": "5s"}),
    a_function("ping", returns=Returned(type=Name("pg_catalog", "void")), volatility=Volatility.STABLE),
    a_function(
        "listed",
        Argument(name="names", type="text[]", is_variadic=True, is_required=False),
        returns=Returned(type=Name("pg_catalog", "text"), is_set=True),
    ),
    a_function(
        "open_cases",
        returns=Returned(type=api("cases"), is_set=True, is_composite=True, table=api("cases")),
        volatility=Volatility.STABLE,
    ),
    a_function("one_case", returns=Returned(type=api("cases"), is_composite=True, table=api("cases"))),
    a_function(
        "totals",
        returns=Returned(
            type=Name("pg_catalog", "record"), is_set=True, is_composite=True, columns={"n": "bigint", "r": "text"}
        ),
    ),
    a_function("whole", Argument(name="", type="jsonb"), returns=INTEGER),
    a_function("whole", Argument(name="", type="text"), returns=INTEGER),
    a_function("whole", Argument(name="", type="bytea"), returns=INTEGER),
    a_function("whole", Argument(name="x", type="integer"), returns=INTEGER),
)


def _functions() -> dict[Name, tuple[Function, ...]]:
    found: dict[Name, tuple[Function, ...]] = {}
    for function in FUNCTIONS:
        found[function.name] = (*found.get(function.name, ()), function)
    return found


TABLES = {table.name: table for table in (CASES, DOCTORS, VISITS, LOGS)}
CATALOGUE = Catalogue(
    schemas=("api",),
    tables=TABLES,
    relationships={api("cases"): (TO_DOCTOR, TO_SIMILAR)},
    functions=_functions(),
    representations={("json", "api.code"): api("code_of_json")},
    visible={
        "authenticated": Visible(tables=frozenset(TABLES), functions=frozenset(_functions()) - {api("secret_twin")})
    },
)
SETTING = plan_reads.Setting(catalogue=CATALOGUE, role="authenticated")


def a_request(
    method: str, path: str, query: str = "", body: str | bytes = b"", *, headers: dict[str, str] | None = None
) -> Request:
    return request.read(
        method=method,
        path=path,
        query=query,
        headers=list((headers or {}).items()),
        body=body.encode() if isinstance(body, str) else body,
    )
