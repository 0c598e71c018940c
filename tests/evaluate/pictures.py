"""Measures images: every valid one read and drawn, every other refused with a reason."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from tests.evaluate.table import Part, Row

from carebase import errors
from carebase.documents import kinds, reading, unreadable

SUFFIXES = frozenset({".dcm", ".png", ".jpg", ".jpeg"})


def measure(folders: Sequence[Path]) -> Part:
    """Each file by its outcome."""
    paths = sorted(path for folder in folders for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    outcomes = asyncio.run(_outcomes(paths))
    drawn = sum(outcome.startswith("read and drawn") for outcome in outcomes)
    read = sum(outcome.startswith("read") for outcome in outcomes)
    told = sum(outcome.startswith("refused") for outcome in outcomes)
    remarks = [f"{path.name}: {outcome}" for path, outcome in zip(paths, outcomes, strict=True)]
    rows = (
        Row(
            "IMAGES_READ",
            "images and DICOM files read (what the file says of itself)",
            read,
            len(paths),
            "refuse all 0",
        ),
        Row("IMAGES_DRAWN", "… and drawn", drawn, len(paths), "refuse all 0"),
        Row("IMAGES_ANSWERED", "read, or refused with a stable reason", read + told, len(paths), "refuse all"),
    )
    return Part("DICOM and images", rows, tuple(remarks))


async def _outcomes(paths: Sequence[Path]) -> list[str]:
    reader = reading.Reader()
    try:
        return [await _outcome(reader, path) for path in paths]
    finally:
        await reader.close()


async def _outcome(reader: reading.Reader, path: Path) -> str:
    with path.open("rb") as opened:
        head = opened.read(kinds.HEAD_BYTES)
    try:
        kind = kinds.tell(head, path.name)
        document = await reader.read(path, kind=kind)
        image = document.image
        if image is None:
            return f"no image ({kind.value})"
    except unreadable.UnreadableFile as error:
        return f"refused: {error.reason.value}"
    except (errors.UnsupportedType, errors.Invalid) as error:
        return f"refused: {error.code}"
    try:
        png = await reader.render_page(path, kind=kind, page=1, scale=1)
    except unreadable.UnreadableFile as error:
        return f"read, but cannot be shown: {error.reason.value}; {', '.join(document.warnings)}"
    modality = image.metadata.get("Modality", "-")
    return f"read and drawn: {image.width}x{image.height}, {image.frames} frame(s), {modality}, {len(png)} bytes"
