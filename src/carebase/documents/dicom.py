"""Reads what a DICOM file says of its image, and draws previews of its frames.

In charge of one file of DICOM PS3.10. A preview is pixels only: no name, date or overlay is
drawn, though what the machine burned into the pixels stays (`BurnedInAnnotation` may say so).
Runs in the bounded process only: a data set may inflate to gigabytes.
"""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import PIL.Image
import pydicom
from pydicom import charset, config, uid
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.pixels import utils as stored
from pydicom.pixels.decoders import base as decoders

from carebase import errors
from carebase.documents import grey, images, metadata
from carebase.documents.limits import Limits
from carebase.documents.text import Document, Image, Kind
from carebase.documents.unreadable import Reason, UnreadableFile

ENCODINGS: Final = tuple(sorted(set(charset.python_encoding.values())))
"""Python's names of the character sets that a DICOM file may use."""

# What pydicom raises on bytes that are no data set; it promises no family of its own.
_BROKEN: Final = (
    InvalidDicomError,
    BytesLengthException,
    struct.error,
    zlib.error,
    OSError,
    EOFError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    NotImplementedError,
    RecursionError,
    OverflowError,
    LookupError,
)
# Functional group macros of PS3.3 C.7.6.16 whose values plain images carry at their top level.
_FRAME_MACROS: Final = {
    "FrameVOILUTSequence": ("WindowCenter", "WindowWidth", "VOILUTFunction"),
    "PixelValueTransformationSequence": ("RescaleSlope", "RescaleIntercept"),
    "PixelMeasuresSequence": ("PixelSpacing", "SliceThickness"),
}
_DEFLATED: Final = (uid.DeflatedExplicitVRLittleEndian,)


def read(content: bytes, *, limits: Limits) -> Document:
    """Size, frames and description of the image.

    Warnings: `no_pixels` (a report or plan without an image), `pixels_not_decodable` (a
    compression that is not supported), `pixels_damaged` (the first frame cannot be decoded).

    Raises:
        UnreadableFile: `not_dicom`, `damaged`, `too_large`.
    """
    dataset = _dataset(content, limits=limits)
    width, height, frames = _size(dataset)
    _take_frame_values(dataset, 1)
    said = metadata.kept(_said(dataset))
    return Document(
        kind=Kind.DICOM,
        image=Image(width=width, height=height, frames=frames, metadata=said),
        page_count=frames,
        warnings=tuple(_pixel_warnings(dataset, limits=limits)),
    )


def draw(content: bytes, *, frame: int, scale: float, limits: Limits) -> tuple[PIL.Image.Image, float]:
    """Frame `frame` (from 1) as the file wants it seen: its window and level, or its whole range.

    Raises:
        errors.NotFound: there is no such frame.
        UnreadableFile: as `read`, and `pixels_not_decodable`.
    """
    dataset = _dataset(content, limits=limits)
    if not 1 <= frame <= _size(dataset)[2] or "PixelData" not in dataset:
        raise errors.NotFound
    if not _is_decodable(dataset):
        raise UnreadableFile(Reason.PIXELS_NOT_DECODABLE)
    _take_frame_values(dataset, frame)
    try:
        shown = grey.shown(_pixels(dataset, frame, limits=limits), dataset)
    except _BROKEN as broken:
        raise UnreadableFile(Reason.DAMAGED) from broken
    return images.resized(PIL.Image.fromarray(shown), scale=scale, limits=limits)


def preload() -> None:
    """Loads the decoders, so that nothing is imported while a file is open."""
    config.settings.reading_validation_mode = config.IGNORE
    for syntax in uid.AllTransferSyntaxes:
        try:
            _ = decoders.get_decoder(syntax).is_available
        except NotImplementedError:
            continue


def _dataset(content: bytes, *, limits: Limits) -> Any:
    has_preamble = content[128:132] == b"DICM"
    try:
        if has_preamble:
            _refuse_inflation(content, limits=limits)
        with warnings.catch_warnings():
            # What is cut off is seen by what is missing; the library's warnings quote values.
            warnings.simplefilter("ignore")
            dataset = pydicom.dcmread(io.BytesIO(content), force=not has_preamble)
        if not has_preamble and not any(tag in dataset for tag in ("SOPClassUID", "Modality", "Rows")):
            raise UnreadableFile(Reason.NOT_DICOM)
    except _BROKEN as broken:
        raise UnreadableFile(Reason.DAMAGED) from broken
    if not dataset:
        raise UnreadableFile(Reason.DAMAGED)
    # A data set without its file meta group says nothing of its encoding; what pydicom found is taken.
    if getattr(dataset.file_meta, "TransferSyntaxUID", None) is None:
        is_implicit, is_little = dataset.original_encoding
        dataset.file_meta.TransferSyntaxUID = (
            uid.ImplicitVRLittleEndian
            if is_implicit
            else uid.ExplicitVRLittleEndian
            if is_little
            else uid.ExplicitVRBigEndian
        )
    return dataset


def _refuse_inflation(content: bytes, *, limits: Limits) -> None:
    source = io.BytesIO(content)
    source.seek(132)
    meta = _meta(source)
    if getattr(meta, "TransferSyntaxUID", None) not in _DEFLATED:
        return
    # The deflated part follows the file meta group as a raw stream (PS3.5, A.5).
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    inflated, rest = 0, source.read()
    while rest and not inflater.eof:
        inflated += len(inflater.decompress(rest, 1 << 20))
        rest = inflater.unconsumed_tail
        if inflated > limits.inflated_bytes:
            raise UnreadableFile(Reason.TOO_LARGE)


def _meta(source: io.BytesIO) -> Any:
    return pydicom.filereader._read_file_meta_info(source)  # noqa: SLF001


def _size(dataset: Any) -> tuple[int, int, int]:
    """Columns, rows and frames; zero where the file has no image."""
    try:
        width, height = int(dataset.get("Columns") or 0), int(dataset.get("Rows") or 0)
        frames = max(1, int(dataset.get("NumberOfFrames") or 1)) if width and height else 0
    except _BROKEN as broken:
        raise UnreadableFile(Reason.DAMAGED) from broken
    return max(0, width), max(0, height), frames


def _take_frame_values(dataset: Any, frame: int) -> None:
    """Puts what an enhanced image says of `frame` in its functional groups where other images say it."""
    try:
        groups = [*(dataset.get("SharedFunctionalGroupsSequence") or [])[:1]]
        groups += (dataset.get("PerFrameFunctionalGroupsSequence") or [])[frame - 1 : frame]
        for group in groups:
            for macro, keywords in _FRAME_MACROS.items():
                for item in (group.get(macro) or [])[:1]:
                    for keyword in keywords:
                        if keyword in item:
                            dataset[keyword] = item[keyword]
    except _BROKEN as broken:
        raise UnreadableFile(Reason.DAMAGED) from broken


def _said(dataset: Any) -> Iterator[tuple[str, str]]:
    for keyword in metadata.KEPT:
        source = dataset.file_meta if keyword == "TransferSyntaxUID" else dataset
        try:
            value = source.get(keyword)
        except _BROKEN:
            # One damaged element does not take the others with it.
            continue
        if value is None:
            continue
        parts = value if isinstance(value, pydicom.multival.MultiValue) else [value]
        yield keyword, "\\".join(map(_printed, parts))


def _printed(value: Any) -> str:
    if isinstance(value, uid.UID):
        return value.name
    # Decimal strings differ by writer ("40", "40.0"); a float's digits are more than any of them has.
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _pixel_warnings(dataset: Any, *, limits: Limits) -> Iterator[str]:
    if "PixelData" not in dataset or not _size(dataset)[2]:
        # A file that gives an image's size and then ends was cut off; a report or plan gives none.
        yield "pixels_damaged" if "Rows" in dataset else "no_pixels"
    elif not _is_decodable(dataset):
        yield "pixels_not_decodable"
    else:
        try:
            _pixels(dataset, 1, limits=limits)
        except _BROKEN:
            yield "pixels_damaged"


def _is_decodable(dataset: Any) -> bool:
    try:
        return bool(decoders.get_decoder(dataset.file_meta.TransferSyntaxUID).is_available)
    except (NotImplementedError, AttributeError):
        return False


def _pixels(dataset: Any, frame: int, *, limits: Limits) -> np.ndarray[Any, Any]:
    width, height, _ = _size(dataset)
    samples = int(dataset.get("SamplesPerPixel") or 1)
    if width * height * samples > limits.pixels:
        raise UnreadableFile(Reason.TOO_LARGE)
    return np.asarray(stored.pixel_array(dataset, index=frame - 1))
