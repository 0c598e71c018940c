"""Nothing of a patient and no secret stands in a log, in PostgreSQL's own log or in the queue.

Marked words are put wherever a caller can put words; afterwards every log is searched for them.
"""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Iterator

import httpx
import psycopg
import pytest
from tests.faults.served import PASSWORD
from tests.integration import bad_files
from tests.integration.records.conftest import clinic, reader, until
from tests.integration.records.test_work import ended, opened
from tests.integration.test_bad_input import analysed, finished

from carebase import errors, observability
from carebase.database.embedded import Embedded

__all__ = ["clinic", "reader"]

MARK = "Zqxcanary"
JSON = {"Content-Type": "application/json"}


def test_no_log_and_no_job_holds_a_word_of_a_patient_or_a_token(served, sign_in):
    doctor = sign_in("canary@carebase.example")
    token = doctor.headers["Authorization"].removeprefix("Bearer ")
    fields = {"case_summary": f"Fever since {MARK}.", "doctor_notes": f"{MARK} notes", "patient_name": f"{MARK} NAME"}
    report = bad_files.report(("Potassium", "7.4", "mmol/L", "3.5 - 5.0"), patient=(f"Patient: {MARK} OTHER",))
    case = analysed(
        doctor, ("lab", f"{MARK}.pdf", report), ("lab", f"{MARK}-cut.pdf", report[:400]),
        ("radiology", f"{MARK}.dcm", bad_files.undecodable_dicom(PatientName=f"{MARK}^X")), **fields,
    )  # fmt: skip
    address = f"/api/cases/{case['case_id']}"
    refresh = {"refresh_token": f"{MARK}refresh"}
    for answer in (
        doctor.post("/api/cases/search", json={"query": MARK}),
        doctor.patch(address, json={"doctor_notes": f"{MARK} again"}),
        doctor.patch(address, json={"patient_name": MARK * 40}),
        doctor.post("/api/cases/search", content=f'{{"query": "{MARK}'.encode(), headers=JSON),
        doctor.post("/api/cases", data={**fields, "patient_gender": "f", "patient_age": MARK}),
        doctor.post("/api/cases", data=fields, files=[("lab_files", (f"{MARK}.exe", b"MZ" + MARK.encode()))]),
        doctor.get(f"/api/cases?cursor={MARK}&gender={MARK}"),
        doctor.get(f"{address}?language={MARK}"),
        doctor.get(case["files"][0]["file_url"], headers={"Range": f"bytes={MARK}", "User-Agent": f"{MARK}\x1b[2J"}),
        doctor.post("/auth/v1/token?grant_type=password", json={"email": "canary@carebase.example", "password": MARK}),
        doctor.post("/auth/v1/token?grant_type=refresh_token", json=refresh),
        httpx.get(f"{served.address}/api/cases", headers={"Authorization": f"Bearer {MARK}"}),
        httpx.post(f"{served.address}/login", data={"email": MARK, "password": MARK}),
    ):  # fmt: skip
        assert answer.status_code < 500
    finished(doctor, case["case_id"])

    running = asyncio.run(Embedded(served.data).reach())
    assert running is not None
    with psycopg.connect(running.dsn(), autocommit=True) as owner:
        with pytest.raises(psycopg.errors.CheckViolation) as refused:
            owner.execute(
                "insert into public.cases (doctor_id, patient_name, patient_age, patient_gender) "
                "select id, %s, -1, 'f' from auth.users limit 1",
                [MARK],
            )
        assert refused.value.diag.constraint_name
        queued = str(owner.execute("select j::text from jobs.procrastinate_jobs j").fetchall())
        args = owner.execute("select distinct jsonb_object_keys(args) from jobs.procrastinate_jobs").fetchall()
    server_logs = [path for path in served.data.rglob("postgresql-*.log*") if path.is_file()]
    assert server_logs
    assert {name for (name,) in args} <= {"case_id", "analysis_no"}
    for text in (served.log(), queued, *(path.read_text(errors="replace") for path in server_logs)):
        for secret in (MARK, "NAME", token, token.rpartition(".")[2], PASSWORD, "canary@"):
            assert secret not in text
    assert '"serving"' in served.log()


class Quoting:
    """A reader that breaks as a careless library does, with the file's words in its error."""

    async def read(self, *_: object, **__: object):
        raise ValueError(f"could not convert {MARK} to float")


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What a process of ours writes to standard error, libraries included."""
    kept = [
        (one, one.handlers[:], one.level, one.propagate) for one in (logging.getLogger(), logging.getLogger("carebase"))
    ]
    written = io.StringIO()
    observability.start(stream=written)
    yield written
    for one, handlers, level, propagate in kept:
        one.handlers[:], one.propagate = handlers, propagate
        one.setLevel(level)


@pytest.mark.parametrize("cluster", ["18"], indirect=True)
async def test_work_that_breaks_says_where_and_quotes_nothing(clinic, log):
    async with clinic() as here, here.client(here.database.a_person()) as doctor:
        case_id = await opened(doctor)
        async with here.worker(here.analyst(reader=Quoting())):
            assert await until(ended(here, case_id)) == ("failed", "analysis_failed")
            await asyncio.sleep(0.3)

    assert '"work_failed"' in log.getvalue()
    assert "procrastinate" in log.getvalue()
    assert MARK not in log.getvalue()
    assert "Traceback" not in log.getvalue()


def test_a_task_that_nobody_waited_for_quotes_nothing(log):
    logging.getLogger("asyncio").error("Task exception was never retrieved\nfuture: <Task exception=%s>", MARK)
    try:
        raise ValueError(MARK)
    except ValueError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application\n")

    task, web = log.getvalue().splitlines()
    assert "Task exception was never retrieved" in task
    assert "builtins.ValueError at tests.integration.test_canaries" in web
    assert MARK not in log.getvalue()


@pytest.mark.parametrize("cluster", ["18"], indirect=True)
async def test_a_request_that_breaks_says_where_and_quotes_nothing(clinic, log):
    async with clinic() as here, here.client(here.database.a_person()) as doctor:

        class Broken:
            async def open(self, *_: object, **__: object):
                raise ValueError(MARK)

        class Away:
            async def open(self, *_: object, **__: object):
                raise errors.Unavailable from ValueError(MARK)

        case_id = await opened(doctor)
        files = (await doctor.get(f"/api/cases/{case_id}")).json()["files"]
        here.app.state.store = Broken()
        broken = await doctor.get(files[0]["file_url"])
        here.app.state.store = Away()
        answer = await doctor.get(files[0]["file_url"])

    assert (broken.status_code, answer.status_code) == (500, 503)
    assert MARK not in broken.text + answer.text
    assert '"request_broke"' in log.getvalue()
    assert '"request_failed"' in log.getvalue()
    assert MARK not in log.getvalue()
