"""Makes another picture of a picture: smaller, cut, in another format.

In charge of pictures that people show to one another; what stands beside the pixels (place, camera, texts) stays
behind. Never enlarges, save where a shape is forced. Runs in the bounded process only.
"""

from __future__ import annotations

import io
from typing import Any, Final, assert_never

import PIL.Image
from PIL import AvifImagePlugin, ImageOps

from carebase.documents import images
from carebase.documents.limits import Limits
from carebase.documents.picture import Format, Picture, Resize

_AVIF_SPEED: Final = 9
_SIDEWAYS: Final = frozenset((5, 6, 7, 8))
"""EXIF orientations that swap width and height."""
_ORIENTATION: Final = 0x0112
_SEEN_THROUGH: Final = frozenset(("RGBA", "LA", "PA"))


def reshape(content: bytes, picture: Picture, *, limits: Limits) -> bytes:
    """The picture asked for.

    Raises:
        UnreadableFile: `not_an_image`, `damaged`, `too_large`.
    """
    with images.opened(content, format_name=picture.source.value, limits=limits) as image:
        is_sideways = image.getexif().get(_ORIENTATION, 1) in _SIDEWAYS
        upright = image.size[::-1] if is_sideways else image.size
        size, cut = shape(upright, picture)
        # Nothing larger than what is shown is decoded where the format allows it.
        image.draft(None, size[::-1] if is_sideways else size)
        image.load()
        ImageOps.exif_transpose(image, in_place=True)
        shown = _flat(image, keeps_alpha=picture.target is not Format.JPEG)
        if shown.size != size:
            shown = shown.resize(size, PIL.Image.Resampling.LANCZOS, reducing_gap=2.0)
        if cut != size:
            left, top = (size[0] - cut[0]) // 2, (size[1] - cut[1]) // 2
            shown = shown.crop((left, top, left + cut[0], top + cut[1]))
        shown.info = {}
        written = io.BytesIO()
        shown.save(written, format=picture.target.value, **_options(picture))
        return written.getvalue()


def shape(size: tuple[int, int], picture: Picture) -> tuple[tuple[int, int], tuple[int, int]]:
    """The size to draw at, and the size of its middle that is shown.

    >>> shape((400, 200), Picture(source=Format.PNG, target=Format.PNG, width=100, height=100))
    ((200, 100), (100, 100))
    >>> shape((400, 200), Picture(source=Format.PNG, target=Format.PNG, height=100))
    ((200, 100), (200, 100))
    >>> shape((40, 20), Picture(source=Format.PNG, target=Format.PNG, width=100))
    ((40, 20), (40, 20))
    """
    width, height = picture.width, picture.height
    if width is None and height is None:
        return size, size
    if picture.resize is Resize.FILL and width is not None and height is not None:
        return (width, height), (width, height)
    ratios = [wanted / side for wanted, side in zip((width, height), size, strict=True) if wanted is not None]
    match picture.resize:
        case Resize.COVER:
            scale = min(1.0, max(ratios))
        case Resize.CONTAIN | Resize.FILL:
            scale = min(1.0, *ratios)
        case _:
            assert_never(picture.resize)
    drawn = max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
    if picture.resize is not Resize.COVER:
        return drawn, drawn
    return drawn, (min(width or drawn[0], drawn[0]), min(height or drawn[1], drawn[1]))


def preload() -> None:
    """Warms the encoders, so that nothing is imported while a file is open."""
    # A process that may not start another cannot start a thread either.
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    dot = io.BytesIO()
    PIL.Image.new("RGB", (8, 8)).save(dot, format="PNG")
    for target in Format:
        made = reshape(dot.getvalue(), Picture(source=Format.PNG, target=target), limits=Limits())
        reshape(made, Picture(source=target, target=Format.PNG), limits=Limits())


def _flat(image: PIL.Image.Image, *, keeps_alpha: bool) -> PIL.Image.Image:
    """Eight bits a channel, and what is behind it seen through only where the target can."""
    if keeps_alpha and (image.mode in _SEEN_THROUGH or "transparency" in image.info):
        return image.convert("RGBA")
    return images.eight_bits(image)


def _options(picture: Picture) -> dict[str, Any]:
    match picture.target:
        case Format.PNG | Format.GIF:
            return {}
        case Format.JPEG | Format.WEBP:
            return {"quality": picture.quality}
        case Format.AVIF:
            return {"quality": picture.quality, "speed": _AVIF_SPEED, "max_threads": 1}
        case _:
            assert_never(picture.target)
