import pytest
from hypothesis import given
from hypothesis import strategies as st

from carebase.documents.picture import Format, Resize
from carebase.storage import refused, transforming
from carebase.storage.transforming import NotAPicture, Transformation

sides = st.none() | st.integers(1, transforming.LARGEST_SIDE)
transformations = st.builds(
    Transformation,
    width=sides,
    height=sides,
    resize=st.none() | st.sampled_from(Resize),
    quality=st.none() | st.sampled_from(transforming.QUALITIES),
    format=st.none() | st.sampled_from(["origin", "avif", "webp"]),
)


@given(transformations)
def test_a_link_carries_what_was_asked_for(wanted):
    assert transforming.of_text(wanted.text) == wanted


@given(st.dictionaries(st.sampled_from(["width", "height", "resize", "quality", "format", "x"]), st.text(max_size=12)))
def test_whatever_a_query_says_is_within_bounds_or_refused(query):
    try:
        wanted = transforming.of_query(query)
    except refused.InvalidRequest:
        return
    for side in (wanted.width, wanted.height):
        assert side is None or 1 <= side <= transforming.LARGEST_SIDE
    assert wanted.quality is None or wanted.quality in transforming.QUALITIES


@pytest.mark.parametrize("given_", ["x", [], {"width": True}, {"width": 1.5}, {"resize": []}, {"format": 1}])
def test_what_is_no_transformation_is_refused(given_):
    with pytest.raises(refused.InvalidRequest):
        transforming.of_body(given_)


@pytest.mark.parametrize("media_type", ["image/svg+xml", "application/pdf", "text/html", "image/tiff", ""])
def test_only_pictures_of_known_formats_are_shown_otherwise(media_type):
    with pytest.raises(NotAPicture):
        Transformation().picture(media_type, accept="*/*")


def test_a_type_is_read_without_its_parameters():
    assert Transformation().picture("image/PNG; charset=x", accept="").source is Format.PNG
