"""Whatever an object is called, its first folder says whose it is."""

from __future__ import annotations

from uuid import uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import errors as refusals

from carebase.database.pool import Login

# PostgreSQL's text holds neither NUL nor half of a surrogate pair.
LETTERS = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
PARTS = st.one_of(
    st.sampled_from(["", ".", "..", "AMINA", "BRUNO", "amina ", "%41MINA", "AMINA%2f", "AMINA\\", "*", "labdocs"]),
    st.text(alphabet=LETTERS, max_size=8),
)
NAMES = st.lists(PARTS, min_size=1, max_size=4).map("/".join)


@pytest.fixture
def people(database):
    return database.a_person(), database.a_person()


@pytest.fixture
def connection(database):
    with psycopg.connect(database.login_dsn(Login.AUTHENTICATOR)) as opened:
        yield opened


def become(connection, person) -> None:
    connection.execute(
        "select set_config('role', 'authenticated', true), set_config('request.jwt.claims', %s, true)",
        [person.claims_json],
    )


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(NAMES, min_size=1, max_size=8, unique=True))
def test_only_names_whose_first_folder_is_the_caller_can_be_added_and_read(database, people, connection, names):
    amina, bruno = people
    called = [name.replace("AMINA", str(amina.user_id)).replace("BRUNO", str(bruno.user_id)) for name in names]
    of_amina = {name for name in called if "/" in name and name.split("/")[0] == str(amina.user_id)}

    added = set()
    with connection.transaction(force_rollback=True):
        become(connection, amina)
        for name in set(called):
            try:
                with connection.transaction():
                    connection.execute(
                        "insert into storage.objects (bucket_id, name, owner, version)"
                        " values ('labdocs', %s, auth.uid(), gen_random_uuid()::text)",
                        [name],
                    )
            except refusals.InsufficientPrivilege:
                continue
            added.add(name)
    assert added == of_amina

    with database.owner() as owner:
        owner.execute("delete from storage.objects")
        for name in set(called):
            owner.execute(
                "insert into storage.objects (bucket_id, name, version)"
                " values ('labdocs', %s, gen_random_uuid()::text)",
                [name],
            )
    with connection.transaction(force_rollback=True):
        become(connection, amina)
        seen = {name for (name,) in connection.execute("select name from storage.objects").fetchall()}
    assert seen == of_amina


def test_a_row_cannot_be_given_to_another_or_moved(database, people, connection):
    amina, bruno = people
    with connection.transaction(force_rollback=True):
        become(connection, amina)
        with pytest.raises(refusals.InsufficientPrivilege), connection.transaction():
            connection.execute(
                "insert into storage.objects (bucket_id, name, owner, version) values ('labdocs', %s, %s, 'v')",
                [f"{amina.user_id}/x", bruno.user_id],
            )
        connection.execute(
            "insert into storage.objects (bucket_id, name, owner, version)"
            " values ('labdocs', %s, auth.uid(), gen_random_uuid()::text)",
            [f"{amina.user_id}/x"],
        )
        moved = connection.execute("update storage.objects set name = %s", [f"{bruno.user_id}/x"])
        assert moved.rowcount == 0
        assert connection.execute("delete from storage.objects").rowcount == 0


def test_two_objects_never_share_bytes(database, people):
    amina, _ = people
    with database.owner() as owner:
        insert = "insert into storage.objects (bucket_id, name, version) values ('labdocs', %s, %s)"
        key = str(uuid4())
        owner.execute(insert, [f"{amina.user_id}/x", key])
        with pytest.raises(refusals.UniqueViolation):
            owner.execute(insert, [f"{amina.user_id}/y", key])
        for no_key in ("../secret", "", key.upper()):
            with pytest.raises(refusals.CheckViolation):
                owner.execute(insert, [f"{amina.user_id}/z", no_key])
