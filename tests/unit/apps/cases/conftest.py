"""Builders of records, and the pages without a server."""

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from starlette.requests import Request

from carebase.apps import site
from carebase.records.cases import Case, CaseId
from carebase.records.files import CaseFile, FileId
from carebase.web import messages, rendering, static

NOW = datetime(2026, 3, 12, 9, 41, tzinfo=UTC)


class EveryName(dict[str, str]):
    """Assets as if they had been built."""

    def __missing__(self, name: str) -> str:
        return name


def _case(**changes: Any) -> Case:
    values: dict[str, Any] = {
        "case_id": CaseId("c-1"),
        "doctor_id": uuid.UUID(int=1),
        "patient_name": "Thérèse Mbarga",
        "patient_age": 41,
        "patient_gender": "female",
        "patient_birth_date": date(1984, 7, 4),
        "pregnant": None,
        "gestation_weeks": None,
        "case_summary": None,
        "doctor_notes": None,
        "status": "completed",
        "failure_reason": None,
        "critical_count": 0,
        "analysis_no": 1,
        "created_at": NOW,
        "updated_at": NOW,
        "row_id": 1,
    }
    return Case(**(values | changes))


def _file(**changes: Any) -> CaseFile:
    values: dict[str, Any] = {
        "file_id": FileId("f-1"),
        "case_id": CaseId("c-1"),
        "file_name": "NFS mars.pdf",
        "file_type": "application/pdf",
        "file_size": 2048,
        "file_url": "",
        "file_category": "lab",
        "object_name": "",
        "sha256": "",
        "page_count": 3,
        "ai_summary": None,
        "is_confirmed": False,
        "upload_date": NOW,
    }
    return CaseFile(**(values | changes))


@pytest.fixture
def a_case() -> Callable[..., Case]:
    return _case


@pytest.fixture
def a_file() -> Callable[..., CaseFile]:
    return _file


@pytest.fixture(scope="session")
def renderer() -> rendering.Renderer:
    return site.renderer(static.Names(EveryName()))


@pytest.fixture
def fr(renderer: rendering.Renderer) -> messages.Reader:
    return renderer.messages.reader("fr")


@pytest.fixture
def en(renderer: rendering.Renderer) -> messages.Reader:
    return renderer.messages.reader("en")


@pytest.fixture
def shown(renderer: rendering.Renderer) -> Callable[..., str]:
    """The text of a page, as sent."""

    def show(template: str, view: object, *, language: str = "fr") -> str:
        request = Request(
            {
                "type": "http",
                "method": "GET",
                "scheme": "http",
                "server": ("127.0.0.1", 8000),
                "path": "/cases",
                "query_string": b"",
                "headers": [(b"accept-language", language.encode())],
                "state": {},
            }
        )
        return bytes(renderer.page(request, template, view=view).body).decode()

    return show
