"""Units and positions in the laboratory table."""

import pytest

from carebase.apps.cases import lab_table
from carebase.web.messages import Reader


@pytest.mark.parametrize(
    ("unit", "french", "english"),
    [
        ("10*9/L", "10⁹/L", "10⁹/L"),
        ("10*12/L", "10¹²/L", "10¹²/L"),
        ("umol/L", "µmol/L", "µmol/L"),
        ("10*3/uL", "10³/µL", "10³/µL"),
        ("[IU]/L", "UI/L", "IU/L"),
        ("u[IU]/mL", "µUI/mL", "µIU/mL"),
        ("m[IU]/L", "mUI/L", "mIU/L"),
        ("mL/min", "mL/min", "mL/min"),
        ("%", "%", "%"),
        ("", "", ""),
    ],
)
def test_units_are_shown_as_people_write_them(unit: str, french: str, english: str, fr: Reader, en: Reader) -> None:
    assert lab_table.unit_in_words(fr, unit) == french
    assert lab_table.unit_in_words(en, unit) == english
