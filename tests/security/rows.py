"""What a row of each table looks like, of whom it is and about whose record: written out, never asked of policies."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb
from psycopg.types.range import TimestamptzRange
from tests.security.actors import PATIENT_OF, PEOPLE, RECORDS

from carebase.database.identity import Identity

NOW = datetime.now(UTC).replace(microsecond=0)
SOME_HASH = "0" * 64
CASE_OF_RECORD = {"first": "attending", "second": "another attending"}
"""Whose case about a record is signed and released."""
RECORD_OF_CASE = {"attending": "first", "nurse": "first", "another attending": "second"}
RUNS = ("released", "delayed", "withdrawn", "signed", "unsigned")
"""In the order of their numbers in a completed case; the last is the current one."""
REVIEWED = ", "
"""Between the run and what its clinician said of a statement, in the tag of a row."""
ANSWERED = ("released", "delayed", "withdrawn")
HOURS = itertools.count(24)

Columns = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Spot:
    """Where a row stands: whose it is, about which record, in whose case, and what is special about it."""

    account: str | None = None
    record: str | None = None
    case_of: str | None = None
    is_leased: bool = False
    tag: str = ""
    also: Mapping[str, str] = field(default_factory=dict)
    """Bonds of single persons to this very row."""


@dataclass(kw_only=True)
class Makings:
    """The keys of the rows that others refer to; a row of each table is made of them."""

    people: dict[str, Identity]
    records: dict[str, uuid.UUID] = field(default_factory=lambda: {name: uuid.uuid4() for name in RECORDS})
    in_work: dict[str, str] = field(default_factory=dict)
    """The case of each account that is analysed now."""
    completed: dict[str, str] = field(default_factory=dict)
    runs: dict[tuple[str, str], uuid.UUID] = field(default_factory=dict)
    messages: dict[str, uuid.UUID] = field(default_factory=dict)
    values: dict[tuple[str, str], uuid.UUID] = field(default_factory=dict)
    conversations: dict[str, int] = field(default_factory=dict)
    providers: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for place, name in enumerate(self.people, start=1):
            self.in_work[name], self.completed[name] = str(uuid.uuid4()), str(uuid.uuid4())
            self.conversations[name] = self.providers[name] = 1000 + place
            for run in (*RUNS, "unpublished"):
                self.runs[name, run] = uuid.uuid4()
        for record in RECORDS:
            self.messages[record] = uuid.uuid4()
            for value in (*ANSWERED, "unreleased"):
                self.values[record, value] = uuid.uuid4()

    def id_of(self, name: str | None) -> uuid.UUID | None:
        return self.people[name].user_id if name else None

    def case(self, spot: Spot) -> str:
        assert spot.case_of
        return (self.in_work if spot.is_leased else self.completed)[spot.case_of]

    def run(self, spot: Spot) -> uuid.UUID:
        assert spot.case_of
        named = spot.tag.partition(REVIEWED)[0] or "unsigned"
        return self.runs[spot.case_of, "unpublished" if spot.is_leased else named]

    def row(self, table: str, spot: Spot) -> Columns:
        """A new row at that spot, in all columns that need a value."""
        return MAKERS[table](self, spot)


def _times(hours: float = 1.0) -> Columns:
    begins = NOW + timedelta(hours=next(HOURS))
    return {"scheduled_at": begins, "during": TimestamptzRange(begins, begins + timedelta(hours=hours))}


def _case(m: Makings, spot: Spot) -> Columns:
    name = spot.account
    assert name
    return {
        "case_id": str(uuid.uuid4()),
        "doctor_id": m.id_of(name),
        "patient_id": m.records[spot.record] if spot.record else None,
        "patient_name": f"Patient of {name}",
        "patient_age": 40,
        "patient_gender": "female",
    }


def _file(m: Makings, spot: Spot) -> Columns:
    case = m.case(spot)
    return {
        "case_id": case,
        "object_name": f"{m.id_of(spot.case_of)}/{case}/{uuid.uuid4()}",
        "file_category": "lab",
        "file_name": "labs.pdf",
        "file_type": "application/pdf",
        "file_size": 1,
        "file_url": "/",
        "sha256": SOME_HASH,
    }


def _run(m: Makings, spot: Spot) -> Columns:
    engine = {"engine": "rules", "version": "1", "inputs_sha256": SOME_HASH, "results": Jsonb({})}
    return {"run_id": uuid.uuid4(), "case_id": m.case(spot), "analysis_no": 9, "lease_token": uuid.uuid4(), **engine}


def _statement(m: Makings, spot: Spot) -> Columns:
    said = {"kind": "key_finding", "code": "c", "params": Jsonb({}), "severity": "info", "evidence": Jsonb([])}
    return {"run_id": m.run(spot), "statement_id": str(uuid.uuid4()), **said}


def _release(m: Makings, spot: Spot) -> Columns:
    record = spot.record or "first"
    what: Columns = {"run_id": m.runs[CASE_OF_RECORD.get(record, "attending"), "signed"]}
    if spot.tag == "value":
        what = {"observation_id": m.values[record, "unreleased"]}
    return {"patient_id": m.records[record], "released_by": m.id_of(spot.account), **what}


def _patient(m: Makings, spot: Spot) -> Columns:
    names = {"first_name": "Ada", "last_name": "L.", "date_of_birth": "1980-01-01"}
    return {"created_by": m.id_of(spot.account), "mrn": str(uuid.uuid4()), **names}


def _value(m: Makings, spot: Spot) -> Columns:
    words = {"category": "laboratory", "display": "Potassium", "value_quantity": 4, "unit": "mmol/L"}
    return {**_about(m, spot, "entered_by"), "effective_at": NOW, **words}


def _about(m: Makings, spot: Spot, by: str, **more: Any) -> Columns:
    return {"patient_id": m.records[spot.record or "first"], by: m.id_of(spot.account), **more}


def _side(m: Makings, spot: Spot) -> Columns:
    """The account and the record of the patient's side: whoever acts for itself or another, else the person."""
    person = spot.account
    if person is None or PEOPLE[person].role != "patient":
        person = PATIENT_OF.get(spot.record or "", "patient")
    return {"patient_id": m.id_of(person), "record_id": m.records[spot.record] if spot.record else None}


def _appointment(m: Makings, spot: Spot) -> Columns:
    # With somebody who opened no hours, so that any time will do.
    visit = {"provider_name": "Dr. Elsewhere", "appointment_type": "visit", "status": "scheduled"}
    return {**_side(m, spot), **_times(0.5), **visit}


def _message(m: Makings, spot: Spot) -> Columns:
    return {**_side(m, spot), "sender_id": m.id_of(spot.account), "subject": "A question", "body": "How long?"}


def _profile(m: Makings, spot: Spot) -> Columns:
    names = {"mrn": str(uuid.uuid4()), "first_name": "Ada", "last_name": "L.", "dob": "1980-01-01"}
    return {"id": m.id_of(spot.account), "record_id": None, **names}


def _slot(m: Makings, spot: Spot) -> Columns:
    assert spot.account
    return {"provider_no": m.providers[spot.account], "during": _times()["during"]}


def _invitation(m: Makings, spot: Spot) -> Columns:
    return {**_about(m, spot, "invited_by"), "token_sha256": uuid.uuid4().bytes * 2}


MEDICAL_FILE = "medical"
DOCUMENT = "document"
"""Files that are in no case, in the tag of a row."""


def _object(m: Makings, spot: Spot) -> Columns:
    version, owner = str(uuid.uuid4()), m.id_of(spot.account)
    match spot.tag:
        case "medical":
            bucket, name = "medical-files", f"{m.records[spot.record or '']}/{version}"
        case "document":
            bucket, name = "patient-documents", f"{owner}/{version}"
        case _:
            bucket, name = "labdocs", f"{owner}/{m.in_work[spot.account or '']}/{version}"
    return {"bucket_id": bucket, "name": name, "owner": owner, "version": version}


def _step(m: Makings, spot: Spot) -> Columns:
    return {"case_id": m.case(spot), "analysis_no": next(HOURS), "step": "read", "state": "waiting"}


def _text(m: Makings, spot: Spot) -> Columns:
    return {"run_id": m.run(spot), "statement_id": str(uuid.uuid4()), "lang": "en", "text": "Normal."}


def _review(m: Makings, spot: Spot) -> Columns:
    return {"run_id": m.run(spot), "statement_id": "first", "decision": "accept", "reviewed_by": m.id_of(spot.account)}


def _signature(m: Makings, spot: Spot) -> Columns:
    return {"run_id": m.run(spot), "signed_by": m.id_of(spot.account), "content_sha256": SOME_HASH}


def _proxy(m: Makings, spot: Spot) -> Columns:
    until = NOW + timedelta(days=1)
    return _about(m, spot, "account_id", relation="parent", valid_until=until)


def _consent(m: Makings, spot: Spot) -> Columns:
    record = m.records[spot.record] if spot.record else None
    agreed = {"purpose": "record_sharing", "policy_version": "1"}
    return {"account_id": m.id_of(spot.account), "patient_id": record, **agreed}


def _entry(**more: Any) -> Columns:
    return {"action": "READ", **more}


MAKERS: dict[str, Callable[[Makings, Spot], Columns]] = {
    "public.cases": _case,
    "public.case_files": _file,
    "public.ai_insights": lambda m, s: {"case_id": m.case(s), "lab_summary": "Normal."},
    "public.insight_runs": _run,
    "public.insight_statements": _statement,
    "public.insight_texts": _text,
    "public.case_steps": _step,
    "public.statement_reviews": _review,
    "public.insight_signatures": _signature,
    "public.result_releases": _release,
    "public.request_keys": lambda m, s: {
        "actor": m.id_of(s.account),
        "key": str(uuid.uuid4()),
        "body_hash": "",
        "response": Jsonb({}),
    },
    "public.drafts": lambda m, s: {
        "owner": m.id_of(s.account),
        "form": "".join(chr(ord("a") + int(digit, 16)) for digit in uuid.uuid4().hex),
        "fields": Jsonb({}),
    },
    "public.patients": _patient,
    "public.care_team": lambda m, s: _about(m, s, "provider_id", role="attending"),
    "public.care_messages": lambda m, s: _about(m, s, "sender_id", message="Seen."),
    "public.care_message_reads": lambda m, s: {
        "message_id": m.messages[s.record or "first"],
        "reader_id": m.id_of(s.account),
    },
    "public.tasks": lambda m, s: _about(m, s, "requester_id", title="Call back"),
    "public.break_glass_grants": lambda m, s: _about(m, s, "granted_to", reason="Unconscious, no relatives"),
    "public.observations": _value,
    "public.allergies": lambda m, s: _about(m, s, "recorded_by", substance="Penicillin"),
    "public.medicines": lambda m, s: _about(m, s, "recorded_by", name="Aspirin"),
    "public.patient_accounts": _proxy,
    "public.proxies": _proxy,
    "public.invitations": _invitation,
    "public.patient_profiles": _profile,
    "public.providers": lambda m, s: {"account_id": m.id_of(s.account), "display_name": f"Dr. {s.account}"},
    "public.slots": _slot,
    "public.appointments": _appointment,
    "public.secure_messages": _message,
    "public.consents": _consent,
    "public.users": lambda m, s: {"id": m.id_of(s.account)},
    "public.conversations": lambda m, s: {"user_id": m.id_of(s.account)},
    "public.messages": lambda m, s: {"conversation_id": m.conversations[s.account or ""], "content": "Hello"},
    "public.audit_log": lambda m, s: _entry(table_name="patients"),
    "public.phi_audit_log": lambda m, s: _entry(resource="chart", patient_id=m.id_of(s.account)),
    "storage.objects": _object,
    "storage.uploads": lambda m, s: {"owner": m.id_of(s.account)},
    "storage.resumable": lambda m, s: {
        "owner": m.id_of(s.account),
        "role": "authenticated",
        "bucket_id": "labdocs",
        "name": "a",
        "length": 2,
    },
    "storage.resumable_parts": lambda m, s: {
        "key": uuid.uuid4(),
        "upload_id": uuid.uuid4(),
        "starts_at": 0,
        "size": 1,
        "sha256": "",
    },
    "storage.trash": lambda m, s: {"key": uuid.uuid4(), "after": "2000-01-01"},
    "storage.buckets": lambda m, s: {"id": str(uuid.uuid4()), "name": str(uuid.uuid4())},
    "auth.users": lambda m, s: {"email": f"{uuid.uuid4()}@example.org"},
    "auth.identities": lambda m, s: {
        "user_id": m.id_of(s.account),
        "provider": "email",
        "provider_id": str(uuid.uuid4()),
        "identity_data": Jsonb({}),
    },
    "auth.sessions": lambda m, s: {"user_id": m.id_of(s.account), "not_after": "2100-01-01"},
    "auth.refresh_tokens": lambda m, s: {
        "token_sha256": uuid.uuid4().bytes,
        "session_id": m.people[s.account or ""].claims["session_id"],
    },
    "auth.attempts": lambda m, s: {
        "account_sha256": uuid.uuid4().bytes,
        "address": "",
        "tries": 1,
        "last_at": "2026-01-01",
    },
    "auth.flow_state": lambda m, s: {
        "user_id": m.id_of(s.account),
        "provider_type": "email",
        "authentication_method": "magiclink",
        "expires_at": "2100-01-01",
    },
    "auth.one_time_tokens": lambda m, s: {
        "user_id": m.id_of(s.account),
        "token_type": "recovery_token",
        "token_sha256": uuid.uuid4().bytes,
        "code_hmac": uuid.uuid4().bytes,
        "relates_to": f"{s.account}@example.org",
        "expires_at": "2100-01-01",
        "code_expires_at": "2100-01-01",
    },
    "auth.mfa_factors": lambda m, s: {
        "user_id": m.id_of(s.account),
        "factor_type": "totp",
        "secret_sealed": uuid.uuid4().bytes,
    },
    "auth.mfa_challenges": lambda m, s: {
        "factor_id": uuid.uuid4(),
        "session_id": m.people[s.account or ""].claims["session_id"],
        "expires_at": "2100-01-01",
    },
    "auth.paper_codes": lambda m, s: {
        "user_id": m.id_of(s.account),
        "purpose": "recovery",
        "code_hmac": uuid.uuid4().bytes,
        "sheet_id": uuid.uuid4(),
    },
    "auth.known_devices": lambda m, s: {"user_id": m.id_of(s.account), "device_sha256": uuid.uuid4().bytes},
    "auth.api_keys": lambda m, s: {
        "kind": "publishable",
        "role": "anon",
        "name": str(uuid.uuid4()),
        "key_sha256": uuid.uuid4().bytes,
        "hint": "sb_publishable_",
    },
    "auth.allowances": lambda m, s: {"kind": "mail", "key_sha256": uuid.uuid4().bytes, "full_at": "2026-01-01"},
    "auth.outbox": lambda m, s: {"kind": "recovery", "message_sealed": uuid.uuid4().bytes},
    "auth.oauth_clients": lambda m, s: {
        "redirect_uris": ["https://client.example.org/back"],
        "grant_types": ["authorization_code"],
        "token_endpoint_auth_method": "none",
    },
    "audit.inbox": lambda m, s: {"body": "{}"},
    "private.site_settings": lambda m, s: {"name": str(uuid.uuid4()), "value": "x"},
    "jobs.procrastinate_workers": lambda m, s: {},
}
