"""The administrator's first page: how the deployment stands, and the ways to the others."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, cast

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from carebase import authority, settings
from carebase.apps.account import arriving
from carebase.apps.admin import checkpoint_ages
from carebase.apps.admin.administering import AdminSession
from carebase.apps.admin.views import Fact, OverviewView
from carebase.database import queries
from carebase.database.pool import Pools
from carebase.jobs import counts
from carebase.jobs.counts import Counts
from carebase.settings import Settings
from carebase.web.messages import Reader

SQL = queries.beside(__file__)
GIBIBYTE: Final = 1024**3
LITTLE_ROOM_SHARE: Final = 0.05
FEW_DAYS: Final = 21

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class People:
    """Accounts."""

    total: int
    asking: int


@dataclass(frozen=True, slots=True)
class Mails:
    """Mails that wait."""

    waiting: int
    given_up: int


@router.get("/admin")
async def overview(request: Request, _: AdminSession) -> Response:
    """Versions, work, mails, room, checkpoints."""
    chosen = cast(Settings, request.app.state.settings)
    t = arriving.reader_of(request)
    work = await counts.read(cast(Pools, request.app.state.pools))
    async with arriving.means_of(request).begin() as session, session.together() as ask:
        people, mails = ask.one(SQL["people"], People), ask.one(SQL["mails"], Mails)
    room = await asyncio.to_thread(_room, t, chosen.data)
    signed = await asyncio.to_thread(checkpoint_ages.facts, t, chosen)
    facts = (
        *_versions(t, work),
        *_work(t, work, people=people.brought, mails=mails.brought),
        room,
        signed[0],
        *_certificates(t, chosen),
        _second_factor(t, chosen),
    )
    return arriving.renderer_of(request).page(request, "admin/overview.html", view=OverviewView(facts=facts))


def _versions(t: Reader, work: Counts) -> Iterator[Fact]:
    python = ".".join(map(str, sys.version_info[:3]))
    text = t("admin-versions", carebase=settings.VERSION, postgresql=work.server_version.split(" ")[0], python=python)
    yield Fact(name=t("admin-fact-versions"), text=text)


def _work(t: Reader, work: Counts, *, people: People, mails: Mails) -> Iterator[Fact]:
    text = t("admin-queue", waiting=work.waiting, doing=work.doing, failed=work.failed)
    yield Fact(name=t("admin-fact-queue"), text=text, is_warning=work.failed > 0)
    text = t("admin-mails", waiting=mails.waiting, failed=mails.given_up)
    yield Fact(name=t("admin-fact-mails"), text=text, is_warning=mails.given_up > 0)
    yield Fact(name=t("admin-fact-people"), text=t("admin-people", total=people.total, asking=people.asking))


def _room(t: Reader, data: Path) -> Fact:
    usage = shutil.disk_usage(data)
    share = usage.free / usage.total if usage.total else 0.0
    text = t("admin-room", free=round(usage.free / GIBIBYTE, 1), percent=round(share * 100))
    return Fact(name=t("admin-fact-room"), text=text, is_warning=share < LITTLE_ROOM_SHARE)


def _certificates(t: Reader, chosen: Settings) -> Iterator[Fact]:
    for one in authority.expiries(chosen):
        days = (one.expires_at - datetime.now(UTC)).days
        yield Fact(
            name=t(f"admin-fact-{one.name}"),
            text=t("admin-good-until", until=f"{one.expires_at:%Y-%m-%d}", days=days),
            is_warning=days < FEW_DAYS,
        )


def _second_factor(t: Reader, chosen: Settings) -> Fact:
    is_optional = chosen.staff_mfa == "optional"
    key = "admin-second-factor-optional" if is_optional else "admin-second-factor-required"
    return Fact(name=t("admin-fact-second-factor"), text=t(key), is_warning=is_optional)
