"""What a radiology report states itself becomes a diagnosis only where it is one."""

from __future__ import annotations

import pytest

from carebase.clinical import diagnosis, notes, radiology, radiology_findings, stated, texts
from carebase.clinical.evidence import Source
from carebase.documents import plain
from carebase.documents.limits import Limits
from carebase.documents.text import Kind

SOURCE = Source(file="f1", sha256="ab" * 32)


def report(text):
    document = plain.read(text.encode(), kind=Kind.TEXT, limits=Limits())
    return radiology.read(document.pages, SOURCE)


def kinds(text):
    return {one.pattern.id: one.pattern.kind for one in stated.judged(report(text).findings)}


@pytest.mark.parametrize(
    ("sentence", "concept"),
    [
        ("Enlarged cardiac silhouette.", "cardiomegaly"),
        ("Mild cerebral atrophy.", "cerebral_atrophy"),
        ("Right pleural effusion.", "pleural_effusion"),
    ],
)
def test_a_sign_is_told_as_a_finding_and_not_as_a_diagnosis(sentence, concept):
    assert kinds(f"CHEST RADIOGRAPH\n\nFindings:\n{sentence}\n") == {f"imaging:{concept}": "finding"}


def test_a_sign_is_not_called_a_laboratory_finding():
    judged = stated.judged(report("CHEST RADIOGRAPH\n\nFindings:\nRight pleural effusion.\n").findings)
    (said, *_) = notes.assessment(diagnosis.rank(tuple(judged)))
    assert said.code == "assessment-imaging"
    assert texts.word(said, "en").startswith("Sign on imaging, not a diagnosis: Pleural effusion (J90")
    assert texts.word(said, "fr").startswith("Signe d'imagerie, pas un diagnostic")


def test_a_disease_the_report_names_is_a_diagnosis():
    assert kinds("ABDOMINAL CT\n\nImpression:\nAcute appendicitis.\n") == {"imaging:appendicitis": "diagnosis"}


def test_every_sign_is_one_of_the_findings():
    assert set(radiology_findings.concepts()) >= stated.SIGNS
