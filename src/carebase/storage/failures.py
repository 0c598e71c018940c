"""The errors of receiving and handing out files."""

from __future__ import annotations

import errno

from carebase import errors

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class DiskFull(errors.Unavailable):
    """There is no room for the file; nothing of it was kept."""

    code, status, message = "disk_full", 507, "There is no room left to keep this file."


class TooSlow(errors.CareError):
    """The file did not arrive within the time an upload may take; nothing of it was kept."""

    code, status, message = "upload_too_slow", 408, "The file took too long to arrive."


class Damaged(errors.CareError):
    """The bytes on disk are not those that were stored."""

    code, status, message = "file_damaged", 500, "The stored file is damaged."


class Missing(Damaged):
    """No bytes lie where the stored ones were."""

    code, status, message = "file_missing", 500, "The stored file is missing."


class KeyNotHere(errors.CareError):
    """The stored bytes were sealed with a key that this server does not have."""

    code, status, message = "file_key_missing", 500, "The stored file cannot be opened here."


class Infected(errors.CareError):
    """The virus scanner found something in the file; nothing of it was kept."""

    code, status, message = "file_infected", 422, "The virus scanner refuses this file."


class NotScanned(errors.Unavailable):
    """The file could not be looked through for viruses, so it is not taken; nothing of it was kept."""

    code, message = "file_not_scanned", "The file cannot be checked for viruses just now."


class RangeNotSatisfiable(errors.CareError):
    """The range asked for begins after the file's end; `size` is what `Content-Range: bytes */…` tells."""

    code, status, message = "range_not_satisfiable", 416, "The file has no such part."

    def __init__(self, *, size: int) -> None:
        super().__init__()
        self.size = size


def of_disk(error: OSError) -> errors.Unavailable:
    """What a caller should see when the disk refuses."""
    if error.errno in FULL:
        return DiskFull(hint="The operator has to make room in the data directory; then try again.")
    return errors.Unavailable(hint="The data directory cannot be used; `carebase doctor` tells more.")
