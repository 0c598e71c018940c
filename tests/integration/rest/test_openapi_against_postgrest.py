"""The description of an API by PostgREST 12.0.2 and by us, of the same schema for the same role.

Where its version 14 says something else than its version 12, ours is to be as version 14: that is put in here.
"""

from __future__ import annotations

import json
import urllib.request
from typing import Any
from urllib.parse import unquote

import psycopg_pool
import pytest
from tests.conformance.differences import fixture, peer
from tests.integration.conftest import Database

from carebase.database import session as sessions
from carebase.rest import loading, openapi
from carebase.rest.catalogue import Catalogue, Volatility

FORMATS = {"smallint": "int32", "integer": "int32", "bigint": "int64"}


async def loaded(dsn: str) -> Catalogue:
    async with (
        psycopg_pool.AsyncConnectionPool(dsn, min_size=1, max_size=1) as pool,
        sessions.begin_as_login(pool) as session,
    ):
        return await loading.load(session, schemas=[fixture.EXPOSED], roles=[fixture.VISITOR])


def as_14(part: Any) -> Any:
    """Integers have OpenAPI's own formats in version 14; references are escaped by us alone."""
    match part:
        case dict():
            changed = {name: as_14(value) for name, value in part.items()}
            if changed.get("type") == "integer" and changed.get("format") in FORMATS:
                changed["format"] = FORMATS[changed["format"]]
            if "$ref" in changed:
                changed["$ref"] = unquote(changed["$ref"])
            return changed
        case list():
            return [as_14(one) for one in part]
        case _:
            return part


async def test_tables_and_functions_are_described_as_postgrest_does(database: Database):
    program = peer.program()
    if program is None:
        pytest.skip("PostgREST is not installed")
    peer.fill(database.owner_dsn)
    catalogue = await loaded(database.owner_dsn)
    with peer.served(program, database.owner_dsn) as address, urllib.request.urlopen(f"{address}/") as response:
        theirs = as_14(json.load(response))
    document = openapi.document(
        catalogue, schema=fixture.EXPOSED, role=fixture.VISITOR, address="http://localhost/", version="12"
    )
    ours = as_14(json.loads(document))
    assert len(ours["definitions"]) > 5
    # The key of a relation of one to one is told by version 14 alone.
    person = theirs["definitions"]["passports"]["properties"]["person_id"]
    person["description"] += "\nThis is a Foreign Key to `people.id`.<fk table='people' column='id'/>"
    assert ours["definitions"] == theirs["definitions"]
    for name, parameter in theirs["parameters"].items():
        if name.startswith("rowFilter."):
            parameter.pop("format")
        if name.startswith(("rowFilter.", "body.")):
            assert ours["parameters"][name] == parameter
    assert ours["paths"].keys() == theirs["paths"].keys()
    for path, operations in theirs["paths"].items():
        overloads = [one for name, found in catalogue.functions.items() if path == f"/rpc/{name.name}" for one in found]
        if any(one.unnamed for one in overloads) or len(overloads) > 1:
            continue
        if any(one.volatility is Volatility.VOLATILE for one in overloads):
            del operations["get"]
        described = ours["paths"][path]
        assert described == {method: operations[method] for method in described}
        assert described.keys() == operations.keys() or not overloads
