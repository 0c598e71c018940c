"""Makes laboratory reports whose truth is known: unlike layouts, three languages, seeded.

Each report carries what real ones carry besides results: letterhead, telephone, identity, headings,
comments with limits in them, page numbers. None of that may become a result.
"""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen import canvas

Language = Literal["fr", "en", "es"]
LANGUAGES: tuple[Language, ...] = ("fr", "en", "es")
WIDTH, HEIGHT = A4


@dataclass(frozen=True, slots=True)
class Truth:
    """One result as drawn; `unit` in UCUM, `flag` against the drawn range."""

    analyte: str
    value: Decimal
    unit: str
    low: Decimal | None
    high: Decimal | None
    flag: str
    page: int


@dataclass(frozen=True, slots=True)
class Report:
    """A drawn report and its truth."""

    layout: str
    language: Language
    pdf: bytes
    truth: tuple[Truth, ...]


@dataclass(frozen=True, slots=True)
class Quantity:
    """What the generator knows of one quantity, apart from the product's own table."""

    id: str
    names: dict[Language, tuple[str, ...]]
    unit: str
    printed: dict[Language, str]
    low: str
    high: str
    section: int


def _test(
    identifier: str, fr: str, en: str, es: str, *, unit: str, prints: str, low: str, high: str, section: int
) -> Quantity:
    names: dict[Language, tuple[str, ...]] = {
        "fr": tuple(fr.split("|")), "en": tuple(en.split("|")), "es": tuple(es.split("|"))
    }  # fmt: skip
    forms = prints.split("|")
    printed: dict[Language, str] = {"fr": forms[0], "en": forms[1 % len(forms)], "es": forms[-1]}
    return Quantity(identifier, names, unit, printed, low, high, section)


TESTS = (
    _test("hemoglobin", "Hémoglobine|Hémoglobine (Hb)", "Hemoglobin|Haemoglobin|Hb", "Hemoglobina",
          unit="g/dL", prints="g/dL|g/dL|g/dL", low="12.0", high="16.0", section=0),
    _test("wbc", "Leucocytes|Globules blancs|GB", "WBC|White blood cells", "Leucocitos",
          unit="10*9/L", prints="G/L|10*9/L|10^9/L", low="4.0", high="10.0", section=0),
    _test("platelets", "Plaquettes", "Platelets|Platelet count", "Plaquetas",
          unit="10*9/L", prints="G/L|x10^9/L|10^9/L", low="150", high="400", section=0),
    _test("rbc", "Hématies|Globules rouges", "RBC|Red blood cells", "Hematíes",
          unit="10*12/L", prints="T/L|10^12/L|10^12/L", low="4.2", high="5.4", section=0),
    _test("hematocrit", "Hématocrite", "Hematocrit|PCV", "Hematocrito",
          unit="%", prints="%", low="37", high="47", section=0),
    _test("mcv", "VGM|Volume globulaire moyen", "MCV|Mean corpuscular volume", "VCM",
          unit="fL", prints="fL|fL|fL", low="80", high="98", section=0),
    _test("mch", "TCMH", "MCH", "HCM", unit="pg", prints="pg", low="27.0", high="32.0", section=0),
    _test("esr", "Vitesse de sédimentation", "ESR", "Velocidad de sedimentación",
          unit="mm/h", prints="mm/h", low="2", high="20", section=0),
    _test("creatinine", "Créatinine|Créatininémie", "Creatinine|Serum creatinine", "Creatinina",
          unit="umol/L", prints="µmol/L|µmol/L|umol/L", low="45", high="90", section=1),
    _test("urea", "Urée", "Urea", "Urea", unit="mmol/L", prints="mmol/L", low="2.9", high="7.1", section=1),
    _test("glucose_fasting", "Glycémie à jeun", "Fasting glucose|Glucose, fasting", "Glucosa en ayunas",
          unit="mmol/L", prints="mmol/L", low="3.9", high="5.8", section=1),
    _test("sodium", "Sodium|Natrémie", "Sodium", "Sodio",
          unit="mmol/L", prints="mmol/L|mEq/L|mEq/L", low="136", high="145", section=1),
    _test("potassium", "Potassium|Kaliémie", "Potassium", "Potasio",
          unit="mmol/L", prints="mmol/L|mmol/L|mmol/L", low="3.5", high="5.0", section=1),
    _test("chloride", "Chlorures|Chlore", "Chloride", "Cloruro",
          unit="mmol/L", prints="mmol/L", low="98", high="106", section=1),
    _test("calcium", "Calcium|Calcémie", "Calcium", "Calcio",
          unit="mmol/L", prints="mmol/L", low="2.15", high="2.55", section=1),
    _test("alt", "ALAT (TGP)|ALAT|TGP", "ALT (SGPT)|ALT", "ALT",
          unit="U/L", prints="UI/L|U/L|U/L", low="10", high="40", section=2),
    _test("ast", "ASAT (TGO)|ASAT|TGO", "AST (SGOT)|AST", "AST",
          unit="U/L", prints="UI/L|U/L|U/L", low="10", high="40", section=2),
    _test("alp", "Phosphatases alcalines|PAL", "Alkaline phosphatase|ALP", "Fosfatasa alcalina",
          unit="U/L", prints="UI/L|U/L|U/L", low="30", high="120", section=2),
    _test("ggt", "Gamma-GT|γGT", "GGT", "Gamma-GT", unit="U/L", prints="UI/L|U/L|U/L", low="8", high="40", section=2),
    _test("bilirubin_total", "Bilirubine totale", "Total bilirubin", "Bilirrubina total",
          unit="umol/L", prints="µmol/L", low="5", high="21", section=2),
    _test("albumin", "Albumine", "Albumin", "Albúmina", unit="g/L", prints="g/L", low="35", high="50", section=2),
    _test("crp", "CRP|Protéine C réactive", "CRP|C-reactive protein", "Proteína C reactiva",
          unit="mg/L", prints="mg/L", low="0", high="5", section=3),
    _test("tsh", "TSH", "TSH", "TSH", unit="m[IU]/L", prints="mUI/L|mIU/L|mUI/L", low="0.40", high="4.00", section=3),
    _test("ferritin", "Ferritine", "Ferritin", "Ferritina",
          unit="ug/L", prints="µg/L|ug/L|µg/L", low="15", high="200", section=3),
    _test("hba1c", "HbA1c|Hémoglobine glyquée", "HbA1c|Hemoglobin A1c", "Hemoglobina glicosilada",
          unit="%", prints="%", low="4.0", high="5.6", section=3),
    _test("vitamin_b12", "Vitamine B12", "Vitamin B12", "Vitamina B12",
          unit="pg/mL", prints="pg/mL", low="200", high="800", section=3),
)  # fmt: skip
ANY_LANGUAGE_UNITS = {"10*9/L": "10*9/L", "mEq/L": "meq/L", "UI/L": "[IU]/L", "U/L": "U/L"}
SECTIONS: dict[Language, tuple[str, ...]] = {
    "fr": ("HÉMATOLOGIE", "BIOCHIMIE SANGUINE", "BILAN HÉPATIQUE", "HORMONOLOGIE"),
    "en": ("HAEMATOLOGY", "CLINICAL CHEMISTRY", "LIVER FUNCTION TESTS", "SPECIAL TESTS"),
    "es": ("HEMATOLOGÍA", "BIOQUÍMICA", "PERFIL HEPÁTICO", "HORMONAS"),
}
HEADERS: dict[Language, dict[str, str]] = {
    "fr": {"name": "Analyse", "value": "Résultat", "unit": "Unité",
           "range": "Valeurs de référence", "flag": "Ind.", "previous": "Antériorité"},
    "en": {"name": "Test", "value": "Result", "unit": "Units",
           "range": "Reference range", "flag": "Flag", "previous": "Previous"},
    "es": {"name": "Prueba", "value": "Resultado", "unit": "Unidades",
           "range": "Valores de referencia", "flag": "Ind.", "previous": "Anterior"},
}  # fmt: skip
LETTERHEAD: dict[Language, tuple[str, ...]] = {
    "fr": (
        "LABORATOIRE DE BIOLOGIE MÉDICALE DU CENTRE", "BP 1234 Yaoundé - Tél : +237 222 23 40 12 - Fax 222 23 40 13",
        "Dossier n° 240312-0457", "Patient : MBARGA Jeanne   Né(e) le : 12/03/1985   Sexe : F",
        "Prescripteur : Dr ESSOMBA Paul", "Prélevé le 14/03/2024 à 08:15   Édité le 14/03/2024 à 16:30",
    ),
    "en": (
        "CENTRAL MEDICAL LABORATORY", "PO Box 77, 12 Hill Street - Tel: 020 7946 0123", "Lab No: 24-118823",
        "Name: Jane MBARGA   DOB: 12/03/1985   Age/Sex: 39 Y / F", "Referred by: Dr P. Essomba",
        "Collected: 14 Mar 2024 08:15   Reported: 14 Mar 2024 16:30",
    ),
    "es": (
        "LABORATORIO CLÍNICO CENTRAL", "Calle Mayor 12, 28013 Madrid - Tel: 915 32 10 00", "Informe n.º 240312",
        "Paciente: Juana MBARGA   Fecha de nacimiento: 12/03/1985   Sexo: Mujer", "Médico: Dr. P. Essomba",
        "Fecha de toma: 14/03/2024 08:15",
    ),
}  # fmt: skip
COMMENTS: dict[Language, tuple[str, ...]] = {
    "fr": (
        "Diabète si > 1,26 g/L à deux reprises.",
        "Objectif LDL < 1,00 g/L si risque élevé.",
        "Résultats validés par le Dr N. Abena le 14/03/2024",
    ),
    "en": (
        "Diabetes if fasting glucose > 7.0 mmol/L on two occasions.",
        "Normal: < 5.7 %   Prediabetes: 5.7 - 6.4 %",
        "Validated by Dr N. Abena on 14 Mar 2024",
    ),
    "es": ("Diabetes si > 126 mg/dL en dos ocasiones.", "Riesgo alto si LDL > 160 mg/dL", "Validado el 14/03/2024"),
}


@dataclass(slots=True)
class Pen:
    """A page under the pen; keeps the truth as it draws."""

    language: Language
    chance: random.Random
    font: str = "Helvetica"
    size: float = 9
    step: float = 15
    y: float = 0
    page: int = 0
    truth: list[Truth] = field(default_factory=list)
    bytes: io.BytesIO = field(default_factory=io.BytesIO)
    paper: canvas.Canvas = field(init=False)

    def __post_init__(self) -> None:
        self.paper = canvas.Canvas(self.bytes, pagesize=A4, invariant=1)
        self.new_page()

    def new_page(self) -> None:
        if self.page:
            self.close_page()
        self.page += 1
        self.y = HEIGHT - 40
        for line in LETTERHEAD[self.language]:
            self.text(40, line)
            self.down()
        self.down()

    def close_page(self) -> None:
        self.y = 30
        self.text(500, f"Page {self.page}/2")
        self.paper.showPage()

    def down(self, share: float = 1.0) -> None:
        self.y -= self.step * share

    def text(self, x: float, words: str, *, align: str = "left", bold: bool = False) -> None:
        font = (
            {"Helvetica": "Helvetica-Bold", "Courier": "Courier-Bold"}.get(self.font, self.font) if bold else self.font
        )
        self.paper.setFont(font, self.size)
        width = pdfmetrics.stringWidth(words, font, self.size)
        start = {"left": x, "right": x - width, "center": x - width / 2}[align]
        self.paper.drawString(start, self.y, words)

    def width(self, words: str) -> float:
        return float(pdfmetrics.stringWidth(words, self.font, self.size))


@dataclass(frozen=True, slots=True)
class Drawn:
    """One row's words."""

    test: Quantity
    name: str
    value: str
    unit: str
    range: str
    flag: str
    number: Decimal
    low: Decimal
    high: Decimal

    def truth(self, page: int) -> Truth:
        unit = ANY_LANGUAGE_UNITS.get(self.unit, self.test.unit)
        return Truth(self.test.id, self.number, unit, self.low, self.high, self.flag, page)


def _decimal_text(value: Decimal, language: Language) -> str:
    text = format(value, "f")
    return text if language == "en" else text.replace(".", ",")


def draw_row(test: Quantity, pen: Pen) -> Drawn:
    """A value below, within or above, in the language's typography."""
    low, high = Decimal(test.low), Decimal(test.high)
    places = max(-int(low.as_tuple().exponent), -int(high.as_tuple().exponent))
    flag = pen.chance.choice(["N", "N", "N", "H", "L"] if low > 0 else ["N", "N", "H"])
    share = Decimal(pen.chance.randrange(20, 80)) / 100
    value = {
        "N": low + (high - low) * share,
        "H": high * (1 + share / 5) + 1 / Decimal(10**places),
        "L": low * (1 - share / 8) - 1 / Decimal(10**places),
    }[flag]
    value = value.quantize(Decimal(1).scaleb(-places))
    written_low, written_high = _decimal_text(low, pen.language), _decimal_text(high, pen.language)
    forms = {
        "fr": (
            f"[{written_low} - {written_high}]",
            f"{written_low} à {written_high}",
            f"({written_low}-{written_high})",
            f"{written_low} - {written_high}",
        ),
        "en": (
            f"{written_low} - {written_high}",
            f"({written_low}–{written_high})",
            f"{written_low}-{written_high}",
            f"{written_low} to {written_high}",
        ),
        "es": (
            f"[{written_low} - {written_high}]",
            f"{written_low} - {written_high}",
            f"({written_low}-{written_high})",
        ),
    }[pen.language]
    return Drawn(test, pen.chance.choice(test.names[pen.language]), _decimal_text(value, pen.language),
                 test.printed[pen.language], pen.chance.choice(forms), flag, value, low, high)  # fmt: skip


def _mark(row: Drawn, pen: Pen) -> str:
    return {"N": "", "H": pen.chance.choice(["H", "*", "H"]), "L": pen.chance.choice(["L", "*"])}[row.flag]


def _by_section(pen: Pen, draw: Callable[[Drawn], None], *, before: Callable[[], None] | None = None) -> None:
    for number, title in enumerate(SECTIONS[pen.language]):
        if number == 2:
            for comment in COMMENTS[pen.language]:
                pen.text(40, comment)
                pen.down()
            pen.new_page()
        pen.text(40, title, bold=True)
        pen.down(1.3)
        if before is not None:
            before()
        chosen = [test for test in TESTS if test.section == number]
        for test in chosen:
            draw(draw_row(test, pen))
            pen.down()
        pen.down()


def _columns(
    pen: Pen, order: tuple[str, ...], places: tuple[float, ...], *, right: bool = False, boxed: bool = False
) -> None:
    def header() -> None:
        for role, x in zip(order, places, strict=True):
            pen.text(x, HEADERS[pen.language][role], align="right" if right and role == "value" else "left", bold=True)
        pen.down(1.2)

    def row(drawn: Drawn) -> None:
        cells = {
            "name": drawn.name,
            "value": drawn.value,
            "unit": drawn.unit,
            "range": drawn.range,
            "flag": _mark(drawn, pen),
        }
        if "previous" in order:
            earlier = drawn.number * Decimal("1.1")
            cells["previous"] = _decimal_text(earlier.quantize(drawn.number), pen.language)
        for role, x in zip(order, places, strict=True):
            pen.text(x, cells[role], align="right" if right and role in ("value", "previous") else "left")
        if boxed:
            pen.paper.rect(36, pen.y - 4, WIDTH - 72, pen.step)
            for x in places[1:]:
                pen.paper.line(x - 5, pen.y - 4, x - 5, pen.y - 4 + pen.step)
        pen.truth.append(drawn.truth(pen.page))

    _by_section(pen, row, before=header)


def ruled_table(pen: Pen) -> None:
    _columns(pen, ("name", "value", "unit", "range", "flag"), (40, 230, 300, 380, 520), boxed=True)


def aligned_right(pen: Pen) -> None:
    _columns(pen, ("name", "value", "unit", "range", "flag"), (40, 280, 300, 380, 520), right=True)


def flag_before_unit(pen: Pen) -> None:
    _columns(pen, ("name", "value", "flag", "unit", "range"), (40, 230, 285, 330, 420))


def range_before_value(pen: Pen) -> None:
    _columns(pen, ("name", "range", "value", "unit", "flag"), (40, 220, 350, 420, 510))


def with_previous(pen: Pen) -> None:
    _columns(pen, ("name", "value", "unit", "range", "previous"), (40, 220, 290, 370, 500))


def previous_first(pen: Pen) -> None:
    _columns(pen, ("name", "previous", "value", "unit", "range"), (40, 200, 290, 350, 430))


def dotted_leaders(pen: Pen) -> None:
    def row(drawn: Drawn) -> None:
        pen.text(40, drawn.name)
        dots = "." * int((260 - 44 - pen.width(drawn.name)) / pen.width("."))
        pen.text(42 + pen.width(drawn.name), dots)
        pen.text(265, f"{drawn.value} {drawn.unit}")
        pen.text(370, drawn.range)
        pen.text(480, _mark(drawn, pen))
        pen.truth.append(drawn.truth(pen.page))

    _by_section(pen, row)


def colon_and_spaces(pen: Pen) -> None:
    def row(drawn: Drawn) -> None:
        bracketed = drawn.range if drawn.range[0] in "[(" else f"({drawn.range})"
        mark = _mark(drawn, pen)
        pen.text(40, f"{drawn.name} : {drawn.value} {drawn.unit} {bracketed} {mark}".rstrip())
        pen.truth.append(drawn.truth(pen.page))

    _by_section(pen, row)


def typewriter(pen: Pen) -> None:
    pen.font = "Courier"

    def row(drawn: Drawn) -> None:
        pen.text(
            40, f"{drawn.name:<30} {drawn.value:>8} {_mark(drawn, pen):<2} {drawn.unit:<10} {drawn.range}".rstrip()
        )
        pen.truth.append(drawn.truth(pen.page))

    _by_section(pen, row)


def narrow_names(pen: Pen) -> None:
    """The header in its place, and long names broken after their first word."""

    def header() -> None:
        for role, x in zip(("name", "value", "unit", "range"), (40, 160, 230, 320), strict=True):
            pen.text(x, HEADERS[pen.language][role], bold=True)
        pen.down(1.2)

    def row(drawn: Drawn) -> None:
        first, _, rest = drawn.name.partition(" ")
        is_long = len(drawn.name) > 16 and bool(rest)
        pen.text(40, first if is_long else drawn.name)
        for x, words in ((160, drawn.value), (230, drawn.unit), (320, drawn.range)):
            pen.text(x, words)
        if is_long:
            pen.down(0.8)
            pen.text(40, rest)
        pen.truth.append(drawn.truth(pen.page))

    _by_section(pen, row, before=header)


def two_columns(pen: Pen) -> None:
    pen.size = 8
    for number in range(0, 4, 2):
        if number:
            pen.new_page()
        top = pen.y
        for side, x in ((number, 40), (number + 1, 310)):
            pen.y = top
            pen.text(x, SECTIONS[pen.language][side], bold=True)
            pen.down(1.3)
            for test in (one for one in TESTS if one.section == side):
                drawn = draw_row(test, pen)
                for shift, words in ((0, drawn.name), (115, drawn.value), (150, drawn.unit), (193, drawn.range)):
                    pen.text(x + shift, words)
                pen.truth.append(drawn.truth(pen.page))
                pen.down()


def sexes_below(pen: Pen) -> None:
    """The range of each sex on its own line; the patient is a woman."""
    labels = {"fr": ("H", "F"), "en": ("Male", "Female"), "es": ("Hombres", "Mujeres")}[pen.language]

    def row(drawn: Drawn) -> None:
        for x, words in ((40, drawn.name), (230, drawn.value), (300, drawn.unit)):
            pen.text(x, words)
        low, high = _decimal_text(drawn.low * 2, pen.language), _decimal_text(drawn.high * 2, pen.language)
        pen.text(380, f"{labels[0]} : {low} - {high}")
        pen.down(0.8)
        low, high = _decimal_text(drawn.low, pen.language), _decimal_text(drawn.high, pen.language)
        pen.text(380, f"{labels[1]} : {low} - {high}")
        pen.truth.append(drawn.truth(pen.page))

    _by_section(pen, row)


LAYOUTS: tuple[Callable[[Pen], None], ...] = (
    ruled_table, aligned_right, flag_before_unit, range_before_value, with_previous, previous_first,
    dotted_leaders, colon_and_spaces, typewriter, narrow_names, two_columns, sexes_below,
)  # fmt: skip


def report(layout: Callable[[Pen], None], language: Language, *, seed: int) -> Report:
    """One report; the same arguments give the same bytes."""
    pen = Pen(language, random.Random(f"{layout.__name__}/{language}/{seed}"))
    layout(pen)
    pen.close_page()
    pen.paper.save()
    return Report(layout.__name__, language, pen.bytes.getvalue(), tuple(pen.truth))
