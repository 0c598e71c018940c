"""Routes of objects: `/object`."""

from __future__ import annotations

from fastapi import APIRouter

from carebase.storage import protocol

router = APIRouter(route_class=protocol.StorageRoute)
