"""Laboratory rows read from drawn reports: exact, and none invented."""

from __future__ import annotations

from datetime import date

import pytest
from tests.evaluate import lab_layouts

from carebase.clinical import lab_reading
from carebase.clinical.evidence import Source
from carebase.clinical.person import DAYS_PER_YEAR, Person, Sex
from carebase.documents import pdf
from carebase.documents.limits import Limits

PATIENT = Person(sex=Sex.FEMALE, age_days=int(39 * DAYS_PER_YEAR))
SEEDS = range(3)


@pytest.mark.parametrize("language", lab_layouts.LANGUAGES)
@pytest.mark.parametrize("layout", lab_layouts.LAYOUTS, ids=lambda layout: layout.__name__)
def test_rows_of_a_layout_are_exact_and_none_is_invented(layout, language):
    wanted = exact = 0
    for seed in SEEDS:
        report = lab_layouts.report(layout, language, seed=seed)
        pages = pdf.read(report.pdf, limits=Limits()).pages
        read = lab_reading.read(pages, Source(file="x", sha256="0" * 64), person=PATIENT, today=date(2024, 4, 1))
        truth = {(one.analyte, one.value, one.unit, one.low, one.high, one.flag, one.page) for one in report.truth}
        found = {
            (
                one.analyte,
                one.value,
                one.unit,
                one.range and one.range.low,
                one.range and one.range.high,
                one.flag,
                one.page,
            )
            for one in read.results
        }
        assert found <= truth
        wanted += len(truth)
        exact += len(found & truth)
    assert exact / wanted >= 0.99
