"""Every code we assert exists in the real ICD-10-CM table, with that title."""

from __future__ import annotations

import json
import warnings
from importlib import resources

import pytest

from carebase.clinical import icd10, patterns


@pytest.fixture(scope="module")
def real_table():
    with warnings.catch_warnings():
        # The package reads its files by a deprecated function of the standard library.
        warnings.simplefilter("ignore", DeprecationWarning)
        import simple_icd_10_cm
    return simple_icd_10_cm


def test_titles_are_those_of_the_real_table(real_table):
    for code in icd10.codes():
        assert real_table.is_valid_item(code)
        assert real_table.is_leaf(code)
        assert icd10.describe(code) == real_table.get_description(code)


def test_every_code_a_pattern_may_assert_is_in_the_table():
    for pattern in patterns.table().values():
        for code in (pattern.icd10, *(code for _, code in pattern.stages)):
            assert icd10.exists(code), pattern.id


def test_every_code_a_radiology_report_may_state_is_in_the_table():
    packed = resources.files("carebase.clinical").joinpath("tables/radiology_findings.json").read_text("utf-8")
    for finding in json.loads(packed)["findings"]:
        assert finding["icd10cm"] is None or icd10.exists(finding["icd10cm"]), finding["id"]


def test_french_titles_exist_for_the_patterns_and_are_marked_unreviewed():
    for pattern in patterns.table().values():
        assert icd10.describe(pattern.icd10, language="fr") != icd10.describe(pattern.icd10) or pattern.icd10
    packed = resources.files("carebase.clinical").joinpath("tables/icd10_fr.json").read_text("utf-8")
    french = json.loads(packed)
    assert french["reviewed"] is False
    assert {pattern.icd10 for pattern in patterns.table().values()} <= set(french["titles"])


def test_a_code_that_is_not_in_the_table_is_not_asserted():
    assert not icd10.exists("E11.99")
