"""`carebase doctor` beside a deployment that runs, beside one that does not, and where many things are wrong."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from tests.faults.served import free_port
from tests.integration.cli.conftest import carebase
from tests.integration.conftest import SECRET

from carebase import authority, settings

# What is asked of the catalogue does not differ between versions; the other one is asked where nothing is wrong.
on_one_version = pytest.mark.parametrize("cluster", [os.environ.get("CAREBASE_TEST_POSTGRES", "18")], indirect=True)
ROOM = {"disk-full", "disk-no-files"}
"""This machine may be short of room; that is tried elsewhere."""
A_PATIENT = "00000000-0000-4000-8000-000000000001"


def looked(*words: str, data: Path, **chosen: object) -> tuple[int, dict[str, dict[str, Any]]]:
    """The exit code, and what was found by its code."""
    done = carebase("doctor", "--json", "--language", "en", *words, CAREBASE_DATA=data, **chosen)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, {one["code"]: one for one in json.loads(done.stdout)["findings"]}


def to_mend(found: dict[str, dict[str, Any]]) -> set[str]:
    return {code for code, one in found.items() if one["state"] == "mend"} - ROOM


def test_beside_a_running_server_all_is_well_and_what_is_mild_is_noted(served):
    code, found = looked(data=served.data, PORT=served.port, CAREBASE_STAFF_MFA="optional")

    assert (to_mend(found), code in {0, 1}) == (set(), True)
    assert {
        "server-well", "database-embedded", "durability-well", "clock-well", "migrations-well", "policies-well",
        "logins-well", "record-well", "queue-well", "outbox-well", "secret-kept", "data-well", "pages-built",
        "second-factor-optional", "scans-unread",
    } <= set(found)  # fmt: skip
    assert found["database-embedded"]["values"]["version"].startswith("18.")
    shown = carebase("doctor", CAREBASE_DATA=served.data, PORT=served.port, LANG="fr_FR.UTF-8").stdout
    assert "base de données" in shown
    kept = (served.data / "secret").read_text().strip()
    assert kept not in shown + json.dumps(found)


def test_without_a_server_that_is_said_nothing_is_started_and_a_start_may_be_asked_for(place):
    data = place / "stopped"
    assert carebase("keys", "show", CAREBASE_DATA=data).returncode == 0
    free = free_port()

    code, found = looked(data=data, PORT=free)
    assert (code, found["database-not-running"]["state"]) == (2, "unknown")
    assert "carebase doctor --start" in found["database-not-running"]["next"]
    assert not list(data.rglob("PG_VERSION"))

    code, found = looked("--start", data=data, PORT=free)
    # A cluster that was never migrated: what is missing is said, and what hangs on it is not known.
    assert (code, found["migrations-missing"]["state"], found["contents-unknown"]["state"]) == (1, "mend", "unknown")
    assert not list(data.rglob("postmaster.pid"))


def test_a_database_that_does_not_answer_is_to_be_mended(place):
    code, found = looked(data=place / "away", DATABASE_URL=f"postgresql://nobody@127.0.0.1:{free_port()}/none")

    assert (code, to_mend(found)) == (1, {"database-silent"})
    assert "DATABASE_URL" in found["database-silent"]["next"]


def spoil(database: Any) -> None:
    """Everything that can be wrong inside a database at once."""
    with database.owner() as owner:
        owner.execute("create policy everybody on public.cases for select to authenticated using (true)")
        owner.execute("alter table public.patients disable row level security")
        owner.execute("delete from migrations.applied where (set, number) = ('care', 101)")
        owner.execute(
            "insert into auth.users (email, raw_app_meta_data)"
            " values ('demo@carebase.example', '{\"role\": \"nurse\"}')"
        )
        owner.execute(
            "insert into auth.outbox (kind, message_sealed, failed_at, failure) values ('recovery', '', now(), 'no')"
        )
        owner.execute(
            "insert into jobs.procrastinate_jobs (queue_name, task_name, status)"
            " values ('a', 'b', 'doing'), ('a', 'c', 'failed')"
        )
        owner.execute(
            "insert into jobs.procrastinate_jobs (queue_name, task_name, scheduled_at)"
            " values ('a', 'd', now() - interval '1 hour')"
        )
        owner.execute("update jobs.procrastinate_events set at = now() - interval '1 hour'")
        body = {"at": 1_700_000_000_000_000, "actor": "auth_service", "action": "read", "relation": "public.cases",
                "keys": [], "patients": [A_PATIENT], "details": {}}  # fmt: skip
        owner.execute("insert into audit.inbox (body) values (%s)", [json.dumps(body)])
        owner.execute("update private.site_settings set value = 'required' where name = 'staff_mfa'")


@on_one_version
def test_whatever_is_wrong_inside_a_database_is_said_with_what_to_do(database, place):
    data = place / "spoiled"
    chosen = {"DATABASE_URL": database.owner_dsn, "JWT_SECRET": SECRET, "SITE_URL": "http://care.example.org"}
    code, found = looked(data=data, **chosen)
    assert to_mend(found) <= {"site-plain", "data-absent"}, found
    assert {"database-external", "logins-well", "policies-well", "checkpoints-none-needed", "accounts-no-admin"} <= set(
        found
    )

    spoil(database)
    code, found = looked(data=data, **chosen)

    assert code == 1
    assert to_mend(found) == {
        "site-plain", "policies-changed", "migrations-missing", "demo-accounts-open", "outbox-given-up", "queue-stuck",
        "queue-slow", "record-unsealed",
    }  # fmt: skip
    assert "policy everybody on public.cases" in found["policies-changed"]["text"]
    assert (found["queue-slow"]["values"], found["queue-failed"]["state"]) == ({"count": 1, "minutes": 60}, "note")
    assert all(found[one]["next"] for one in to_mend(found))

    with database.owner() as owner:
        owner.execute("select audit.seal(10)")
    code, found = looked(data=data, **{**chosen, "JWT_SECRET": "another-secret-of-the-tests-that-is-long-enough"})
    assert "authenticator" in found["logins-refused"]["text"]
    assert found["checkpoints-absent"]["state"] == "note"


def test_a_record_that_does_not_continue_what_was_signed_is_said(database, tmp_path):
    data = tmp_path / "rewritten"
    chosen = {"DATABASE_URL": database.owner_dsn, "JWT_SECRET": SECRET}
    with database.owner() as owner:
        owner.execute("select audit.record('read', 'public.cases', '[]')")
    assert carebase("audit", "checkpoint", CAREBASE_DATA=data, **chosen).returncode == 0
    _, found = looked(data=data, **chosen)
    assert found["checkpoints-beside"]["values"]["seq"] == 1
    assert to_mend(found) == set()

    with database.owner() as owner:
        owner.execute("update audit.head set seq = 0")
    _, found = looked(data=data, **chosen)
    assert to_mend(found) == {"checkpoints-rewritten"}


@pytest.fixture
def mail_server(tmp_path: Path) -> Iterator[int]:
    """A mail server whose certificate nobody here believes."""
    chosen = settings.Settings(data=tmp_path, tls=True)
    taking = Controller(
        object(), hostname="127.0.0.1", port=free_port(), tls_context=authority.context(*authority.files(chosen))
    )
    taking.start()
    yield taking.port
    taking.stop()


def test_what_is_outside_is_asked_and_what_does_not_answer_is_named(place, mail_server):
    data, gone = place / "outside", free_port()
    providers = place / "providers.toml"
    providers.write_text(f'[hospital]\nissuer = "http://127.0.0.1:{gone}"\nclient_id = "x"\n')
    chosen = {"CAREBASE_OIDC_PROVIDERS": providers, "SMTP_ADMIN_EMAIL": "carebase@example.org"}

    _, found = looked(data=data, SMTP_HOST="127.0.0.1", SMTP_PORT=gone, **chosen)
    assert to_mend(found) == {"mail-unreachable", "providers-unreachable"}
    assert "hospital" in found["providers-unreachable"]["text"]

    _, found = looked(data=data, SMTP_HOST="127.0.0.1", SMTP_PORT=mail_server, **chosen)
    assert "mail-certificate" in to_mend(found)
