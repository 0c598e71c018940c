"""A signed link is worth what its maker is worth at that moment, for one file and one purpose."""

from __future__ import annotations

import hashlib
import secrets
import time

from tests.integration.storage import reading
from tests.integration.storage.reading import BASE, said

from carebase.auth import api_keys
from carebase.auth.api_keys import Kind
from carebase.storage.links import Links

REFUSED = (400, "InvalidJWT")
GONE = (400, "NoSuchKey")


async def test_a_link_lives_and_dies_with_its_maker(database, tmp_path):
    async with reading.opened(database, tmp_path) as site:
        name = f"medical-files/{site.patient}/report.pdf"
        await site.put("medical-files", f"{site.patient}/report.pdf", b"%PDF-1.7 report")
        await site.put("medical-files", f"{site.patient}/other.pdf", b"%PDF-1.7 other")
        address = await site.link(name, headers=site.bearer(site.nadia))
        token = address.partition("token=")[2]

        answer = await site.get(address)
        assert (answer.status_code, answer.content) == (200, b"%PDF-1.7 report")
        # A session that is over, here or in the client, does not stand in its way.
        assert (await site.get(address, authorization="Bearer over")).status_code == 200
        site.sql("update auth.sessions set not_after = now() where user_id = %s", site.nadia.user_id)
        assert (await site.get(address)).status_code == 200
        site.sql(
            "update auth.sessions set not_after = now() + interval '1 hour' where user_id = %s", site.nadia.user_id
        )

        # For another file, another purpose, another door.
        assert said(await site.get(f"object/sign/medical-files/{site.patient}/other.pdf?token={token}")) == REFUSED
        assert said(await site.get(f"object/sign/medical-files/{site.patient}/report.pdf?token=")) == REFUSED
        assert said(await site.get(f"object/sign/labdocs/{site.patient}/report.pdf?token={token}")) == REFUSED
        upload = await site.client.put(f"{BASE}/object/upload/sign/{name}?token={token}", content=b"%PDF-1.7 forged")
        assert said(upload) == REFUSED
        as_bearer = await site.get(f"object/{name}", authorization=f"Bearer {token}")
        assert said(as_bearer) == (400, "AccessDenied")
        bearer = site.bearer(site.nadia)["Authorization"].partition(" ")[2]
        for other in (bearer, site.app.state.tokens.service_key(), f"{token}x", token[:-8]):
            assert said(await site.get(f"object/sign/{name}?token={other}")) == REFUSED
        granted = await site.client.post(
            f"{BASE}/object/upload/sign/{name.replace('report', 'new')}", headers=site.bearer(site.nadia)
        )
        to_upload = granted.json()["token"]
        for path in (name, name.replace("report", "new")):
            assert said(await site.get(f"object/sign/{path}?token={to_upload}")) == REFUSED

        # Its maker is nobody any more, is another, or has no business with the patient.
        def account(change: str) -> None:
            site.sql(f"update auth.users set {change} where id = %s", site.nadia.user_id)

        for change, back in (
            ("banned_until = now() + interval '1 day'", "banned_until = null"),
            ("deleted_at = now()", "deleted_at = null"),
            ("raw_app_meta_data = '{}'", 'raw_app_meta_data = \'{"role": "attending"}\''),
        ):
            account(change)
            assert said(await site.get(address)) == REFUSED
            account(back)
            assert (await site.get(address)).status_code == 200
        member = "insert into public.care_team (patient_id, provider_id, role) values (%s, %s, 'attending')"
        site.sql(member, site.patient, site.omar.user_id)
        site.sql("delete from public.care_team where provider_id = %s", site.nadia.user_id)
        assert said(await site.get(address)) == GONE
        site.sql(member, site.patient, site.nadia.user_id)
        assert (await site.get(address)).status_code == 200
        site.app.state.storage_links = Links(database.secret, clock=lambda: time.time() + 60)
        assert said(await site.get(address)) == REFUSED


async def test_an_upload_by_link_is_one_of_its_maker(database, tmp_path):
    async with reading.opened(database, tmp_path) as site:
        name = f"medical-files/{site.patient}/scan.pdf"

        async def granted(by=site.nadia, **headers: str) -> str:
            sent = {**site.bearer(by), **{name.replace("_", "-"): value for name, value in headers.items()}}
            answer = await site.client.post(f"{BASE}/object/upload/sign/{name}", headers=sent)
            assert answer.status_code == 200, answer.text
            given = answer.json()
            assert given["url"] == f"/object/upload/sign/{name}?token={given['token']}"
            return f"{BASE}{given['url']}"

        async def sent(address: str, content: bytes = b"%PDF-1.7 scan") -> tuple[int, str | None]:
            answer = await site.client.put(address, content=content, headers={"content-type": "application/pdf"})
            return answer.status_code, answer.json().get("code")

        once, over = await granted(), await granted(x_upsert="true")
        assert await sent(once) == (200, None)
        assert await sent(once) == (400, "KeyAlreadyExists")
        assert await sent(over, b"%PDF-1.7 second") == (200, None)
        assert (await site.get(f"object/{name}", by=site.nadia)).content == b"%PDF-1.7 second"
        assert site.sql("select owner from storage.objects") == [(site.nadia.user_id,)]
        form = await site.client.put(over, files={"": ("scan.pdf", b"%PDF-1.7 third", "application/pdf")})
        assert (form.status_code, form.json()["Key"]) == (200, name)

        for headers in (site.anon, site.bearer(site.omar)):
            answer = await site.client.post(f"{BASE}/object/upload/sign/{name}2", headers=headers)
            assert said(answer) == (400, "AccessDenied")
        # Whoever may not store it any more has given nothing away.
        site.sql("update auth.users set banned_until = now() + interval '1 day' where id = %s", site.nadia.user_id)
        assert await sent(over) == REFUSED
        site.sql("update auth.users set banned_until = null where id = %s", site.nadia.user_id)
        member = "insert into public.care_team (patient_id, provider_id, role) values (%s, %s, 'attending')"
        site.sql(member, site.patient, site.omar.user_id)
        site.sql("delete from public.care_team where provider_id = %s", site.nadia.user_id)
        assert await sent(over) == (400, "AccessDenied")
        assert (await site.get(f"object/{name}", by=site.omar)).content == b"%PDF-1.7 third"
        entries = [(entry["action"], entry["patients"], entry["details"]) for entry in site.recorded()]
        assert entries[:2] == [("sign", [str(site.patient)], {"seconds": 7200, "for": "upload"})] * 2


async def test_a_link_made_with_a_key_dies_with_the_key(database, tmp_path):
    async with reading.opened(database, tmp_path) as site:
        await site.put("medical-files", f"{site.patient}/report.pdf", b"%PDF-1.7 report")
        name = f"medical-files/{site.patient}/report.pdf"
        key = api_keys.new(Kind.SECRET)
        site.sql(
            "insert into auth.api_keys (kind, role, name, key_sha256, hint) "
            "values ('secret', 'service_role', %s, %s, 'x')",
            secrets.token_hex(4), hashlib.sha256(key.encode()).digest(),
        )  # fmt: skip
        by_key = await site.link(name, headers={"apikey": key})
        by_signed_key = await site.link(name, headers=site.service)
        assert (await site.get(by_key)).status_code == (await site.get(by_signed_key)).status_code == 200
        site.sql("update auth.api_keys set revoked_at = now() where kind = 'secret'")
        assert said(await site.get(by_key)) == REFUSED
        assert (await site.get(by_signed_key)).status_code == 200
        site.sql(
            "insert into auth.api_keys (kind, role, name, key_sha256, hint, revoked_at) "
            "values ('legacy', 'service_role', 'legacy', %s, 'signed', now())", secrets.token_bytes(32),
        )  # fmt: skip
        assert said(await site.get(by_signed_key)) == REFUSED

        # Nobody makes one for what it does not see, and a batch says so for each.
        for headers in (site.anon, site.bearer(site.omar)):
            for given in ({"expiresIn": 60},):
                answer = await site.client.post(f"{BASE}/object/sign/{name}", json=given, headers=headers)
                assert said(answer) == GONE
        paths = [f"{site.patient}/report.pdf", f"{site.patient}/none.pdf", "../x"]
        batch = await site.client.post(
            f"{BASE}/object/sign/medical-files", json={"expiresIn": 60, "paths": paths}, headers=site.bearer(site.nadia)
        )
        assert [(row["path"], row["error"] is None, row["signedURL"] is None) for row in batch.json()] == [
            (paths[0], True, False), (paths[1], False, True), (paths[2], False, True),
        ]  # fmt: skip
        assert (await site.get(batch.json()[0]["signedURL"][1:])).status_code == 200
        for given in (
            {},
            {"expiresIn": 0},
            {"expiresIn": True},
            {"expiresIn": 1e9},
            {"expiresIn": 10**10},
            {"expiresIn": 60, "transform": {"quality": 5}},
        ):
            answer = await site.client.post(f"{BASE}/object/sign/{name}", json=given, headers=site.bearer(site.nadia))
            assert said(answer) == (400, "InvalidRequest")
