"""Objects are handed out as they are, to whoever may have them, with headers that keep them from running."""

from __future__ import annotations

import io

import PIL.Image
from tests.integration.storage import reading
from tests.integration.storage.reading import BASE, CACHE, said

GONE = (400, "NoSuchKey")
PDF = b"%PDF-1.7 " + bytes(range(256)) * 40


def a_photo(size: tuple[int, int] = (350, 206)) -> bytes:
    written = io.BytesIO()
    PIL.Image.effect_noise(size, 60).convert("RGB").save(written, format="JPEG")
    return written.getvalue()


async def test_an_object_is_handed_out_whole_in_part_or_not_again(database, tmp_path):
    async with reading.opened(database, tmp_path) as site:
        folder = f"object/medical-files/{site.patient}"
        await site.put("medical-files", f"{site.patient}/report.pdf", PDF)
        large = bytes(1 << 20) + b"end"
        await site.put("medical-files", f"{site.patient}/large.bin", large, "application/octet-stream")
        await site.put("medical-files", f"{site.patient}/empty.txt", b"", "text/plain")

        whole = await site.get(f"{folder}/report.pdf", by=site.nadia)
        assert (whole.status_code, whole.content) == (200, PDF)
        headers = whole.headers
        assert headers["content-type"] == "application/pdf"
        assert headers["content-length"] == str(len(PDF))
        assert headers["content-disposition"] == 'attachment; filename="report.pdf"'
        assert headers["content-security-policy"] == "sandbox; default-src 'none'"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert headers["accept-ranges"] == "bytes"
        etag, modified = headers["etag"], headers["last-modified"]
        assert (await site.get(f"{folder}/large.bin", by=site.nadia)).content == large
        assert (await site.get(f"{folder}/empty.txt", by=site.nadia, range="bytes=-5")).status_code == 200

        async def got(**sent: str) -> tuple[int, bytes]:
            answer = await site.get(f"{folder}/report.pdf", by=site.nadia, **sent)
            return answer.status_code, answer.content

        assert await got(range="bytes=10-19") == (206, PDF[10:20])
        assert await got(range="bytes=-4") == (206, PDF[-4:])
        assert await got(range="bytes=10-19", if_range=etag) == (206, PDF[10:20])
        assert await got(range="bytes=10-19", if_range='"other"') == (200, PDF)
        assert await got(range="bytes=0-0,5-9") == (200, PDF)
        assert await got(range="bytes=" + ",".join(f"{n}-{n}" for n in range(10_000))) == (200, PDF)
        assert await got(if_none_match=f'"x", W/{etag}') == (304, b"")
        assert await got(if_modified_since=modified) == (304, b"")
        assert await got(if_modified_since=modified, if_none_match='"x"') == (200, PDF)
        part = await site.get(f"{folder}/large.bin", by=site.nadia, range="bytes=1048575-")
        assert (part.status_code, part.content) == (206, b"\0end")
        assert part.headers["content-range"] == "bytes 1048575-1048578/1048579"
        beyond = await site.get(f"{folder}/report.pdf", by=site.nadia, range="bytes=999999-")
        assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(PDF)}")
        assert beyond.json()["code"] == "InvalidRange"
        head = await site.client.head(f"{BASE}/{folder}/report.pdf", headers=site.bearer(site.nadia))
        assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", etag)
        named = await site.get(f"{folder}/report.pdf?download=Bericht%20f%C3%BCr%20A.pdf", by=site.nadia)
        assert named.headers["content-disposition"].endswith("filename*=UTF-8''Bericht%20f%C3%BCr%20A.pdf")

        # To whom it does not belong it is not there, by whatever name.
        for by in (None, site.omar, site.amina):
            for path in ("object", "object/authenticated", "object/public", "render/image/authenticated"):
                answer = await site.get(f"{path}/medical-files/{site.patient}/report.pdf", by=by)
                assert said(answer) == GONE, path
        for name in ("../medical-files/x", "a//b", "a%2f..%2fb", "%252e%252e/a", "a%00b", "a%5c..%5cb", "x" * 2000):
            answer = await site.get(f"object/medical-files/{name}", by=site.nadia)
            assert answer.status_code in {400, 404}, name
            assert answer.json().get("code") in {None, "InvalidKey", "NoSuchKey"}, name


async def test_a_bucket_is_public_for_as_long_as_it_is(database, tmp_path):
    async with reading.opened(database, tmp_path) as site:
        pages = {"a.html": "text/html", "a.svg": "image/svg+xml", "a.png": "image/png", "a.txt": "text/plain"}
        for name, media_type in pages.items():
            await site.put("leaflets", name, b"<script>alert(1)</script>", media_type)
        for name in pages:
            for path in ("object/public", "object", "object/authenticated"):
                answer = await site.get(f"{path}/leaflets/{name}")
                assert (answer.status_code, answer.headers["cache-control"]) == (200, CACHE)
                assert answer.headers["content-security-policy"].startswith("sandbox")
                assert ("content-disposition" in answer.headers) == (name in {"a.html", "a.svg"})
        saved = await site.get("object/public/leaflets/a.txt?download=")
        assert saved.headers["content-disposition"] == 'attachment; filename="a.txt"'
        # What its address alone opens, pages of other origins may show; what a cookie opens, they may not.
        assert saved.headers["cross-origin-resource-policy"] == "cross-origin"
        assert "cross-origin-resource-policy" not in (await site.get("object/leaflets/a.txt")).headers
        link = await site.link("leaflets/a.txt", headers=site.bearer(site.omar))
        by_nobody = await site.link("leaflets/a.txt", headers=site.anon)
        assert (await site.get(link)).status_code == (await site.get(by_nobody)).status_code == 200
        assert site.recorded() == []

        site.sql("update storage.buckets set public = false where id = 'leaflets'")
        for address in ("object/public/leaflets/a.txt", "render/image/public/leaflets/a.png", "object/leaflets/a.txt"):
            assert said(await site.get(address)) == GONE
        assert said(await site.get(link)) == said(await site.get(by_nobody)) == GONE


async def test_a_picture_is_shown_as_it_was_asked_for_and_as_its_link_says(database, tmp_path):
    async with reading.opened(database, tmp_path) as site:
        name = f"medical-files/{site.patient}/photo.jpg"
        await site.put("medical-files", f"{site.patient}/photo.jpg", a_photo(), "image/jpeg")
        await site.put("medical-files", f"{site.patient}/report.pdf", PDF)
        await site.put("medical-files", f"{site.patient}/broken.png", a_photo(), "image/png")
        bomb = io.BytesIO()
        PIL.Image.new("1", (9_000, 9_000)).save(bomb, format="PNG")
        await site.put("medical-files", f"{site.patient}/bomb.png", bomb.getvalue(), "image/png")
        await site.put("leaflets", "photo.jpg", a_photo(), "image/jpeg")

        def shown(answer) -> tuple[str, str, tuple[int, int]]:
            assert answer.status_code == 200, answer.text
            picture = PIL.Image.open(io.BytesIO(answer.content))
            return answer.headers["content-type"], picture.format, picture.size

        at = f"render/image/authenticated/{name}"
        small = await site.get(f"{at}?width=200&height=200&quality=60", by=site.nadia)
        assert shown(small) == ("image/jpeg", "JPEG", (200, 200))
        assert small.headers["x-transformations"] == "height:200,width:200,resizing_type:fill,quality:60"
        assert (small.headers["cache-control"], small.headers["vary"]) == ("no-store", "Accept")
        again = await site.get(
            f"{at}?width=200&height=200&quality=60", by=site.nadia, if_none_match=small.headers["etag"]
        )
        assert again.status_code == 304
        asked = {
            "width=100&resize=contain": ("image/webp", "WEBP", (100, 59)),
            "width=100&height=100&resize=fill&format=origin": ("image/jpeg", "JPEG", (100, 100)),
            "height=103&format=avif": ("image/avif", "AVIF", (175, 103)),
            "width=0&height=9999": ("image/webp", "WEBP", (350, 206)),
        }
        for query, expected in asked.items():
            assert shown(await site.get(f"{at}?{query}", by=site.nadia, accept="image/webp,*/*")) == expected
        assert shown(await site.get("render/image/public/leaflets/photo.jpg?width=35"))[2] == (35, 21)
        for query in (
            "width=a",
            "width=-1",
            "quality=19",
            "quality=101",
            "resize=x",
            "format=svg",
            "width=" + "9" * 30,
        ):
            assert said(await site.get(f"{at}?{query}", by=site.nadia)) == (400, "InvalidRequest")
        for other in ("report.pdf", "broken.png", "bomb.png"):
            answer = await site.get(f"render/image/authenticated/medical-files/{site.patient}/{other}", by=site.nadia)
            assert said(answer) == (400, "InvalidRequest")

        link = await site.link(
            name, headers=site.bearer(site.nadia), transform={"width": 50, "height": 40, "format": "webp"}
        )
        assert link.startswith("render/image/sign/")
        # What the link says holds, whatever is asked for beside it; and it leads to no larger picture.
        assert shown(await site.get(f"{link}&width=300&format=origin")) == ("image/webp", "WEBP", (50, 40))
        assert said(await site.get(link.replace("render/image/sign", "object/sign"))) == (400, "InvalidJWT")
        plain = await site.link(name, headers=site.bearer(site.nadia), transform={})
        assert plain.startswith("object/sign/")
