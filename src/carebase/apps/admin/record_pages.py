"""The administrator's pages of the record of access: search, one entry, checkpoints, check, export.

Looking at it is on record like any other look. What is typed comes in the body of a form; addresses hold numbers of
entries alone.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import IO, Annotated, Any, Final, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Path
from fastapi import Form as FormField
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from carebase.apps.account import arriving
from carebase.apps.account.arriving import Field, OwnForm
from carebase.apps.account.views import Form, Mistake, Option
from carebase.apps.admin import administering, checkpoint_ages, record_search, verifying
from carebase.apps.admin.administering import AdminSession
from carebase.apps.admin.record_search import Entry, Found, Wanted
from carebase.apps.admin.views import Check, EntryRow, EntryView, Fact, RecordView
from carebase.audit import export as exporting
from carebase.audit import log
from carebase.auth import accounts, addresses, refused, requests
from carebase.auth.requests import SignedInIdentity
from carebase.settings import Settings
from carebase.web.messages import Reader

RECORD: Final = "/admin/audit"
FIELDS: Final = ("person", "patient", "action", "relation", "since", "until", "before_at", "before_seq", "reason")
LONGEST_REASON: Final = 500
CHUNK_BYTES: Final = 65_536
KEYS_SHOWN: Final = 3
FAULTS_SHOWN: Final = 20
CLIENT_WORD: Final = "client:"

router = APIRouter(include_in_schema=False)


async def _fields(
    *,
    person: Field = "",
    patient: Field = "",
    action: Field = "",
    relation: Field = "",
    since: Field = "",
    until: Field = "",
    before_at: Field = "",
    before_seq: Field = "",
    reason: Annotated[str, FormField(max_length=4 * LONGEST_REASON)] = "",
) -> Mapping[str, str]:
    given = (person, patient, action, relation, since, until, before_at, before_seq, reason)
    return {name: value.strip() for name, value in zip(FIELDS, given, strict=True)}


Fields = Annotated[Mapping[str, str], Depends(_fields)]


@router.get(RECORD)
async def record(request: Request, _: AdminSession) -> Response:
    """The form, the checkpoints and the last check; nothing of the record itself."""
    return await _page(request, Form(), found=None)


@router.post(RECORD, dependencies=[OwnForm])
async def search(request: Request, session: AdminSession, fields: Fields) -> Response:
    """The entries that were asked for, a page of them."""
    wanted, mistakes = await _wanted(request, fields)
    if mistakes:
        return await _page(request, Form(values=fields, mistakes=mistakes), found=None, status=400)
    return await _page(request, Form(values=fields), found=await record_search.search(session, wanted))


@router.get(f"{RECORD}/entries/{{sealed_at}}/{{seq}}")
async def entry(
    request: Request,
    session: AdminSession,
    *,
    sealed_at: Annotated[int, Path(ge=0, lt=10**17)],
    seq: Annotated[int, Path(ge=1, lt=2**63)],
) -> Response:
    """One entry; what it changed where the reader may see that record's content just now."""
    found, patients = await record_search.entry(session, sealed_at=sealed_at, seq=seq)
    t = arriving.reader_of(request)
    known = await record_search.names(arriving.means_of(request), [found.actor])
    view = EntryView(
        facts=tuple(_facts(t, found, known)),
        patients=tuple(str(one) for one in patients),
        before=_printed(found.before),
        after=_printed(found.after),
        is_change=(found.action or "") in {"INSERT", "UPDATE", "DELETE"},
    )
    return arriving.renderer_of(request).page(request, "admin/entry.html", view=view)


@router.post(f"{RECORD}/verify", dependencies=[OwnForm])
async def verify(request: Request, identity: SignedInIdentity, _: AdminSession) -> Response:
    """Begin to check the whole record; the page says how far it is."""
    async with requests.open_session(request, identity) as session:
        await log.record(session, "verify", record_search.RELATION, keys=[], request_id=_id(request))
    verifying.start(request)
    return arriving.gone(RECORD, said="verify")


@router.post(f"{RECORD}/export", dependencies=[OwnForm])
async def export(
    request: Request, identity: SignedInIdentity, _: AdminSession, fields: Fields, *, form: Field = "csv"
) -> Response:
    """The entries of a person, a patient or a time as a file; why is on record before the first one leaves."""
    t = arriving.reader_of(request)
    wanted, mistakes = await _wanted(request, fields)
    reason = fields["reason"]
    if not 0 < len(reason) <= LONGEST_REASON:
        mistakes = (*mistakes, Mistake(field="reason", text=t("admin-reason-missing")))
    if mistakes:
        return await _page(request, Form(values=fields, mistakes=mistakes), found=None, status=400)
    try:
        await administering.demand_fresh(request, identity)
    except arriving.TOO_OLD:
        return await arriving.prove_again(request, identity, back=RECORD)
    kind = exporting.Format.JSONL if form == exporting.Format.JSONL.value else exporting.Format.CSV
    async with requests.open_session(request, identity) as session:
        await log.record(
            session,
            "export",
            record_search.RELATION,
            keys=[],
            patients=log.concerning(wanted.patient),
            request_id=_id(request),
            details={**wanted.described, "reason": reason, "format": kind.value},
        )
    part = exporting.Part(
        since=wanted.since,
        until=wanted.until,
        patient=wanted.patient,
        actor=None if wanted.actor is None else str(wanted.actor),
    )
    state = request.app.state
    written = await asyncio.to_thread(
        _written, cast(str, state.owner_dsn), cast(Settings, state.settings), part, kind, f"account {identity.user_id}"
    )
    name = f"carebase-record-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.{kind.value}"
    media = "text/csv; charset=utf-8" if kind is exporting.Format.CSV else "application/jsonl"
    return StreamingResponse(
        _chunks(written),
        media_type=media,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
        background=BackgroundTask(written.close),
    )


def _written(dsn: str, chosen: Settings, part: exporting.Part, kind: exporting.Format, by: str) -> IO[bytes]:  # noqa: PLR0917  a thread's work
    # It holds who saw whom: it has no name on the disk and is gone when it is closed.
    out: IO[bytes] = tempfile.TemporaryFile(dir=chosen.data)  # noqa: SIM115  the answer closes it
    try:
        exporting.export(dsn, out, part=part, form=kind, by=by)
        out.seek(0)
    except BaseException:
        out.close()
        raise
    return out


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(CHUNK_BYTES):
        yield chunk


async def _wanted(request: Request, fields: Mapping[str, str]) -> tuple[Wanted, tuple[Mistake, ...]]:
    """What the form asks for, and what in it cannot be understood."""
    t, mistakes = arriving.reader_of(request), []
    actor = await _person(request, fields["person"])
    if fields["person"] and actor is None:
        mistakes.append(Mistake(field="person", text=t("admin-person-unknown")))
    patient = _uuid(fields["patient"])
    if fields["patient"] and patient is None:
        mistakes.append(Mistake(field="patient", text=t("admin-patient-wrong")))
    times: dict[str, datetime | None] = {}
    for name, more in (("since", timedelta()), ("until", timedelta(days=1))):
        times[name] = _day(fields[name], zone=t.zone, more=more)
        if fields[name] and times[name] is None:
            mistakes.append(Mistake(field=name, text=t("admin-day-wrong")))
    wanted = Wanted(
        actor=actor,
        patient=patient,
        action=fields["action"] or None,
        relation=fields["relation"] or None,
        since=times["since"],
        until=times["until"],
        before_at=_moment(fields["before_at"]),
        before_seq=int(fields["before_seq"]) if fields["before_seq"].isdecimal() else None,
    )
    return wanted, tuple(mistakes)


async def _person(request: Request, said: str) -> UUID | None:
    """The account of an address, or of an id; also of one that is gone, since the record keeps its id."""
    if not said or (known := _uuid(said)) is not None:
        return known if said else None
    try:
        email = addresses.normal(said)
    except refused.NotValid:
        return None
    async with arriving.means_of(request).begin() as session:
        found = await accounts.by_email(session, email)
    return None if found is None else found.id


async def _page(request: Request, form: Form, *, found: tuple[list[Found], bool] | None, status: int = 200) -> Response:
    t = arriving.reader_of(request)
    rows, has_more = found or ([], False)
    known = await record_search.names(arriving.means_of(request), [one.actor for one in rows])
    signed = await asyncio.to_thread(checkpoint_ages.facts, t, cast(Settings, request.app.state.settings))
    said = request.query_params.get("said")
    view = RecordView(
        form=form,
        done=t("admin-done-verify") if said == "verify" and request.method == "GET" else None,
        rows=None if found is None else tuple(_row(t, one, known) for one in rows),
        next_at=rows[-1].at.isoformat() if has_more else "",
        next_seq=str(rows[-1].seq) if has_more else "",
        check=_check(t, verifying.last(request)),
        checkpoint_age=signed[0].text,
        checkpoints=signed[1:],
        formats=tuple(
            Option(value=one.value, text=t(f"admin-format-{one.value}"), is_selected=one is exporting.Format.CSV)
            for one in (exporting.Format.CSV, exporting.Format.JSONL)
        ),
    )
    return arriving.renderer_of(request).page(request, "admin/record.html", view=view, status=status)


def _check(t: Reader, running: verifying.Running | None) -> Check | None:
    if running is None:
        return None
    began = t.moment(running.began_at)
    report = running.report
    if report is None:
        key = "admin-check-failed" if running.is_over else "admin-check-running"
        text = t(key, began=began, rows=running.rows)
        return Check(text=text, is_running=not running.is_over, is_wrong=running.is_over, faults=())
    if report.is_intact:
        text = t("admin-check-intact", began=began, rows=report.rows, vouched=report.trusted)
        return Check(text=text, is_running=False, is_wrong=False, faults=())
    faults = tuple(fault.said for fault in report.faults[:FAULTS_SHOWN])
    text = t("admin-check-broken", began=began, row=report.first_wrong_row or 0)
    return Check(text=text, is_running=False, is_wrong=True, faults=faults)


def _row(t: Reader, one: Found, known: Mapping[UUID, str]) -> EntryRow:
    action = one.action or ""
    return EntryRow(
        address=f"{RECORD}/entries/{one.sealed_at}/{one.seq}",
        at=t.moment(one.at),
        who=_who(t, one.actor, known),
        action=action.removeprefix(CLIENT_WORD),
        relation=one.relation or "",
        rows=_keys(t, one.keys),
        is_client_word=action.startswith(CLIENT_WORD),
    )


def _facts(t: Reader, one: Entry, known: Mapping[UUID, str]) -> Iterator[Fact]:
    action = one.action or ""
    client = t("admin-entry-client") if action.startswith(CLIENT_WORD) else ""
    yield Fact(name=t("admin-entry-number"), text=str(one.seq))
    yield Fact(name=t("admin-entry-at"), text=t.moment(one.at))
    yield Fact(name=t("admin-entry-sealed"), text=t.moment(one.sealed_at))
    yield Fact(name=t("admin-entry-who"), text=_who(t, one.actor, known))
    yield Fact(name=t("admin-entry-action"), text=f"{action.removeprefix(CLIENT_WORD)} {client}".strip())
    yield Fact(name=t("admin-entry-relation"), text=one.relation or t("admin-unknown"))
    yield Fact(name=t("admin-entry-keys"), text=", ".join(map(str, one.keys or ())) or t("admin-none"))
    yield Fact(name=t("admin-entry-address"), text=one.ip or t("admin-unknown"))
    yield Fact(name=t("admin-entry-agent"), text=one.agent or t("admin-unknown"))


def _who(t: Reader, actor: UUID | None, known: Mapping[UUID, str]) -> str:
    if actor is None:
        return t("admin-system")
    return known.get(actor, str(actor))


def _keys(t: Reader, keys: Any) -> str:
    found = [str(key) for key in keys or ()]
    shown = ", ".join(found[:KEYS_SHOWN])
    return t("admin-keys-more", keys=shown, count=len(found) - KEYS_SHOWN) if len(found) > KEYS_SHOWN else shown


def _printed(change: Any) -> str | None:
    return None if change is None else json.dumps(change, ensure_ascii=False, indent=2)


def _day(text: str, *, zone: str, more: timedelta) -> datetime | None:
    """The beginning of a day in the reader's zone, `more` later."""
    try:
        return datetime.combine(date.fromisoformat(text), time(), ZoneInfo(zone)) + more if text else None
    except (ValueError, OverflowError):
        return None


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def _id(request: Request) -> str:
    return requests.request_id_of(request)
