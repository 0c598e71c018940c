"""Writes `clinical/tables/icd10cm.json`: the ICD-10-CM titles of the codes this project asserts.

Run after a code is added to the pattern or finding tables, or when the package brings a new edition:
`python scripts/make_icd10_table.py`. The whole table takes 200 MB and seconds to load, so it is read
here and in a test, never at run time.
"""

from __future__ import annotations

import json
import re
import sys
from importlib import metadata, resources
from pathlib import Path

import simple_icd_10_cm

TABLES = Path(__file__).resolve().parent.parent / "src" / "carebase" / "clinical" / "tables"
CODE = re.compile(r"[A-TV-Z]\d[0-9A-Z](?:\.[0-9A-Z]{1,4})?\Z")


def codes_in(value: object, *, under: str = "") -> set[str]:
    """Every code that stands under a key `icd10`, `icd10cm` or `stages`."""
    if isinstance(value, str):
        return {value} if under in ("icd10", "icd10cm", "stages") and CODE.match(value) else set()
    if isinstance(value, dict):
        return {code for key, inner in value.items() for code in codes_in(inner, under=key)}
    if isinstance(value, list):
        return {code for inner in value for code in codes_in(inner, under=under)}
    return set()


def asserted() -> set[str]:
    """The codes of all tables beside the one written here."""
    found: set[str] = set()
    for path in sorted(TABLES.glob("*.json")):
        if path.name not in ("icd10cm.json", "analytes.json"):
            found |= codes_in(json.loads(path.read_text("utf-8")))
    return found


def main() -> int:
    """Write the table; a code that does not exist, or is not billable, stops it."""
    codes = sorted(asserted())
    wrong = [code for code in codes if not simple_icd_10_cm.is_valid_item(code) or not simple_icd_10_cm.is_leaf(code)]
    if wrong:
        sys.stderr.write(f"not ICD-10-CM codes, or not complete: {', '.join(wrong)}\n")
        return 1
    lists = sorted(
        path.name for path in (resources.files("simple_icd_10_cm") / "data").iterdir() if path.name.endswith(".txt")
    )
    table = {
        "about": "Titles of ICD-10-CM, as published by the CDC's National Center for Health Statistics.",
        "edition": lists[0].removeprefix("code-list-").removesuffix(".txt").replace("-", " "),
        "package": f"simple-icd-10-cm {metadata.version('simple-icd-10-cm')}",
        "titles": {code: simple_icd_10_cm.get_description(code) for code in codes},
    }
    text = json.dumps(table, ensure_ascii=False, indent=2)
    (TABLES / "icd10cm.json").write_text(text + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
