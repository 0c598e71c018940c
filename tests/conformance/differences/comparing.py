"""Asks PostgREST and the data API the same and tells where their answers differ.

In charge of what counts as the same: status, the headers below, and the body as JSON, lists without an order as
multisets.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tests.conformance.differences.making import Asked, Path

HEADERS = (
    "content-type", "content-range", "content-location", "location", "preference-applied", "allow", "content-profile",
    "www-authenticate", "x-one", "cache-control",
)  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """What came back; `body` is JSON read, or text."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def code(self) -> str | None:
        return self.body.get("code") if isinstance(self.body, dict) and self.status >= 300 else None

    def __repr__(self) -> str:
        headers = "".join(f"\n  {name}: {value}" for name, value in sorted(self.headers.items()))
        return f"{self.status}{headers}\n  {json.dumps(self.body, ensure_ascii=False)[:1500]}"


class Side:
    """One server, asked over one connection."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)

    def close(self) -> None:
        self._connection.close()

    def ask(self, asked: Asked) -> Answer:
        try:
            return self._ask(asked)
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            # A server may close what it kept open; asking again is what every client does.
            self._connection.close()
            return self._ask(asked)

    def _ask(self, asked: Asked) -> Answer:
        connection = self._connection
        connection.putrequest(asked.method, asked.path, skip_accept_encoding=True)
        body = asked.body.encode()
        for name, value in asked.headers:
            connection.putheader(name, value.encode())
        if body or asked.method in {"POST", "PATCH", "PUT"}:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        response = connection.getresponse()
        content = response.read().decode("utf-8", "replace")
        found = {name: value for name in HEADERS if (value := response.headers.get(name)) is not None}
        is_json = "json" in found.get("content-type", "")
        return Answer(response.status, found, _json(content) if is_json else content)


def _json(content: str) -> Any:
    try:
        # Numbers as they are written: 1.50 is not 1.5.
        return json.loads(content, parse_float=lambda text: f"number {text}")
    except ValueError:
        return content


def differences(asked: Asked, theirs: Answer, ours: Answer) -> Iterator[str]:
    """What differs: `status`, names of headers, `body`."""
    if theirs.status != ours.status:
        yield "status"
    yield from (name for name in HEADERS if theirs.headers.get(name) != ours.headers.get(name))
    if _comparable(asked, theirs) != _comparable(asked, ours):
        yield "body"


def _comparable(asked: Asked, answer: Answer) -> Any:
    if isinstance(answer.body, str):
        is_csv = "text/csv" in answer.headers.get("content-type", "")
        return sorted(answer.body.splitlines()) if is_csv and () in asked.unordered else answer.body
    return answer.body if answer.code else _sorted(answer.body, (), asked.unordered)


def _sorted(value: Any, place: Path, unordered: set[Path]) -> Any:
    if isinstance(value, list):
        rows = [_sorted(row, place, unordered) for row in value]
        return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True)) if place in unordered else rows
    if isinstance(value, dict):
        return {name: _sorted(inside, (*place, name), unordered) for name, inside in value.items()}
    return value
