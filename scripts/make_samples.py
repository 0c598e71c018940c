"""Makes the sample files of `carebase demo`: lab reports, radiology reports and images of invented patients.

Run it after a change and commit what it wrote: `python scripts/make_samples.py`. The same input always gives
the same bytes. The images are drawn shapes, not radiographs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

OUT = Path(__file__).resolve().parents[1] / "src" / "carebase" / "cli" / "samples"


@dataclass(frozen=True)
class LabReport:
    """The text of one lab report: header lines, column titles, sections with rows."""

    path: str
    laboratory: str
    header: tuple[str, ...]
    columns: tuple[str, str, str, str]
    sections: tuple[tuple[str, tuple[tuple[str, str, str, str], ...]], ...]
    foot: str


FRENCH_LABS = LabReport(
    path="fr/bilan-biologique.pdf",
    laboratory="LABORATOIRE D'ANALYSES MÉDICALES DU PLATEAU (exemple)",
    header=(
        "Patient : NGONO Aïcha        Sexe : F        Née le : 14/03/1991",
        "Prélèvement du : 17/11/2026 08:15        Médecin prescripteur : Dr Exemple",
    ),
    columns=("Analyse", "Résultat", "Unité", "Valeurs de référence"),
    sections=(
        (
            "HÉMATOLOGIE",
            (
                ("Leucocytes", "6,8", "G/L", "4,0 - 10,0"),
                ("Hématies", "3,10", "T/L", "4,20 - 5,40"),
                ("Hémoglobine", "6,4", "g/dL", "12,0 - 16,0"),
                ("Hématocrite", "20,8", "%", "37,0 - 47,0"),
                ("Volume globulaire moyen (VGM)", "67", "fL", "80 - 98"),
                ("TCMH", "20,6", "pg", "28,0 - 32,0"),
                ("CCMH", "30,8", "g/dL", "33,0 - 36,0"),
                ("Plaquettes", "412", "G/L", "150 - 450"),
            ),
        ),
        (
            "BIOCHIMIE",
            (
                ("Ferritine", "5", "ng/mL", "24 - 307"),
                ("CRP", "2,1", "mg/L", "< 5,0"),
                ("Créatinine", "62", "µmol/L", "45 - 84"),
                ("Sodium", "139", "mmol/L", "136 - 145"),
                ("Potassium", "4,1", "mmol/L", "3,5 - 5,0"),
                ("Glycémie à jeun", "0,89", "g/L", "0,70 - 1,00"),
                ("ASAT (TGO)", "22", "UI/L", "10 - 40"),
                ("ALAT (TGP)", "18", "UI/L", "10 - 40"),
                ("TSH", "2,3", "mUI/L", "0,5 - 4,0"),
            ),
        ),
    ),
    foot="Document d'exemple, personne inventée. Page 1 / 1",
)
ENGLISH_LABS = LabReport(
    path="en/laboratory-report.pdf",
    laboratory="HARBOUR STREET CLINICAL LABORATORY (sample)",
    header=(
        "Patient name: OSEI, Kwame        Sex: M        DOB: 02 Jun 1968",
        "Collected: 16 Nov 2026 07:40        Requested by: Dr Sample",
    ),
    columns=("Test", "Result", "Units", "Reference range"),
    sections=(
        (
            "CHEMISTRY",
            (
                ("Sodium", "134 L", "mmol/L", "136 - 145"),
                ("Potassium", "6.7 H", "mmol/L", "3.5 - 5.0"),
                ("Chloride", "101", "mmol/L", "98 - 106"),
                ("Bicarbonate", "17 L", "mmol/L", "23 - 28"),
                ("Urea nitrogen (BUN)", "68 H", "mg/dL", "8 - 20"),
                ("Creatinine", "4.8 H", "mg/dL", "0.7 - 1.3"),
                ("Glucose, fasting", "168 H", "mg/dL", "70 - 99"),
                ("Calcium", "8.7", "mg/dL", "8.6 - 10.2"),
                ("Albumin", "3.6", "g/dL", "3.5 - 5.5"),
                ("HbA1c", "8.4 H", "%", "4.0 - 5.6"),
            ),
        ),
        (
            "HAEMATOLOGY",
            (
                ("Hemoglobin", "10.2 L", "g/dL", "14.0 - 18.0"),
                ("MCV", "88", "fL", "80 - 98"),
                ("WBC", "8.9", "10*3/uL", "4.0 - 10.0"),
                ("Platelets", "231", "10*3/uL", "150 - 450"),
            ),
        ),
    ),
    foot="Sample document, invented person. Page 1 of 1",
)
RADIOLOGY = (
    (
        "fr/radiographie-thoracique.pdf",
        (
            "CENTRE D'IMAGERIE DU PLATEAU (exemple)",
            "",
            "Patient : NGONO Aïcha        Sexe : F        Née le : 14/03/1991",
            "Examen du 18/11/2026",
            "",
            "RADIOGRAPHIE DU THORAX DE FACE",
            "",
            "Indication : dyspnée d'effort et asthénie.",
            "Technique : cliché de face, debout, en inspiration.",
            "Résultats :",
            "Cardiomégalie modérée, index cardiothoracique mesuré à 0,56.",
            "Pas de foyer de condensation parenchymateuse.",
            "Absence d'épanchement pleural. Pas de pneumothorax.",
            "Structures osseuses sans particularité.",
            "",
            "Conclusion :",
            "Cardiomégalie modérée, sans foyer infectieux ni épanchement pleural.",
        ),
    ),
    (
        "en/chest-radiograph-report.pdf",
        (
            "HARBOUR STREET IMAGING (sample)",
            "",
            "Patient name: OSEI, Kwame        Sex: M        DOB: 02 Jun 1968",
            "Examination date: 16 Nov 2026",
            "",
            "CHEST RADIOGRAPH, PA",
            "",
            "Indication: breathlessness and leg swelling.",
            "Comparison: none.",
            "Findings:",
            "Small bilateral pleural effusions, larger on the right.",
            "No focal consolidation. No pneumothorax.",
            "The heart is mildly enlarged.",
            "",
            "Impression:",
            "Mild cardiomegaly with small bilateral pleural effusions.",
            "No evidence of pneumonia.",
        ),
    ),
)
IMAGES = (
    ("fr/radiographie-thoracique.png", "EXEMPLE - FORMES DESSINÉES"),
    ("en/chest-radiograph.png", "SAMPLE - DRAWN SHAPES"),
)


def write_labs(report: LabReport) -> None:
    """One page with ruled rows."""
    canvas = _page(report.path, report.laboratory)
    y = 262 * mm
    canvas.setFont("Helvetica", 9.5)
    for line in report.header:
        canvas.drawString(20 * mm, y, line)
        y -= 5 * mm
    places = (20 * mm, 92 * mm, 118 * mm, 146 * mm)
    y -= 5 * mm
    canvas.setFont("Helvetica-Bold", 9)
    for place, title in zip(places, report.columns, strict=True):
        canvas.drawString(place, y, title)
    canvas.line(20 * mm, y - 1.5 * mm, 190 * mm, y - 1.5 * mm)
    for section, rows in report.sections:
        y -= 8 * mm
        canvas.setFont("Helvetica-Bold", 10)
        canvas.drawString(20 * mm, y, section)
        canvas.setFont("Helvetica", 9.5)
        for row in rows:
            y -= 5.6 * mm
            for place, cell in zip(places, row, strict=True):
                canvas.drawString(place, y, cell)
    canvas.setFont("Helvetica", 8)
    canvas.drawString(20 * mm, 15 * mm, report.foot)
    canvas.save()


def write_radiology(path: str, lines: tuple[str, ...]) -> None:
    """One page of text."""
    canvas = _page(path, lines[0])
    y = 262 * mm
    for line in lines[1:]:
        is_heading = line.isupper() or line.rstrip(" :").lower() in {
            "résultats",
            "conclusion",
            "findings",
            "impression",
        }
        canvas.setFont("Helvetica-Bold" if is_heading else "Helvetica", 10.5)
        canvas.drawString(20 * mm, y, line)
        y -= 6 * mm
    canvas.save()


def write_image(path: str, label: str) -> None:
    """Grey shapes that stand where a chest radiograph would: a picture to store and display."""
    width, height = 880, 1040
    image = Image.new("L", (width, height), 18)
    draw = ImageDraw.Draw(image)
    draw.ellipse((90, 90, 790, 1130), fill=96)
    draw.ellipse((160, 190, 420, 880), fill=34)
    draw.ellipse((460, 190, 720, 880), fill=34)
    draw.ellipse((340, 520, 640, 860), fill=150)
    draw.rectangle((424, 110, 456, 980), fill=150)
    for rib in range(8):
        y = 230 + rib * 76
        for side in (-1, 1):
            points = [(440 + side * t, y + 34 * math.sin(t / 100)) for t in range(20, 300, 8)]
            draw.line(points, fill=112, width=9)
    image = image.filter(ImageFilter.GaussianBlur(6))
    ImageDraw.Draw(image).text((24, 20), label, fill=230, font_size=26)
    target = OUT / path
    target.parent.mkdir(parents=True, exist_ok=True)
    image.save(target, optimize=True)


def _page(path: str, title: str) -> Canvas:
    target = OUT / path
    target.parent.mkdir(parents=True, exist_ok=True)
    canvas = Canvas(str(target), pagesize=A4, invariant=1)
    canvas.setTitle(title)
    canvas.setFont("Helvetica-Bold", 13)
    canvas.drawString(20 * mm, 275 * mm, title)
    return canvas


if __name__ == "__main__":
    for labs in (FRENCH_LABS, ENGLISH_LABS):
        write_labs(labs)
    for radiology_path, text in RADIOLOGY:
        write_radiology(radiology_path, text)
    for image_path, words in IMAGES:
        write_image(image_path, words)
