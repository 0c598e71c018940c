"""Every look at a patient's file is on record once, before its first byte: who, which, of whom, from where."""

from __future__ import annotations

import asyncio

from tests.integration.storage import reading
from tests.integration.storage.reading import BASE

from carebase.audit.log import ReadGate
from carebase.database.pool import Login


async def fill(site, *, lab: str, report: str, document: str) -> None:
    """One file of the patient in each bucket, and two of nobody."""
    site.sql(
        "insert into public.cases (case_id, doctor_id, patient_name, patient_age, patient_gender, patient_id) "
        "values ('case-1', %s, 'Amina', 40, 'female', %s)", site.nadia.user_id, site.patient,
    )  # fmt: skip
    site.sql(
        "insert into public.case_files (file_id, case_id, file_name, file_type, file_size, file_url, file_category, "
    "object_name, sha256) values ('f', 'case-1', 'f.txt', 'text/plain', 1, 'x', 'lab', %s, repeat('a', 64))",
    lab,
    )  # fmt: skip
    site.sql("insert into storage.buckets (id, name) values ('notes', 'notes')")
    for bucket, name in (
        ("labdocs", lab), ("medical-files", report), ("patient-documents", document), ("notes", "n.txt"),
        ("leaflets", "l.txt"), ("medical-files", f"{site.patient}/photo.png"),
    ):  # fmt: skip
        await site.put(bucket, name, b"x", "text/plain")
    site.sql(
        "update storage.objects set metadata = metadata || '{\"mimetype\": \"image/png\"}' where name like '%.png'"
    )


async def test_each_download_and_each_link_made_or_used_is_one_entry(database, tmp_path):
    async with reading.opened(database, tmp_path) as site:
        amina, nadia, patient = str(site.amina.user_id), str(site.nadia.user_id), str(site.patient)
        lab, report, document = f"{nadia}/case-1/f.txt", f"{patient}/a.txt", f"{amina}/b.txt"
        await fill(site, lab=lab, report=report, document=document)

        def entries() -> list[tuple[object, ...]]:
            rows = [(e["actor"], e["action"], e["keys"], e["patients"], e["details"]) for e in site.recorded()]
            # Whatever is on record says from where it came.
            assert all(entry["ip"] == "192.0.2.7" for entry in site.recorded())
            return rows[len(known) :]

        known: list[tuple[object, ...]] = []

        async def is_recorded(what, *expected: tuple[object, ...]) -> object:
            answer = await what
            found = entries()
            assert found == list(expected)
            known.extend(found)
            return answer

        of_lab = (["labdocs/" + lab], [patient])
        of_report = (["medical-files/" + report], [patient])
        of_document = (["patient-documents/" + document], [patient])
        await is_recorded(site.get(f"object/labdocs/{lab}", by=site.nadia), (nadia, "download", *of_lab, {}))
        await is_recorded(
            site.get(f"object/authenticated/medical-files/{report}", by=site.nadia), (nadia, "download", *of_report, {})
        )
        await is_recorded(
            site.get(f"object/patient-documents/{document}", by=site.amina), (amina, "download", *of_document, {})
        )
        part = site.get(f"object/medical-files/{report}", by=site.nadia, range="bytes=0-0")
        await is_recorded(part, (nadia, "download", *of_report, {}))
        looked = site.client.head(f"{BASE}/object/medical-files/{report}", headers=site.bearer(site.nadia))
        await is_recorded(looked, (nadia, "info", *of_report, {}))
        by_service = site.client.get(f"{BASE}/object/notes/n.txt", headers=site.service)
        await is_recorded(by_service, ("service_role", "download", ["notes/n.txt"], [], {}))
        picture = site.get(f"render/image/authenticated/medical-files/{patient}/photo.png?width=5", by=site.nadia)
        of_photo = ([f"medical-files/{patient}/photo.png"], [patient])
        await is_recorded(picture, (nadia, "download", *of_photo, {"picture": "width:5"}))

        link = await is_recorded(
            site.link(f"medical-files/{report}", headers=site.bearer(site.nadia)),
            (nadia, "sign", *of_report, {"seconds": 60, "picture": ""}),
        )
        await is_recorded(site.get(str(link)), (nadia, "download", *of_report, {"by": "link"}))
        batch = site.client.post(
            f"{BASE}/object/sign/medical-files", headers=site.bearer(site.nadia),
            json={"expiresIn": 9, "paths": [f"{patient}/photo.png", report, f"{patient}/none.txt"]},
        )  # fmt: skip
        both = ([f"medical-files/{report}", f"medical-files/{patient}/photo.png"], [patient])
        await is_recorded(batch, (nadia, "sign", *both, {"seconds": 9}))

        # Whoever asks for what it may not have is on record too; what everybody may have, and nobody's asking, are not.
        omar = str(site.omar.user_id)
        asked = {"asked": f"medical-files/{report}"}
        await is_recorded(site.get(f"object/medical-files/{report}", by=site.omar), (omar, "download", [], [], asked))
        await is_recorded(site.get(f"object/medical-files/{report}"))
        await is_recorded(site.get("object/public/leaflets/l.txt"))
        await is_recorded(site.get("object/leaflets/l.txt", by=site.omar))
        await is_recorded(site.get(str(link).replace("token=", "token=x")))
        many = await asyncio.gather(*(site.get(str(link)) for _ in range(20)))
        assert {answer.status_code for answer in many} == {200}
        assert len(entries()) == 20

        # What cannot be written down is not shown.
        site.app.state.gate = ReadGate(site.app.state.pools[Login.AUDIT_SEALER])
        for address in (str(link), f"object/medical-files/{report}"):
            refused = await site.get(address, by=site.nadia)
            assert (refused.status_code, refused.content == b"x") == (503, False)
