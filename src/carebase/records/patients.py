"""Patients, as pages name them."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from carebase.audit import log
from carebase.database import queries
from carebase.database.session import Session

SQL = queries.beside(__file__)


@dataclass(frozen=True, slots=True)
class PatientName:
    """Whose record it is."""

    first_name: str
    last_name: str

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


async def name_of(session: Session, patient_id: UUID) -> PatientName:
    """The patient's name, or NotFound when the record does not exist for this reader."""
    log.saw(session, "public.patients", [str(patient_id)], patients=[str(patient_id)])
    return await session.one(SQL["name_of"], PatientName, patient_id=patient_id)
