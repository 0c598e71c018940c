"""What the cases API takes and gives: the JSON shapes, with their documentation for OpenAPI."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from carebase.records.cases import Case
from carebase.records.files import CaseFile
from carebase.records.insights import Step


def _storable(text: str) -> str:
    """PostgreSQL's text has no NUL and no half of a surrogate pair."""
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("the text holds a character that cannot be stored")
    return text


Storable = AfterValidator(_storable)
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), Storable]
Gender = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=30), Storable]
Text = Annotated[str, StringConstraints(max_length=20_000), Storable]
Age = Annotated[int, Field(ge=0, le=130)]
Weeks = Annotated[int, Field(ge=0, le=45)]
Status = Literal["processing", "completed", "failed"]


class CaseIn(BaseModel):
    """A new case. Either `patient_age` (completed years) or `birth_date` is needed."""

    model_config = ConfigDict(extra="forbid")

    patient_name: Name
    patient_gender: Gender
    patient_age: Age | None = None
    birth_date: date | None = None
    pregnant: bool | None = None
    gestation_weeks: Weeks | None = None
    case_summary: Text | None = None
    doctor_notes: Text | None = None

    @model_validator(mode="after")
    def _has_an_age(self) -> Self:
        if self.patient_age is None and self.birth_date is None:
            raise ValueError("patient_age or birth_date is missing")
        return self


class CaseChange(BaseModel):
    """The fields to change; those not sent stay. A change of an input starts a new analysis."""

    model_config = ConfigDict(extra="forbid")

    patient_name: Name | None = None
    patient_gender: Gender | None = None
    patient_age: Age | None = None
    birth_date: date | None = None
    pregnant: bool | None = None
    gestation_weeks: Weeks | None = None
    case_summary: Text | None = None
    doctor_notes: Text | None = None


class CaseSearch(BaseModel):
    """A search with a patient's name; in a body, so that no name stands in an address."""

    model_config = ConfigDict(extra="forbid")

    query: Name
    status: Status | None = None
    gender: Gender | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    sort: Literal["-created_at", "created_at"] = "-created_at"
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: str | None = None
    total: bool = False


class FileOut(BaseModel):
    """A file of a case."""

    file_id: str
    file_name: str
    file_type: str
    file_size: int
    file_url: str
    file_category: str
    sha256: str
    page_count: int | None
    ai_summary: Any | None
    upload_date: datetime

    @classmethod
    def of(cls, file: CaseFile) -> Self:
        """The file as the API shows it."""
        return cls.model_validate(file, from_attributes=True)


class StepOut(BaseModel):
    """One step of the analysis: stored, read, labs, imaging, insights."""

    step: str
    state: str
    reason: str | None
    at: datetime

    @classmethod
    def of(cls, step: Step) -> Self:
        """The step as the API shows it."""
        return cls.model_validate(step, from_attributes=True)


class CaseOut(BaseModel):
    """A case."""

    case_id: str
    doctor_id: UUID
    patient_name: str
    patient_age: int
    birth_date: date | None
    patient_gender: str
    pregnant: bool | None
    gestation_weeks: int | None
    case_summary: str | None
    doctor_notes: str | None
    status: str
    failure_reason: str | None
    critical_count: int | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def fields_of(cls, case: Case) -> dict[str, Any]:
        """The case's fields under the names of the API."""
        names = [name for name in CaseOut.model_fields if name != "birth_date"]
        return {name: getattr(case, name) for name in names} | {"birth_date": case.patient_birth_date}

    @classmethod
    def of(cls, case: Case) -> Self:
        """The case as the API shows it."""
        return cls.model_validate(cls.fields_of(case))


class CaseWithFiles(CaseOut):
    """A case with its files, as it is answered when it is opened."""

    files: list[FileOut]


class CaseWhole(CaseWithFiles):
    """A case with its files, its latest insights and how far its analysis is."""

    failure_message: str | None = Field(description="Why the analysis failed, in the language asked for.")
    insights: dict[str, Any] | None = Field(description="The result schema; see docs/reference/result.schema.json.")
    steps: list[StepOut]


class CaseList(BaseModel):
    """Some cases; `next_cursor` is null on the last page, `total` is there when it was asked for."""

    cases: list[CaseOut]
    next_cursor: str | None
    total: int | None


class FilesAdded(BaseModel):
    """The files that were added; the case is in work again."""

    case_id: str
    status: str
    files: list[FileOut]


class InsightsOut(BaseModel):
    """The latest published result of a case."""

    case_id: str
    status: str
    run_id: UUID | None
    engine: str | None
    generated_at: datetime | None
    insights: dict[str, Any] | None


class ErrorOut(BaseModel):
    """The one shape of every error."""

    code: str
    message: str
    details: Any | None = None
    hint: str | None = None
    request_id: str
