"""Reads one request of the data API: method, address, parameters, headers and body become a `syntax.Request`.

In charge of the order in which things are looked at, so that of several faults PostgREST's is told.
"""

from __future__ import annotations

from collections.abc import Container, Sequence

from carebase.rest import errors
from carebase.rest.parsing import (
    fields,
    filters,
    media,
    order,
    parameters,
    preferences,
    ranges,
    scanner,
    select,
)
from carebase.rest.syntax import Action, Filter, OrderTerm, Path, Range, Request

_ON_TABLES = {
    "GET": Action.READ,
    "HEAD": Action.READ,
    "POST": Action.INSERT,
    "PUT": Action.PUT,
    "PATCH": Action.UPDATE,
    "DELETE": Action.DELETE,
    "OPTIONS": Action.INSPECT,
}
_ON_FUNCTIONS = {"GET": Action.CALL, "HEAD": Action.CALL, "POST": Action.CALL, "OPTIONS": Action.INSPECT}
_ON_ROOT = {"GET": Action.DESCRIBE, "HEAD": Action.DESCRIBE, "OPTIONS": Action.INSPECT}
_WRITING = {"POST", "PUT", "PATCH", "DELETE"}


def read(
    *,
    method: str,
    path: str,
    query: bytes | str,
    headers: Sequence[tuple[str, str]],
    body: bytes,
    timezones: Container[str] | None = None,
) -> Request:
    """The request; a RestError where it is none.

    `path` is what follows the API's own address, percent signs and all; `timezones` are the names the database knows.

    >>> found = read(method="GET", path="/cases", query="select=id&status=eq.open", headers=[], body=b"")
    >>> found.target, found.select[0].field.name, found.filters[()][0].value
    ('cases', 'id', 'open')
    """
    target, is_function = address(path)
    action = _action(method, target=target, is_function=is_function)
    said = parameters.read(query)
    is_reading_call = is_function and method in {"GET", "HEAD"}

    budget = scanner.Budget()
    orders = _orders(said, budget)
    trees = [_tree(parameter, budget) for parameter in said.trees]
    columns = _names(said.columns, "columns", budget)
    items = select.read(said.select, budget=budget) if said.select is not None else ()
    found, arguments = _filters(said, budget, is_reading_call=is_reading_call)
    for where, tree in trees:
        found.setdefault(where, []).append(tree)
    on_conflict = _names(said.on_conflict, "on_conflict", budget)
    asked = _ranges(said, budget, method=method, headers=headers)

    takes_columns = action in {Action.INSERT, Action.UPDATE} or (action is Action.CALL and method == "POST")
    payload = None
    if takes_columns or action is Action.PUT:
        payload = media.payload(_header(headers, "content-type"), is_function=is_function)
    return Request(
        action=action,
        method=method,
        target=target,
        is_function=is_function,
        profile=_header(headers, "content-profile" if method in _WRITING else "accept-profile"),
        select=items,
        filters={where: tuple(members) for where, members in found.items()},
        orders=orders,
        ranges=asked,
        columns=columns if takes_columns else None,
        on_conflict=on_conflict,
        arguments=arguments,
        preferences=preferences.read([text for name, text in headers if name.lower() == "prefer"], timezones=timezones),
        accept=media.accepted(_header(headers, "accept")),
        payload=payload,
        body=body,
    )


def address(path: str) -> tuple[str, bool]:
    """The target and whether it is a function; NoSuchPath where the address is neither's.

    >>> address("/cases"), address("/rpc/open_case"), address("/")
    (('cases', False), ('open_case', True), ('', False))
    """
    parts = path.removeprefix("/").split("/")
    names = [parameters.decoded(part, is_plus_blank=False) for part in parts]
    match names:
        case [name]:
            return name, False
        case ["rpc", name]:
            return name, True
        case _:
            raise errors.NoSuchPath


def _action(method: str, *, target: str, is_function: bool) -> Action:
    if is_function:
        if method not in _ON_FUNCTIONS:
            raise errors.NotForFunctions(method)
        return _ON_FUNCTIONS[method]
    allowed = _ON_TABLES if target else _ON_ROOT
    if method not in allowed:
        raise errors.MethodRefused(method)
    return allowed[method]


def _header(headers: Sequence[tuple[str, str]], wanted: str) -> str | None:
    return next((text for name, text in headers if name.lower() == wanted), None)


def _orders(said: parameters.Parameters, budget: scanner.Budget) -> dict[Path, tuple[OrderTerm, ...]]:
    found: dict[Path, tuple[OrderTerm, ...]] = {}
    for key, text in said.orders:
        path, _ = fields.address(key, budget=budget)
        # All are read, as all may be wrong, but of several for one place the first counts.
        found.setdefault(path, order.read(text, budget=budget))
    return found


def _tree(parameter: parameters.Parameter, budget: scanner.Budget) -> tuple[Path, Filter]:
    key, text = parameter
    path, operator = fields.logic_address(key, budget=budget)
    return path, filters.read_tree(operator, text, budget=budget)


def _names(text: str | None, parameter: str, budget: scanner.Budget) -> tuple[str, ...] | None:
    if text is None:
        return None
    s = scanner.Scanner(text, budget=budget)
    try:
        return fields.names(s)
    except scanner.Miss:
        raise s.refusal(f"failed to parse {parameter} parameter ({text})") from None


def _filters(
    said: parameters.Parameters, budget: scanner.Budget, *, is_reading_call: bool
) -> tuple[dict[Path, list[Filter]], tuple[tuple[str, str], ...]]:
    """Conditions by embed, and the parameters that are none: arguments of the function."""
    found: dict[Path, list[Filter]] = {}
    arguments = []
    for key, text in said.others:
        path, field = fields.address(key, budget=budget)
        condition = filters.read_argument(field, text) if is_reading_call else filters.read(field, text)
        if condition is None:
            arguments.append((field.name, text))
        else:
            found.setdefault(path, []).append(condition)
    return found, tuple(arguments)


def _ranges(
    said: parameters.Parameters,
    budget: scanner.Budget,
    *,
    method: str,
    headers: Sequence[tuple[str, str]],
) -> dict[Path, Range]:
    asked = ranges.read(said.ranges, budget=budget)
    written = _header(headers, "range") if method == "GET" else None
    top = ranges.top(asked, header_range=ranges.header(written) if written is not None else None)
    if top is not None:
        asked[()] = top
        if method == "PUT" and top != Range():
            raise errors.PutWithRange
    return asked
