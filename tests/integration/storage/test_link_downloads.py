"""A download by a link is answered alike, and goes on record alike, whether routes lead to it or not."""

from __future__ import annotations

import httpx
import pytest
from tests.integration.storage import reading
from tests.integration.storage.reading import BASE

from carebase.storage.link_downloads import LinkDownloads


@pytest.mark.parametrize("cluster", ["18"], indirect=True)
async def test_both_ways_answer_alike(database, tmp_path):
    async with reading.opened(database, tmp_path) as site:
        name = f"{site.patient}/a b/c.pdf"
        await site.put("medical-files", name, b"%PDF-1.7 report")
        address = await site.link(f"medical-files/{name}", headers=site.bearer(site.nadia), expiresIn=600)
        answers = LinkDownloads()

        async def beside_routes(scope, receive, send):
            scope["app"] = site.app
            await answers(scope, receive, send)

        transport = httpx.ASGITransport(beside_routes, client=("192.0.2.7", 40000))
        other = f"object/sign/medical-files/{site.patient}/other.pdf?{address.partition('?')[2]}"
        async with httpx.AsyncClient(transport=transport) as client:
            for path, headers in (
                (address, {}),
                (address, {"Range": "bytes=2-5"}),
                (address, {"Range": "bytes=99-"}),
                (f"{address}&download=r.pdf", {}),
                (f"{address}x", {}),
                (address.partition("?")[0], {}),
                (other, {}),
            ):
                for method in ("GET", "HEAD"):
                    routed = await site.client.request(method, f"{BASE}/{path}", headers=headers)
                    direct = await client.request(method, f"{BASE}/{path}", headers=headers)
                    assert (direct.status_code, direct.content) == (routed.status_code, routed.content)
                    assert direct.headers == routed.headers

            whole = await client.get(f"{BASE}/{address}", headers={"Authorization": "Bearer over"})
            assert whole.content == b"%PDF-1.7 report"
            known = await client.get(f"{BASE}/{address}", headers={"If-None-Match": whole.headers["ETag"]})
            assert known.status_code == 304

        made, *entries = [(e["action"], e["keys"], e["details"]) for e in site.recorded()]
        assert made[0] == "sign"
        assert {action for action, *_ in entries} == {"download", "info"}
        *in_turns, _, _ = entries
        assert in_turns[::2] == in_turns[1::2]
