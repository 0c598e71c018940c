from hypothesis import given
from hypothesis import strategies as st

from carebase.documents import rows
from carebase.documents.text import Box


def a_word(text: str, *, x: float, baseline: float, size: float = 10.0) -> rows.Placed:
    box = Box(x, baseline - 0.95 * size, x + 0.6 * size * len(text), baseline + 0.2 * size)
    return rows.Placed(text, box, baseline, 1.15 * size)


def texts(words: list[rows.Placed]) -> list[str]:
    return [line.text for line in rows.lines(words)]


def test_a_row_is_read_across_its_columns_whatever_the_order_they_were_written_in() -> None:
    words = [
        a_word("Sodium", x=50, baseline=100),
        a_word("Potassium", x=50, baseline=114),
        a_word("140", x=200, baseline=100),
        a_word("4.1", x=200, baseline=114.4),
    ]
    assert texts(words) == ["Sodium 140", "Potassium 4.1"]


def test_a_larger_title_beside_small_print_is_one_row() -> None:
    assert texts([a_word("BILAN", x=50, baseline=100, size=16), a_word("p.1", x=300, baseline=101, size=8)]) == [
        "BILAN p.1"
    ]


def test_a_raised_mark_belongs_to_the_row_it_stands_in() -> None:
    words = [
        a_word("TSH", x=50, baseline=100),
        a_word("(1)", x=72, baseline=95.5, size=5.5),
        a_word("T4", x=50, baseline=112),
    ]
    assert texts(words) == ["TSH (1)", "T4"]


def test_a_word_drawn_twice_to_look_bold_is_read_once() -> None:
    words = [a_word("URGENT", x=50, baseline=100), a_word("URGENT", x=50.4, baseline=100)]
    assert texts(words) == ["URGENT"]


def test_the_same_value_in_two_columns_is_kept_twice() -> None:
    assert texts([a_word("5.0", x=50, baseline=100), a_word("5.0", x=90, baseline=100)]) == ["5.0 5.0"]


@given(
    st.lists(
        st.tuples(st.floats(0, 500), st.floats(20, 800), st.floats(4, 30)).map(
            lambda at: a_word("w", x=at[0], baseline=at[1], size=at[2])
        ),
        max_size=40,
    )
)
def test_rows_are_numbered_from_one_and_hold_no_word_that_was_not_there(words: list[rows.Placed]) -> None:
    lines = rows.lines(words)
    assert [line.number for line in lines] == list(range(1, len(lines) + 1))
    boxes = {word.box for word in words}
    assert all(word.box in boxes for line in lines for word in line.words)
    assert sum(len(line.words) for line in lines) <= len(words)
