"""The record in a file: JSON lines that can be read by anything and checked without a database.

The first line says what the file holds: the chain, where it begins, where it ends. Then one line for each
row, its body as the very text that was sealed. The last line counts them.
"""

from __future__ import annotations

import gzip
import json
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, cast
from uuid import UUID

import orjson

from carebase import errors
from carebase.audit.chain import NUMBERS, Link, Row

FORMAT: Final = "carebase audit 1"
GZIP_BEGINS: Final = b"\x1f\x8b"


class NotADump(errors.SetupError):
    """The file is not what `carebase audit export` writes, or ends too early."""

    code, message = "not_a_dump", "The file is no export of the record that can be checked."
    exit_code = 65  # EX_DATAERR of sysexits.h


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The first line. `is_whole` says that nothing was left out, so that the chain can be followed."""

    chain_id: UUID
    begins: Link
    ends: Link
    is_whole: bool

    @property
    def line(self) -> bytes:
        """As it is written."""
        return _line(
            {
                "format": FORMAT,
                "chain_id": str(self.chain_id),
                "begins": {"seq": self.begins.seq, "hash": self.begins.hash.hex()},
                "ends": {"seq": self.ends.seq, "hash": self.ends.hash.hex()},
                "whole": self.is_whole,
            }
        )


def line_of(row: Row) -> bytes:
    """One row, as it is written.

    >>> line_of(Row(1, 0, b'{"at":1}', bytes(2)))
    b'{"seq":1,"sealed_at":0,"hash":"0000","body":"{\\\\"at\\\\":1}"}\\n'
    """
    return _line({"seq": row.seq, "sealed_at": row.sealed_at, "hash": row.hash.hex(), "body": row.body.decode()})


def end_line(rows: int) -> bytes:
    """The last line."""
    return _line({"rows": rows})


@contextmanager
def opened(path: Path) -> Iterator[tuple[Head, Iterator[Row]]]:
    """What a file holds, gzip or not; NotADump when it is none, also while its rows are read."""
    try:
        with path.open("rb") as probe:
            is_packed = probe.read(2) == GZIP_BEGINS
        with cast("IO[bytes]", gzip.open(path, "rb")) if is_packed else path.open("rb") as file:
            yield _head(file.readline()), _rows(file)
    except OSError as error:
        raise NotADump(details=f"{path}: {error.strerror or 'it is damaged'}.") from error
    except (EOFError, zlib.error) as error:
        raise NotADump(details=f"{path} ends too early.") from error


def _head(line: bytes) -> Head:
    fields = _fields(line)
    try:
        if fields["format"] != FORMAT:
            raise NotADump(details="Its first line names another format.")
        begins, ends = fields["begins"], fields["ends"]
        return Head(
            chain_id=UUID(fields["chain_id"]),
            begins=Link(int(begins["seq"]), bytes.fromhex(begins["hash"])),
            ends=Link(int(ends["seq"]), bytes.fromhex(ends["hash"])),
            is_whole=fields["whole"] is True,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise NotADump(details="Its first line is not one of ours.") from error


def _rows(file: IO[bytes]) -> Iterator[Row]:
    count = 0
    for line in file:
        fields = _fields(line)
        try:
            if "body" not in fields:
                if fields["rows"] != count or file.read(1):
                    raise NotADump(details=f"Its end says {fields['rows']} rows, there are {count}.")
                return
            row = Row(fields["seq"], fields["sealed_at"], fields["body"].encode(), bytes.fromhex(fields["hash"]))
            NUMBERS.pack(row.seq, row.sealed_at)
        except (KeyError, TypeError, ValueError, AttributeError, struct.error) as error:
            raise NotADump(details=f"Line {count + 2} is not one of ours.") from error
        yield row
        count += 1
    raise NotADump(details=f"It ends after {count} rows, without its last line.")


def _fields(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise NotADump(details="A line is not JSON.") from error


def _line(fields: dict[str, Any]) -> bytes:
    # The standard library writes whatever text PostgreSQL holds; orjson refuses some of it.
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
