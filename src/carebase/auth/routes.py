"""`/auth/v1`: accounts over HTTP, as clients of GoTrue speak.

In charge of nothing but the list of what there is; each part of the protocol is a module of its own.
"""

from __future__ import annotations

from fastapi import APIRouter

from carebase.auth import (
    admin_routes,
    client_routes,
    factor_routes,
    oauth_routes,
    proving_routes,
    service_routes,
    session_routes,
    token_routes,
    user_routes,
)

router = APIRouter(prefix="/auth/v1", tags=["auth"])
router.include_router(token_routes.router)
router.include_router(proving_routes.router)
router.include_router(user_routes.router)
router.include_router(session_routes.router)
router.include_router(factor_routes.router)
router.include_router(oauth_routes.router)
router.include_router(service_routes.router)
router.include_router(admin_routes.router)
router.include_router(client_routes.router)
