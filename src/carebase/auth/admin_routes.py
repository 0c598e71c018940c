"""Routes of administration: `/admin/users`, `/admin/generate_link`, `/invite`.

Each lets in an administrator or the service key alone (`operators.admit`).
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Request, Response

from carebase.auth import (
    admin_refused,
    administration,
    attributes,
    factors,
    generated_links,
    invitations,
    operators,
    protocol,
    refused,
    requests,
    users,
)

PER_PAGE: Final = 50

router = APIRouter(route_class=protocol.GoTrueRoute)


@router.get("/admin/users")
async def list_users(request: Request) -> Response:
    """A page of accounts, the newest first; `filter` is part of an address or a full name."""
    await operators.admit(request)
    number, size = page_of(request)
    asked = request.query_params.get("filter") or None
    found = await administration.page(requests.accounts_of(request), number=number, size=size, asked=asked)
    return protocol.answer(
        {"users": [protocol.account(one) for one in found.accounts], "aud": "authenticated"},
        headers=page_headers(request, number=number, size=size, total=found.total),
    )


@router.post(
    "/admin/users",
    openapi_extra=protocol.takes(
        "email", "phone", "password", "password_hash", "ban_duration", objects=("app_metadata", "user_metadata")
    ),
)
async def create_user(request: Request) -> Response:
    """Make an account."""
    operator = await operators.admit(request)
    wanted = attributes.read(await protocol.body(request))
    made = await administration.create(requests.accounts_of(request), wanted, by=operator)
    return protocol.answer(protocol.account(made))


@router.get("/admin/users/{user_id}")
async def read_user(request: Request, user_id: str) -> Response:
    """An account."""
    await operators.admit(request)
    return protocol.answer(protocol.account(await administration.read(requests.accounts_of(request), _id(user_id))))


@router.put(
    "/admin/users/{user_id}",
    openapi_extra=protocol.takes(
        "email", "phone", "password", "ban_duration", objects=("app_metadata", "user_metadata")
    ),
)
async def change_user(request: Request, user_id: str) -> Response:
    """Change an account: what it is called, its role, whether it may come in."""
    operator = await operators.admit(request)
    wanted = attributes.read(await protocol.body(request))
    changed = await administration.change(requests.accounts_of(request), _id(user_id), wanted, by=operator)
    return protocol.answer(protocol.account(changed))


@router.delete("/admin/users/{user_id}")
async def delete_user(request: Request, user_id: str) -> Response:
    """Remove an account; what records name stays without a word about the person."""
    operator = await operators.admit(request)
    which = _id(user_id)
    has_body = request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
    asked = (await protocol.body(request)).get("should_soft_delete", False) if has_body else False
    if not isinstance(asked, bool):
        raise refused.NotValid(details="should_soft_delete is neither true nor false")
    await administration.delete(requests.accounts_of(request), which, is_kept_as_a_name=asked, by=operator)
    return protocol.answer({})


@router.get("/admin/users/{user_id}/factors")
async def list_factors(request: Request, user_id: str) -> Response:
    """The second factors of an account."""
    await operators.admit(request)
    found = await administration.read(requests.accounts_of(request), _id(user_id))
    return protocol.answer([users.factor_json(factor) for factor in found.factors])


@router.delete("/admin/users/{user_id}/factors/{factor_id}")
async def remove_factor(request: Request, user_id: str, factor_id: str) -> Response:
    """Remove a second factor of somebody who lost it; sessions that it raised fall, and a mail says so."""
    operator = await operators.admit(request)
    means, which = requests.accounts_of(request), _id(user_id)
    async with means.begin() as session:
        holder = await administration.known(session, which)
        await operator.speak(session)
        removed = await factors.remove(
            session, means, holder, factor_id=_id(factor_id), caller=operator.caller, by=operator.name
        )
    return protocol.answer(users.factor_json(removed))


@router.post(
    "/admin/generate_link",
    openapi_extra=protocol.takes("type", "email", "new_email", "password", objects=("data",)),
)
async def generate_link(request: Request, redirect_to: str | None = None) -> Response:
    """A link for a mail that the holder of the service key sends."""
    operator = await operators.admit(request)
    asked = generated_links.read(await protocol.body(request), redirect_to=redirect_to)
    made = await generated_links.generate(requests.accounts_of(request), asked, by=operator)
    return protocol.answer({**protocol.account(made.account), **generated_links.words_of(made)})


@router.post("/invite", openapi_extra=protocol.takes("email", "role", objects=("data",), required=("email",)))
async def invite(request: Request, redirect_to: str | None = None) -> Response:
    """Write to somebody who is to have an account; `role` grants a clinical role along with it."""
    operator = await operators.admit(request)
    body = await protocol.body(request)
    invited = await invitations.invite(
        requests.accounts_of(request),
        protocol.text(body, "email"),
        data=protocol.mapping(body, "data"),
        redirect_to=redirect_to,
        role=protocol.text(body, "role") if body.get("role") is not None else None,
        by=operator.person_id,
        caller=operator.caller,
    )
    return protocol.answer(protocol.account(invited))


def page_of(request: Request) -> tuple[int, int]:
    """The page and its size that a request asks for; NotValid when they are no numbers."""
    try:
        given = [int(request.query_params.get(name) or usual) for name, usual in (("page", 1), ("per_page", PER_PAGE))]
    except ValueError as error:
        raise refused.NotValid(details="Bad Pagination Parameters: page and per_page are numbers") from error
    number, size = given
    administration.check_page(number=number, size=size)
    return number, size


def page_headers(request: Request, *, number: int, size: int, total: int) -> dict[str, str]:
    """How many there are, and where the next and the last page are."""
    last = max(1, -(-total // size))
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in {"page", "per_page"}]
    places = [(number + 1, "next")] if number < last else []
    links = [
        f'<{request.url.path}?{urlencode([("page", page), ("per_page", size), *kept])}>; rel="{rel}"'
        for page, rel in [*places, (last, "last")]
    ]
    return {"X-Total-Count": str(total), "Link": ", ".join(links)}


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise admin_refused.UserNotFound(details="user_id must be an UUID") from error
