"""How far an analysis is, step by step, and why it stopped when it did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from carebase.apps.cases import views
from carebase.records.cases import Case
from carebase.records.insights import Step
from carebase.web.messages import Reader

STEPS = ("stored", "read", "labs", "imaging", "insights")
StepState = Literal["waiting", "running", "done", "failed", "skipped"]
STEP_STATES: tuple[StepState, ...] = ("waiting", "running", "done", "failed", "skipped")


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRow:
    """One step of the analysis."""

    name: str
    state: StepState
    in_words: str
    """Name and state as one sentence."""
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressView:
    """How far the analysis is."""

    status: views.StatusMark
    steps: tuple[StepRow, ...]
    now: str
    """What is being done just now, as a sentence."""
    failure: str | None
    fragment_address: str
    events_address: str
    retry_address: str
    page_address: str


def progress_view(t: Reader, *, case: Case, steps: Sequence[Step]) -> ProgressView:
    """How far the analysis is; steps that have not been heard of yet are waiting."""
    heard = {step.step: step for step in steps}
    status = views.status_mark(t, case.status)
    failure = None
    if status.kind == "failed":
        failure = reason_in_words(t, case.failure_reason)
    rows = tuple(_step_row(t, name, heard.get(name), said=failure) for name in STEPS)
    running = next((row.name for row in rows if row.state == "running"), None)
    return ProgressView(
        status=status,
        steps=rows,
        now=t("progress-queued") if running is None else t("progress-now", step=running),
        failure=failure,
        fragment_address=f"/cases/{case.case_id}/progress",
        events_address=f"/api/cases/{case.case_id}/events",
        retry_address=f"/cases/{case.case_id}/analysis",
        page_address=f"/cases/{case.case_id}",
    )


def _step_row(t: Reader, name: str, step: Step | None, *, said: str | None) -> StepRow:
    state: StepState = next((known for known in STEP_STATES if step is not None and known == step.state), "waiting")
    reason = None if step is None or state != "failed" else reason_in_words(t, step.reason)
    return StepRow(
        name=t(f"step-{name}"),
        state=state,
        in_words=t("step-and-state", step=t(f"step-{name}"), state=t(f"step-state-{state}")),
        # What stands above the steps is not said twice.
        reason=None if reason == said else reason,
    )


def reason_in_words(t: Reader, reason: str | None) -> str:
    """Why an analysis stopped: our sentence for a known code, else that the reason is not known."""
    key = f"reason-{(reason or '').replace('_', '-')}"
    return t(key) if t.messages.has(t.language, key) else t("reason-unknown")
