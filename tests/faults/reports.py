"""Small lab reports, each with a number of its own."""

from __future__ import annotations

import io

from reportlab.pdfgen.canvas import Canvas


def lab_report(number: int, *, pages: int = 1) -> bytes:
    """A report whose values depend on its number."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, invariant=1)
    for page in range(pages):
        canvas.drawString(72, 800, f"CLINICAL LABORATORY                     Report {number}-{page}")
        canvas.drawString(72, 780, "Collected: 16 Nov 2026 07:40")
        rows = (
            ("Sodium", f"{136 + number % 8}", "mmol/L", "136 - 145"),
            ("Potassium", f"3.{5 + number % 5}", "mmol/L", "3.5 - 5.0"),
            ("Hemoglobin", f"{10 + number % 4}.{page % 10}", "g/dL", "12.0 - 16.0"),
            ("Creatinine", "0.9", "mg/dL", "0.6 - 1.1"),
        )
        for row, cells in enumerate(rows):
            for place, cell in zip((72, 220, 300, 400), cells, strict=True):
                canvas.drawString(place, 740 - row * 16, cell)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()
