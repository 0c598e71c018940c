import io

import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags

from carebase.documents import reshaping
from carebase.documents.limits import Limits
from carebase.documents.picture import Format, Picture, Resize
from carebase.documents.unreadable import Reason, UnreadableFile


def a_picture(size=(40, 20), colour="red", target=Format.PNG, mode="RGB", **options) -> bytes:
    written = io.BytesIO()
    PIL.Image.new(mode, size, colour).save(written, format=target.value, **options)
    return written.getvalue()


def made(content: bytes, **wanted) -> PIL.Image.Image:
    wanted = {"source": Format.PNG, "target": Format.PNG} | wanted
    return PIL.Image.open(io.BytesIO(reshaping.reshape(content, Picture(**wanted), limits=Limits())))


@pytest.mark.parametrize("source", Format)
@pytest.mark.parametrize("target", Format)
def test_every_format_becomes_every_other(source, target):
    shown = made(a_picture(target=source), source=source, target=target, width=10)
    assert (shown.format, shown.size) == (target.value, (10, 5))


@pytest.mark.parametrize(
    ("wanted", "size"),
    [
        ({}, (40, 20)),
        ({"width": 10, "height": 10}, (10, 10)),
        ({"width": 10, "height": 10, "resize": Resize.CONTAIN}, (10, 5)),
        ({"width": 10, "height": 10, "resize": Resize.FILL}, (10, 10)),
        ({"height": 10, "resize": Resize.CONTAIN}, (20, 10)),
        ({"height": 10}, (20, 10)),
        ({"width": 400}, (40, 20)),
        ({"width": 400, "height": 10}, (40, 10)),
        ({"width": 80, "height": 10, "resize": Resize.FILL}, (80, 10)),
    ],
)
def test_the_size_is_the_one_asked_for_and_is_never_larger_than_the_picture_unless_forced(wanted, size):
    assert made(a_picture(), **wanted).size == size


def test_the_middle_is_what_is_shown_where_a_picture_is_cut():
    wide = PIL.Image.new("RGB", (30, 10), "white")
    wide.paste("blue", (10, 0, 20, 10))
    written = io.BytesIO()
    wide.save(written, format="PNG")
    shown = made(written.getvalue(), width=10, height=10)
    assert shown.convert("RGB").getcolors() == [(100, (0, 0, 255))]


@given(
    st.integers(1, 3000),
    st.integers(1, 3000),
    st.none() | st.integers(1, 2500),
    st.none() | st.integers(1, 2500),
    st.sampled_from(Resize),
)
def test_what_is_shown_lies_within_what_was_asked_for(width, height, wanted_width, wanted_height, resize):
    wanted = Picture(source=Format.PNG, target=Format.PNG, width=wanted_width, height=wanted_height, resize=resize)
    drawn, shown = reshaping.shape((width, height), wanted)
    assert shown[0] <= drawn[0]
    assert shown[1] <= drawn[1]
    for side, asked, own in zip(shown, (wanted_width, wanted_height), (width, height), strict=True):
        assert side >= 1
        assert asked is None or side <= max(asked, 1)
        assert resize is Resize.FILL or side <= own


def test_a_picture_stands_upright_and_says_nothing_but_its_pixels():
    exif = PIL.Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.Make] = "Canon"
    shown = made(a_picture(target=Format.JPEG, exif=exif), source=Format.JPEG, target=Format.JPEG, width=10)
    assert shown.size == (10, 20)
    assert not shown.getexif()


def test_what_is_behind_a_picture_is_seen_where_the_format_allows_it():
    clear = a_picture(colour=(255, 0, 0, 0), mode="RGBA")
    assert made(clear, target=Format.WEBP, width=4).convert("RGBA").getpixel((0, 0))[3] == 0
    assert made(clear, target=Format.JPEG, width=4).getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("content", "source", "reason"),
    [
        (a_picture((9_000, 9_000), 0, mode="1"), Format.PNG, Reason.TOO_LARGE),
        (a_picture()[:60], Format.PNG, Reason.DAMAGED),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", Format.PNG, Reason.NOT_AN_IMAGE),
        (a_picture(target=Format.GIF), Format.WEBP, Reason.NOT_AN_IMAGE),
    ],
)
def test_what_is_no_picture_of_its_format_or_has_too_many_pixels_is_refused_before_it_is_decoded(
    content, source, reason
):
    with pytest.raises(UnreadableFile) as refused:
        made(content, source=source, width=10)
    assert refused.value.reason is reason
