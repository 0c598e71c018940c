"""Swagger UI at /docs and ReDoc at /redoc, from our own build; no request leaves this server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse

DESCRIPTION_ADDRESS: Final = "/openapi.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewerView:
    """What a viewer of the API's description needs."""

    description_address: str


router = APIRouter(include_in_schema=False)


@router.get("/docs")
async def swagger_page(request: Request) -> HTMLResponse:
    """The API to read and to try."""
    return _page(request, "swagger.html")


@router.get("/redoc")
async def redoc_page(request: Request) -> HTMLResponse:
    """The API to read."""
    return _page(request, "redoc.html")


def _page(request: Request, template: str) -> HTMLResponse:
    view = ViewerView(description_address=DESCRIPTION_ADDRESS)
    page: HTMLResponse = request.app.state.renderer.page(request, template, view=view, is_signed_in=False)
    return page
