"""What went wrong, as PostgREST says it: status, headers and `{code,details,hint,message}`.

In charge of the mapping from SQLSTATE to HTTP, of errors that the database raises to answer as it likes, and of
keeping stored values and names the client did not use out of what PostgreSQL says.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from carebase import errors
from carebase.database.exchange import Refused
from carebase.database.refusals import NotAllowed
from carebase.rest.errors import BadRaise, RestError

Headers = tuple[tuple[str, str], ...]

STATUS_BY_STATE: Final[Mapping[str, int]] = {
    "23503": 409,
    "23505": 409,
    "25006": 405,
    "42883": 404,
    "42P01": 404,
    "42P17": 500,
    "53400": 500,
    "57P01": 503,
    "P0001": 400,
}
STATUS_BY_CLASS: Final[Mapping[str, int]] = {
    "08": 503,
    "09": 500,
    "0L": 403,
    "0P": 403,
    "25": 500,
    "28": 403,
    "2D": 500,
    "38": 500,
    "39": 500,
    "3B": 500,
    "40": 500,
    "53": 503,
    "54": 500,
    "55": 500,
    "57": 500,
    "58": 500,
    "F0": 500,
    "HV": 500,
    "P0": 500,
    "XX": 500,
}
"""By the first two characters; 400 else."""
CHOSEN_STATUS: Final = re.compile(r"PT(\d{3})")
PROTECTED_CLASS: Final = "22"
"""Data exceptions: a cast that fails prints the value."""
DENIED: Final = re.compile(r"permission denied for (?P<kind>[a-z ]+?) (?P<name>\S+)")
MESSAGE_HINT: Final = (
    "MESSAGE must be a JSON object with obligatory keys: 'code', 'message' and optional keys: 'details', 'hint'."
)
DETAIL_HINT: Final = (
    "DETAIL must be a JSON object with obligatory keys: 'status', 'headers' and optional key: 'status_text'."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An error, ready to be sent."""

    status: int
    body: Mapping[str, object]
    headers: Headers = ()

    @property
    def code(self) -> str:
        """Its code."""
        return str(self.body["code"])


def of(
    error: errors.CareError, *, is_anonymous: bool, named: Collection[str] = (), is_tracked: bool = False
) -> Failure:
    """The failure that a client is told.

    `named` are the relations and functions that it named itself, `is_tracked` says that the rows' values are
    nobody's business in an error.
    """
    match error:
        case Refused():
            failure = _of_refusal(error, is_anonymous=is_anonymous, named=named, is_tracked=is_tracked)
        case RestError():
            failure = Failure(status=error.status, body=error.as_json(), headers=tuple(getattr(error, "headers", ())))
        case errors.NotSignedIn():
            failure = _plain(error, code="PGRST301", headers=(("WWW-Authenticate", "Bearer"),))
        case NotAllowed():
            failure = _plain(error, code="42501")
        case errors.Unavailable():
            failure = _plain(error, code="PGRST003")
        case _:
            failure = _plain(error, code="PGRSTX00" if error.status >= 500 else error.code)
    if error.retry_after_seconds is not None:
        waiting = (("Retry-After", str(error.retry_after_seconds)),)
        failure = Failure(status=failure.status, body=failure.body, headers=(*failure.headers, *waiting))
    return failure


def _plain(error: errors.CareError, *, code: str, headers: Headers = ()) -> Failure:
    body = {"code": code, "details": error.details, "hint": error.hint, "message": error.message}
    return Failure(status=error.status, body=body, headers=headers)


def _of_refusal(error: Refused, *, is_anonymous: bool, named: Collection[str], is_tracked: bool) -> Failure:
    state = error.sqlstate
    if state == "PGRST":
        try:
            return _raised(error.primary, error.detail)
        except BadRaise as bad:
            return Failure(status=bad.status, body=bad.as_json())
    status = status_of(state, message=error.primary, is_anonymous=is_anonymous)
    body: dict[str, object] = {
        "code": state,
        "details": error.detail,
        "hint": error.advice,
        "message": error.primary,
    }
    if is_tracked and state.startswith(PROTECTED_CLASS):
        body |= {"details": None, "hint": None, "message": "A value is not acceptable here."}
    elif state == "42501" and (denied := DENIED.fullmatch(error.primary)) and denied["name"] not in named:
        body |= {"details": None, "hint": None, "message": f"permission denied for a {denied['kind']}"}
    headers: Headers = (("WWW-Authenticate", "Bearer"),) if status == 401 else ()
    return Failure(status=status, body=body, headers=headers)


def status_of(state: str, *, message: str, is_anonymous: bool) -> int:
    """The HTTP status of what PostgreSQL refused.

    >>> status_of("42501", message="", is_anonymous=True), status_of("PT402", message="", is_anonymous=False)
    (401, 402)
    >>> status_of("23514", message="", is_anonymous=False)
    400
    """
    if state.startswith("PT"):
        chosen = CHOSEN_STATUS.fullmatch(state)
        status = int(chosen[1]) if chosen else 0
        return status if 200 <= status <= 599 else 500
    match state:
        case "42501":
            return 401 if is_anonymous else 403
        case "21000":
            # An extension refuses changes without a filter under this state; all else is a function at fault.
            return 400 if message.endswith("requires a WHERE clause") else 500
        case "22023":
            return 401 if message.startswith("role") and message.endswith("does not exist") else 400
        case "42883" if message.startswith("function xmlagg("):
            return 406
    found = STATUS_BY_STATE.get(state)
    return STATUS_BY_CLASS.get(state[:2], 400) if found is None else found


def _raised(message: str, detail: str | None) -> Failure:
    """What `raise sqlstate 'PGRST'` asks to be answered."""
    try:
        said = json.loads(message)
        body = {
            "code": _text(said["code"]),
            "details": _optional_text(said.get("details")),
            "hint": _optional_text(said.get("hint")),
            "message": _text(said["message"]),
        }
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadRaise(details=f"Invalid JSON value for MESSAGE: '{message}'", hint=MESSAGE_HINT) from error
    if detail is None:
        raise BadRaise(details="DETAIL is missing in the RAISE statement", hint=DETAIL_HINT)
    try:
        asked = json.loads(detail)
        status, headers = asked["status"], asked["headers"]
        if not isinstance(status, int) or not 100 <= status <= 999:
            raise TypeError("status")
        pairs = tuple((_header_name(name), _header_value(value)) for name, value in headers.items())
        _optional_text(asked.get("status_text"))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadRaise(details=f"Invalid JSON value for DETAIL: '{detail}'", hint=DETAIL_HINT) from error
    return Failure(status=status, body=body, headers=pairs)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(type(value).__name__)
    return value


def _optional_text(value: Any) -> str | None:
    return None if value is None else _text(value)


HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def _header_name(name: str) -> str:
    if not HEADER_NAME.fullmatch(name):
        raise ValueError("header")
    return name


def _header_value(value: Any) -> str:
    text = _text(value)
    if any(character in text for character in "\r\n\0"):
        raise ValueError("header")
    return text
