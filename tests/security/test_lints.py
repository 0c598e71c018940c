"""The database's catalogue has no errors and no warnings of Supabase's linter, in any schema of ours."""

from __future__ import annotations

import pytest
from tests.security.clinic import Clinic
from tests.security.lints import EXPOSED, LINTS, SCHEMAS

INLINED = (
    "set search_path keeps PostgreSQL from inlining it, which makes it 3.5 times as slow (2 µs a call, asked for each"
    " row); it runs with its caller's rights and calls nothing but pg_catalog, and no API role can create a name"
)
RARE = "asked only when an account or a row is deleted for ever, which nothing here does; what readers want is indexed"
OWN_POLICIES = (
    "a site's own buckets need the grant beside a policy of theirs (document 001); without one it reaches no row"
)
OPEN_BUCKETS = (
    "Storage's protocol asks as whoever is asking, and a site may have buckets that everybody uploads to: its own"
    " policies say so, and without one nobody reaches a row"
)

# What a lint names and we keep, each with its reason.
KEPT: dict[str, dict[str, str]] = {
    "a foreign key has an index": {
        "jobs.procrastinate_jobs (procrastinate_jobs_worker_id_fkey)": "the package's: indexed for the jobs in work",
        "public.cases (cases_doctor_id_fkey)": RARE,
        "public.cases (cases_patient_id_fkey)": RARE,
        "public.result_releases (result_releases_observation_id_fkey)": RARE,
        "public.result_releases (result_releases_run_id_fkey)": RARE,
        "public.tasks (tasks_owner_id_fkey)": RARE,
    },
    "a role that holds a right has a policy for it": {
        **{
            f"storage.{table}: {role} may {verb}": OWN_POLICIES
            for table, role in (("buckets", "authenticated"), ("buckets", "anon"), ("objects", "anon"))
            for verb in ("select", "insert", "update", "delete")
        },
    },
    "functions name the schemas they search": {
        **{f"auth.{name}()": INLINED for name in ("email", "jwt", "role", "uid")},
        **{f"storage.{name}(text)": INLINED for name in ("extension", "filename", "foldername")},
    },
    "no policy believes what a user wrote about itself": {
        "storage.try_object(text,text,boolean,jsonb,jsonb)": "keeps what a sender says of a file",
    },
    "nothing at all is open to who is not signed in": {
        f"storage.{table}": OPEN_BUCKETS for table in ("buckets", "objects", "uploads", "resumable", "resumable_parts")
    },
    "no column that holds a secret is readable": {
        "public.cases.lease_token: authenticated": "opens nothing here: only policies of the worker ask for it",
        "public.insight_runs.lease_token: authenticated": "that of a lease which is over",
    },
}


def found(connection, lint: str) -> set[str]:
    asked = {"schemas": list(SCHEMAS), "exposed": list(EXPOSED)}
    return {what for (what,) in connection.execute(LINTS[lint].query, asked)}


@pytest.mark.parametrize("lint", LINTS)
def test_the_catalogue_is_clean(clinic: Clinic, lint: str):
    assert found(clinic.owner, lint) == set(KEPT.get(lint, {}))


@pytest.mark.parametrize("lint", LINTS)
def test_the_lint_sees_what_it_looks_for(clinic: Clinic, lint: str):
    with clinic.owner.transaction(force_rollback=True):
        clinic.owner.execute(LINTS[lint].specimen)
        assert LINTS[lint].finds in found(clinic.owner, lint)
