import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carebase.documents import grey


@pytest.mark.parametrize(
    ("function", "expected"),
    [("LINEAR", [0, 0, 128, 255]), ("LINEAR_EXACT", [0, 0, 127, 255]), ("SIGMOID", [14, 30, 127, 250])],
)
def test_a_window_maps_its_middle_to_grey(function: str, expected: list[int]) -> None:
    values = np.array([-20.0, 0.0, 50.0, 150.0])
    shades = grey.windowed(values, centre=50, width=100, function=function)
    assert shades.tolist() == pytest.approx(expected, abs=5)


@given(st.floats(-1e4, 1e4), st.floats(1, 1e4), st.sampled_from(["LINEAR", "LINEAR_EXACT", "SIGMOID"]))
def test_what_is_brighter_in_the_file_is_never_darker_on_the_screen(centre: float, width: float, function: str) -> None:
    values = np.linspace(-2e4, 2e4, 200)
    shades = grey.windowed(values, centre=centre, width=width, function=function).astype(int)
    assert (np.diff(shades) >= 0).all()
