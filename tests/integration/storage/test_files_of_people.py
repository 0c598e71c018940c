"""What clinicians and patients do with files by supabase-py, under the policies of the documents' buckets."""

from __future__ import annotations

import asyncio
import io
import zipfile
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from storage3 import AsyncStorageClient
from storage3.exceptions import StorageApiError
from tests.integration.storage import reading
from tests.integration.storage.reading import BASE, Site

PDF = b"%PDF-1.7 blood count"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
WRITES = {"INSERT", "UPDATE", "DELETE"}


@asynccontextmanager
async def opened(database, tmp_path):
    """The routes with a patient (Amina), her team (Nadia), a colleague on it (Chloe) and a stranger (Omar)."""
    async with reading.opened(database, tmp_path) as site:
        chloe = database.a_person("nurse")
        site.sql(
            "insert into public.care_team (patient_id, provider_id, role) values (%s, %s, 'nurse')",
            *(site.patient, chloe.user_id),
        )
        yield site, chloe


def client_of(site: Site, person: Any = None) -> AsyncStorageClient:
    headers = site.service if person is None else site.bearer(person)
    site.client.headers["user-agent"] = "ward tablet"
    return AsyncStorageClient(f"{BASE}/", headers, http_client=site.client)


def writes(site: Site) -> list[tuple[str, str, list[str]]]:
    return [
        (entry["action"], (entry.get("new") or entry["old"]).get("name", ""), entry["patients"])
        for entry in site.recorded(also=WRITES)
        if entry["action"] in WRITES
    ]


async def refused(coming: Any) -> str:
    with pytest.raises(StorageApiError) as caught:
        await coming
    return f"{caught.value.status} {caught.value.code}"


async def test_a_team_keeps_its_patients_files(database, tmp_path):
    async with opened(database, tmp_path) as (site, chloe):
        nadias, chloes, omars = (client_of(site, who).from_("medical-files") for who in (site.nadia, chloe, site.omar))
        folder = str(site.patient)
        said = {"content-type": "application/pdf", "cache-control": "60", "metadata": {"ward": "4B"}}
        await nadias.upload(f"{folder}/2026/labs.pdf", PDF, dict(said))
        described = await chloes.info(f"{folder}/2026/labs.pdf")
        assert (described["size"], described["content_type"]) == (len(PDF), "application/pdf")
        assert (described["metadata"], described["cache_control"]) == ({"ward": "4B"}, "max-age=60")
        assert await refused(nadias.upload(f"{folder}/2026/labs.pdf", PDF, dict(said))) == "409 Duplicate"

        # A colleague of the team may replace it and is its owner then; the bytes of before are put aside.
        await chloes.upload(f"{folder}/2026/labs.pdf", PDF + b" corrected", {**said, "upsert": "true"})
        assert await nadias.download(f"{folder}/2026/labs.pdf") == PDF + b" corrected"
        ((owner, trash),) = site.sql("select owner, (select count(*) from storage.trash) from storage.objects")
        assert (owner, trash) == (chloe.user_id, 1)

        await chloes.move(f"{folder}/2026/labs.pdf", f"{folder}/old/labs.pdf")
        await nadias.copy(f"{folder}/old/labs.pdf", f"{folder}/copy.pdf")
        assert [entry["name"] for entry in await nadias.list(folder)] == ["copy.pdf", "old"]
        assert [entry["id"] is None for entry in await nadias.list(folder)] == [False, True]
        assert [entry["name"] for entry in await nadias.list("")] == [folder]
        assert [row["name"] for row in await nadias.remove([f"{folder}/copy.pdf", f"{folder}/none"])] == [
            f"{folder}/copy.pdf"
        ]
        about = [folder]
        assert writes(site) == [
            ("INSERT", f"{folder}/2026/labs.pdf", about),
            ("UPDATE", "", about),
            ("UPDATE", f"{folder}/old/labs.pdf", about),
            ("INSERT", f"{folder}/copy.pdf", about),
            ("DELETE", f"{folder}/copy.pdf", about),
        ]

        # To a stranger nothing of it is there, and nothing can be put beside it.
        name = f"{folder}/old/labs.pdf"
        assert await omars.list(folder) == [] == await omars.remove([name])
        assert await refused(omars.info(name)) == "404 not_found"
        assert await refused(omars.move(name, f"{folder}/x.pdf")) == "404 not_found"
        assert await refused(omars.copy(name, f"{folder}/x.pdf")) == "404 not_found"
        for option in ({}, {"upsert": "true"}):
            assert await refused(omars.upload(name, PDF, {**option})) == "403 Unauthorized"
            assert await refused(omars.upload(f"{folder}/x.pdf", PDF, {**option})) == "403 Unauthorized"
        assert await refused(omars.update(name, PDF)) == "403 Unauthorized"
        # Not even by moving what is the stranger's own.
        await (
            client_of(site, site.omar)
            .from_("patient-documents")
            .upload(f"{site.omar.user_id}/own.pdf", PDF, {"content-type": "application/pdf"})
        )
        for to in (folder, str(site.amina.user_id)):
            for bucket in ("medical-files", "patient-documents"):
                way = {"bucketId": "patient-documents", "sourceKey": f"{site.omar.user_id}/own.pdf"}
                way |= {"destinationBucket": bucket, "destinationKey": f"{to}/own.pdf"}
                for verb in ("move", "copy"):
                    answer = await site.client.post(f"{BASE}/object/{verb}", json=way, headers=site.bearer(site.omar))
                    assert (answer.status_code, answer.json()["statusCode"]) == (400, "403"), (verb, bucket, to)
        assert site.sql("select count(*) from storage.uploads") == [(0,)]


async def test_a_persons_documents_are_its_own_and_its_teams_to_read(database, tmp_path):
    async with opened(database, tmp_path) as (site, _):
        bucket = "patient-documents"
        aminas, nadias, omars = (client_of(site, who).from_(bucket) for who in (site.amina, site.nadia, site.omar))
        name = f"{site.amina.user_id}/insurance.pdf"
        await aminas.upload(name, PDF, {"content-type": "application/pdf"})
        assert await nadias.download(name) == PDF
        assert [entry["name"] for entry in await nadias.list(str(site.amina.user_id))] == ["insurance.pdf"]
        assert await refused(nadias.upload(f"{site.amina.user_id}/more.pdf", PDF)) == "403 Unauthorized"
        for by in (nadias, omars):
            said = {"content-type": "application/pdf", "upsert": "true"}
            assert await refused(by.upload(name, PDF, said)) == "403 Unauthorized"
            assert await by.remove([name]) == []
        assert await omars.list(str(site.amina.user_id)) == []
        assert [action for action, _, about in writes(site) if about == [str(site.patient)]] == ["INSERT"]
        listed = [entry for entry in site.recorded() if entry["action"] == "list"]
        assert [entry["patients"] for entry in listed] == [[str(site.patient)], []]

        # Only what the bucket takes: by what is said of it, and by what it is.
        assert await refused(aminas.upload(f"{site.amina.user_id}/a.png", PNG, {"content-type": "text/html"})) == (
            "415 invalid_mime_type"
        )
        for content in (b"<script>alert(1)</script>", b"just words", bytes(100)):
            given = aminas.upload(f"{site.amina.user_id}/a.png", content, {"content-type": "image/png"})
            assert await refused(given) == "415 invalid_mime_type"
        await aminas.upload(f"{site.amina.user_id}/a.png", PNG, {"content-type": "application/pdf"})
        assert (await aminas.info(f"{site.amina.user_id}/a.png"))["content_type"] == "image/png"
        ((found,),) = site.sql("select count(*) from storage.uploads")
        assert found == 0
        # Its limit is told before the body is read.
        asked = 0

        async def endless():
            nonlocal asked
            while True:
                asked += 1
                yield bytes(1 << 20)

        sent = {**site.bearer(site.amina), "content-type": "application/pdf"}
        answer = await site.client.post(f"{BASE}/object/{bucket}/{name}2", content=endless(), headers=sent)
        assert (answer.status_code, answer.json()["code"]) == (413, "EntityTooLarge")
        assert asked <= 12
        announced = {**sent, "content-length": str(11 << 20)}
        before, answer = (
            asked,
            await site.client.post(f"{BASE}/object/{bucket}/{name}2", content=endless(), headers=announced),
        )
        assert (answer.status_code, answer.json()["statusCode"]) == (413, "413")
        assert asked - before <= 1
        site.app.state.settings = replace(site.app.state.settings, uploads_per_hour=2)
        late = aminas.upload(f"{site.amina.user_id}/late.pdf", PDF, {"content-type": "application/pdf"})
        assert (await refused(late)).startswith("429")


async def test_buckets_are_the_service_keys(database, tmp_path):
    async with opened(database, tmp_path) as (site, _):
        service, nadias = client_of(site), client_of(site, site.nadia)
        await service.create_bucket("scans", options={"file_size_limit": "1kb", "allowed_mime_types": ["image/*"]})
        bucket = await service.get_bucket("scans")
        assert (bucket.public, bucket.file_size_limit, bucket.allowed_mime_types) == (False, 1000, ["image/*"])
        assert {each.id for each in await service.list_buckets()} >= {"labdocs", "medical-files", "scans"}
        assert await refused(service.create_bucket("scans")) == "409 Duplicate"
        for name in ("../x", "a/b", "", " scans", "x" * 101, "a%2fb"):
            assert (await refused(service.create_bucket(name))).startswith("400"), name
        assert await nadias.list_buckets() == []
        assert await refused(nadias.get_bucket("scans")) == "404 Bucket not found"
        assert await refused(nadias.create_bucket("mine")) == "403 Unauthorized"
        for verb in (nadias.empty_bucket, nadias.delete_bucket):
            assert await refused(verb("medical-files")) == "404 Bucket not found"

        await service.from_("scans").upload("a/scan.png", PNG, {"content-type": "image/png"})
        assert await refused(service.from_("scans").upload("b.png", PNG * 20, {"content-type": "image/png"})) == (
            "413 Payload too large"
        )
        assert await refused(service.from_("scans").upload("a.pdf", PDF, {"content-type": "image/png"})) == (
            "415 invalid_mime_type"
        )
        assert await refused(service.from_("none").upload("a.pdf", PDF)) == "404 Bucket not found"
        assert await refused(service.delete_bucket("scans")) == "409 ResourceNotEmpty"
        await service.update_bucket("scans", {"public": True})
        assert (await service.get_bucket("scans")).file_size_limit == 1000

        # A site's own policies: everybody sees the bucket, and empties it of what is its own alone.
        site.sql(
            "create policy wide on storage.buckets for select to authenticated using (true);"
            "create policy sees on storage.objects for select to authenticated using (bucket_id = 'scans');"
            "create policy removes on storage.objects for delete to authenticated"
            " using (bucket_id = 'scans' and owner = auth.uid());"
            "create policy adds on storage.objects for insert to authenticated with check (bucket_id = 'scans')"
        )
        await nadias.from_("scans").upload("n.png", PNG, {"content-type": "image/png"})
        await nadias.empty_bucket("scans")
        assert site.sql("select name from storage.objects") == [("a/scan.png",)]
        said = {"content-type": "image/png", "upsert": "true"}
        assert await refused(nadias.from_("scans").upload("a/scan.png", PNG, said)) == "403 Unauthorized"
        assert await refused(nadias.from_("scans").move("a/scan.png", "b.png")) == "403 Unauthorized"
        assert await refused(nadias.delete_bucket("scans")) == "403 Unauthorized"
        await service.empty_bucket("scans")
        await service.delete_bucket("scans")
        assert await refused(service.get_bucket("scans")) == "404 Bucket not found"


async def test_names_are_data_and_content_is_never_unpacked(database, tmp_path):
    async with opened(database, tmp_path) as (site, _):
        folder, headers = f"{BASE}/object/medical-files/{site.patient}", site.bearer(site.nadia)
        sent = {**headers, "content-type": "application/octet-stream"}
        for name in (
            "..%2f..%2fetc%2fpasswd", "%2e%2e/x", "..%5c..%5cx", "a%00b", "%252e%252e%252fx", "a//b", "a/", "%2e",
            "a/%2e/b", "x" * 1100, "caf%C3%A9", "a%7Fb", "a%E2%80%AEb", "%23a%3Fb", "CON%3A%5Cx", "a%25b",
        ):  # fmt: skip
            answer = await site.client.post(f"{folder}/{name}", content=b"x", headers=sent)
            assert (answer.status_code, answer.json()["code"]) == (400, "InvalidKey"), name
        for way in (("../x", "a"), ("a", "../x"), ("a", "b\\..\\c"), ("a", "b\0c"), ("a", "")):
            given = {"bucketId": "medical-files", "sourceKey": way[0], "destinationKey": way[1]}
            answer = await site.client.post(f"{BASE}/object/move", json=given, headers=headers)
            assert answer.json()["code"] == ("InvalidRequest" if "\0" in way[1] else "InvalidKey"), way
        assert site.sql("select count(*) from storage.objects") == [(0,)]

        # Bombs are bytes like any others, told by their beginning; a picture of 4 billion dots as well.
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("zeros", bytes(64 << 20))
        picture = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xff\xff\xff\xff\xff\xff\xff\xff\x08\x06\0\0\0" + bytes(32)
        for name, content, media_type in (
            ("bomb.pdf", packed.getvalue(), "application/zip"),
            ("huge.png", picture, "image/png"),
            ("page.png", b"<!doctype html><script>1</script>", "text/html"),
            ("drawing.txt", b"<?xml version='1.0'?><svg onload='alert(1)'/>", "image/svg+xml"),
            ("notes.txt", b"potassium 4.1", "text/plain"),
        ):
            given = {**headers, "content-type": "image/png" if name.endswith("png") else "text/plain"}
            answer = await site.client.post(f"{folder}/{name}", content=content, headers=given)
            assert answer.status_code == 200, answer.text
            answer = await site.client.get(f"{BASE}/object/info/medical-files/{site.patient}/{name}", headers=headers)
            assert answer.json()["content_type"] == media_type

        # Forms as supabase-js sends them, forms without a file, and lists that cannot be.
        form = await site.client.post(
            f"{folder}/form.txt", headers=headers, data={"cacheControl": "3600", "metadata": '{"a": 1}'},
            files={"": ("blob", b"potassium 4.2", "text/plain;charset=UTF-8")},
        )  # fmt: skip
        assert form.json()["Key"] == f"medical-files/{site.patient}/form.txt"
        told = (
            await site.client.get(f"{BASE}/object/info/medical-files/{site.patient}/form.txt", headers=headers)
        ).json()
        assert (told["metadata"], told["cache_control"]) == ({"a": 1}, "max-age=3600")
        assert told["content_type"] == "text/plain;charset=UTF-8"
        empty = await site.client.post(f"{folder}/f", headers=headers, files={"a": (None, b"x")})
        assert (empty.status_code, empty.json()["code"]) == (400, "InvalidRequest")
        for given in (
            {"prefix": 1}, {"prefix": "", "limit": 0}, {"prefix": "", "limit": "a"}, {"prefix": "", "offset": -1},
            {"prefix": "", "sortBy": {"column": "owner"}}, {"prefix": "", "sortBy": []}, {"prefix": "a\0"},
        ):  # fmt: skip
            answer = await site.client.post(f"{BASE}/object/list/medical-files", json=given, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (400, "InvalidRequest"), given
        for cursor in ("x", "e30", "bm90aGluZw==", "é"):
            answer = await site.client.post(
                f"{BASE}/object/list-v2/medical-files", json={"cursor": cursor}, headers=headers
            )
            assert (answer.status_code, answer.json()["code"]) == (400, "InvalidRequest"), cursor
        for body in (b"[]", b"{", b"null"):
            answer = await site.client.request("DELETE", f"{BASE}/object/medical-files", content=body, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (400, "InvalidRequest")


async def test_lists_come_in_pages_and_orders(database, tmp_path):
    async with opened(database, tmp_path) as (site, _):
        await site.client.post(f"{BASE}/bucket", json={"name": "shelf"}, headers=site.service)
        shelf = client_of(site).from_("shelf")
        for name in ("b.txt", "A.txt", "c/1.txt", "c/2.txt", "d/e/3.txt", "aa.txt"):
            await shelf.upload(name, b"words", {"content-type": "text/plain"})
            await asyncio.sleep(0.002)

        async def names(path: str = "", **options: Any) -> list[str]:
            return [entry["name"] for entry in await shelf.list(path, options)]

        assert await names() == ["A.txt", "aa.txt", "b.txt", "c", "d"]
        assert await names(limit=2, offset=1) == ["aa.txt", "b.txt"]
        assert await names(search="a") == ["A.txt", "aa.txt"]
        assert await names(search="c/2") == ["c/2.txt"]
        assert await names(sortBy={"column": "name", "order": "desc"}) == ["d", "c", "b.txt", "aa.txt", "A.txt"]
        assert await names(sortBy={"column": "created_at", "order": "desc"}) == ["d", "c", "aa.txt", "A.txt", "b.txt"]
        assert await names("d") == ["e"]
        assert await names("no_such%") == []

        async def pages(**options: Any) -> list[str]:
            found: list[str] = []
            cursor = ""
            while True:
                page = await shelf.list_v2({"limit": 2, "cursor": cursor, **options})
                assert len(page.objects) + len(page.folders) <= 2
                found += [each.name for each in (*page.objects, *page.folders)]
                if not page.hasNext:
                    return found
                cursor = page.nextCursor or ""

        assert sorted(await pages()) == ["A.txt", "aa.txt", "b.txt", "c/1.txt", "c/2.txt", "d/e/3.txt"]
        assert sorted(await pages(with_delimiter=True)) == ["A.txt", "aa.txt", "b.txt", "c/", "d/"]
        assert await pages(prefix="c/") == ["c/1.txt", "c/2.txt"]
        assert await pages(sortBy={"column": "created_at", "order": "asc"}) == [
            "b.txt", "A.txt", "c/1.txt", "c/2.txt", "d/e/3.txt", "aa.txt",
        ]  # fmt: skip
        assert (await pages(sortBy={"column": "name", "order": "desc"}))[0] == "d/e/3.txt"
