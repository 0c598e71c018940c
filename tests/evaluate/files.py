"""Gives bytes to the engine as an upload does: through the gate by content and the bounded process."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

from carebase import errors
from carebase.documents import kinds, reading, unreadable
from carebase.documents.text import Document
from carebase.records.file_reading import Category, FileInput


def read(name: str, content: bytes, *, category: Category) -> FileInput:
    """The file as the worker would hand it to the analysis."""
    document: Document | None = None
    problem: str | None = None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(content)
        try:
            kind = kinds.tell(content[: kinds.HEAD_BYTES], name)
            document = reading.read_file(path, kind=kind)
        except unreadable.UnreadableFile as error:
            problem = error.reason.value
        except errors.UnsupportedType:
            problem = "unsupported_type"
        except errors.Invalid:
            problem = "empty"
    return FileInput(
        file=name,
        name=name,
        category=category,
        sha256=hashlib.sha256(content).hexdigest(),
        document=document,
        problem=problem,
    )
