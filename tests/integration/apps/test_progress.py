"""The progress of a case over a real socket: what a page or a program sees while its case is in work."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from tests.integration.test_bad_input import MARIE, OWN, PNG

STEPS = ["stored", "read", "labs", "imaging", "insights"]


@pytest.fixture(scope="module")
def doctor(sign_in) -> httpx.Client:
    return sign_in("progress@carebase.example")


def opened(doctor: httpx.Client) -> str:
    files = [("lab_files", ("labs.pdf", OWN)), ("radiology_files", ("thorax.png", PNG))]
    answer = doctor.post("/api/cases", data=MARIE, files=files)
    assert answer.status_code == 201, answer.text
    return answer.json()["case_id"]


def events(answer: httpx.Response) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and content of each event, as EventSource reads them."""
    name = ""
    for line in answer.iter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


def test_every_step_is_told_in_its_order_and_the_stream_ends_with_the_case(doctor):
    case_id = opened(doctor)
    with doctor.stream("GET", f"/api/cases/{case_id}/events") as answer:
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        assert answer.headers["Cache-Control"] == "no-store"
        told = list(events(answer))

    *steps, (last, end) = told
    assert (last, end) == ("end", {"status": "completed", "reason": None})
    assert {name for name, _ in steps} == {"step"}
    assert all(set(step) == {"step", "state", "reason", "at"} for _, step in steps)
    done = [step["step"] for _, step in steps if step["state"] == "done"]
    assert done == STEPS
    for step in STEPS:
        states = [one["state"] for _, one in steps if one["step"] == step]
        # A fast step may be seen only once it is done; none is ever told twice or backwards.
        assert states == sorted(set(states), key=["waiting", "running", "done"].index)


def test_a_finished_case_tells_all_its_steps_and_ends(doctor):
    case_id = opened(doctor)
    for _ in range(2):
        with doctor.stream("GET", f"/api/cases/{case_id}/events") as answer:
            told = list(events(answer))
    assert [step["step"] for name, step in told if name == "step"] == STEPS
    assert told[-1] == ("end", {"status": "completed", "reason": None})


def test_who_signs_out_meanwhile_sees_no_further(served, sign_in):
    leaving = sign_in("leaving@carebase.example")
    worker = served.process_of("worker")
    worker.suspend()
    try:
        case_id = opened(leaving)
        with leaving.stream("GET", f"/api/cases/{case_id}/events", timeout=20) as answer:
            stream = events(answer)
            assert next(stream)[1]["step"] == "stored"
            with httpx.Client(base_url=served.address, headers=leaving.headers) as beside:
                assert beside.post("/auth/v1/logout").status_code == 204
            began = time.monotonic()
            rest = list(stream)
        assert time.monotonic() - began <= 5
        assert rest[-1][0] == "error"
        assert rest[-1][1]["code"] == "not_signed_in"
        assert "end" not in {name for name, _ in rest}
    finally:
        worker.resume()


def test_another_doctors_case_has_no_progress_to_see(doctor, served, sign_in):
    case_id = opened(doctor)
    foreign = sign_in("foreign@carebase.example")
    missing = foreign.get("/api/cases/no-such-case/events")
    answer = foreign.get(f"/api/cases/{case_id}/events")

    assert answer.status_code == missing.status_code == 404
    assert answer.json()["code"] == missing.json()["code"] == "not_found"
    assert httpx.get(f"{served.address}/api/cases/{case_id}/events").status_code == 401


def test_a_case_deleted_meanwhile_ends_the_stream(doctor, served):
    worker = served.process_of("worker")
    worker.suspend()
    try:
        case_id = opened(doctor)
        with doctor.stream("GET", f"/api/cases/{case_id}/events", timeout=20) as answer:
            stream = events(answer)
            next(stream)
            with httpx.Client(base_url=served.address, headers=doctor.headers) as beside:
                assert beside.delete(f"/api/cases/{case_id}").status_code == 204
            *_, last = stream
        assert last[0] == "error"
        assert last[1]["code"] == "not_found"
    finally:
        worker.resume()
