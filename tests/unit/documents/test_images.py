import io
import struct
import zlib
from typing import Any

import pytest
from PIL import ExifTags, Image, PngImagePlugin

from carebase import errors
from carebase.documents import images
from carebase.documents.limits import Limits
from carebase.documents.text import Kind
from carebase.documents.unreadable import Reason, UnreadableFile

LIMITS = Limits()


def an_image(mode: str = "L", size: tuple[int, int] = (40, 20), file_format: str = "PNG", **options: Any) -> bytes:
    written = io.BytesIO()
    Image.new(mode, size, 100 if mode in {"L", "I;16"} else None).save(written, file_format, **options)
    return written.getvalue()


def a_png_that_claims(width: int, height: int) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


def refused(content: bytes, kind: Kind = Kind.PNG) -> Reason:
    with pytest.raises(UnreadableFile) as caught:
        images.read(content, kind=kind, limits=LIMITS)
    return caught.value.reason


@pytest.mark.parametrize(("kind", "file_format"), [(Kind.PNG, "PNG"), (Kind.JPEG, "JPEG")])
def test_an_image_is_described_and_never_read_as_text(kind: Kind, file_format: str) -> None:
    document = images.read(an_image(file_format=file_format), kind=kind, limits=LIMITS)
    assert document.pages == ()
    assert document.image is not None
    assert (document.image.width, document.image.height, document.image.frames) == (40, 20, 1)


def test_a_photograph_says_when_it_was_taken_and_not_where() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Model] = "Phone 9\0"
    exif[ExifTags.Base.DateTime] = "2026:01:02 03:04:05"
    exif[ExifTags.Base.ImageDescription] = "free words"
    exif[ExifTags.Base.Orientation] = 6
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] = "N"
    document = images.read(an_image(file_format="JPEG", exif=exif), kind=Kind.JPEG, limits=LIMITS)
    assert document.image is not None
    assert document.image.metadata == {"ManufacturerModelName": "Phone 9", "ContentDate": "2026:01:02 03:04:05"}
    assert (document.image.width, document.image.height) == (20, 40)


def test_an_exported_png_may_say_whose_it_is() -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("PatientName", "DIALLO^AMINA")
    text.add_text("Modality", "CR")
    text.add_text("Comment", "free words")
    document = images.read(an_image(pnginfo=text), kind=Kind.PNG, limits=LIMITS)
    assert document.image is not None
    assert document.image.metadata == {"PatientName": "DIALLO^AMINA", "Modality": "CR"}


def test_a_bomb_is_refused_by_its_header() -> None:
    assert refused(a_png_that_claims(30_000, 30_000)) is Reason.TOO_LARGE
    assert refused(a_png_that_claims(8_001, 8_000)) is Reason.TOO_LARGE


def test_an_image_that_breaks_off_is_damaged() -> None:
    whole = an_image("RGB", (200, 200), "JPEG")
    assert refused(whole[: len(whole) // 2], Kind.JPEG) is Reason.DAMAGED
    assert refused(a_png_that_claims(500, 500)) is Reason.DAMAGED
    assert refused(b"\x89PNG\r\n\x1a\n") is Reason.DAMAGED


def test_what_is_no_image_or_another_kind_is_not_opened() -> None:
    assert refused(b"hello") is Reason.NOT_AN_IMAGE
    assert refused(an_image(file_format="GIF")) is Reason.NOT_AN_IMAGE


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_sort_of_png_has_a_preview(mode: str) -> None:
    picture, _ = images.draw(an_image(mode), kind=Kind.PNG, page=1, scale=0.5, limits=LIMITS)
    assert picture.size == (20, 10)
    assert picture.mode in {"L", "RGB"}


def test_an_image_has_one_page() -> None:
    with pytest.raises(errors.NotFound):
        images.draw(an_image(), kind=Kind.PNG, page=2, scale=1, limits=LIMITS)


def test_a_photograph_taken_sideways_is_previewed_upright() -> None:
    written = io.BytesIO()
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    sideways = Image.new("RGB", (40, 20), "black")
    sideways.paste("white", (0, 0, 20, 20))
    sideways.save(written, "JPEG", exif=exif)
    picture, used = images.draw(written.getvalue(), kind=Kind.JPEG, page=1, scale=0.5, limits=LIMITS)
    assert (picture.size, used) == ((10, 20), 0.5)
    top, bottom = picture.convert("L").getpixel((5, 2)), picture.convert("L").getpixel((5, 17))
    assert (top, bottom) == pytest.approx((255, 0), abs=20)
