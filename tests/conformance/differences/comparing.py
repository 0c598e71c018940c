"""Asks PostgREST and the data API the same and tells where their answers differ.

In charge of what counts as the same: status, the headers below, and the body as JSON, lists without an order as
multisets.
"""

from __future__ import annotations

import csv
import decimal
import email.parser
import http.client
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from tests.conformance.differences.making import Asked, Path

HEADERS = (
    "content-type", "content-range", "content-location", "location", "preference-applied", "allow", "content-profile",
    "www-authenticate", "x-one", "cache-control",
)  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """What came back; `body` is JSON read, or text, and `content` as it was sent."""

    status: int
    headers: Mapping[str, str]
    body: Any
    content: str = ""

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
        except (TimeoutError, http.client.HTTPException) as error:
            # What is no answer differs from any answer; the rest goes on.
            self._connection.close()
            return Answer(0, {}, f"no answer: {error!r}")

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
        if response.headers.defects:
            _mend(response)
        content = response.read().decode("utf-8", "replace")
        found = {name: value for name in HEADERS if (value := response.headers.get(name)) is not None}
        is_json = "json" in found.get("content-type", "")
        body = _json(content) if is_json else content
        return Answer(response.status, found, body, content)


def _mend(response: http.client.HTTPResponse) -> None:
    """Read the headers behind a status whose phrase has line ends, as PostgREST 12 writes the message of PT404."""
    told = str(response.headers.get_payload())
    at = told.find("Transfer-Encoding: chunked")
    if at < 0:
        raise http.client.HTTPException("the headers cannot be read")
    response.headers = response.msg = email.parser.Parser(http.client.HTTPMessage).parsestr(told[at:])
    response.chunked, response.chunk_left, response.length = True, None, None


def _json(content: str, *, objects: Callable[[list[tuple[str, Any]]], Any] = dict) -> Any:
    try:
        # Numbers with all their digits: 1.50 is not 1.5, but 1e-07 is 0.0000001.
        return json.loads(
            content, parse_float=lambda text: f"number {decimal.Decimal(text):f}", object_pairs_hook=objects
        )
    except ValueError:
        return content


def whole(answer: Answer) -> Any:
    """The body with each object as a tuple of its names and values, as it may have two with one name; CSV alike."""
    if "text/csv" not in answer.headers.get("content-type", ""):
        return _json(answer.content, objects=tuple)
    head, *lines = csv.reader(io.StringIO(answer.content)) if answer.content.strip() else [[]]
    return [tuple((name, _whole_cell(cell)) for name, cell in zip(head, line, strict=False)) for line in lines]


def _whole_cell(cell: str) -> Any:
    return _json(cell.replace("\\\\", "\\"), objects=tuple) if cell.startswith(("[", "{")) else cell


def with_bodies(asked: Asked, sides: Sequence[Side], answers: Sequence[Answer]) -> list[Answer]:
    """The answers with what is wrong, which HEAD keeps to itself."""
    if asked.method != "HEAD" or all(answer.status < 300 for answer in answers):
        return list(answers)
    told = [side.ask(replace(asked, method="GET")) for side in sides]
    return [
        replace(answer, body=other.body, content=other.content) for answer, other in zip(answers, told, strict=True)
    ]


def differences(asked: Asked, theirs: Answer, ours: Answer) -> Iterator[str]:
    """What differs: `status`, names of headers, `body`."""
    if theirs.status != ours.status:
        yield "status"
    yield from (name for name in HEADERS if _header(theirs, name) != _header(ours, name))
    if _comparable(asked, theirs) != _comparable(asked, ours):
        yield "body"


def _header(answer: Answer, name: str) -> object:
    value = answer.headers.get(name)
    # The parts of a new row's key stand in any order.
    return sorted(value.partition("?")[2].split("&")) if value is not None and name == "location" else value


def _comparable(asked: Asked, answer: Answer) -> Any:
    if isinstance(answer.body, str):
        table = csv_of(asked, answer)
        if table is None:
            return answer.body
        head, rows = table
        # Columns stand in any order under their names.
        named = [sorted(zip(head, row, strict=True)) if len(head) == len(row) else sorted(row) for row in rows]
        return [sorted(head), *(sorted(named) if () in asked.unordered else named)]
    return answer.body if answer.code else _sorted(answer.body, (), asked.unordered)


def csv_of(asked: Asked, answer: Answer) -> tuple[list[str], list[list[str]]] | None:
    """Names and rows of an answer in CSV."""
    if not isinstance(answer.body, str) or "text/csv" not in answer.headers.get("content-type", ""):
        return None
    head, *lines = csv.reader(io.StringIO(answer.body)) if answer.body.strip() else [[answer.body]]
    return head, [[_cell(asked, cell) for cell in line] for line in lines]


def _cell(asked: Asked, cell: str) -> str:
    """A cell of CSV; JSON in it may be written with other blanks, and lists of embeds in another order."""
    if not cell.startswith(("[", "{")):
        return cell
    # A row as text has each backslash twice.
    found = _json(cell.replace("\\\\", "\\"))
    return cell if isinstance(found, str) else json.dumps(_canonical(found), sort_keys=True)


def _canonical(value: Any) -> Any:
    if isinstance(value, list):
        return sorted(map(_canonical, value), key=lambda row: json.dumps(row, sort_keys=True))
    return {name: _canonical(inside) for name, inside in value.items()} if isinstance(value, dict) else value


def _sorted(value: Any, place: Path, unordered: set[Path]) -> Any:
    if isinstance(value, list):
        rows = [_sorted(row, place, unordered) for row in value]
        return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True)) if place in unordered else rows
    if isinstance(value, dict):
        return {name: _sorted(inside, (*place, name), unordered) for name, inside in value.items()}
    return value
