"""What the data API answers when it refuses: PostgREST's codes, statuses and sentences.

A sentence may repeat what the client wrote, so it is kept out of `str(error)`, which may reach a log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, TypeAlias

from carebase.errors import CareError

Listing: TypeAlias = Sequence[Mapping[str, str]]


class RestError(CareError):
    """A refusal in PostgREST's shape; `sentence` is its message, `listing` is `details` where they are a list."""

    code: ClassVar[str] = "PGRSTX00"
    status: ClassVar[int] = 500
    message: ClassVar[str] = "The data API refused the request."

    def __init__(
        self,
        sentence: str | None = None,
        *,
        details: str | None = None,
        hint: str | None = None,
        listing: Listing | None = None,
    ) -> None:
        super().__init__(details=details, hint=hint)
        self.args = (self.code,)
        self.sentence = sentence or self.message
        self.listing = listing

    def as_json(self) -> dict[str, object]:
        """The body of the answer.

        >>> PutWithRange().as_json()["message"]
        'limit/offset querystring parameters are not allowed for PUT'
        """
        details = self.details if self.listing is None else [dict(entry) for entry in self.listing]
        return {"code": self.code, "details": details, "hint": self.hint, "message": self.sentence}


# --- PGRST1xx: the request -----------------------------------------------------------------------------------------


class Unreadable(RestError):
    """A parameter does not follow the grammar."""

    code, status, message = "PGRST100", 400, "failed to parse the query string"


class TooComplex(RestError):
    """A parameter nests deeper or names more than is read here; PostgREST itself has no such bound."""

    code, status, message = "PGRST100", 400, "failed to parse the query string"

    def __init__(self, what: str, *, limit: int) -> None:
        super().__init__(f"the request has more {what} than allowed", details=f"At most {limit} {what} are read.")


class NotForFunctions(RestError):
    """A function is called with GET, HEAD or POST."""

    code, status = "PGRST101", 405

    def __init__(self, method: str) -> None:
        super().__init__(f"Cannot use the {method} method on RPC")


class InvalidBody(RestError):
    """The body is not what its type says, or its rows differ in their keys."""

    code, status, message = "PGRST102", 400, "Empty or invalid json"


class RangeRefused(RestError):
    """The range is empty or lies outside of the rows there are."""

    code, status, message = "PGRST103", 416, "Requested range not satisfiable"

    @classmethod
    def negative_limit(cls) -> RangeRefused:
        """The limit is below zero."""
        return cls(details="Limit should be greater than or equal to zero.")

    @classmethod
    def crossed(cls) -> RangeRefused:
        """The header's range ends before it starts."""
        return cls(
            details="The lower boundary must be lower than or equal to the upper boundary in the Range header.",
        )

    @classmethod
    def out_of_bounds(cls, offset: int, *, total: int) -> RangeRefused:
        """The range starts behind the last row."""
        return cls(details=f"An offset of {offset} was requested, but there are only {total} rows.")


class PutFilters(RestError):
    """A PUT names one row by its whole primary key and nothing else."""

    code, status = "PGRST105", 405
    message = "Filters must include all and only primary key columns with 'eq' operators"


class SchemaRefused(RestError):
    """The profile asked for is not exposed."""

    code, status = "PGRST106", 406

    def __init__(self, schema: str, *, exposed: Sequence[str]) -> None:
        super().__init__(
            f"Invalid schema: {schema}",
            hint=f"Only the following schemas are exposed: {', '.join(exposed)}",
        )


class NotAcceptable(RestError):
    """None of the media types asked for can be made."""

    code, status = "PGRST107", 406

    def __init__(self, media_types: Sequence[str]) -> None:
        super().__init__(f"None of these media types are available: {', '.join(media_types)}")


class NotEmbedded(RestError):
    """A filter, order or range speaks of an embed that is not selected."""

    code, status = "PGRST108", 400

    def __init__(self, name: str) -> None:
        super().__init__(
            f"'{name}' is not an embedded resource in this request",
            hint=f"Verify that '{name}' is included in the 'select' query parameter.",
        )


class BadResponseHeaders(RestError):
    """The database set `response.headers` to what are no headers."""

    code, status = "PGRST111", 500
    message = "response.headers guc must be a JSON array composed of objects with a single key and a string value"


class BadResponseStatus(RestError):
    """The database set `response.status` to what is no status."""

    code, status, message = "PGRST112", 500, "response.status guc must be a valid status code"


class PutWithRange(RestError):
    """A PUT is of one row, so it has no range."""

    code, status = "PGRST114", 400
    message = "limit/offset querystring parameters are not allowed for PUT"


class PutKeysDiffer(RestError):
    """The key in the body of a PUT is not that of its address."""

    code, status = "PGRST115", 400
    message = "Payload values do not match URL in primary key column(s)"


class NotSingular(RestError):
    """One row was asked for and there are none or several."""

    code, status, message = "PGRST116", 406, "Cannot coerce the result to a single JSON object"

    def __init__(self, rows: int) -> None:
        super().__init__(details=f"The result contains {rows} rows")


class MethodRefused(RestError):
    """The method means nothing here."""

    code, status = "PGRST117", 405

    def __init__(self, method: str) -> None:
        super().__init__(f"Unsupported HTTP method: {method}")


class RelatedOrderRefused(RestError):
    """Rows are ordered by a column of an embed that is not one row."""

    code, status = "PGRST118", 400

    def __init__(self, origin: str, target: str) -> None:
        super().__init__(
            f"A related order on '{target}' is not possible",
            details=f"'{origin}' and '{target}' do not form a many-to-one or one-to-one relationship",
        )


class BadRaise(RestError):
    """The database raised SQLSTATE 'PGRST' with a message or detail that is not the JSON it has to be."""

    code, status = "PGRST121", 500
    message = "Could not parse JSON in the \"RAISE SQLSTATE 'PGRST'\" error"


class PreferencesRefused(RestError):
    """`handling=strict` came with preferences that are none."""

    code, status, message = "PGRST122", 400, "Invalid preferences given with handling=strict"

    def __init__(self, invalid: Sequence[str]) -> None:
        super().__init__(details=f"Invalid preferences: {', '.join(invalid)}")


class AggregatesRefused(RestError):
    """Aggregates are switched off."""

    code, status, message = "PGRST123", 400, "Use of aggregate functions is not allowed"


class TooManyAffected(RestError):
    """More rows would change than `max-affected` allows."""

    code, status, message = "PGRST124", 400, "Query result exceeds max-affected preference constraint"

    def __init__(self, rows: int) -> None:
        super().__init__(details=f"The query affects {rows} rows")


class NoSuchPath(RestError):
    """The address has more parts than a table or a function has."""

    code, status, message = "PGRST125", 404, "Invalid path specified in request URL"


class RootDisabled(RestError):
    """The description of the API is switched off."""

    code, status, message = "PGRST126", 404, "Root endpoint metadata is disabled"


class NotImplementedHere(RestError):
    """What `details` says cannot be done."""

    code, status, message = "PGRST127", 400, "Feature not implemented"


class NotCountable(RestError):
    """`max-affected` was asked of a function that returns no rows to count."""

    code, status = "PGRST128", 400
    message = "Function must return SETOF or TABLE when max-affected preference is used with handling=strict"


class ZeroByte(RestError):
    """A text holds the one character that PostgreSQL cannot keep."""

    code, status, message = "22021", 400, 'invalid byte sequence for encoding "UTF8": 0x00'


# --- PGRST2xx: what is in the catalogue ----------------------------------------------------------------------------


class NoRelationship(RestError):
    """No foreign key leads from one to the other."""

    code, status = "PGRST200", 400


class AmbiguousRelationship(RestError):
    """Several foreign keys lead from one to the other."""

    code, status = "PGRST201", 300


class NoSuchFunction(RestError):
    """No function has this name and these arguments."""

    code, status = "PGRST202", 404


class AmbiguousFunction(RestError):
    """Several functions fit equally."""

    code, status = "PGRST203", 300


class NoSuchColumn(RestError):
    """A column that is written to is not there."""

    code, status = "PGRST204", 400


class NoSuchTable(RestError):
    """There is no such table or view for this reader."""

    code, status = "PGRST205", 404
