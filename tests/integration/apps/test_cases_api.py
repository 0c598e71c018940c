"""What the cases API promises to its callers."""

from __future__ import annotations

import asyncio
import io
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from reportlab.pdfgen.canvas import Canvas

from carebase.database.pool import Login

SAMPLES = Path(__file__).parents[3] / "src" / "carebase" / "cli" / "samples"
AMINA = {"patient_name": "Amina Diallo", "patient_gender": "female", "patient_age": "34"}
ERROR_FIELDS = {"code", "message", "details", "hint", "request_id"}


def a_pdf(text: str = "Hemoglobin 12.9 g/dL") -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, invariant=1)
    canvas.drawString(72, 700, text)
    canvas.save()
    return buffer.getvalue()


def lab(name: str = "labs.pdf", content: bytes | None = None):
    return ("lab_files", (name, a_pdf() if content is None else content, "application/pdf"))


async def test_a_case_with_files_is_opened_at_once_and_in_work(running):
    async with running() as application, application.client(application.database.a_person()) as doctor:
        image = (SAMPLES / "fr" / "radiographie-thoracique.png").read_bytes()
        answer = await doctor.post(
            "/api/cases", data=AMINA, files=[lab(), ("radiology_files", ("thorax.png", image, "image/png"))]
        )

        assert answer.status_code == 201
        case = answer.json()
        assert case["status"] == "processing"
        assert [(file["file_category"], file["file_type"]) for file in case["files"]] == [
            ("lab", "application/pdf"),
            ("radiology", "image/png"),
        ]
        whole = (await doctor.get(f"/api/cases/{case['case_id']}")).json()
        assert [step["step"] for step in whole["steps"]] == ["stored", "read", "labs", "imaging", "insights"]
        assert whole["steps"][0]["state"] == "done"
        with application.database.owner() as owner:
            jobs = owner.execute("select args from jobs.procrastinate_jobs where status = 'todo'").fetchall()
        assert jobs == [({"case_id": case["case_id"], "analysis_no": 1},)]


async def test_a_case_is_opened_by_json_without_files(running):
    async with running() as application, application.client(application.database.a_person()) as doctor:
        body = {"patient_name": "Bruno", "patient_gender": "male", "birth_date": "1990-05-17", "case_summary": "Fever."}
        answer = await doctor.post("/api/cases", json=body)

        assert answer.status_code == 201
        today = datetime.now(UTC).date()
        assert answer.json()["patient_age"] == today.year - 1990 - ((today.month, today.day) < (5, 17))


async def test_the_same_idempotency_key_gives_the_same_case(running):
    async with running() as application, application.client(application.database.a_person()) as doctor:
        headers = {"Idempotency-Key": "a1"}
        first = await doctor.post("/api/cases", data=AMINA, files=[lab()], headers=headers)
        again = await doctor.post("/api/cases", data=AMINA, files=[lab()], headers=headers)
        other = await doctor.post("/api/cases", data=AMINA | {"patient_age": "35"}, files=[lab()], headers=headers)

        assert first.status_code == again.status_code == 201
        assert first.json() == again.json()
        assert other.status_code == 409
        assert other.json()["code"] == "idempotency_key_reused"


async def test_fifty_identical_requests_at_once_open_one_case(running):
    async with running() as application, application.client(application.database.a_person()) as doctor:
        answers = await asyncio.gather(
            *(doctor.post("/api/cases", data=AMINA, files=[lab()], headers={"Idempotency-Key": "b"}) for _ in range(50))
        )

        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.json()["case_id"] for answer in answers}) == 1
        assert (await doctor.get("/api/cases?total=true")).json()["total"] == 1
        with application.database.owner() as owner:
            assert owner.execute("select count(*) from storage.uploads").fetchone() == (0,)


async def test_another_doctors_case_does_not_exist_for_the_reader(running):
    async with running() as application:
        amy, bob = application.database.a_person(), application.database.a_person()
        async with application.client(amy) as own, application.client(bob) as foreign:
            case = (await own.post("/api/cases", data=AMINA, files=[lab()])).json()
            address, file = f"/api/cases/{case['case_id']}", case["files"][0]["file_id"]
            answers = [
                await foreign.get(address),
                await foreign.patch(address, json={"case_summary": "x"}),
                await foreign.delete(address),
                await foreign.post(f"{address}/files", files=[lab()]),
                await foreign.get(f"{address}/files/{file}"),
                await foreign.post(f"{address}/files/{file}/confirmation"),
                await foreign.post(f"{address}/analysis"),
                await foreign.get(f"{address}/insights"),
                await foreign.get(f"{address}/events"),
                await foreign.get(f"/cases/cases/{case['case_id']}", headers={"Accept": "application/json"}),
            ]

            assert [answer.status_code for answer in answers] == [404] * len(answers)
            missing = await foreign.get("/api/cases/no-such-case")
            assert {**answers[0].json(), "request_id": ""} == {**missing.json(), "request_id": ""}
            assert (await foreign.get("/api/cases")).json()["cases"] == []


async def test_without_a_clinical_role_no_case_is_opened(running):
    async with running() as application:
        for role in (None, "patient"):
            async with application.client(application.database.a_person(role)) as person:
                assert (await person.post("/api/cases", data=AMINA, files=[lab()])).status_code == 403


async def test_nobody_is_told_to_sign_in(running):
    async with running() as application, application.client() as nobody:
        for path in ("/api/cases", "/api/cases/x", "/cases/all_cases"):
            answer = await nobody.get(path)
            assert answer.status_code == 401
            assert answer.headers["WWW-Authenticate"] == "Bearer"
            assert set(answer.json()) == ERROR_FIELDS


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"patient_age": "-1"}, "patient_age"),
        ({"patient_age": "abc"}, "patient_age"),
        ({"patient_age": "131"}, "patient_age"),
        ({"patient_name": " "}, "patient_name"),
        ({"patient_age": ""}, "patient_age"),
        ({"birth_date": "2031-13-40"}, "birth_date"),
        ({"birth_date": "2999-01-01"}, "birth_date"),
        ({"pregnant": "perhaps"}, "pregnant"),
        ({"unknown": "1"}, "unknown"),
    ],
)
async def test_a_field_that_cannot_be_is_named_and_not_repeated(running, change, word):
    async with running() as application, application.client(application.database.a_person()) as doctor:
        answer = await doctor.post("/api/cases", data=AMINA | change, files=[lab()])

        assert answer.status_code == 400
        assert set(answer.json()) == ERROR_FIELDS
        assert word in answer.json()["details"]
        assert "Amina" not in answer.text
        assert "perhaps" not in answer.text
        with application.database.owner() as owner:
            assert owner.execute("select count(*) from public.cases").fetchone() == (0,)
            assert owner.execute("select count(*) from storage.uploads").fetchone() == (0,)


@pytest.mark.parametrize(
    ("name", "content", "status"),
    [
        ("page.html", b"<html><script>alert(1)</script></html>", 415),
        ("program.pdf", b"MZ\x90\x00" + bytes(300), 415),
        ("archive.zip", b"PK\x03\x04" + bytes(300), 415),
        ("empty.pdf", b"", 400),
    ],
)
async def test_a_kind_that_is_not_accepted_is_refused_by_its_content(running, name, content, status):
    async with running() as application, application.client(application.database.a_person()) as doctor:
        answer = await doctor.post("/api/cases", data=AMINA, files=[lab(), lab(name, content)])

        assert answer.status_code == status
        assert not [path for path in (application.app.state.settings.data / "objects").rglob("*") if path.is_file()]


async def test_a_file_over_25_megabytes_is_too_large(running):
    async with running() as application, application.client(application.database.a_person()) as doctor:
        answer = await doctor.post("/api/cases", data=AMINA, files=[lab(content=b"%PDF-1.4\n" + bytes(25 * 2**20))])

        assert answer.status_code == 413
        assert not [path for path in (application.app.state.settings.data / "objects").rglob("*") if path.is_file()]


async def test_a_case_takes_twenty_files(running):
    async with running() as application, application.client(application.database.a_person()) as doctor:
        files = [lab(f"{number}.pdf", a_pdf(f"Sodium {number}")) for number in range(20)]
        case = (await doctor.post("/api/cases", data=AMINA, files=files)).json()
        assert len(case["files"]) == 20
        assert (await doctor.post(f"/api/cases/{case['case_id']}/files", files=[lab()])).status_code == 413
        assert (await doctor.post("/api/cases", data=AMINA, files=[*files, lab()])).status_code == 413


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "..\\..\\boot.ini", "a" * 300 + ".pdf", "naïve \r\nX-Evil: 1.pdf"]
)
async def test_a_given_name_is_shown_and_never_a_path(running, name):
    async with running() as application, application.client(application.database.a_person()) as doctor:
        answer = await doctor.post("/api/cases", data=AMINA, files=[lab(name)])

        assert answer.status_code == 201
        file = answer.json()["files"][0]
        assert "/" not in file["file_name"]
        assert len(file["file_name"].encode()) <= 255
        objects = application.app.state.settings.data / "objects"
        stored = [path for path in objects.rglob("*") if path.is_file()]
        assert len(stored) == 1
        assert stored[0].is_relative_to(objects)
        download = await doctor.get(file["file_url"])
        assert download.status_code == 200
        assert "X-Evil" not in download.headers


async def test_a_file_is_downloaded_whole_and_in_parts(running):
    async with running() as application, application.client(application.database.a_person()) as doctor:
        content = a_pdf("x" * 4000)
        case = (await doctor.post("/api/cases", data=AMINA, files=[lab(content=content)])).json()
        address = case["files"][0]["file_url"]
        whole = await doctor.get(address)
        part = await doctor.get(address, headers={"Range": "bytes=10-19"})
        beyond = await doctor.get(address, headers={"Range": "bytes=999999-"})
        known = await doctor.get(address, headers={"If-None-Match": whole.headers["ETag"]})

        assert whole.content == content
        assert whole.headers["Content-Disposition"].startswith("attachment")
        assert (part.status_code, part.content) == (206, content[10:20])
        assert part.headers["Content-Range"] == f"bytes 10-19/{len(content)}"
        assert beyond.status_code == 416
        assert known.status_code == 304


async def test_every_read_is_on_record_before_its_answer(running):
    async with running() as application:
        person = application.database.a_person()
        async with application.client(person) as doctor:
            case = (await doctor.post("/api/cases", data=AMINA, files=[lab()])).json()
            await doctor.get(f"/api/cases/{case['case_id']}")
            await doctor.get(case["files"][0]["file_url"])
            await doctor.get("/api/cases/no-such-case")
        rows = [
            (entry["action"], entry["relation"], entry["keys"])
            for entry in application.database.recorded()
            if entry["actor"] == str(person.user_id)
        ]
        assert ("INSERT", "public.cases", [case["case_id"]]) in rows
        assert ("read", "public.cases", [case["case_id"]]) in rows
        assert ("read", "public.cases", ["no-such-case"]) in rows
        assert any(action == "download" for action, _, _ in rows)


async def test_cases_are_listed_in_pages_filtered_and_counted(running):
    async with running() as application, application.client(application.database.a_person()) as doctor:
        for number in range(7):
            gender = "female" if number % 2 else "male"
            body = {"patient_name": f"Patient {number}", "patient_gender": gender, "patient_age": 30}
            assert (await doctor.post("/api/cases", json=body)).status_code == 201
        seen, cursor = [], ""
        while cursor is not None:
            page = (
                await doctor.get(f"/api/cases?limit=3&total=true&cursor={cursor}" if cursor else "/api/cases?limit=3")
            ).json()
            seen += [case["patient_name"] for case in page["cases"]]
            cursor = page["next_cursor"]
        earliest = (await doctor.get("/api/cases?sort=created_at&limit=200")).json()["cases"]

        assert seen == [f"Patient {number}" for number in reversed(range(7))]
        assert [case["patient_name"] for case in earliest] == list(reversed(seen))
        assert len((await doctor.get("/api/cases?gender=female")).json()["cases"]) == 3
        assert (await doctor.get("/api/cases?status=failed&total=true")).json()["total"] == 0
        assert (await doctor.get("/api/cases?created_from=2999-01-01T00:00:00Z")).json()["cases"] == []
        for wrong in ("status=open", "limit=0", "cursor=zzz", "sort=name", "created_from=soon"):
            assert (await doctor.get(f"/api/cases?{wrong}")).status_code == 400


async def test_a_name_is_searched_without_accents_and_never_in_the_address(running):
    async with running() as application:
        amy, bob = application.database.a_person(), application.database.a_person()
        async with application.client(amy) as own, application.client(bob) as foreign:
            await own.post("/api/cases", data=AMINA | {"patient_name": "Élodie Mbarga-Ngo"})
            await own.post("/api/cases", data=AMINA)
            found = (await own.post("/api/cases/search", json={"query": "elodie mbarga"})).json()["cases"]

            assert [case["patient_name"] for case in found] == ["Élodie Mbarga-Ngo"]
            assert (await foreign.post("/api/cases/search", json={"query": "elodie"})).json()["cases"] == []
            assert (await own.post("/api/cases/search", json={"query": "100%_"})).json()["cases"] == []


async def test_a_changed_input_is_analysed_again(running):
    async with running() as application, application.client(application.database.a_person()) as doctor:
        case = (await doctor.post("/api/cases", data=AMINA)).json()
        changed = await doctor.patch(f"/api/cases/{case['case_id']}", json={"case_summary": "Fatigue"})

        assert (changed.status_code, changed.json()["case_summary"]) == (200, "Fatigue")
        with application.database.owner() as owner:
            jobs = owner.execute(
                "select args ->> 'analysis_no', status::text from jobs.procrastinate_jobs order by id"
            ).fetchall()
        assert jobs == [("1", "cancelled"), ("2", "todo")]
        again = await doctor.post(f"/api/cases/{case['case_id']}/analysis")
        assert again.status_code == 409


async def test_a_discarded_case_is_gone_for_everybody_and_its_record_stays(running):
    async with running() as application, application.client(application.database.a_person()) as doctor:
        case = (await doctor.post("/api/cases", data=AMINA, files=[lab()])).json()
        assert (await doctor.delete(f"/api/cases/{case['case_id']}")).status_code == 204

        assert (await doctor.get(f"/api/cases/{case['case_id']}")).status_code == 404
        assert (await doctor.get(case["files"][0]["file_url"])).status_code == 404
        assert (await doctor.delete(f"/api/cases/{case['case_id']}")).status_code == 404
        with application.database.owner() as owner:
            assert owner.execute("select count(*) from public.cases where deleted_at is not null").fetchone() == (1,)
            assert owner.execute("select status::text from jobs.procrastinate_jobs").fetchall() == [("cancelled",)]


async def test_limits_answer_429_with_the_time_to_wait(running):
    async with (
        running(running_analyses=2) as application,
        application.client(application.database.a_person()) as doctor,
    ):
        for _ in range(2):
            assert (await doctor.post("/api/cases", data=AMINA)).status_code == 201
        answer = await doctor.post("/api/cases", data=AMINA)
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "10")
    async with (
        running(uploads_per_hour=1) as application,
        application.client(application.database.a_person()) as doctor,
    ):
        assert (await doctor.post("/api/cases", data=AMINA, files=[lab()])).status_code == 201
        assert (await doctor.post("/api/cases", data=AMINA, files=[lab()])).status_code == 429
    async with (
        running(requests_per_minute=3) as application,
        application.client(application.database.a_person()) as doctor,
    ):
        statuses = [(await doctor.get("/api/cases")).status_code for _ in range(5)]
        assert statuses == [200, 200, 200, 429, 429]


async def test_the_original_services_paths_still_answer(running):
    async with running() as application, application.client(application.database.a_person()) as doctor:
        opened = await doctor.post("/cases/create_case", data=AMINA | {"user_id": "somebody"}, files=[lab()])
        assert opened.status_code == 201
        listed = (await doctor.get("/cases/all_cases")).json()["cases"]
        assert [case["case_id"] for case in listed] == [opened.json()["case_id"]]
        whole = await doctor.get(f"/cases/cases/{opened.json()['case_id']}")
        assert whole.json()["files"][0]["file_name"] == "labs.pdf"
        paths = (await doctor.get("/openapi.json")).json()["paths"]
        assert paths["/cases/create_case"]["post"]["deprecated"] is True


async def test_an_error_of_ours_tells_nothing_and_names_the_request(running):
    async with running() as application, application.client(application.database.a_person()) as doctor:
        with application.database.owner() as owner:
            owner.execute("alter table public.cases rename to cases_away")
        answer = await doctor.get("/api/cases")
        assert answer.status_code == 500
        assert set(answer.json()) == ERROR_FIELDS
        assert answer.json()["request_id"] == answer.headers["X-Request-Id"]
        assert "cases_away" not in answer.text


async def test_a_database_that_is_away_answers_503_and_nothing_leaks(running):
    async with running() as application, application.client(application.database.a_person()) as doctor:
        case = (await doctor.post("/api/cases", data=AMINA)).json()
        with application.database.owner() as owner:
            owner.execute("alter role audit_sealer nologin")
            owner.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'audit_sealer'")
        try:
            answer = await doctor.get(f"/api/cases/{case['case_id']}")
        finally:
            with application.database.owner() as owner:
                owner.execute("alter role audit_sealer login")
        assert answer.status_code == 503
        assert "Amina" not in answer.text


@pytest.mark.parametrize("path", ["/api/cases/search", "/auth/v1/token?grant_type=password", "/api/cases"])
async def test_a_body_without_files_is_limited(running, path):
    async with running() as application, application.client(application.database.a_person()) as doctor:

        async def endless():
            for _ in range(64):
                yield b" " * 65536

        for kind in ("application/json", "application/x-www-form-urlencoded"):
            answer = await doctor.post(path, content=endless(), headers={"Content-Type": kind})
            assert answer.status_code == 413, (kind, answer.text)


async def test_an_unexpected_failure_is_answered_like_any_other(running, monkeypatch):
    async with running() as application, application.client(application.database.a_person()) as doctor:

        async def broken(*_: object, **__: object) -> None:
            raise RuntimeError("Amina Diallo, hemoglobin 6.4")

        monkeypatch.setattr("carebase.records.cases.page", broken)
        for accept in ("application/json", "text/html"):
            answer = await doctor.get("/api/cases", headers={"Accept": accept})
            assert answer.status_code == 500
            assert set(answer.json()) == ERROR_FIELDS
            assert answer.json()["request_id"] == answer.headers["X-Request-Id"]
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "Amina" not in answer.text


async def test_a_failed_analysis_says_why_in_the_readers_language_and_can_be_tried_again(running):
    async with running() as application, application.client(application.database.a_person()) as doctor:
        case = (await doctor.post("/api/cases", data=AMINA)).json()
        with psycopg.connect(application.database.login_dsn(Login.CARE_WORKER), autocommit=True) as worker:
            worker.execute("select private.give_up(%s, 1, 'file_missing')", [case["case_id"]])
        address = f"/api/cases/{case['case_id']}"
        french, english = (await doctor.get(address)).json(), (await doctor.get(f"{address}?language=en")).json()

        assert (french["status"], french["failure_reason"]) == ("failed", "file_missing")
        assert "fichier" in french["failure_message"]
        assert "file" in english["failure_message"]
        assert (await doctor.post(f"{address}/analysis")).status_code == 202
        assert (await doctor.get(address)).json()["failure_message"] is None
