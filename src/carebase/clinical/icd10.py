"""Titles of the ICD-10-CM codes that are asserted here.

In charge of one small table taken from the real one (`scripts/make_icd10_table.py`; a test compares
every code with the package simple-icd-10-cm). A code that is not in it is not asserted.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from importlib import resources
from typing import Any, Literal, assert_never

Language = Literal["fr", "en"]


def exists(code: str) -> bool:
    """Whether the code is one of those taken from the real table.

    >>> exists("D50.9"), exists("D50.99")
    (True, False)
    """
    return code in _titles("icd10cm.json")


def describe(code: str, *, language: Language = "en") -> str:
    """The title of the code; the French one is our own wording, not reviewed yet.

    Codes that only a radiology report states have no French wording and keep the title of the
    table. KeyError when the code is not in the table.

    >>> describe("E03.8")
    'Other specified hypothyroidism'
    """
    match language:
        case "en":
            return _titles("icd10cm.json")[code]
        case "fr":
            return _titles("icd10_fr.json").get(code) or _titles("icd10cm.json")[code]
        case _:
            assert_never(language)


def edition() -> str:
    """The edition of ICD-10-CM the titles come from."""
    return str(_table("icd10cm.json")["edition"])


def codes() -> tuple[str, ...]:
    """Every code of the table."""
    return tuple(_titles("icd10cm.json"))


def _titles(name: str) -> Mapping[str, str]:
    titles: Mapping[str, str] = _table(name)["titles"]
    return titles


@functools.cache
def _table(name: str) -> Mapping[str, Any]:
    packed = resources.files("carebase.clinical").joinpath(f"tables/{name}").read_text("utf-8")
    table: Mapping[str, Any] = json.loads(packed)
    return table
