"""The pages of every application together: one renderer with all their sentences, and their routes."""

from __future__ import annotations

from fastapi import APIRouter

from carebase.apps.account import (
    by_mail,
    certificate_page,
    entering,
    factor_pages,
    first_run,
    own_pages,
    patient_codes,
    providers,
    registering,
    security_pages,
    ways_back,
)
from carebase.apps.account.folder import HERE as ACCOUNT
from carebase.apps.admin import overview, people, record_pages
from carebase.apps.admin.folder import HERE as ADMIN
from carebase.apps.cases import draft_routes, pages
from carebase.settings import Settings
from carebase.web import rendering, static, widgets

FOLDERS = (pages.HERE, ACCOUNT, ADMIN)

router = APIRouter(include_in_schema=False)
for each in (
    entering,
    by_mail,
    providers,
    registering,
    own_pages,
    security_pages,
    factor_pages,
    patient_codes,
    certificate_page,
    first_run,
    ways_back,
    overview,
    people,
    record_pages,
    draft_routes,
    pages,
):
    router.include_router(each.router)


def renderer(names: static.Names, settings: Settings | None = None) -> rendering.Renderer:
    """The templates and sentences of these pages; without settings those of a site as it is by default."""
    site = rendering.Site()
    if settings is not None:
        site = rendering.Site(
            idle_minutes=settings.idle_minutes,
            is_second_factor_optional=settings.staff_mfa == "optional",
            widget=widgets.of(settings),
        )
    return rendering.Renderer(
        names=names,
        templates=[folder / "templates" for folder in FOLDERS],
        locales=[folder / "locales" for folder in FOLDERS],
        site=site,
    )
