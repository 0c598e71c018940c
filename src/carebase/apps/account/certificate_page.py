"""The page from which people install this site's own certificate authority.

In charge of handing it out with what is needed to compare it. It is public: nobody can sign in before it is trusted.
"""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from carebase import authority, errors
from carebase.apps.account import arriving
from carebase.apps.account.arriving import Counted
from carebase.apps.account.views import CertificateView
from carebase.auth import qr
from carebase.authority import Offered

PAGE = "/install-certificate"

router = APIRouter(include_in_schema=False)


@router.get(PAGE, dependencies=[Counted])
async def page(request: Request) -> Response:
    """How to install it, with what to compare."""
    offered, site = _offered(request), arriving.means_of(request).policy.site_address
    t = arriving.reader_of(request)
    view = CertificateView(
        sha256=offered.sha256,
        good_until=t("day", when=offered.expires_at.date()),
        site=site,
        picture=qr.svg(f"{site}{PAGE}"),
    )
    return arriving.renderer_of(request).page(request, "account/certificate.html", view=view, is_signed_in=False)


@router.get(f"{PAGE}/carebase.crt", dependencies=[Counted])
async def for_telephones(request: Request) -> Response:
    """The certificate in the form that telephones and Windows take."""
    return _file(_offered(request).der, name="carebase.crt", kind="application/x-x509-ca-cert")


@router.get(f"{PAGE}/carebase.pem", dependencies=[Counted])
async def for_programs(request: Request) -> Response:
    """The certificate in the form that programs and Linux take."""
    return _file(_offered(request).pem, name="carebase.pem", kind="application/x-pem-file")


def _offered(request: Request) -> Offered:
    offered = authority.offered(request.app.state.settings)
    if offered is None or not request.app.state.settings.tls:
        raise errors.NotFound
    return offered


def _file(content: bytes, *, name: str, kind: str) -> Response:
    return Response(content, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
