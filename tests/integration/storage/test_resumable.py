"""An upload may break off anywhere: what was answered for is there, nobody else sees or touches it, and it goes on."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import os
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.requests import ClientDisconnect
from tests.integration.storage import reading
from tests.integration.storage.reading import BASE, SERVICE, Site

from carebase.database.identity import ANONYMOUS, Identity
from carebase.database.pool import Login
from carebase.storage import resuming, sweeper
from carebase.storage.callers import Caller
from carebase.storage.resuming import Arriving, Taking

RESUMABLE = "upload/resumable"
VERSION = {"Tus-Resumable": "1.0.0"}
# Statements are the same on each version; the way through all of them is tried on both.
on_one_version = pytest.mark.parametrize("cluster", [os.environ.get("CAREBASE_TEST_POSTGRES", "18")], indirect=True)
BYTES = {**VERSION, "Content-Type": "application/offset+octet-stream"}


@pytest.fixture
async def site(database, tmp_path) -> AsyncIterator[Site]:
    async with reading.opened(database, tmp_path / "data") as opened:
        yield opened


def described(**said: str) -> str:
    return ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in said.items())


async def asked(site: Site, method: str, path: str = "", *, by: Identity | None = None, **more: Any) -> Any:
    headers = {**VERSION, **({} if by is None else site.bearer(by)), **more.pop("headers", {})}
    address = f"http://localhost:8000{path}" if path.startswith("/storage") else f"{BASE}/{RESUMABLE}{path}"
    return await site.client.request(method, address, headers=headers, **more)


async def begun(site: Site, by: Identity, *, name: str, length: int, bucket: str = "medical-files", **said: Any) -> Any:
    upsert = {"x-upsert": "true"} if said.pop("upsert", False) else {}
    metadata = described(bucketName=bucket, objectName=name, **said)
    headers = {"Upload-Length": str(length), "Upload-Metadata": metadata, **upsert}
    return await asked(site, "POST", by=by, headers=headers)


async def sent(site: Site, address: str, content: bytes, *, at: int, by: Identity | None, **headers: str) -> Any:
    given = {**BYTES, "Upload-Offset": str(at), **headers}
    return await asked(site, "PATCH", address, by=by, content=content, headers=given)


def left(site: Site) -> dict[str, int]:
    ((uploads, parts, intents),) = site.sql(
        "select (select count(*) from storage.resumable), (select count(*) from storage.resumable_parts), "
        "(select count(*) from storage.uploads)"
    )
    return {"uploads": uploads, "parts": parts, "intents": intents}


async def test_an_upload_goes_on_where_it_was_and_is_an_object_once_it_is_whole(site):
    content, name = b"%PDF-1.7 " + os.urandom(3_000_000), f"{site.patient}/scan.pdf"
    answer = await begun(
        site,
        site.nadia,
        name=name,
        length=len(content),
        contentType="application/pdf",
        cacheControl="3600",
        metadata='{"study": "ct"}',
    )
    address = answer.headers["location"]

    assert answer.status_code == 201
    assert address.startswith("/storage/v1/upload/resumable/")
    assert answer.headers["tus-resumable"] == "1.0.0"
    assert answer.headers["upload-expires"].endswith(" GMT")
    offset = 0
    for size in (1, 1_048_576, 1_500_000):
        answer = await sent(site, address, content[offset : offset + size], at=offset, by=site.nadia)
        offset += size
        assert (answer.status_code, answer.headers["upload-offset"]) == (204, str(offset))
        told = await asked(site, "HEAD", address, by=site.nadia)
        assert (told.status_code, told.headers["upload-offset"]) == (200, str(offset))
        assert (told.headers["upload-length"], told.headers["cache-control"]) == (str(len(content)), "no-store")
        assert f"objectName {base64.b64encode(name.encode()).decode()}" in told.headers["upload-metadata"]
        assert site.sql("select count(*) from storage.objects") == [(0,)]
        assert (await site.get(f"object/authenticated/medical-files/{name}", by=site.nadia)).status_code == 400

    answer = await sent(site, address, content[offset:], at=offset, by=site.nadia)

    assert (answer.status_code, answer.headers["upload-offset"]) == (204, str(len(content)))
    # Whoever missed the answer asks again, and is told that all of it is there.
    assert (await asked(site, "HEAD", address, by=site.nadia)).headers["upload-offset"] == str(len(content))
    found = await site.get(f"object/authenticated/medical-files/{name}", by=site.nadia)
    assert hashlib.sha256(found.content).digest() == hashlib.sha256(content).digest()
    assert (found.headers["content-type"], found.status_code) == ("application/pdf", 200)
    ((metadata, said, owner),) = site.sql("select metadata, user_metadata, owner from storage.objects")
    assert (metadata["cacheControl"], metadata["mimetype"], said) == (
        "max-age=3600",
        "application/pdf",
        {"study": "ct"},
    )
    assert owner == site.nadia.user_id
    assert left(site) == {"uploads": 1, "parts": 0, "intents": 0}
    # Nothing more comes of it, and its parts are cleared away.
    assert (await sent(site, address, b"", at=len(content), by=site.nadia)).status_code == 204
    assert (await sent(site, address, b"x", at=len(content), by=site.nadia)).status_code == 413
    queue, backend = site.app.state.pools[Login.CARE_QUEUE], site.app.state.store.backend
    await sweeper.sweep(queue, backend)
    assert (await sweeper.check(queue, backend)).agrees
    assert len(list(backend.keys())) == 1


@on_one_version
async def test_an_upload_is_its_makers_alone_and_dies_with_its_time(site):
    name = f"{site.patient}/own.pdf"
    address = (await begun(site, site.nadia, name=name, length=10)).headers["location"]
    await sent(site, address, b"12345", at=0, by=site.nadia)

    for other in (site.omar, site.amina, None):
        for method in ("HEAD", "DELETE"):
            assert (await asked(site, method, address, by=other)).status_code == 404
        assert (await sent(site, address, b"67890", at=5, by=other)).status_code == 404
    assert (await asked(site, "HEAD", address, headers=site.service)).status_code == 404
    for wrong in (uuid.uuid4(), "..", "sign", "%00", str(address).rpartition("/")[2].upper(), "a" * 3000):
        assert (await asked(site, "HEAD", f"/storage/v1/{RESUMABLE}/{wrong}", by=site.nadia)).status_code == 404

    site.sql("update storage.resumable set expires_at = now() - interval '1 second'")
    assert (await asked(site, "HEAD", address, by=site.nadia)).status_code == 404
    assert (await sent(site, address, b"67890", at=5, by=site.nadia)).status_code == 404
    queue, backend = site.app.state.pools[Login.CARE_QUEUE], site.app.state.store.backend
    await sweeper.sweep(queue, backend)
    assert left(site) == {"uploads": 0, "parts": 0, "intents": 0}
    assert list(backend.keys()) == []

    address = (await begun(site, site.nadia, name=name, length=10)).headers["location"]
    await sent(site, address, b"12345", at=0, by=site.nadia)
    assert (await asked(site, "DELETE", address, by=site.nadia)).status_code == 204
    assert (await asked(site, "HEAD", address, by=site.nadia)).status_code == 404
    await sweeper.sweep(queue, backend)
    assert list(backend.keys()) == []


@on_one_version
async def test_policies_and_limits_hold_when_it_begins_and_again_when_it_ends(site):
    mine, hers = f"{site.patient}/a.pdf", f"{uuid.uuid4()}/a.pdf"
    site.sql("update storage.buckets set file_size_limit = 1000, allowed_mime_types = '{application/pdf}' "
             "where id = 'medical-files'")  # fmt: skip

    async def refused(person: Identity, **given: Any) -> int:
        return (await begun(site, person, **{"name": mine, "length": 10, **given})).status_code

    assert await refused(site.omar) == 403
    assert await refused(site.amina) == 403
    assert await refused(site.nadia, name=hers) == 403
    assert await refused(site.nadia, bucket="nowhere") == 404
    assert await refused(site.nadia, length=1001, contentType="application/pdf") == 413
    assert await refused(site.nadia, contentType="image/png") == 415
    for name in ("../a", "a//b", "", "a/\x00", "é.pdf", "a" * 1025):
        assert await refused(site.nadia, name=name, contentType="application/pdf") == 400
    assert await refused(site.nadia, contentType="application/pdf", metadata="[]") == 400
    assert left(site)["uploads"] == 0

    # The content decides; the type that was declared opens no bucket.
    answer = await begun(site, site.nadia, name=mine, length=20, contentType="application/pdf")
    address = answer.headers["location"]
    assert (await sent(site, address, b"<html><script>", at=0, by=site.nadia)).status_code == 204
    assert (await sent(site, address, b"</html", at=14, by=site.nadia)).status_code == 415
    assert (await asked(site, "HEAD", address, by=site.nadia)).headers["upload-offset"] == "14"

    # Who leaves the team in between stores nothing any more.
    answer = await begun(site, site.nadia, name=mine, length=20, contentType="application/pdf")
    address = answer.headers["location"]
    await sent(site, address, b"%PDF-1.7 begun", at=0, by=site.nadia)
    site.sql("update public.care_team set provider_id = %s", site.omar.user_id)
    assert (await sent(site, address, b"ended!", at=14, by=site.nadia)).status_code == 403
    assert site.sql("select count(*) from storage.objects") == [(0,)]
    assert left(site)["intents"] == 0


@on_one_version
async def test_what_is_there_is_replaced_only_when_that_was_asked_for(site):
    name = f"{site.patient}/a.txt"
    assert (await begun(site, site.nadia, name=name, length=0)).status_code == 201
    assert site.sql("select metadata -> 'size' from storage.objects") == [(0,)]

    assert (await begun(site, site.nadia, name=name, length=3)).status_code == 409
    first = (await begun(site, site.nadia, name=name, length=3, upsert=True)).headers["location"]
    assert (await sent(site, first, b"new", at=0, by=site.nadia)).status_code == 204
    found = await site.get(f"object/authenticated/medical-files/{name}", by=site.nadia)
    assert found.content == b"new"
    # Somebody else's object of that name came while this one was on its way.
    late = (await begun(site, site.nadia, name=f"{site.patient}/b.txt", length=3)).headers["location"]
    await site.put("medical-files", f"{site.patient}/b.txt", b"first", "text/plain")
    assert (await sent(site, late, b"own", at=0, by=site.nadia)).status_code == 409
    found = await site.get(f"object/authenticated/medical-files/{site.patient}/b.txt", by=site.nadia)
    assert found.content == b"first"


@on_one_version
async def test_of_two_requests_at_once_one_is_told_that_the_other_was_first(site):
    content = os.urandom(200_000)
    address = (await begun(site, site.nadia, name=f"{site.patient}/a", length=300_000)).headers["location"]

    statuses = [
        answer.status_code
        for answer in await asyncio.gather(*(sent(site, address, content, at=0, by=site.nadia) for _ in range(4)))
    ]
    assert sorted(statuses) == [204, 409, 409, 409]
    assert (await asked(site, "HEAD", address, by=site.nadia)).headers["upload-offset"] == "200000"
    ends = await asyncio.gather(*(sent(site, address, content[:100_000], at=200_000, by=site.nadia) for _ in range(3)))
    assert sorted(answer.status_code for answer in ends) == [204, 409, 409]
    assert site.sql("select count(*) from storage.objects") == [(1,)]
    assert left(site) == {"uploads": 1, "parts": 0, "intents": 0}


@on_one_version
async def test_the_words_of_the_protocol(site):
    options = await site.client.options(f"{BASE}/{RESUMABLE}")
    assert (options.status_code, options.headers["tus-version"]) == (204, "1.0.0")
    assert set(options.headers["tus-extension"].split(",")) == {
        "creation", "creation-with-upload", "termination", "expiration",
    }  # fmt: skip
    assert options.headers["tus-max-size"] == str(2 << 30)

    metadata = described(bucketName="medical-files", objectName=f"{site.patient}/a")
    named = {"Upload-Length": "5", "Upload-Metadata": metadata}
    for status, headers in (
        (412, {**named, "Tus-Resumable": "0.2.2"}),
        (400, {"Upload-Length": "5"}),
        (400, {"Upload-Length": "-5", "Upload-Metadata": metadata}),
        (400, {"Upload-Length": "five", "Upload-Metadata": metadata}),
        (400, {"Upload-Metadata": metadata}),
        (400, {"Upload-Defer-Length": "1", "Upload-Metadata": metadata}),
        (400, {"Upload-Length": "5", "Upload-Metadata": "bucketName ???"}),
        (400, {"Upload-Length": "5", "Upload-Metadata": f"{metadata},{metadata}"}),
        (400, {"Upload-Length": "5", "Upload-Metadata": described(bucketName="medical-files")}),
    ):
        answer = await asked(site, "POST", by=site.nadia, headers=headers)
        assert answer.status_code == status, (headers, answer.text)
        assert int(answer.headers["content-length"]) == len(answer.content) > 0
        assert answer.headers["tus-resumable"] == "1.0.0"
    # With its first bytes in one request; and by a client that has no PATCH.
    whole = await asked(site, "POST", by=site.nadia, content=b"12345", headers={**named, **BYTES})
    assert (whole.status_code, whole.headers["upload-offset"]) == (201, "5")
    address = (await begun(site, site.nadia, name=f"{site.patient}/b", length=5)).headers["location"]
    over = {**BYTES, "X-HTTP-Method-Override": "PATCH", "Upload-Offset": "0"}
    assert (await asked(site, "POST", address, by=site.nadia, content=b"123", headers=over)).status_code == 204
    assert (await asked(site, "POST", address, by=site.nadia)).status_code == 404

    assert (await sent(site, address, b"4", at=0, by=site.nadia)).status_code == 409
    assert (await sent(site, address, b"45678", at=3, by=site.nadia)).status_code == 413
    plain = {**BYTES, "Content-Type": "text/plain"}
    assert (await sent(site, address, b"4", at=3, by=site.nadia, **plain)).status_code == 415
    assert (await sent(site, address, b"4", at=3, by=site.nadia, **{"Upload-Offset": "x"})).status_code == 400
    assert (await sent(site, address, b"45", at=3, by=site.nadia)).status_code == 204
    assert site.sql("select count(*) from storage.objects") == [(2,)]
    site.app.state.settings = type(site.app.state.settings)(
        data=site.app.state.settings.data, secret=site.database.secret, site_url="https://files.example.org/"
    )
    address = (await begun(site, site.nadia, name=f"{site.patient}/c", length=5)).headers["location"]
    assert address.startswith("https://files.example.org/storage/v1/upload/resumable/")


@on_one_version
async def test_a_link_to_upload_resumes_for_its_object_alone(site):
    name = f"{site.patient}/by-link.txt"
    made = await site.client.post(f"{BASE}/object/upload/sign/medical-files/{name}", headers=site.bearer(site.nadia))
    signature = {"x-signature": made.json()["token"]}
    headers = {**VERSION, **signature, "Upload-Length": "6"}
    metadata = {"Upload-Metadata": described(bucketName="medical-files", objectName=name)}
    elsewhere = {"Upload-Metadata": described(bucketName="medical-files", objectName=f"{site.patient}/other")}

    assert (await asked(site, "POST", "/sign", headers={**VERSION, **metadata})).status_code == 400
    assert (await asked(site, "POST", "/sign", headers={**headers, **elsewhere})).status_code == 400
    assert (await asked(site, "POST", headers={**headers, **metadata})).status_code in {400, 403}
    begun = await asked(site, "POST", "/sign", headers={**headers, **metadata})
    address = begun.headers["location"]
    assert address.startswith("/storage/v1/upload/resumable/sign/")
    assert (await sent(site, address, b"abc", at=0, by=None)).status_code == 400
    assert (await sent(site, address, b"abc", at=0, by=None, **signature)).status_code == 204
    assert (await asked(site, "HEAD", address, headers=signature)).headers["upload-offset"] == "3"
    assert (await sent(site, address, b"def", at=3, by=None, **signature)).status_code == 204
    ((owner,),) = site.sql("select owner from storage.objects where name = %s", name)
    assert owner == site.nadia.user_id


@on_one_version
async def test_what_came_before_a_connection_broke_is_kept(site, monkeypatch):
    state = site.app.state
    caller = Caller(identity=site.nadia, origin=None, pools=state.pools, gate=state.gate, largest_bytes=1 << 30,
                    uploads_per_hour=500)  # fmt: skip
    monkeypatch.setattr(resuming, "PIECE_BYTES", 100_000)
    address = (await begun(site, site.nadia, name=f"{site.patient}/a", length=1_000_000)).headers["location"]

    async def breaking() -> AsyncIterator[bytes]:
        for _ in range(27):
            yield bytes(10_000)
        # What is longer than a piece is durable piece by piece, before the request is over.
        assert site.sql("select sum(size)::int from storage.resumable_parts") == [(200_000,)]
        raise ClientDisconnect

    async with caller.begin() as session:
        upload = await resuming.find(session, uuid.UUID(address.rpartition("/")[2]))
    arriving = Arriving(breaking(), gone=ClientDisconnect)
    assert await Taking(caller, state.store).go_on(upload, arriving) == 270_000
    assert (await asked(site, "HEAD", address, by=site.nadia)).headers["upload-offset"] == "270000"
    answer = await sent(site, address, bytes(730_000), at=270_000, by=site.nadia)
    assert (answer.status_code, answer.headers["upload-offset"]) == (204, "1000000")
    assert site.sql("select metadata -> 'size' from storage.objects") == [(1_000_000,)]
    assert left(site) == {"uploads": 1, "parts": 0, "intents": 0}


@on_one_version
async def test_keys_and_nobody_have_uploads_of_their_own(site):
    site.sql("create policy leaflets_anybody_keeps on storage.objects to anon using (bucket_id = 'leaflets')")
    said = {"Upload-Length": "3", "Upload-Metadata": described(bucketName="leaflets", objectName="a.txt")}
    nobody = await asked(site, "POST", headers=said)
    assert nobody.status_code == 201, nobody.text
    said["Upload-Metadata"] = described(bucketName="leaflets", objectName="b.txt")
    service = await asked(site, "POST", headers={**said, **site.service})
    assert service.status_code == 201, service.text

    address = service.headers["location"]
    assert (await asked(site, "HEAD", address)).status_code == 404
    assert (await sent(site, address, b"abc", at=0, by=None, **site.service)).status_code == 204
    assert (await asked(site, "HEAD", nobody.headers["location"], headers=site.service)).status_code == 404
    assert (await sent(site, nobody.headers["location"], b"abc", at=0, by=None)).status_code == 204
    assert site.sql("select count(*) from storage.objects") == [(2,)]
    assert (ANONYMOUS.user_id, SERVICE.user_id) == (None, None)
    assert json.loads(ANONYMOUS.claims_json)["role"] == "anon"
