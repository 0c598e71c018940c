"""What becomes of a case once it is accepted: one result, or one reason, whatever happens to the workers."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import jsonschema_rs
import pytest
from tests.integration.records.conftest import AICHA, SAMPLES, Clinic, until

from carebase import errors
from carebase.database import session as sessions
from carebase.database.identity import ANONYMOUS
from carebase.database.pool import Login
from carebase.jobs import queue
from carebase.records import cases, files, insights
from carebase.records.cases import Case, CaseId
from carebase.records.files import CaseFile

# What these wait for is the worker's own doing; the database's part in it is tested by the others on each version.
on_one_version = pytest.mark.parametrize("cluster", [os.environ.get("CAREBASE_TEST_POSTGRES", "18")], indirect=True)

SCHEMA = json.loads(Path(__file__).parents[3].joinpath("docs/reference/result.schema.json").read_text("utf-8"))
LABS = ("lab_files", ("bilan.pdf", (SAMPLES / "fr" / "bilan-biologique.pdf").read_bytes(), "application/pdf"))
REPORT = ("radiology_files", ("thorax.pdf", (SAMPLES / "fr" / "radiographie-thoracique.pdf").read_bytes()))
NOTES = ("lab_files", ("labs.txt", b"Hemoglobin 12.9 g/dL 12.0 - 16.0\nSodium 140 mmol/L 136 - 145\n"))


class Breaking:
    """A reader that breaks on every file, as a bug would."""

    def __init__(self) -> None:
        self.tries = 0

    async def read(self, path: Path, **_: object):
        self.tries += 1
        raise ZeroDivisionError


class Waiting:
    """A reader that says when it was asked, and reads once it is let."""

    def __init__(self, reader) -> None:
        self._reader = reader
        self.asked, self.let = asyncio.Event(), asyncio.Event()

    async def read(self, path: Path, **given: object):
        self.asked.set()
        await self.let.wait()
        return await self._reader.read(path, **given)


async def opened(doctor, *sent, **changed) -> str:
    answer = await doctor.post("/api/cases", data=AICHA | changed, files=list(sent) or [NOTES])
    assert answer.status_code == 201, answer.text
    return answer.json()["case_id"]


def status(clinic: Clinic, case_id: str):
    return clinic.sql("select status, failure_reason from public.cases where case_id = %s", case_id)[0]


def ended(clinic: Clinic, case_id: str):
    return lambda: status(clinic, case_id)[0] != "processing" and status(clinic, case_id)


def published(clinic: Clinic, case_id: str) -> int:
    return clinic.sql("select count(*) from public.insight_runs where case_id = %s", case_id)[0][0]


async def test_an_accepted_case_is_completed_with_the_same_result_in_both_languages(clinic):
    async with clinic() as here, here.client(here.database.a_person()) as doctor, here.worker():
        case_id = await opened(doctor, LABS, REPORT, case_summary="Asthénie depuis 2 mois.", doctor_notes="TA 10/6.")
        assert await until(ended(here, case_id)) == ("completed", None)

        found = {}
        for language in ("fr", "en"):
            answer = (await doctor.get(f"/api/cases/{case_id}/insights?language={language}")).json()
            found[language] = answer["insights"]
            jsonschema_rs.validator_for(SCHEMA).validate(found[language])
            assert found[language]["language"] == language
        assert found["fr"]["labs"] == found["en"]["labs"] != []
        for place in ("critical_alerts",):
            assert [one["id"] for one in found["fr"][place]] == [one["id"] for one in found["en"][place]]
        assert [one["text"] for _, one in insights.statements_of(found["fr"])] != [
            one["text"] for _, one in insights.statements_of(found["en"])
        ]

        whole = (await doctor.get(f"/api/cases/{case_id}")).json()
        assert [(step["step"], step["state"]) for step in whole["steps"]] == [
            (step, "done") for step in ("stored", "read", "labs", "imaging", "insights")
        ]
        times = [step["at"] for step in whole["steps"]]
        assert times == sorted(times)
        assert whole["critical_count"] == len(found["fr"]["critical_alerts"])


@on_one_version
async def test_the_columns_of_the_original_tables_are_filled(clinic):
    async with clinic() as here, here.client(here.database.a_person()) as doctor, here.worker():
        case_id = await opened(doctor, LABS, REPORT, case_summary="Asthénie depuis 2 mois.", doctor_notes="TA 10/6.")
        await until(ended(here, case_id))

        [row] = here.sql("select to_jsonb(i) from public.ai_insights i where case_id = %s", case_id)
        columns = row[0]
        result = (await doctor.get(f"/api/cases/{case_id}/insights")).json()["insights"]
        assert columns["comprehensive_summary"] == result["case_summary"]["text"] != ""
        assert columns["key_findings"] == result["case_summary"]["key_findings"] != []
        assert columns["lab_summary"] and columns["radiology_summary"]
        assert columns["doctor_notes"] == "TA 10/6."
        assert columns["soap_subjective"] and columns["soap_objective"] and columns["soap_assessment"]
        primary = result["diagnosis"]["primary"]
        assert (columns["primary_diagnosis"], columns["icd_code"]) == (primary["name"], primary["icd10"])
        assert columns["diagnosis_description"] == primary["description"]
        assert columns["supporting_evidence"] == primary["evidence_for"] != []
        # Nothing is claimed about certainty before it is measured.
        assert columns["overall_confidence_score"] is None

        summaries = here.sql("select ai_summary, page_count from public.case_files where case_id = %s", case_id)
        assert [pages for _, pages in summaries] == [1, 1]
        assert {summary["kind"] for summary, _ in summaries} == {"lab", "radiology"}
        assert all(summary["summary"] for summary, _ in summaries)


@on_one_version
async def test_every_statement_shown_is_kept_with_its_words_in_both_languages(clinic):
    async with clinic() as here, here.client(here.database.a_person()) as doctor, here.worker():
        case_id = await opened(doctor, LABS)
        await until(ended(here, case_id))

        shown = (await doctor.get(f"/api/cases/{case_id}/insights")).json()["insights"]
        ids = {(kind, statement["id"]) for kind, statement in insights.statements_of(shown)}
        kept = here.sql(
            "select s.kind, s.statement_id, array_agg(t.lang order by t.lang), bool_and(t.text <> '') "
            "from public.insight_statements s join public.insight_texts t using (run_id, statement_id) "
            "join public.insight_runs r using (run_id) where r.case_id = %s group by 1, 2",
            case_id,
        )
        assert {(kind, statement) for kind, statement, _, _ in kept} == ids
        assert all(languages == ["en", "fr"] and worded for _, _, languages, worded in kept)


async def test_a_result_for_inputs_that_changed_meanwhile_is_thrown_away(clinic):
    async with clinic() as here, here.client(here.database.a_person()) as doctor:
        case_id = await opened(doctor)
        waiting = Waiting(here.reader)
        old = asyncio.create_task(here.analyst(reader=waiting).analyse(here.job(case_id), 1))
        await waiting.asked.wait()

        await doctor.patch(f"/api/cases/{case_id}", json={"case_summary": "Fever since yesterday."})
        waiting.let.set()
        await old

        assert published(here, case_id) == 0
        assert status(here, case_id) == ("processing", None)
        async with here.worker():
            assert await until(ended(here, case_id)) == ("completed", None)
        assert here.sql("select analysis_no from public.insight_runs where case_id = %s", case_id) == [(2,)]


async def test_a_case_deleted_while_it_is_analysed_gets_no_result(clinic):
    async with clinic() as here, here.client(here.database.a_person()) as doctor:
        case_id = await opened(doctor)
        waiting = Waiting(here.reader)
        work = asyncio.create_task(here.analyst(reader=waiting).analyse(here.job(case_id), 1))
        await waiting.asked.wait()

        assert (await doctor.delete(f"/api/cases/{case_id}")).status_code == 204
        waiting.let.set()
        await work

        assert published(here, case_id) == 0
        assert here.sql("select status from jobs.procrastinate_jobs") == [("cancelled",)]
        assert (await doctor.get(f"/api/cases/{case_id}")).status_code == 404


async def test_a_file_that_is_gone_from_disk_fails_the_case_with_that_reason(clinic, tmp_path):
    async with clinic() as here, here.client(here.database.a_person()) as doctor:
        case_id = await opened(doctor)
        for stored in (path for path in (tmp_path / "objects").rglob("*") if path.is_file()):
            stored.unlink()
        async with here.worker():
            assert await until(ended(here, case_id)) == ("failed", "file_missing")

        whole = (await doctor.get(f"/api/cases/{case_id}")).json()
        assert whole["failure_reason"] == "file_missing"
        assert {step["state"] for step in whole["steps"]} == {"done", "failed"}


async def test_after_the_last_try_the_case_says_why_and_can_be_tried_again(clinic):
    async with clinic() as here, here.client(here.database.a_person()) as doctor:
        case_id = await opened(doctor)
        broken = Breaking()
        async with here.worker(here.analyst(reader=broken)):
            assert await until(ended(here, case_id)) == ("failed", "analysis_failed")
        assert broken.tries == queue.MOST_TRIES
        assert here.sql("select status, attempts from jobs.procrastinate_jobs") == [("failed", queue.MOST_TRIES)]

        async with here.worker():
            again = await doctor.post(f"/api/cases/{case_id}/analysis")
            assert (again.status_code, again.json()["status"]) == (202, "processing")
            assert await until(ended(here, case_id)) == ("completed", None)
        assert here.sql("select count(*) from jobs.procrastinate_jobs where status in ('todo', 'doing')") == [(0,)]


async def test_the_case_of_a_dead_worker_is_taken_over_when_its_lease_ends(clinic):
    async with clinic() as here, here.client(here.database.a_person()) as doctor:
        case_id = await opened(doctor)
        job = here.job(case_id)
        dead = here.analyst(hold_seconds=1.0)
        assert await dead._take_lease(CaseId(case_id), job["analysis_no"])

        # While it runs nobody else gets the case, and is told when to come again.
        with pytest.raises(queue.Later):
            await here.analyst().analyse(job, 1)
        async with here.worker():
            assert await until(ended(here, case_id)) == ("completed", None)
        assert published(here, case_id) == 1


@on_one_version
async def test_waiting_for_a_lease_to_end_does_not_use_up_the_tries(clinic):
    async with clinic() as here, here.client(here.database.a_person()) as doctor:
        case_id = await opened(doctor)
        dead = here.analyst(hold_seconds=3.0)
        await dead._take_lease(CaseId(case_id), here.job(case_id)["analysis_no"])

        async with here.worker():
            # Its pauses are skipped here, so that it asks more often than it has tries.
            assert await until(ended(here, case_id)) == ("completed", None)


async def test_a_job_that_keeps_killing_its_worker_is_given_up_and_said(clinic):
    async with clinic() as here, here.client(here.database.a_person()) as doctor:
        case_id = await opened(doctor)
        analyst = here.analyst(hold_seconds=2.0)
        await analyst._take_lease(CaseId(case_id), 1)
        here.sql(
            "with dead as (insert into jobs.procrastinate_workers (last_heartbeat) values (now() - interval '1 hour') "
            "returning id) update jobs.procrastinate_jobs set status = 'doing', attempts = %s, "
            "worker_id = (select id from dead)",
            queue.MOST_TRIES - 1,
        )

        async with here.worker(stalled_after_seconds=0.6):
            assert await until(ended(here, case_id)) == ("failed", "analysis_crashed")
        assert here.sql("select status from jobs.procrastinate_jobs") == [("failed",)]


@on_one_version
async def test_signs_of_life_keep_the_case_for_as_long_as_the_work_takes(clinic):
    async with clinic() as here, here.client(here.database.a_person()) as doctor:
        case_id = await opened(doctor)
        job = here.job(case_id)
        waiting = Waiting(here.reader)
        slow = asyncio.create_task(here.analyst(reader=waiting, hold_seconds=0.8).analyse(job, 1))
        await waiting.asked.wait()
        for _ in range(4):
            await asyncio.sleep(0.5)
            with pytest.raises(queue.Later):
                await here.analyst().analyse(job, 1)
        waiting.let.set()
        await slow

        assert status(here, case_id) == ("completed", None)


@on_one_version
async def test_a_database_that_is_away_for_a_moment_does_not_end_the_signs_of_life(clinic):
    async with clinic() as here, here.client(here.database.a_person()) as doctor:
        case_id = await opened(doctor)
        waiting = Waiting(here.reader)
        slow = asyncio.create_task(here.analyst(reader=waiting, hold_seconds=5.0).analyse(here.job(case_id), 1))
        await waiting.asked.wait()
        # Its login is refused and its connections are cut, for longer than a sign of life is due.
        here.sql("alter role care_worker nologin")
        here.sql("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'care_worker'")
        await asyncio.sleep(3.5)
        here.sql("alter role care_worker login")
        await asyncio.sleep(3.0)
        waiting.let.set()
        await slow

        assert status(here, case_id) == ("completed", None)


async def test_two_workers_publish_a_case_once(clinic):
    async with clinic() as here, here.client(here.database.a_person()) as doctor:
        ids = [await opened(doctor) for _ in range(6)]
        jobs = [here.job(case_id) for case_id in ids]
        async with here.worker(), here.worker():
            # A third one does the same jobs beside the queue, as a rescue at the wrong moment would.
            await asyncio.gather(*(here.analyst().analyse(job, 1) for job in jobs), return_exceptions=True)
            for case_id in ids:
                assert await until(ended(here, case_id)) == ("completed", None)

        assert [published(here, case_id) for case_id in ids] == [1] * 6


@on_one_version
async def test_what_was_accepted_is_finished_although_its_clinician_was_disabled(clinic):
    async with clinic() as here, here.client(here.database.a_person()) as doctor:
        case_id = await opened(doctor)
        here.sql("update auth.users set banned_until = 'infinity'")
        here.sql("delete from auth.sessions")
        assert (await doctor.get(f"/api/cases/{case_id}")).status_code == 401
        async with here.worker():
            assert await until(ended(here, case_id)) == ("completed", None)


async def test_a_worker_sees_the_case_it_holds_and_no_other(clinic):
    async with clinic() as here, here.client(here.database.a_person()) as doctor:
        mine, other = await opened(doctor), await opened(doctor)
        lease = await here.analyst(hold_seconds=1.0)._take_lease(CaseId(mine), 1)
        workers = here.pools[Login.CARE_WORKER]

        async with sessions.begin_as_worker(workers, lease=lease) as session:
            assert (await session.one(cases.SQL["case_by_id"], Case, case_id=mine)).case_id == mine
            with pytest.raises(errors.NotFound):
                await session.one(cases.SQL["case_by_id"], Case, case_id=other)
            [file] = await session.all(files.SQL["files_of_case"], CaseFile, case_id=mine)
            assert await session.all(files.SQL["files_of_case"], CaseFile, case_id=other) == []
            await here.store.open(session, bucket=files.BUCKET, name=file.object_name)
        [[foreign]] = here.sql("select object_name from public.case_files where case_id = %s", other)
        async with sessions.begin_as_worker(workers, lease=lease) as session:
            with pytest.raises(errors.NotFound):
                await here.store.open(session, bucket=files.BUCKET, name=foreign)
        with pytest.raises(errors.CareError):
            async with sessions.begin_as_worker(workers, lease=lease) as session:
                await insights.publish(session, CaseId(other), 1, lease=lease, result=_nothing_found())
        assert published(here, other) == 0

        # With its lease over, or with another's word for one, there is nothing to see.
        await asyncio.sleep(1.1)
        for token in (lease, "", "00000000-0000-0000-0000-000000000000"):
            async with sessions.begin_as_worker(workers, lease=token) as session:
                assert await session.maybe(cases.SQL["case_by_id"], Case, case_id=mine) is None


async def test_a_clinician_cannot_take_a_lease_or_write_a_result(clinic):
    async with clinic() as here:
        person = here.database.a_person()
        async with here.client(person) as doctor:
            case_id = await opened(doctor)
        own = here.app.state.pools[Login.AUTHENTICATOR]
        for query, values in (
            (insights.SQL["take_lease"], {"case_id": case_id, "analysis_no": 1, "hold": 10}),
            (insights.SQL["give_up"], {"case_id": case_id, "analysis_no": 1, "reason": "x"}),
            (insights.SQL["requeue_forgotten"], {}),
        ):
            for identity in (person, ANONYMOUS):
                with pytest.raises(errors.CareError) as refused:
                    async with sessions.begin(own, identity) as session:
                        await session.value(query, **values)
                assert refused.value.status in {401, 403}


async def test_a_case_in_work_that_lost_its_job_gets_one(clinic):
    async with clinic() as here, here.client(here.database.a_person()) as doctor:
        case_id, fresh = await opened(doctor), await opened(doctor)
        here.sql("delete from jobs.procrastinate_jobs")
        with here.database.owner() as owner:
            owner.execute("set session_replication_role = replica")
            owner.execute(
                "update public.cases set updated_at = now() - interval '1 minute' where case_id = %s", [case_id]
            )

        assert await here.analyst().requeue_forgotten() == 1
        assert await here.analyst().requeue_forgotten() == 0
        async with here.worker():
            assert await until(ended(here, case_id)) == ("completed", None)
        assert status(here, fresh)[0] == "processing"


def _nothing_found() -> insights.Published:
    return insights.Published(
        engine="x", version="1", inputs_sha256="", results={"fr": {}, "en": {}}, file_summaries={}, page_counts={}
    )
