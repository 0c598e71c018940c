from __future__ import annotations

from dataclasses import replace

import pytest

from carebase.rest import registry
from carebase.rest.catalogue import Catalogue, Column, Function, Kind, Name, Returned, Table
from carebase.rest.registry import Found, FunctionRow, PartRow, TrackedRow, UseRow, ViewRow
from carebase.rest.tracking import Way

VIEW = ViewRow("public.names", "public.teams", ["no", "doctor"], "case_id", "no")
FUNCTION = FunctionRow("public.asked()", "rows", "public.cases", ["no"], "case_id", "no")


def n(name: str) -> Name:
    return Name("public", name)


def a_table(name: str, columns: str, kind: Kind = Kind.TABLE) -> Table:
    return Table(
        name=n(name),
        kind=kind,
        columns={one: Column(name=one, type="text", declared_type="text") for one in columns.split()},
    )


def a_catalogue(returns: Returned | None = None) -> Catalogue:
    record = Returned(type=Name("pg_catalog", "record"), is_set=True, is_composite=True, columns={"no": "text"})
    tables = (
        a_table("cases", "case_id patient_id"),
        a_table("teams", "case_id doctor_id"),
        a_table("names", "no doctor", Kind.VIEW),
    )
    asked = Function(name=n("asked"), arguments=(), returns=returns or record, number=10)
    return Catalogue(schemas=("public",), tables={one.name: one for one in tables}, functions={asked.name: (asked,)})


def found(*, views=(), functions=()) -> Found:
    return Found(
        tables=[
            TrackedRow("public.cases", ["case_id"], "patient_id"),
            TrackedRow("public.teams", ["case_id", "doctor_id"], "case_id"),
        ],
        views=views,
        functions=functions,
        parts=[
            PartRow(1, "public", "cases", False, "", "", ""),
            PartRow(2, "public", "teams", False, "", "", ""),
            PartRow(3, "public", "names", False, "", "", ""),
            PartRow(10, "public", "asked", True, "public.asked()", "sql", "select case_id from cases"),
        ],
        uses=[UseRow(3, False, 2, False)],
    )


def test_what_nobody_registered_is_taken_out():
    catalogue, tracked = registry.applied(found(), a_catalogue())
    assert set(catalogue.tables) == {n("cases"), n("teams")}
    assert catalogue.functions == {}
    assert tracked.of(n("cases"))[0].columns == ("case_id", "patient_id")


def test_a_view_is_recorded_by_its_columns_under_the_tables_names():
    catalogue, tracked = registry.applied(found(views=[VIEW]), a_catalogue())
    (reported,) = tracked.of(n("names"))
    assert n("names") in catalogue.tables
    assert (reported.records, reported.keys, reported.names) == (n("teams"), ("no", "doctor"), ("case_id", "doctor_id"))
    assert (reported.columns, reported.patient_path, reported.patient_column) == (("no", "doctor"), "case_id", "no")
    assert reported.label == "public.names public.teams"


def test_a_view_may_be_recorded_as_itself():
    _, tracked = registry.applied(
        found(views=[replace(VIEW, records="public.names", key_columns=["no"])]), a_catalogue()
    )
    (reported,) = tracked.of(n("names"))
    assert (reported.label, reported.names) == ("public.names", ("no",))


@pytest.mark.parametrize(
    "wrong",
    [
        {"key_columns": ["no"]},
        {"key_columns": ["no", "nobody"]},
        {"patient_column": "nobody"},
        {"records": "public.slots"},
    ],
)
def test_a_view_that_is_registered_wrongly_stays_hidden(wrong):
    catalogue, tracked = registry.applied(found(views=[replace(VIEW, **wrong)]), a_catalogue())
    assert n("names") not in catalogue.tables
    assert tracked.of(n("names")) == ()


def test_one_wrong_line_hides_the_view():
    other = replace(VIEW, records="public.cases", key_columns=["nobody"])
    assert n("names") not in registry.applied(found(views=[VIEW, other]), a_catalogue())[0].tables


def test_a_function_is_recorded_by_the_columns_it_returns():
    catalogue, tracked = registry.applied(found(functions=[FUNCTION]), a_catalogue())
    (reported,) = tracked.returned_by(10, relation=None)
    assert n("asked") in catalogue.functions
    assert (reported.records, reported.columns, reported.names) == (n("cases"), ("no",), ("case_id",))


def test_a_function_may_be_recorded_as_the_type_it_returns():
    returns = Returned(type=n("cases"), is_set=True, is_composite=True, table=n("cases"))
    row = replace(FUNCTION, records=None, key_columns=[], patient_path=None, patient_column=None)
    catalogue, tracked = registry.applied(found(functions=[row]), a_catalogue(returns))
    assert n("asked") in catalogue.functions
    assert tracked.returned_by(10, relation=n("cases")) == tracked.of(n("cases"))


def test_a_question_names_the_relation_and_no_key():
    row = replace(FUNCTION, recording="question", key_columns=[], patient_path=None, patient_column=None)
    _, tracked = registry.applied(found(functions=[row]), a_catalogue())
    recording = tracked.functions[10]
    assert (recording.way, recording.reported[0].records, recording.reported[0].keys) == (Way.QUESTION, n("cases"), ())
    assert tracked.returned_by(10, relation=n("cases")) == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"key_columns": ["nobody"]},
        {"key_columns": ["no", "no"]},
        {"signature": "public.asked(text)"},
        {"records": None, "key_columns": [], "patient_path": None, "patient_column": None},
    ],
)
def test_a_function_that_is_registered_wrongly_stays_hidden(wrong):
    catalogue, tracked = registry.applied(found(functions=[replace(FUNCTION, **wrong)]), a_catalogue())
    assert catalogue.functions == {}
    assert tracked.functions == {}
