"""Prints what a spool of mails holds, for programs of other languages: `python read_mail.py <directory>`."""

from __future__ import annotations

import json
import re
import sys
from email import message_from_bytes, policy
from pathlib import Path

LINK = re.compile(r"https?://\S+(?:/auth/v1/verify|/confirm)\?\S+")
DIGITS = re.compile(r"(?<![\w=%&])\d{6}(?![\w=%&])")


def read(path: Path) -> dict[str, str | None]:
    """To whom a mail goes, its link and its six digits."""
    mail = message_from_bytes(path.read_bytes(), policy=policy.default)
    body = mail.get_body(("plain",))
    text = "" if body is None else str(body.get_content())
    link, digits = LINK.search(text), DIGITS.search(LINK.sub("", text).replace(" ", ""))
    return {
        "name": path.name,
        "to": str(mail["To"]),
        "link": link[0] if link else None,
        "code": digits[0] if digits else None,
    }


if __name__ == "__main__":
    found = sorted(Path(sys.argv[1]).glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
    print(json.dumps([read(path) for path in found]))
