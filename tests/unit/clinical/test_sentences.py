"""Where sentences end, and on which lines they stand."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from carebase.clinical import folding, sentences


def printed(*lines: str) -> list[str]:
    return [one.folded.printed for one in sentences.split(lines)]


def test_an_unfinished_line_goes_on():
    assert printed("Pas d'épanchement ni", "de pneumothorax.") == ["Pas d'épanchement ni de pneumothorax."]
    assert printed("Opacité du lobe inférieur", "droit.") == ["Opacité du lobe inférieur droit."]


def test_a_denial_does_not_reach_the_finding_on_the_next_line():
    assert printed("Pas d'épanchement pleural", "Cardiomégalie modérée") == [
        "Pas d'épanchement pleural",
        "Cardiomégalie modérée",
    ]
    assert printed("PAS DE FRACTURE", "HYDROCEPHALIE") == ["PAS DE FRACTURE", "HYDROCEPHALIE"]


def test_abbreviations_and_decimals_end_nothing():
    assert printed("Vu par le Dr. Biya, T° 38.5 ce matin. Toux.") == ["Vu par le Dr. Biya, T° 38.5 ce matin.", "Toux."]


def test_bullets_begin_anew():
    assert printed("- toux", "- fièvre") == ["- toux", "- fièvre"]


def test_a_word_knows_its_line():
    (one,) = sentences.split(["Œdème et", "épanchement"])
    start = one.folded.text.index("epanchement")

    assert one.lines_at(0, 6) == (0,)
    assert one.lines_at(start, start + 11) == (1,)
    assert one.lines_at(0, start + 1) == (0, 1)


@given(st.lists(st.text(st.characters(blacklist_characters="\r\n"), max_size=40), max_size=6))
def test_no_word_is_lost_or_invented(lines):
    kept = "".join(one.folded.printed for one in sentences.split(lines))

    assert "".join(kept.split()) == "".join("".join(lines).split())


@given(st.text(max_size=60))
def test_folding_keeps_the_way_back(text):
    folded = folding.folded(text)

    assert len(folded.origins) == len(folded.text)
    assert folded.text == folding.fold(text)
    assert all(
        folding.fold(folded.printed_span(at, at + 1)).find(folded.text[at]) >= 0 for at in range(len(folded.text))
    )
