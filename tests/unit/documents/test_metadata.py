from hypothesis import given
from hypothesis import strategies as st

from carebase.documents import metadata


def test_marks_that_would_turn_or_break_a_line_are_removed() -> None:
    assert metadata.kept([("PatientName", "A\u202eB\r\n<C>\0")]) == {"PatientName": "A B <C>"}
    assert metadata.kept([("PatientName", "A\u2028B\u2029C")]) == {"PatientName": "A B C"}


@given(st.lists(st.tuples(st.sampled_from(["PatientName", "Modality", "Unheard"]), st.text())))
def test_only_known_keywords_with_short_single_lines_are_kept(found: list[tuple[str, str]]) -> None:
    for keyword, value in metadata.kept(found).items():
        assert keyword in metadata.KEPT
        assert value
        assert len(value) <= 200
        assert len(value.splitlines()) == 1
