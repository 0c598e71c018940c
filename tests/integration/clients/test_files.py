"""What the source documents print for files, letter by letter, by the real clients as signed-in persons."""

from __future__ import annotations

import os

import httpx
import pytest
from tests.integration.database.documents_sql import a_patient, as_, run

# What depends on PostgreSQL's version is shown in `integration/storage`, without clients.
pytestmark = pytest.mark.parametrize("cluster", [os.environ.get("CAREBASE_TEST_POSTGRES", "18")], indirect=True)

CLIENT = {"client": "001/client.ts"}
SIGN_IN = {"snippet": "001/sign_in.ts", "gives": ["session"]}
FILE = {"file": "fileBlob", "holds": "%PDF-1.7 potassium 5.9", "type": "application/pdf"}
# The snippet that signs takes the path from the one that uploads.
UPLOAD = {"snippet": "001/upload_medical_file.ts", "gives": ["error", "filePath"]}
SIGN = {"snippet": "001/signed_url.ts", "gives": ["signedUrl"]}
ROUTE = "003/src/app/api/documents/route.ts"

SMITH, JONES, PASSWORD = "dr.smith@clinic.com", "dr.jones@clinic.com", "SecurePassword123!"
JONES_SIGNS_IN = {**SIGN_IN, "replacing": {SMITH: JONES}}


@pytest.fixture
def smith(deployment) -> str:
    account = deployment.sign_up(email=SMITH, password=PASSWORD)
    deployment.grant(SMITH)
    return account


def in_python(deployment, patient) -> None:
    """The same steps by supabase-py, whose documents print none of them."""
    supabase = pytest.importorskip("supabase")
    client = supabase.create_client(deployment.address, deployment.anon_key)
    client.auth.sign_in_with_password({"email": SMITH, "password": PASSWORD})
    files, path = client.storage.from_("medical-files"), f"{patient}/x-ray 1.pdf"
    files.upload(path, b"%PDF-1.7 by python", {"content-type": "application/pdf"})
    assert files.download(path) == b"%PDF-1.7 by python"
    assert httpx.get(files.create_signed_url(path, 60)["signedUrl"]).text == "%PDF-1.7 by python"
    granted = files.create_signed_upload_url(f"{patient}/later.pdf")
    files.upload_to_signed_url(f"{patient}/later.pdf", granted["token"], b"%PDF-1.7 later")
    assert sorted(one["name"] for one in files.list(str(patient))) == [
        "lab-results-2026-04-17.pdf",
        "later.pdf",
        "x-ray 1.pdf",
    ]
    assert len(files.remove([path, f"{patient}/later.pdf"])) == 2


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of supabase-py about its own ways
def test_001_a_file_is_kept_and_linked_to_for_the_team_with_our_policies_and_with_the_documents_own(
    javascript, deployment, smith
):
    deployment.sign_up(email=JONES, password=PASSWORD)
    deployment.grant(JONES)
    patient = a_patient(deployment.database, deployment.person(smith))
    kept = {"patient": {"id": str(patient)}}
    *_, uploaded, signed, again = javascript.run(CLIENT, SIGN_IN, FILE, UPLOAD, SIGN, UPLOAD, **kept)
    path = f"{patient}/lab-results-2026-04-17.pdf"
    assert uploaded == {"error": None, "filePath": path}
    assert again["error"]["message"] == "The resource already exists"
    link = signed["signedUrl"]["signedUrl"]
    answer = httpx.get(link)
    assert (answer.status_code, answer.text) == (200, "%PDF-1.7 potassium 5.9")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith("attachment")

    # Who is in no team of the patient puts nothing there and gets no link, also under the document's own policy.
    with deployment.database.owner() as owner:
        run(owner, "001", "providers_access_patient_files")
    *_, uploaded, signed = javascript.run(CLIENT, JONES_SIGNS_IN, FILE, UPLOAD, SIGN, **kept)
    assert "row-level security" in uploaded["error"]["message"]
    assert signed == {"signedUrl": None}
    *_, signed = javascript.run(CLIENT, SIGN_IN, SIGN, filePath=path)
    assert httpx.get(signed["signedUrl"]["signedUrl"]).status_code == 200

    in_python(deployment, patient)

    # The link is worth what its maker is worth.
    deployment.rows("update auth.users set banned_until = now() + interval '1 day' where id = %s returning id", smith)
    assert httpx.get(link).json()["code"] == "InvalidJWT"
    seen = [
        (entry["action"], entry["keys"], entry["patients"])
        for entry in deployment.database.recorded()
        if entry["actor"] == smith and entry["action"] in {"sign", "download"} and "lab-results" in str(entry["keys"])
    ]
    whole = ([f"medical-files/{path}"], [str(patient)])
    assert seen == [("sign", *whole), ("download", *whole), ("sign", *whole), ("download", *whole)]


def test_003_a_person_sends_a_document_which_its_team_reads(javascript, deployment, smith):
    person = {"email": "erik@home.example", "password": "a-long-enough-passphrase"}
    account = deployment.sign_up(**person)
    patient = a_patient(deployment.database, deployment.person(smith))
    with as_(deployment.database, deployment.person(smith)) as session:
        (token,) = session.execute("select private.invite(%s, 'self', null, null)", [patient]).fetchone()
    with as_(deployment.database, deployment.person(account)) as session:
        session.execute("select private.redeem_invitation(%s, '1985-03-15')", [token])

    def form(holds: str, **file: str) -> dict[str, object]:
        return {"label": "blood", "file": {"holds": holds, "name": "bilan.pdf", "type": "application/pdf", **file}}

    sent, nothing, forbidden, false = javascript.run(
        {"page": ROUTE, "signedInAs": person, "posts": form("%PDF-1.7 mine")},
        {"page": ROUTE, "posts": {"label": "blood"}},
        {"page": ROUTE, "posts": form("x", type="text/html")},
        # The document believes the browser's word for the type; we do not.
        {"page": ROUTE, "posts": form("<script>alert(1)</script>")},
    )
    assert sent["status"] == 200
    assert sent["read"]["label"] == "blood"
    path = sent["read"]["path"]
    assert path.startswith(f"{account}/")
    assert (nothing["status"], forbidden["status"]) == (400, 400)
    assert (false["status"], "is not supported" in false["read"]["error"]) == (500, True)

    *_, signed = javascript.run(
        CLIENT, SIGN_IN, {**SIGN, "replacing": {"medical-files": "patient-documents"}}, filePath=path
    )
    assert httpx.get(signed["signedUrl"]["signedUrl"]).text == "%PDF-1.7 mine"
    other = {**person, "email": "amina@home.example"}
    deployment.sign_up(**other)
    (asked,) = deployment.rows("select count(*) from storage.objects where bucket_id = 'patient-documents'")
    assert asked == (1,)
