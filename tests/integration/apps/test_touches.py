"""Every touch of a patient's data is on the record, each once: what was done over HTTP against what was taken down."""

from __future__ import annotations

from typing import Any

from tests.integration.apps.test_cases_api import AMINA, lab


def taken_down(application: Any, person: Any) -> list[tuple[str, str, int]]:
    """The entries of that person in their order: action, relation, how many keys."""
    entries = [entry for entry in application.database.recorded() if entry["actor"] == str(person.user_id)]
    return [
        (entry["action"], entry["relation"], len(entry["keys"])) for entry in sorted(entries, key=lambda e: e["at"])
    ]


async def test_each_touch_is_one_entry(running):
    async with running() as application:
        person = application.database.a_person()
        async with application.client(person) as doctor:
            case = (await doctor.post("/api/cases", data=AMINA, files=[lab(), lab("b.pdf")])).json()
            address = f"/api/cases/{case['case_id']}"
            assert taken_down(application, person) == [
                ("INSERT", "public.cases", 1),
                *[("INSERT", "storage.objects", 1), ("INSERT", "public.case_files", 1)] * 2,
            ]
            done = len(taken_down(application, person))
            for method, path, expected in (
                ("GET", "/api/cases", [("list", "public.cases", 1)]),
                (
                    "GET",
                    case["files"][0]["file_url"],
                    [("read", "public.case_files", 1), ("download", "storage.objects", 1)],
                ),
                ("PATCH", address, [("UPDATE", "public.cases", 1)]),
                ("DELETE", address, [("UPDATE", "public.cases", 1)]),
                ("GET", address, [("read", "public.cases", 1)]),
            ):
                body = {"doctor_notes": "Repeat potassium."} if method == "PATCH" else None
                await doctor.request(method, path, json=body)
                entries = taken_down(application, person)
                assert entries[done:] == expected, (method, path)
                done = len(entries)


async def test_an_entry_says_from_which_request_and_where(running):
    async with running() as application:
        person = application.database.a_person()
        async with application.client(person) as doctor:
            answer = await doctor.post("/api/cases", data=AMINA, files=[lab()], headers={"User-Agent": "ward tablet"})
        first = min(
            (entry for entry in application.database.recorded() if entry["actor"] == str(person.user_id)),
            key=lambda entry: entry["at"],
        )
        assert first["request"] == answer.headers["X-Request-Id"]
        assert (first["ip"], first["agent"]) == ("127.0.0.1", "ward tablet")
        assert first["session"] == person.claims["session_id"]
