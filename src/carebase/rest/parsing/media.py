"""Reads media types: what `Accept` would like and what `Content-Type` says came.

In charge of names and their parameters; which of them a target can be answered in is seen by the plan.
"""

from __future__ import annotations

import re

from carebase.rest import errors
from carebase.rest.syntax import Media, MediaType, Payload, Plan, PlanOption

_TYPE = re.compile(r"((?:[^\W_]|[.*])+)/((?:[^\W_]|[.*+-])+)")
_PARAMETER = re.compile(r'\s*;\s*((?:[^\W_]|-)+)\s*=\s*(?:"([^"]*)"|((?:[^\W_]|[|-])+))')
_QUALITY = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?")

_SIMPLE = {
    media.value: media
    for media in (Media.JSON, Media.CSV, Media.TEXT, Media.XML, Media.OCTETS, Media.OPENAPI, Media.ANY)
}
_STRIPPABLE = {
    "application/vnd.pgrst.object+json": (Media.OBJECT, Media.OBJECT_STRIPPED),
    "application/vnd.pgrst.object": (Media.OBJECT, Media.OBJECT_STRIPPED),
    "application/vnd.pgrst.array+json": (Media.JSON, Media.ARRAY_STRIPPED),
    "application/vnd.pgrst.array": (Media.JSON, Media.ARRAY_STRIPPED),
}
_PLANS = {
    "application/vnd.pgrst.plan": False,
    "application/vnd.pgrst.plan+text": False,
    "application/vnd.pgrst.plan+json": True,
}
_NAMED = {"application/geo+json", "application/x-www-form-urlencoded"}
_PAYLOADS = {
    "application/json": Payload.JSON,
    "text/csv": Payload.CSV,
    "application/x-www-form-urlencoded": Payload.FORM,
    "text/plain": Payload.TEXT,
    "text/xml": Payload.XML,
    "application/octet-stream": Payload.OCTETS,
}
_FOR_FUNCTIONS = {Payload.TEXT, Payload.XML, Payload.OCTETS}
MAX_ACCEPTED = 100
"""Of media types in one `Accept`; more are not looked at."""


def read(text: str) -> MediaType:
    """One media type; names count in any case.

    >>> read("application/vnd.pgrst.object+json; nulls=stripped").media
    <Media.OBJECT_STRIPPED: 'application/vnd.pgrst.object+json;nulls=stripped'>
    >>> read('application/vnd.pgrst.plan+json; for="text/csv"; options=analyze|verbose').text
    'application/vnd.pgrst.plan+json; for="text/csv"; options=analyze|verbose'
    >>> read("image/png")
    MediaType(text='image/png', media=None, plan=None)
    """
    found = _TYPE.match(text)
    if found is None:
        return MediaType(text)
    name = found[0].lower()
    if name in _SIMPLE:
        return _of(_SIMPLE[name])
    if name in _NAMED:
        return MediaType(name)
    if name in _PLANS:
        return _plan(_parameters(text, found.end()), is_json=_PLANS[name])
    if name in _STRIPPABLE:
        is_stripped = _parameters(text, found.end()).get("nulls") == "stripped"
        return _of(_STRIPPABLE[name][is_stripped])
    return MediaType(text)


def accepted(header: str | None) -> tuple[MediaType, ...]:
    """What `Accept` would like, best first: by quality, then the more exact one, then as written.

    >>> [wanted.text for wanted in accepted("*/*;q=0.1, text/csv;q=0.5, application/json")]
    ['application/json', 'text/csv', '*/*']
    """
    if header is None:
        return (_of(Media.ANY),)
    ranked = []
    for written in header.replace(" ", "").split(",", MAX_ACCEPTED)[:MAX_ACCEPTED]:
        name, _, rest = written.partition(";q=")
        quality = _QUALITY.match(rest)
        exactness = name.count(";") - name.count("*")
        ranked.append((float(quality[0]) if quality else 1.0, exactness, read(name)))
    ranked.sort(key=lambda entry: entry[:2], reverse=True)
    return tuple(wanted for _, _, wanted in ranked)


def payload(header: str | None, *, is_function: bool) -> Payload:
    """In which form the body came; InvalidBody where it is none that the target takes.

    >>> payload("application/json; charset=utf-8", is_function=False)
    <Payload.JSON: 'json'>
    """
    if header is None:
        return Payload.JSON
    # Most write it just so.
    text = header if header in _PAYLOADS else read(header).text
    form = _PAYLOADS.get(text)
    if form is None or (form in _FOR_FUNCTIONS and not is_function):
        raise errors.InvalidBody(f"Content-Type not acceptable: {text}")
    return form


def _of(media: Media) -> MediaType:
    return MediaType(media.value, media)


def _parameters(text: str, at: int) -> dict[str, str]:
    parameters: dict[str, str] = {}
    while found := _PARAMETER.match(text, at):
        parameters[found[1].lower()] = found[3] if found[2] is None else found[2]
        at = found.end()
    return parameters


def _plan(parameters: dict[str, str], *, is_json: bool) -> MediaType:
    of = parameters.get("for", Media.JSON.value)
    # A plan of a plan is asked for by nobody; reading it would go as deep as the header is long.
    planned = MediaType(of) if "vnd.pgrst.plan" in of.lower() else read(of)
    asked = parameters.get("options", "").split("|")
    plan = Plan(is_json=is_json, of=planned, options=tuple(option for option in PlanOption if option in asked))
    form = "json" if is_json else "text"
    options = f"; options={'|'.join(plan.options)}" if plan.options else ""
    return MediaType(f'application/vnd.pgrst.plan+{form}; for="{planned.text}"{options}', Media.PLAN, plan)
