"""The error of a file that was accepted but cannot be read."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from carebase import errors


class Reason(StrEnum):
    """Why a file cannot be read; the value is stable and pages translate by it."""

    NOT_A_PDF = "not_a_pdf"
    NOT_AN_IMAGE = "not_an_image"
    NOT_DICOM = "not_dicom"
    EMPTY = "empty"
    ENCRYPTED = "encrypted"
    DAMAGED = "damaged"
    TOO_MANY_PAGES = "too_many_pages"
    TOO_LARGE = "too_large"
    TIMED_OUT = "timed_out"
    UNSUPPORTED_ENCODING = "unsupported_encoding"
    PIXELS_NOT_DECODABLE = "pixels_not_decodable"


SENTENCES: dict[Reason, str] = {
    Reason.NOT_A_PDF: "It is not a PDF.",
    Reason.NOT_AN_IMAGE: "It is not a PNG or JPEG image.",
    Reason.NOT_DICOM: "It is not a DICOM file.",
    Reason.EMPTY: "It is empty.",
    Reason.ENCRYPTED: "It is protected by a password.",
    Reason.DAMAGED: "It is damaged.",
    Reason.TOO_MANY_PAGES: "It has too many pages.",
    Reason.TOO_LARGE: "Reading it takes more memory than allowed.",
    Reason.TIMED_OUT: "Reading it takes more time than allowed.",
    Reason.UNSUPPORTED_ENCODING: "Its characters are in an encoding that is not supported.",
    Reason.PIXELS_NOT_DECODABLE: "Its pixels are compressed in a way that is not supported.",
}


class UnreadableFile(errors.CareError):
    """The file is of an accepted kind but cannot be read; `reason` says why, from a closed set.

    Nothing of the file's content is in the error. Trying again does not help, save for
    `timed_out` on a machine that was busy.
    """

    code: ClassVar[str] = "unreadable_file"
    status: ClassVar[int] = 400
    message: ClassVar[str] = "The file cannot be read."

    def __init__(self, reason: Reason) -> None:
        super().__init__(details=SENTENCES[reason])
        self.reason = reason
