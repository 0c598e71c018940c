"""Laboratory reports of several pages, as a clinician would attach them; each number gives other values."""

from __future__ import annotations

import io

from reportlab.pdfgen.canvas import Canvas

PAGES = 5
COLUMNS = (60, 230, 310, 400)
# Name, a plausible value, how much it moves with the report's number, printed decimals, unit, printed range.
ROWS = (
    ("Sodium", 138.0, 1.0, 0, "mmol/L", "136 - 145"),
    ("Potassium", 4.1, 0.1, 1, "mmol/L", "3.5 - 5.0"),
    ("Chloride", 101.0, 1.0, 0, "mmol/L", "98 - 107"),
    ("Creatinine", 0.9, 0.1, 1, "mg/dL", "0.6 - 1.1"),
    ("Urea", 32.0, 2.0, 0, "mg/dL", "15 - 45"),
    ("Glucose", 92.0, 3.0, 0, "mg/dL", "70 - 100"),
    ("Hemoglobin", 11.2, 0.2, 1, "g/dL", "12.0 - 16.0"),
    ("Hematocrit", 35.0, 1.0, 0, "%", "36 - 46"),
    ("White blood cells", 7.1, 0.4, 1, "10^9/L", "4.0 - 10.0"),
    ("Platelets", 240.0, 10.0, 0, "10^9/L", "150 - 400"),
    ("ALT", 28.0, 4.0, 0, "U/L", "7 - 40"),
    ("AST", 25.0, 3.0, 0, "U/L", "8 - 38"),
    ("Total bilirubin", 0.7, 0.1, 1, "mg/dL", "0.2 - 1.2"),
    ("Albumin", 4.1, 0.1, 1, "g/dL", "3.5 - 5.0"),
    ("CRP", 3.1, 0.5, 1, "mg/L", "0 - 5"),
)


def five_pages(number: int) -> bytes:
    """A PDF of five pages with fifteen results each."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, invariant=1)
    for page in range(PAGES):
        canvas.drawString(60, 800, "CENTRAL LABORATORY                       LABORATORY REPORT")
        canvas.drawString(60, 782, f"Patient: Patient {number}    Sex: F    Age: 40 years")
        canvas.drawString(60, 764, f"Collected: {1 + page + number % 20:02d} Nov 2026 07:40    Specimen: serum")
        for place, head in zip(COLUMNS, ("Test", "Result", "Unit", "Reference range"), strict=True):
            canvas.drawString(place, 736, head)
        for row, (name, value, step, digits, unit, printed) in enumerate(ROWS):
            moved = value + step * ((number + page + row) % 5 - 2)
            shown = f"{moved:.{digits}f}"
            for place, cell in zip(COLUMNS, (name, shown, unit, printed), strict=True):
                canvas.drawString(place, 716 - row * 18, cell)
        canvas.drawString(60, 60, f"Report {number}, page {page + 1} of {PAGES}. Validated by the laboratory.")
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()
