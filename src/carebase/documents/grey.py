"""Turns the stored values of a DICOM frame into what a screen shows.

In charge of the grey-scale pipeline of DICOM PS3.3 C.11: rescale, window or table, and the two
monochrome senses; colours are only brought to eight bits.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom import multival
from pydicom.pixels import processing

Values = npt.NDArray[Any]
Shades = npt.NDArray[np.uint8]


def shown(stored: Values, dataset: Any) -> Shades:
    """`stored` (rows × columns, or rows × columns × 3) as eight-bit grey or RGB.

    Raises:
        ValueError: the data set contradicts its pixels.
    """
    photometric = str(dataset.get("PhotometricInterpretation") or "MONOCHROME2")
    if photometric == "PALETTE COLOR":
        return _eight_bits(processing.apply_color_lut(stored, dataset))
    if stored.ndim == 3:
        return _eight_bits(stored)
    values = np.asarray(processing.apply_modality_lut(stored, dataset), dtype=np.float32)
    shades = _windowed(values, stored, dataset)
    return 255 - shades if photometric == "MONOCHROME1" else shades


def windowed(values: Values, *, centre: float, width: float, function: str) -> Shades:
    """`values` through one window, as PS3.3 C.11.2.1.2 and C.11.2.1.3 define it.

    >>> windowed(np.array([0.0, 49.5, 99.0]), centre=50, width=100, function="LINEAR").tolist()
    [0, 127, 255]
    """
    if function == "SIGMOID":
        fraction = 1 / (1 + np.exp(np.clip(-4 * (values - centre) / width, -60, 60)))
    elif function == "LINEAR_EXACT":
        fraction = (values - centre) / width + 0.5
    elif width > 1:
        fraction = (values - (centre - 0.5)) / (width - 1) + 0.5
    else:
        fraction = (values > centre - 0.5).astype(np.float32)
    return np.asarray(np.clip(fraction, 0, 1) * 255, dtype=np.uint8)


def _windowed(values: Values, stored: Values, dataset: Any) -> Shades:
    centre, width = _first(dataset.get("WindowCenter")), _first(dataset.get("WindowWidth"))
    if centre is not None and width is not None and width > 0:
        function = str(dataset.get("VOILUTFunction") or "LINEAR").upper()
        return windowed(values, centre=centre, width=width, function=function)
    if dataset.get("VOILUTSequence"):
        return _stretched(np.asarray(processing.apply_voi(stored, dataset), dtype=np.float32))
    padding = dataset.get("PixelPaddingValue")
    if isinstance(padding, int):
        image = stored != padding
        if image.any() and not image.all():
            low, high = float(values[image].min()), float(values[image].max())
            return _between(values, low, high)
    return _stretched(values)


def _stretched(values: Values) -> Shades:
    return _between(values, float(values.min()), float(values.max()))


def _between(values: Values, low: float, high: float) -> Shades:
    if high <= low:
        return np.zeros(values.shape, dtype=np.uint8)
    return np.asarray(np.clip((values - low) / (high - low), 0, 1) * 255, dtype=np.uint8)


def _eight_bits(colours: Values) -> Shades:
    if colours.dtype == np.uint8:
        return colours
    return np.asarray(colours >> 8, dtype=np.uint8) if int(colours.max()) > 255 else colours.astype(np.uint8)


def _first(value: Any) -> float | None:
    if isinstance(value, multival.MultiValue):
        value = value[0] if value else None
    return None if value is None or value == "" else float(value)
