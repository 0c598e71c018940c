"""Log lines hold an event and fields from a list, and never the words of an error."""

from __future__ import annotations

import json
import logging

import pytest

from carebase.observability import Log

SECRET_NAME = "Amina-Ben-Salah-1969"


@pytest.fixture
def lines(caplog):
    caplog.set_level(logging.INFO, logger="carebase")
    logging.getLogger("carebase").propagate = True
    return lambda: [json.loads(record.getMessage()) for record in caplog.records]


def test_an_event_and_its_fields_are_one_line_of_json(lines):
    Log("tests").info("case_opened", case_id="c1", count=2)
    assert lines() == [{"event": "case_opened", "case_id": "c1", "count": 2}]


def test_a_field_that_is_not_on_the_list_is_refused():
    with pytest.raises(ValueError, match="patient_name"):
        Log("tests").info("case_opened", patient_name=SECRET_NAME)


def test_of_an_error_the_class_and_the_place_are_written_and_not_its_words(lines):
    try:
        raise LookupError(SECRET_NAME)
    except LookupError as error:
        Log("tests").error("work_failed", cause=error)
    (line,) = lines()
    assert line["error"].startswith("builtins.LookupError at ")
    assert SECRET_NAME not in str(line)


def test_a_line_break_in_a_field_stays_in_its_line(lines, caplog):
    Log("tests").warning("odd_address", address="1\r\nERROR forged \x1b[31m")
    (record,) = caplog.records
    assert not {"\n", "\r", "\x1b"} & set(record.getMessage())
