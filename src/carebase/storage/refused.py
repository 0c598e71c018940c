"""What Storage refuses, under its codes: clients decide by them.

In charge of the errors whose words are the protocol's. `error` is the word beside the code that older clients read.
"""

from __future__ import annotations

from typing import ClassVar

from carebase.errors import CareError


class StorageError(CareError):
    """Something that Storage refuses in words of its own."""

    code, status, message = "InternalError", 500, "Internal Server Error"
    error: ClassVar[str | None] = None
    """What stands under `error` in the answer; the code where there is none."""


class NoSuchBucket(StorageError):
    """There is no bucket of that name, or not for this caller."""

    code, status, message, error = "NoSuchBucket", 404, "Bucket not found", "Bucket not found"


class NoSuchKey(StorageError):
    """There is no object of that name, or not for this reader; the two look the same."""

    code, status, message, error = "NoSuchKey", 404, "Object not found", "not_found"


class InvalidKey(StorageError):
    """The name of an object is empty, too long, has a character or a part that no name has here."""

    code, status, message = "InvalidKey", 400, "Invalid key"


class InvalidBucketName(StorageError):
    """The name of a bucket has a character that no name has here, or is too long."""

    code, status, message, error = "InvalidBucketName", 400, "Bucket name invalid", "Invalid Input"


class BucketAlreadyExists(StorageError):
    """There is a bucket of that name."""

    code, status, message, error = "BucketAlreadyExists", 409, "The resource already exists", "Duplicate"


class KeyAlreadyExists(StorageError):
    """There is an object of that name, and it was not asked to replace it."""

    code, status, message, error = "KeyAlreadyExists", 409, "The resource already exists", "Duplicate"


class ResourceNotEmpty(StorageError):
    """There are objects in the bucket that was to be removed."""

    code, status, message = "ResourceNotEmpty", 409, "The bucket you tried to delete is not empty"


class ResourceLocked(StorageError):
    """Somebody else changed the same object at the same moment."""

    code, status, message = "ResourceLocked", 423, "The resource is locked"


class AccessDenied(StorageError):
    """Row policies refuse it, or the credential cannot be believed."""

    code, status, message, error = "AccessDenied", 403, "Access denied", "Unauthorized"


class EntityTooLarge(StorageError):
    """The object is larger than its bucket or the server takes; refused before it is read in full."""

    code, status, message = "EntityTooLarge", 413, "The object exceeded the maximum allowed size"
    error = "Payload too large"


class InvalidMimeType(StorageError):
    """The bucket does not take this kind of file, by its content or by what was said of it."""

    code, status, message, error = "InvalidMimeType", 415, "The mime type is not supported", "invalid_mime_type"


class InvalidRange(StorageError):
    """The part asked for begins after the object's end."""

    code, status, message, error = "InvalidRange", 416, "invalid range provided", "invalid_range"


class InvalidRequest(StorageError):
    """The request cannot be understood or breaks a rule of its fields."""

    code, status, message = "InvalidRequest", 400, "Invalid Request"


class SlowDown(StorageError):
    """The caller's allowance is used up for now."""

    code, status, message = "SlowDown", 429, "Too many requests; wait a little"
