"""What a file may say about its image, cleaned.

In charge of the list of names that are kept. Everything else in a file (positions, serial
numbers, free comments, private elements) stays in the file.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

# Keywords of DICOM PS3.6; other images are described with the same words.
KEPT: Final = (
    "Modality",
    "BodyPartExamined",
    "ViewPosition",
    "Laterality",
    "ImageLaterality",
    "PatientOrientation",
    "StudyDate",
    "SeriesDate",
    "AcquisitionDate",
    "AcquisitionDateTime",
    "ContentDate",
    "StudyDescription",
    "SeriesDescription",
    "ProtocolName",
    "AccessionNumber",
    "InstitutionName",
    "Manufacturer",
    "ManufacturerModelName",
    "PatientName",
    "PatientID",
    "PatientSex",
    "PatientBirthDate",
    "PatientAge",
    "PregnancyStatus",
    "PhotometricInterpretation",
    "BitsStored",
    "WindowCenter",
    "WindowWidth",
    "PixelSpacing",
    "ImagerPixelSpacing",
    "SliceThickness",
    "BurnedInAnnotation",
    "LossyImageCompression",
    "SOPClassUID",
    "TransferSyntaxUID",
)
_LONGEST: Final = 200
_MARKS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]+")


def kept(found: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """The values of `found` whose keyword is kept: one line each, without control marks, 200 characters at most.

    >>> kept([("Modality", "CR "), ("PatientComments", "…"), ("StudyDate", "")])
    {'Modality': 'CR'}
    """
    values = {name: _cleaned(value) for name, value in found if name in KEPT}
    return {name: value for name, value in values.items() if value}


def _cleaned(value: str) -> str:
    readable = value.encode("utf-8", errors="replace").decode("utf-8")
    return _MARKS.sub(" ", unicodedata.normalize("NFC", readable)).strip()[:_LONGEST]
