"""`make evaluate DATA=<folder>`: measures the engine as it is and prints counts beside baselines.

In charge of the order of the parts and of what is absent: a set that is not there is named and
counted. Absent sets are no failure on a person's machine and one where `CI=true`.
"""

from __future__ import annotations

import functools
import os
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.evaluate import coding, diagnosing, files, labs, pictures, sets, table, tracing
from tests.evaluate.diagnosing import Answer
from tests.evaluate.sets import Example
from tests.evaluate.table import Part, Row

from carebase.records import analysis
from carebase.records.analysis import Analysis

DIAGNOSES = (
    ("DX_CASES", "dx_cases_agentclinic.dev.jsonl", sets.agentclinic),
    ("DX_VIGNETTES", "dx_vignettes_avey.dev.jsonl", sets.avey),
)
CONVERSATIONS = ("soap_aci_bench.dev.jsonl", "consult_primock57.dev.jsonl")
CODED = "icd10_codiesp.dev.jsonl"


class Evaluation:
    """One run; what is measured on every analysis (numbers, languages) gathers here."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.parts: list[Part] = []
        self.absent: list[str] = []
        self.trace = tracing.Trace()

    def run(self) -> None:
        """Every part in turn."""
        self._add(labs.measure)
        answers: list[Answer] = []
        for name, file, read in DIAGNOSES:
            if (path := self._there(file)) is not None:
                said = [Answer(example, self._analyse(example)) for example in read(path)]
                answers += said
                self._add(functools.partial(diagnosing.measure, name, f"Diagnosis: {file}", said))
        if answers:
            self._add(lambda: diagnosing.calibration(answers))
        if (path := self._there(CODED)) is not None:
            self._code(list(sets.codiesp(path)))
        told = tracing.Trace()
        for file in CONVERSATIONS:
            if (path := self._there(file)) is not None:
                for example in sets.conversations(path):
                    self._analyse(example, into=told)
        self._add(lambda: _traced("SOAP", "Numbers in notes of conversations", told))
        self._add(lambda: _traced("ALL", "Numbers in every other analysis above", self.trace))
        self._add(lambda: _languages(told, self.trace))
        folders = [path for name in ("dicom", "images") if (path := self._there(name)) is not None]
        if folders:
            self._add(lambda: pictures.measure(folders))

    def _code(self, examples: list[Example]) -> None:
        as_text = [(one, self._analyse(one)) for one in examples]
        self._add(lambda: coding.measure("ICD10_TEXT", f"ICD-10-CM from the clinician's text: {CODED}", as_text))
        attached = []
        for one in examples:
            given = files.read("note.txt", (one.case.summary or "").encode(), category="radiology")
            case = analysis.CaseInput(person=one.case.person, summary=None, notes=None, opened_on=sets.TODAY)
            attached.append((one, self._analyse(Example(one.id, case, files=(given,)))))
        self._add(
            lambda: coding.measure("ICD10_FILE", f"ICD-10-CM, the same notes as attached reports: {CODED}", attached)
        )

    def _analyse(self, example: Example, *, into: tracing.Trace | None = None) -> Analysis:
        found = analysis.analyse(example.case, example.files, today=sets.TODAY)
        tracing.follow(found, self.trace if into is None else into, label=example.id)
        return found

    def _there(self, name: str) -> Path | None:
        path = self.folder / name
        if path.exists():
            return path
        self.absent.append(name)
        return None

    def _add(self, measured: Callable[[], Part]) -> None:
        started = time.monotonic()
        self.parts.append(measured())
        print(f"{self.parts[-1].title} ({time.monotonic() - started:.1f} s)", file=sys.stderr, flush=True)


def _traced(name: str, title: str, trace: tracing.Trace) -> Part:
    right = trace.patient_numbers - len(trace.violations)
    note = (
        f"{trace.sentences} sentences; also {trace.own} numbers of rules, counts and codes, {trace.computed} computed"
    )
    said = f"of these {trace.converted} in another unit than printed"
    row = Row(
        f"{name}_NUMBERS_TRACED",
        "numbers said of the patient that stand in the input",
        right,
        trace.patient_numbers,
        "say no number",
    )
    return Part(title, (row,), (note, said, *(f"violation: {one}" for one in trace.violations[:40])))


def _languages(*traces: tracing.Trace) -> Part:
    compared = sum(trace.compared for trace in traces)
    differing = [one for trace in traces for one in trace.differing]
    row = Row(
        "FRENCH_EQUALS_ENGLISH", "analyses that say the same in French and English", compared - len(differing), compared
    )
    return Part("French and English", (row,), tuple(f"differs: {one}" for one in differing[:20]))


def main(arguments: Iterable[str]) -> int:
    """The exit code: 1 when something is absent where `CI=true`."""
    given = next(iter(arguments), "")
    evaluation = Evaluation(Path(given) if given else Path("../shared/data"))
    evaluation.run()
    absent = evaluation.absent
    if absent:
        print(f"\nAbsent in {evaluation.folder}: {', '.join(absent)}. Name the folder: make evaluate DATA=<folder>")
    print(table.text(evaluation.parts))
    print()
    print(table.closing(evaluation.parts))
    print(f"ABSENT_SETS {len(absent)}")
    return 1 if absent and os.environ.get("CI") == "true" else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
