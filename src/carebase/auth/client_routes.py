"""Routes of administration for registered programs: `/admin/oauth/clients`."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request, Response

from carebase.auth import admin_refused, admin_routes, oauth_clients, operators, protocol, requests

router = APIRouter(prefix="/admin/oauth/clients", route_class=protocol.GoTrueRoute)


@router.get("")
async def list_clients(request: Request) -> Response:
    """A page of the programs, the newest first."""
    await operators.admit(request)
    number, size = admin_routes.page_of(request)
    found, total = await oauth_clients.every(requests.accounts_of(request), number=number, size=size)
    return protocol.answer(
        {"clients": [oauth_clients.as_json(client) for client in found], "aud": "authenticated"},
        headers=admin_routes.page_headers(request, number=number, size=size, total=total),
    )


@router.post("", status_code=201, openapi_extra=protocol.takes("client_name", "client_uri", "logo_uri"))
async def register_client(request: Request) -> Response:
    """Register a program; its secret is in this answer and nowhere else."""
    operator = await operators.admit(request)
    body = await protocol.body(request)
    made = await oauth_clients.register(requests.accounts_of(request), body, by=operator)
    answer = protocol.answer(oauth_clients.as_json(made.client, secret=made.secret))
    answer.status_code = 201
    return answer


@router.get("/{client_id}")
async def read_client(request: Request, client_id: str) -> Response:
    """A program."""
    await operators.admit(request)
    found = await oauth_clients.read(requests.accounts_of(request), _id(client_id))
    return protocol.answer(oauth_clients.as_json(found))


@router.put("/{client_id}", openapi_extra=protocol.takes("client_name", "client_uri", "logo_uri"))
async def change_client(request: Request, client_id: str) -> Response:
    """Change a program."""
    operator = await operators.admit(request)
    body = await protocol.body(request)
    changed = await oauth_clients.change(requests.accounts_of(request), _id(client_id), body, by=operator)
    return protocol.answer(oauth_clients.as_json(changed))


@router.delete("/{client_id}", status_code=204)
async def remove_client(request: Request, client_id: str) -> Response:
    """Remove a program."""
    operator = await operators.admit(request)
    await oauth_clients.remove(requests.accounts_of(request), _id(client_id), by=operator)
    return Response(status_code=204)


@router.post("/{client_id}/regenerate_secret")
async def renew_secret(request: Request, client_id: str) -> Response:
    """A new secret for a program; the old one is over."""
    operator = await operators.admit(request)
    made = await oauth_clients.renew_secret(requests.accounts_of(request), _id(client_id), by=operator)
    return protocol.answer(oauth_clients.as_json(made.client, secret=made.secret))


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise admin_refused.ClientNotFound(details="invalid client_id format") from error
