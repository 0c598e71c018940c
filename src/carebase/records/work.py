"""The analysis of a case, as the worker does it: lease, read, reason, publish once, or give up with a reason.

Reads as `care_worker`, bound to the leased case; what it publishes becomes visible in one transaction.
Whatever happens to this process, the case is either finished by another try or says why it failed.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from carebase import errors
from carebase.audit import log as audit_log
from carebase.database import session as sessions
from carebase.database.pool import Login, Pools
from carebase.database.session import Session
from carebase.documents.reading import Reader
from carebase.documents.text import Document, Kind
from carebase.documents.unreadable import UnreadableFile
from carebase.jobs import queue
from carebase.observability import Log
from carebase.records import analysis, cases, files, insights, rendering
from carebase.records.analysis import CaseInput
from carebase.records.cases import Case, CaseId
from carebase.records.file_reading import FileInput
from carebase.records.files import CaseFile, FileId
from carebase.storage import failures
from carebase.storage.objects import Store, StoredObject

TASK: Final = "analyse_case"
LOG = Log("work")


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseTiming:
    """How long a case is held without a sign of life, and how often one is given."""

    hold_seconds: float = 20.0

    @property
    def renew_every_seconds(self) -> float:
        """Several signs may be missed before the case is given to another."""
        return self.hold_seconds / 4


@dataclass(frozen=True, slots=True)
class _Files:
    inputs: tuple[FileInput, ...]
    page_counts: Mapping[FileId, int | None]


class Analyst:
    """Does the work of analysing cases for one worker process."""

    def __init__(self, *, pools: Pools, store: Store, reader: Reader, timing: LeaseTiming | None = None) -> None:
        self._pool = pools[Login.CARE_WORKER]
        self._store = store
        self._reader = reader
        self._timing = timing or LeaseTiming()

    @property
    def work(self) -> Mapping[str, queue.Work]:
        """What it can do, for the queue."""
        return {
            TASK: queue.Work(
                name=TASK, handler=self.analyse, exhausted=self.give_up, seconds_until_free=self.seconds_until_free
            )
        }

    async def analyse(self, arguments: Mapping[str, Any], tries: int) -> None:
        """Analyse one case under one number. Ends quietly when the work is not wanted any more."""
        case_id, number = CaseId(arguments["case_id"]), int(arguments["analysis_no"])
        lease = await self._take_lease(case_id, number)
        if lease is None:
            return
        try:
            async with self._kept(lease):
                run_id = await self._analyse(case_id, number, lease=lease)
        except insights.Superseded:
            LOG.info("analysis_superseded", case_id=case_id, analysis_no=number)
            # It may be the lease alone that ended; the number is still wanted then.
            await self._wait_for_another(case_id, number)
        except BaseException:
            await self._release(lease)
            raise
        else:
            LOG.info("analysis_published", case_id=case_id, analysis_no=number, attempt=tries, reason=str(run_id))

    async def give_up(self, arguments: Mapping[str, Any], cause: BaseException | None) -> None:
        """The last try failed: the case says so. `cause` is None when the worker itself died each time."""
        reason = "analysis_crashed" if cause is None else _reason_of(cause)
        number = int(arguments["analysis_no"])
        async with sessions.begin_as_worker(self._pool) as session:
            await session.value(
                insights.SQL["give_up"], case_id=arguments["case_id"], analysis_no=number, reason=reason
            )

    async def seconds_until_free(self, arguments: Mapping[str, Any]) -> int | None:
        """How long a lease still holds the case, 0 when none does; None when the work is not wanted any more."""
        number = int(arguments["analysis_no"])
        async with sessions.begin_as_worker(self._pool) as session:
            wait = await session.value(insights.SQL["lease_wait"], case_id=arguments["case_id"], analysis_no=number)
        return None if wait is None else int(wait)

    async def requeue_forgotten(self) -> int:
        """Cases in work that no job will finish get one; how many."""
        async with sessions.begin_as_worker(self._pool) as session:
            return int(await session.value(insights.SQL["requeue_forgotten"]))

    async def _take_lease(self, case_id: CaseId, number: int) -> str | None:
        async with sessions.begin_as_worker(self._pool) as session:
            lease: str | None = await session.value(
                insights.SQL["take_lease"], case_id=case_id, analysis_no=number, hold=self._timing.hold_seconds
            )
        if lease is None:
            await self._wait_for_another(case_id, number)
        return lease

    async def _wait_for_another(self, case_id: CaseId, number: int) -> None:
        """Later while the case is in work under this number: whoever holds it may not come to its end."""
        wait = await self.seconds_until_free({"case_id": case_id, "analysis_no": number})
        if wait is not None:
            raise queue.Later(max(1, wait))

    async def _release(self, lease: str) -> None:
        try:
            async with sessions.begin_as_worker(self._pool) as session:
                await session.value(insights.SQL["release_lease"], lease=lease)
        except errors.CareError as error:
            # It ends by itself; the next try waits for that.
            LOG.warning("lease_not_released", error=error.code)

    @asynccontextmanager
    async def _kept(self, lease: str) -> AsyncIterator[None]:
        """The lease is renewed inside the block; the block is cancelled with Superseded when that fails."""
        outer = asyncio.current_task()
        lost = False

        async def renew() -> None:
            nonlocal lost
            while True:
                await asyncio.sleep(self._timing.renew_every_seconds)
                try:
                    async with sessions.begin_as_worker(self._pool) as session:
                        held = await session.value(
                            insights.SQL["extend_lease"], lease=lease, hold=self._timing.hold_seconds
                        )
                except errors.CareError as error:
                    # A database that comes back in time finds the lease still ours.
                    LOG.warning("lease_not_renewed", error=error.code)
                    continue
                if not held and outer is not None:
                    lost = True
                    outer.cancel()
                    return

        renewal = asyncio.create_task(renew(), name="renew lease")
        try:
            yield
        except asyncio.CancelledError:
            if not lost:
                raise
            raise insights.Superseded from None
        finally:
            renewal.cancel()
            await asyncio.gather(renewal, return_exceptions=True)

    async def _analyse(self, case_id: CaseId, number: int, *, lease: str) -> Any:
        async with sessions.begin_as_worker(self._pool, lease=lease) as session:
            async with session.together() as ask:
                asked_case = ask.maybe(cases.SQL["case_by_id"], Case, case_id=case_id)
                asked_files = ask.all(files.SQL["files_of_case"], CaseFile, case_id=case_id)
                insights.mark_with(ask, case_id, number, step="read", state="running")
                audit_log.record_with(ask, "analyse", "public.cases", keys=[case_id])
            case, stored = asked_case.brought, asked_files.brought
            if case is None:
                raise insights.Superseded
            objects = await self._objects_of(session, stored)
        read = await self._read_all(stored, objects)
        has_labs = any(file.file_category == "lab" for file in stored)
        has_images = any(file.file_category == "radiology" for file in stored)
        async with sessions.begin_as_worker(self._pool, lease=lease) as session, session.together() as ask:
            insights.mark_with(ask, case_id, number, step="read", state="done")
            insights.mark_with(ask, case_id, number, step="labs", state="running" if has_labs else "skipped")
            insights.mark_with(ask, case_id, number, step="imaging", state="running" if has_images else "skipped")
        today = datetime.now(UTC).date()
        question = CaseInput(
            person=case.person(today=today),
            summary=case.case_summary or "",
            notes=case.doctor_notes or "",
            opened_on=case.created_at.date(),
        )
        result = await asyncio.to_thread(
            _reason, question, read, today=today, inputs_sha256=_inputs_sha256(case, stored)
        )
        async with sessions.begin_as_worker(self._pool, lease=lease) as session:
            async with session.together() as ask:
                if has_labs:
                    insights.mark_with(ask, case_id, number, step="labs", state="done")
                if has_images:
                    insights.mark_with(ask, case_id, number, step="imaging", state="done")
            return await insights.publish(session, case_id, number, lease=lease, result=result)

    async def _objects_of(self, session: Session, stored: Sequence[CaseFile]) -> dict[FileId, StoredObject]:
        async with session.together() as ask:
            objects = {
                file.file_id: self._store.open_with(ask, bucket=files.BUCKET, name=file.object_name) for file in stored
            }
        return {file_id: found.brought for file_id, found in objects.items()}

    async def _read_all(self, stored: Sequence[CaseFile], objects: Mapping[FileId, StoredObject]) -> _Files:
        inputs = await asyncio.gather(*(self._read(file, objects[file.file_id]) for file in stored))
        pages = {
            file.file_id: each.document.page_count if each.document else None
            for file, each in zip(stored, inputs, strict=True)
        }
        return _Files(tuple(inputs), pages)

    async def _read(self, file: CaseFile, stored: StoredObject) -> FileInput:
        document: Document | None = None
        problem: str | None = None
        try:
            async with self._store.plain_file(stored) as path:
                document = await self._reader.read(path, kind=Kind(file.file_type))
        except UnreadableFile as error:
            problem = error.reason.value
        category: files.Category = "lab" if file.file_category == "lab" else "radiology"
        return FileInput(
            file=file.file_id,
            name=file.file_name,
            category=category,
            sha256=file.sha256,
            document=document,
            problem=problem,
            is_confirmed=file.is_confirmed,
        )


def _reason(question: CaseInput, read: _Files, *, today: Any, inputs_sha256: str) -> insights.Published:
    found = analysis.analyse(question, read.inputs, today=today)
    return insights.Published(
        engine=analysis.ENGINE,
        version=analysis.VERSION,
        inputs_sha256=inputs_sha256,
        results={language: rendering.render(found, language) for language in insights.LANGUAGES},
        file_summaries={
            FileId(file.file): rendering.file_summary(found, file.file, insights.DEFAULT_LANGUAGE)
            for file in read.inputs
        },
        page_counts=read.page_counts,
    )


def _inputs_sha256(case: Case, stored: Sequence[CaseFile]) -> str:
    """A hash over everything the analysis reads."""
    inputs = [
        case.patient_name,
        case.patient_age,
        case.patient_gender,
        str(case.patient_birth_date),
        case.pregnant,
        case.gestation_weeks,
        case.case_summary,
        case.doctor_notes,
        [(file.file_name, file.file_category, file.sha256, file.is_confirmed) for file in stored],
    ]
    return hashlib.sha256(json.dumps(inputs).encode()).hexdigest()


def _reason_of(cause: BaseException) -> str:
    """A message id of a sentence that a person understands."""
    match cause:
        case errors.Unavailable():
            return "service_unavailable"
        case failures.Missing() | errors.NotFound():
            return "file_missing"
        case _:
            return "analysis_failed"
