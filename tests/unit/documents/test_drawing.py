import io

import numpy as np
import pytest
from PIL import Image

from carebase import errors
from carebase.documents import drawing, plain
from carebase.documents.limits import Limits
from carebase.documents.text import Box, Kind

LIMITS = Limits()
TEXT = "Hémoglobine   13,2 g/dL\nŒstradiol      50 pmol/L\n".encode()


def drawn(content: bytes, kind: Kind, *, highlight: Box | None = None, scale: float = 1.0) -> Image.Image:
    png = drawing.draw(content, kind=kind, page=1, scale=scale, highlight=highlight, limits=LIMITS)
    return Image.open(io.BytesIO(png)).convert("RGB")


def test_text_is_drawn_where_its_boxes_say() -> None:
    page = plain.read(TEXT, kind=Kind.TEXT, limits=LIMITS).pages[0]
    shades = np.asarray(drawn(TEXT, Kind.TEXT, scale=2).convert("L"))
    assert shades.shape == (round(page.height * 2), round(page.width * 2))
    for line in page.lines:
        for word in line.words:
            box = word.box
            inside = shades[int(box.y0 * 2) : int(box.y1 * 2), int(box.x0 * 2) : int(box.x1 * 2)]
            assert inside.min() < 128, word.text
    below = shades[int(page.lines[-1].box.y1 * 2) + 4 :]
    assert below.min() == 255


def test_a_highlight_colours_its_line_and_leaves_the_letters_readable() -> None:
    line = plain.read(TEXT, kind=Kind.TEXT, limits=LIMITS).pages[0].lines[0]
    plainly, marked = drawn(TEXT, Kind.TEXT), drawn(TEXT, Kind.TEXT, highlight=line.box)
    middle = (round(line.box.x1) - 2, round(line.box.y0) + 1)
    assert plainly.getpixel(middle) == (255, 255, 255)
    assert marked.getpixel(middle) == (255, 221, 0)
    region = tuple(round(side) for side in (line.box.x0, line.box.y0, line.box.x1, line.box.y1))
    assert np.asarray(marked.crop(region).convert("L")).min() < 128
    assert marked.getpixel((5, 400)) == (255, 255, 255)


@pytest.mark.parametrize("box", [Box(-50, -50, -10, -10), Box(5_000, 5_000, 6_000, 6_000), Box(30, 30, 10, 10)])
def test_a_highlight_beside_the_page_changes_nothing(box: Box) -> None:
    assert drawn(TEXT, Kind.TEXT, highlight=box).tobytes() == drawn(TEXT, Kind.TEXT).tobytes()


def test_a_drawn_image_keeps_nothing_of_the_file_but_its_pixels() -> None:
    written = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "DIALLO Amina"
    Image.new("RGB", (30, 20), "red").save(written, "JPEG", exif=exif, comment=b"DIALLO Amina")
    png = drawing.draw(written.getvalue(), kind=Kind.JPEG, page=1, scale=1, highlight=None, limits=LIMITS)
    assert b"DIALLO" not in png
    assert Image.open(io.BytesIO(png)).info == {}


@pytest.mark.parametrize("scale", [0, -1, float("nan"), float("inf")])
def test_a_scale_is_a_positive_number(scale: float) -> None:
    with pytest.raises(errors.Invalid):
        drawn(TEXT, Kind.TEXT, scale=scale)


def test_a_page_that_is_not_there_is_not_found() -> None:
    with pytest.raises(errors.NotFound):
        drawing.draw(TEXT, kind=Kind.TEXT, page=9, scale=1, highlight=None, limits=LIMITS)
