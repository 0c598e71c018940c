"""How far an analysis is, in words."""

from collections.abc import Callable
from datetime import UTC, datetime

from carebase.apps.cases import progress_view
from carebase.records.cases import Case
from carebase.records.insights import Step
from carebase.web.messages import Reader

Make = Callable[..., Case]
NOW = datetime(2026, 3, 12, 9, 41, tzinfo=UTC)


def test_steps_that_were_not_heard_of_are_waiting(a_case: Make, fr: Reader) -> None:
    steps = (Step("stored", "done", None, NOW), Step("read", "running", None, NOW))
    progress = progress_view.progress_view(fr, case=a_case(status="processing"), steps=steps)
    assert [row.state for row in progress.steps] == ["done", "running", "waiting", "waiting", "waiting"]
    assert progress.now == "Étape en cours : Documents lus"
    assert progress.steps[0].in_words == "Fichiers enregistrés : fait"


def test_a_reason_without_a_sentence_is_not_shown_raw(fr: Reader) -> None:
    assert progress_view.reason_in_words(fr, "psycopg.OperationalError") == "La raison n’est pas connue."
