"""A small application that shows every page with made-up records, without a database.

The pages, templates, style and scripts are the real ones; so is the picture of a report's page.
Run it by hand: python tests/browser/gallery.py, then open http://127.0.0.1:8001/cases.
"""

from __future__ import annotations

import io
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import PIL.Image
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen import canvas
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from tests.browser import account_gallery, admin_gallery

from carebase import errors
from carebase.apps import site
from carebase.apps.cases import case_view, file_view, progress_view, views
from carebase.apps.cases.pointing import Mark
from carebase.documents import reading
from carebase.documents.text import Box, Document, Kind
from carebase.records.cases import Case, CaseId
from carebase.records.files import CaseFile, FileId
from carebase.records.insights import Step
from carebase.web import failures, headers, static

NOW = datetime(2026, 3, 12, 9, 41, tzinfo=UTC)
TODAY = date(2026, 3, 12)
FOLDER = Path(mkdtemp(prefix="gallery-"))
REPORT = (
    "LABORATOIRE CENTRAL DE YAOUNDE",
    "Patient : MBARGA Therese   Nee le 04/07/1984   Sexe : F",
    "Preleve le 11/03/2026 a 08:15",
    "",
    "HEMATOLOGIE                    Resultat     Unite     Intervalle",
    "Hemoglobine                    6,4          g/dL      12,0 - 15,5",
    "V.G.M.                         71           fL        80 - 100",
    "Leucocytes                     5,2          G/L       4,0 - 10,0",
    "Plaquettes                     312          G/L       150 - 400",
    "BIOCHIMIE",
    "Ferritine                      6            ug/L      15 - 150",
    "Potassium                      4,1          mmol/L    3,5 - 5,1",
    "Creatinine                     7,2          mg/L      ",
    "Glycemie                       1,26                   ",
)
CASE_ID = CaseId("c-7Qm2")
LAB_ID, XRAY_ID, TEXT_ID = FileId("f-lab"), FileId("f-xray"), FileId("f-text")


def _write_report() -> Path:
    path = FOLDER / "report.pdf"
    sheet = canvas.Canvas(str(path), pagesize=A4)
    for page in range(2):
        sheet.setFont("Courier", 10)
        for number, line in enumerate(REPORT if page == 0 else ("Page 2", "Commentaire du biologiste")):
            sheet.drawString(50, 780 - 20 * number, line)
        sheet.showPage()
    sheet.save()
    return path


def _write_picture() -> Path:
    path = FOLDER / "chest.png"
    PIL.Image.radial_gradient("L").resize((700, 700)).save(path)
    return path


def _place(document: Document, words: str) -> dict[str, Any]:
    line = next(line for line in document.pages[0].lines if words in line.text)
    box = line.box
    return {
        "file": LAB_ID,
        "page": 1,
        "line": line.number,
        "box": [box.x0, box.y0, box.x1, box.y1],
        "quote": line.text,
        "sha256": "0" * 64,
    }


class Sample:
    """The records of one case, in both languages."""

    def __init__(self) -> None:
        self.paths = {LAB_ID: _write_report(), XRAY_ID: _write_picture()}
        self.document = Document(kind=Kind.PDF)

    async def read(self, reader: reading.Reader) -> None:
        """Find the lines of the report as the product does."""
        self.document = await reader.read(self.paths[LAB_ID], kind=Kind.PDF)

    def case(self, status: str = "completed", **changes: Any) -> Case:
        values: dict[str, Any] = {
            "case_id": CASE_ID,
            "doctor_id": uuid.UUID(int=1),
            "patient_name": "Thérèse Mbarga",
            "patient_age": 41,
            "patient_gender": "female",
            "patient_birth_date": date(1984, 7, 4),
            "pregnant": False,
            "gestation_weeks": None,
            "case_summary": "Fatigue et dyspnée d’effort depuis trois mois.\nRègles abondantes. Pas de fièvre.",
            "doctor_notes": "Pâleur conjonctivale. TA 112/70, FC 104.",
            "status": status,
            "failure_reason": "analysis_failed" if status == "failed" else None,
            "critical_count": 1 if status == "completed" else None,
            "analysis_no": 1,
            "created_at": NOW,
            "updated_at": NOW,
            "row_id": 1,
        }
        return Case(**(values | changes))

    def files(self) -> tuple[CaseFile, ...]:
        rows = (
            (LAB_ID, "NFS_ferritine_2026-03-11.pdf", Kind.PDF, 184_320, "lab", 2),
            (TEXT_ID, "radio_thorax_compte_rendu.txt", Kind.TEXT, 2_048, "radiology", 1),
            (XRAY_ID, "thorax_face.png", Kind.PNG, 1_740_000, "radiology", 1),
        )
        return tuple(
            CaseFile(file_id, CASE_ID, name, kind.value, size, "", category, "", "0" * 64, count, None, False, NOW)
            for file_id, name, kind, size, category, count in rows
        )

    def steps(self, status: str) -> tuple[Step, ...]:
        if status == "completed":
            return tuple(Step(step, "done", None, NOW) for step in progress_view.STEPS)
        last = ("labs", "failed", "analysis_failed") if status == "failed" else ("labs", "running", None)
        return (Step("stored", "done", None, NOW), Step("read", "done", None, NOW), Step(*last, NOW))

    def analysis(self, language: str) -> dict[str, Any]:
        french = language == "fr"

        def say(number: str, fr: str, en: str, words: str | None = None, **more: Any) -> dict[str, Any]:
            evidence = [] if words is None else [_place(self.document, words)]
            return {
                "id": f"s{number}",
                "code": "x",
                "params": {},
                "text": fr if french else en,
                "severity": "info",
                "evidence": evidence,
                "confidence": None,
            } | more

        own = {"file": "case", "page": 1, "line": 1, "box": None, "quote": "Règles abondantes", "sha256": "0" * 64}

        def lab(name: str, text: str, unit: str | None, printed: str | None, flag: str | None, **more: Any) -> Any:
            return {
                "printed_name": name,
                "text": text,
                "unit": unit,
                "range": None if printed is None else {"low": None, "high": None, "text": printed},
                "flag": flag,
                "flag_printed": None,
                "critical": False,
                "sample_time": "2026-03-11T08:15:00",
                "previous": [],
                **_place(self.document, name),
            } | more

        return {
            "engine": "carebase-rules 1.0.0",
            "language": language,
            "critical_alerts": [
                say(
                    "1",
                    "Hémoglobine 6,4 g/dL : valeur critique.",
                    "Haemoglobin 6.4 g/dL: critical value.",
                    "Hemoglobine",
                    severity="emergency",
                )
            ],
            "labs": [
                lab(
                    "Hemoglobine",
                    "6,4",
                    "g/dL",
                    "12,0 - 15,5",
                    "L",
                    critical=True,
                    flag_printed="LL",
                    previous=[{"text": "9,8"}],
                ),
                lab("V.G.M.", "71", "fL", "80 - 100", "L"),
                lab("Leucocytes", "5,2", "10*9/L", "4,0 - 10,0", "N"),
                lab("Plaquettes", "312", "10*9/L", "150 - 400", "N"),
                lab("Ferritine", "6", "ug/L", "15 - 150", "L"),
                lab("Potassium", "4,1", "mmol/L", "3,5 - 5,1", "N"),
                lab("Creatinine", "7,2", "mg/L", None, None),
                lab("Glycemie", "1,26", None, None, None, check="unit_missing"),
            ],
            "unread": [
                {
                    "file": LAB_ID,
                    "page": 2,
                    "line": None,
                    "box": None,
                    "quote": "",
                    "reason": "image_only",
                }
            ],
            "warnings": [
                {
                    "code": "patient_mismatch_name",
                    "message": "radio_thorax_compte_rendu.txt porte un autre nom : le fichier n’est pas utilisé."
                    if french
                    else "radio_thorax_compte_rendu.txt carries another name: the file is not used.",
                    "file": TEXT_ID,
                    "page": 1,
                }
            ],
            "case_summary": {
                "text": "Femme de 41 ans, fatigue et dyspnée d’effort, anémie microcytaire sévère avec ferritine basse."
                if french
                else "Woman of 41, fatigue and dyspnoea on exertion, severe microcytic anaemia with low ferritin.",
                "key_findings": [
                    say(
                        "2",
                        "Anémie sévère : hémoglobine 6,4 g/dL.",
                        "Severe anaemia: haemoglobin 6.4 g/dL.",
                        "Hemoglobine",
                        severity="emergency",
                    ),
                    say("3", "Microcytose : V.G.M. 71 fL.", "Microcytosis: MCV 71 fL.", "V.G.M."),
                    say("4", "Ferritine basse : 6 µg/L.", "Low ferritin: 6 µg/L.", "Ferritine", severity="urgent"),
                ],
                "patient_context": [say("5", "Règles abondantes.", "Heavy periods.", evidence=[own])],
                "doctor_notes": "",
                "lab_summary": "8 résultats lus, 3 hors de l’intervalle."
                if french
                else "8 results read, 3 outside their range.",
                "radiology_summary": None,
                "confidence": None,
            },
            "soap": {
                "subjective": [
                    say(
                        "6",
                        "Fatigue et dyspnée d’effort depuis trois mois.",
                        "Fatigue and dyspnoea on exertion for three months.",
                        evidence=[own],
                    )
                ],
                "objective": [
                    say(
                        "7",
                        "Hémoglobine 6,4 g/dL (12,0 à 15,5).",
                        "Haemoglobin 6.4 g/dL (12.0 to 15.5).",
                        "Hemoglobine",
                    )
                ],
                "assessment": [
                    say("8", "Anémie par carence en fer probable.", "Iron deficiency anaemia is likely.", "Ferritine")
                ],
                "plan": [
                    say("9", "Avis médical le jour même.", "Medical review the same day.", severity="emergency"),
                    say("10", "Rechercher un saignement.", "Look for bleeding."),
                ],
                "confidence": None,
            },
            "diagnosis": {
                "primary": {
                    "name": "Anémie par carence en fer" if french else "Iron deficiency anaemia",
                    "icd10": "D50.9",
                    "description": "Iron deficiency anemia, unspecified",
                    "confidence": None,
                    "criteria_met": 3,
                    "criteria_total": 4,
                    "evidence_for": [
                        say("11", "Ferritine 6 µg/L, sous 15.", "Ferritin 6 µg/L, below 15.", "Ferritine"),
                        say("12", "V.G.M. 71 fL, sous 80.", "MCV 71 fL, below 80.", "V.G.M."),
                    ],
                    "evidence_against": [
                        say(
                            "13",
                            "Plaquettes dans l’intervalle imprimé.",
                            "Platelets within the printed range.",
                            "Plaquettes",
                        )
                    ],
                    "missing": [say("14", "Saturation de la transferrine.", "Transferrin saturation.")],
                },
                "reason": None,
                "alternatives": [
                    {
                        "name": "Trait thalassémique" if french else "Thalassaemia trait",
                        "icd10": "D56.3",
                        "description": "Thalassemia minor",
                        "confidence": 0.31,
                        "criteria_met": 1,
                        "criteria_total": 3,
                        "evidence_for": [say("15", "V.G.M. 71 fL.", "MCV 71 fL.", "V.G.M.")],
                        "evidence_against": [say("16", "Ferritine basse.", "Low ferritin.", "Ferritine")],
                        "missing": [say("17", "Électrophorèse de l’hémoglobine.", "Haemoglobin electrophoresis.")],
                    }
                ],
            },
            "overall_confidence": None,
        }


def application() -> Starlette:
    """Every page under its own address; `/state/<name>` shows the rarer ones."""
    sample, names = Sample(), static.built()
    renderer = site.renderer(names)
    reader = reading.Reader()

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        try:
            await sample.read(reader)
            yield
        finally:
            await reader.close()

    def worklist(request: Request) -> Response:
        t = renderer.reader(request)
        people = [
            sample.case(),
            sample.case(
                "processing",
                case_id="c-2",
                patient_name="Bruno Essomba",
                patient_gender="male",
                patient_birth_date=date(2026, 2, 27),
            ),
            sample.case(
                "failed", case_id="c-3", patient_name="Amina Njoya-Ngatchou", patient_birth_date=date(2025, 1, 3)
            ),
            sample.case(
                "completed",
                case_id="c-4",
                patient_name="Jean-Baptiste Owona",
                patient_birth_date=None,
                critical_count=0,
            ),
        ]
        status = request.query_params.get("status") or None
        found = [one for one in people if status in {None, one.status}] if "empty" not in request.query_params else []
        view = views.worklist_view(
            t,
            cases=found,
            status=None if status is None else views.status_of(status),
            cursor=None,
            next_cursor="abc",
            today=TODAY,
        )
        if request.headers.get("hx-request"):
            return renderer.block(request, "cases/worklist.html", name="list", view=view)
        return renderer.page(request, "cases/worklist.html", view=view)

    def case(request: Request) -> Response:
        status = {"c-2": "processing", "c-3": "failed"}.get(request.path_params["case_id"], "completed")
        t = renderer.reader(request)
        view = case_view.case_view(
            t,
            case=sample.case(status, case_id=request.path_params["case_id"]),
            files=sample.files(),
            steps=sample.steps(status),
            analysis=sample.analysis(t.language) if status == "completed" else None,
            today=TODAY,
        )
        if request.url.path.endswith("/progress"):
            return renderer.block(request, "cases/case.html", name="progress", view=view)
        return renderer.page(request, "cases/case.html", view=view)

    def _mark(request: Request) -> Mark | None:
        said, line = request.query_params.get("hl"), request.query_params.get("line")
        return None if said is None else Mark(said, int(line) if line else None)

    def file_page(request: Request) -> Response:
        t = renderer.reader(request)
        file = next(one for one in sample.files() if one.file_id == request.path_params["file_id"])
        view = file_view.file_view(
            t,
            case_id=CASE_ID,
            file=file,
            page=request.path_params["page"],
            mark=_mark(request),
            analysis=sample.analysis(t.language),
            files=sample.files(),
        )
        return renderer.page(request, "cases/file_page.html", view=view)

    async def picture(request: Request) -> Response:
        file = next(one for one in sample.files() if one.file_id == request.path_params["file_id"])
        page = request.path_params["page"]
        found = file_view.box_of(sample.analysis("fr"), file_id=file.file_id, page=page, mark=_mark(request))
        kind = Kind(file.file_type)
        png = await reader.render_page(
            sample.paths[file.file_id],
            kind=kind,
            page=page,
            scale=2.0 if kind is Kind.PDF else 1.0,
            highlight=None if found is None else Box(*found),
        )
        return Response(io.BytesIO(png).getvalue(), media_type="image/png")

    def new_case(request: Request) -> Response:
        t = renderer.reader(request)
        mistakes = (
            [
                views.Mistake(field="patient_name", text=t("mistake-name")),
                views.Mistake(field="patient_gender", text=t("mistake-gender")),
            ]
            if "mistakes" in request.query_params
            else []
        )
        kept_at = NOW if "kept" in request.query_params else None
        view = views.new_case_view(t, values={}, mistakes=mistakes, idempotency_key="k", kept_at=kept_at)
        return renderer.page(request, "cases/new_case.html", view=view)

    def failure(request: Request) -> Response:
        known = {
            404: errors.NotFound,
            409: errors.Conflict,
            413: errors.TooLarge,
            429: errors.TooMany,
            500: errors.CareError,
        }
        request.state.request_id = "0198-5c1e"
        wait = 20 if request.path_params["status"] == 429 else None
        return failures.page(renderer, request, known[request.path_params["status"]](retry_after_seconds=wait))

    return Starlette(
        routes=[
            Mount(static.MOUNT, static.mount()),
            *account_gallery.routes(renderer),
            *admin_gallery.routes(renderer),
            Route("/cases", worklist),
            Route("/cases/new", new_case),
            Route("/drafts/new_case", lambda _: Response(status_code=204), methods=["POST"]),
            Route("/cases/{case_id}", case),
            Route("/cases/{case_id}/progress", case),
            Route("/cases/{case_id}/files/{file_id}/pages/{page:int}.png", picture),
            Route("/cases/{case_id}/files/{file_id}/pages/{page:int}", file_page),
            Route("/failure/{status:int}", failure),
        ],
        lifespan=lifespan,
        middleware=[Middleware(headers.CarefulHeaders)],
    )


if __name__ == "__main__":
    import uvicorn

    uvicorn.run(application(), port=8001)
