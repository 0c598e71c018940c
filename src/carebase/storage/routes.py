"""`/storage/v1`: files over HTTP, as clients of Storage speak.

In charge of nothing but the list of what there is; each part of the protocol is a module of its own.
"""

from __future__ import annotations

from fastapi import APIRouter

from carebase.storage import (
    bucket_routes,
    download_routes,
    image_routes,
    link_routes,
    object_routes,
    public_routes,
    resumable_routes,
    upload_link_routes,
)

router = APIRouter(prefix="/storage/v1", tags=["storage"])
router.include_router(bucket_routes.router)
# Addresses with a word before the bucket come first: `/object/{bucket}/…` would take the word for a bucket.
router.include_router(public_routes.router)
router.include_router(link_routes.open_router)
router.include_router(link_routes.router)
router.include_router(upload_link_routes.open_router)
router.include_router(upload_link_routes.router)
router.include_router(image_routes.open_router)
router.include_router(image_routes.router)
router.include_router(resumable_routes.open_router)
router.include_router(resumable_routes.router)
router.include_router(object_routes.router)
router.include_router(download_routes.router)
