"""The names of buckets and objects as Storage takes them: data and never a place on a disk.

In charge of which names there may be. Bytes lie under keys of the server's own, so this keeps addresses readable and
one object under one name; it is not what keeps files in their directory.
"""

from __future__ import annotations

import re
from typing import Final

from carebase.storage import refused

LONGEST_OBJECT_NAME: Final = 1024
"""Characters, all of them ASCII."""
LONGEST_BUCKET_NAME: Final = 100
# The characters that S3 takes in keys, as Storage does. The percent sign is none: decoded twice it is another.
OBJECT: Final = re.compile(r"[A-Za-z0-9_/!.*'() &$=@;:+,?-]+", re.ASCII)
BUCKET: Final = re.compile(r"[A-Za-z0-9_!.*'() &$=@;:+,?-]+", re.ASCII)
NO_PARTS: Final = frozenset({"", ".", ".."})
"""What a client or a proxy may fold away, so that two addresses would be one."""


def is_object(name: str) -> bool:
    """Whether an object may have this name.

    >>> is_object("42/scan (1).pdf"), is_object("42/../43/scan.pdf"), is_object("a//b"), is_object("%2e%2e/a")
    (True, False, False, False)
    """
    return (
        len(name) <= LONGEST_OBJECT_NAME and OBJECT.fullmatch(name) is not None and NO_PARTS.isdisjoint(name.split("/"))
    )


def is_bucket(name: str) -> bool:
    """Whether a bucket may have this name.

    >>> is_bucket("medical-files"), is_bucket("a/b"), is_bucket(".."), is_bucket(" a")
    (True, False, False, False)
    """
    return (
        len(name) <= LONGEST_BUCKET_NAME
        and BUCKET.fullmatch(name) is not None
        and name not in NO_PARTS
        and name == name.strip()
    )


def check(bucket: str, name: str) -> None:
    """InvalidBucketName or InvalidKey when there can be no such object."""
    if not is_bucket(bucket):
        raise refused.InvalidBucketName
    if not is_object(name):
        raise refused.InvalidKey(details=f"Invalid key: {name[:LONGEST_OBJECT_NAME]}")
