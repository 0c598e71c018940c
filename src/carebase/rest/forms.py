"""Chooses the media type of an answer: the first of the acceptable ones that its rows can be written in.

Pure. JSON and CSV fit any rows. Text, XML and bytes as such fit a single value of their type and rows of a single
column that was asked for by name; the values of several rows follow each other without anything between.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from carebase.rest import errors, plan, plan_calls
from carebase.rest.configuration import Configuration
from carebase.rest.syntax import Media, MediaType, Request

FORMS: Final = {
    Media.JSON: plan.Form.LIST,
    Media.ARRAY_STRIPPED: plan.Form.LIST_STRIPPED,
    Media.OBJECT: plan.Form.OBJECT,
    Media.OBJECT_STRIPPED: plan.Form.OBJECT_STRIPPED,
    Media.CSV: plan.Form.CSV,
}
BARE: Final = {
    Media.TEXT: plan.Form.TEXT,
    Media.XML: plan.Form.XML,
    Media.OCTETS: plan.Form.OCTETS,
}
TYPES: Final = {
    Media.TEXT: frozenset({"text", "character varying", "varchar", "character", "bpchar"}),
    Media.XML: frozenset({"xml"}),
    Media.OCTETS: frozenset({"bytea"}),
}
SINGLE: Final = frozenset({plan.Form.OBJECT, plan.Form.OBJECT_STRIPPED})
JSON: Final = MediaType(Media.JSON.value, Media.JSON)


def chosen(
    request: Request,
    configuration: Configuration,
    *,
    bare: Callable[[], str | None],
    otherwise: Callable[[], object],
) -> MediaType:
    """The media type; `bare` says of which type the one value of each row is, None where there are several.

    Raises NotAcceptable, unless `otherwise`, which looks at the rest of the request, raises what else is wrong with it.
    """
    for wanted in request.accept:
        if wanted.media is Media.ANY:
            return JSON
        if wanted.plan is None and _fits(wanted.media, bare):
            return wanted
        if wanted.plan is not None and configuration.are_plans_allowed and _fits(wanted.plan.of.media, bare):
            return wanted
    otherwise()
    raise errors.NotAcceptable([wanted.text for wanted in request.accept])


def _fits(media: Media | None, bare: Callable[[], str | None]) -> bool:
    return media in FORMS or (media in TYPES and bare() in TYPES[media])


def form(media: MediaType) -> plan.Form:
    """The form of rows in a media type; of a plan that of the answer it is a plan of."""
    written = media if media.plan is None else media.plan.of
    return (FORMS | BARE)[written.media or Media.JSON]


def bare_of_rows(node: plan.Node) -> str | None:
    """The type of the one value of each row."""
    if node.embeds or len(node.outputs) != 1:
        return None
    (output,) = node.outputs
    if not isinstance(output, plan.Column) or output.field is None or output.aggregate is not None:
        return None
    if output.cast is not None:
        return output.cast.lower()
    if output.field.path:
        return "text" if output.field.path[-1].is_text else None
    return None if output.field.shown_by is not None else output.field.type


def bare_of_call(call: plan_calls.Call) -> str | None:
    """The type of the one value that a function returns, or of that in each of its rows."""
    if call.shape is plan_calls.Shape.VALUE:
        return call.function.returns.type.name
    return bare_of_rows(call.read.root) if call.shape is not plan_calls.Shape.VALUES else None
