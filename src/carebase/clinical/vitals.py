"""Reads vital signs from a sentence, each in one unit, and leaves out what is ambiguous.

In charge of the grammar and of what a living person can show. Conversions: °F to °C, the French
`TA 12/8` in centimetres of mercury to millimetres, pounds to kilograms, metres to centimetres.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class VitalKind(StrEnum):
    """What is measured."""

    TEMPERATURE = "temperature"
    SYSTOLIC = "systolic_blood_pressure"
    DIASTOLIC = "diastolic_blood_pressure"
    HEART_RATE = "heart_rate"
    RESPIRATORY_RATE = "respiratory_rate"
    SPO2 = "oxygen_saturation"
    WEIGHT = "body_weight"
    HEIGHT = "body_height"
    GLASGOW = "glasgow_coma_score"


UNITS = {
    VitalKind.TEMPERATURE: "Cel",
    VitalKind.SYSTOLIC: "mm[Hg]",
    VitalKind.DIASTOLIC: "mm[Hg]",
    VitalKind.HEART_RATE: "/min",
    VitalKind.RESPIRATORY_RATE: "/min",
    VitalKind.SPO2: "%",
    VitalKind.WEIGHT: "kg",
    VitalKind.HEIGHT: "cm",
    VitalKind.GLASGOW: "{score}",
}
"""UCUM, the one unit each kind is reported in."""

PLAUSIBLE = {
    VitalKind.TEMPERATURE: (Decimal(25), Decimal(45)),
    VitalKind.SYSTOLIC: (Decimal(40), Decimal(300)),
    VitalKind.DIASTOLIC: (Decimal(20), Decimal(200)),
    VitalKind.HEART_RATE: (Decimal(20), Decimal(300)),
    VitalKind.RESPIRATORY_RATE: (Decimal(4), Decimal(120)),
    VitalKind.SPO2: (Decimal(30), Decimal(100)),
    VitalKind.WEIGHT: (Decimal("0.4"), Decimal(400)),
    VitalKind.HEIGHT: (Decimal(25), Decimal(250)),
    VitalKind.GLASGOW: (Decimal(3), Decimal(15)),
}
"""Wider than any textbook range: beyond these a number is a slip of the pen and is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One vital sign in the unit of `UNITS`; the offsets are those of the folded sentence."""

    kind: VitalKind
    value: Decimal
    start: int
    end: int


_IS = r"\s*(?:[:=]|(?:est |etait )?a\b|de\b|is\b|was\b|of\b|at\b|est\b)?\s*(?:[:=]\s*)?"
# A range, a comparison, a fraction or a longer number is not a reading.
_END = r"(?!\s?[-/]\s?\d|[.,]?\d)"
_START = r"(?<![a-z0-9.,/])"
# After a temperature stands its unit or nothing that counts something else ("fièvre, 40 kg").
_NOT_DEGREES = (
    r"(?!\s*(?:%|/|c ?/ ?mi?n|cpm|bpm|mm|cm|k?g\b|m?[lg]\b|ans?\b|jours?|mois|semaines?|heures?|h\b|days?|weeks?"
    r"|months?|years?|hours?|sa\b))"
)
_TEMPERATURE = re.compile(
    rf"{_START}(?P<label>t°|temperature|temp\.?|t|fievre|febrile|fever|hyperthermie)?{_IS}(?<![\d.,/])"
    rf"(?P<value>\d{{2,3}}(?:[.,]\d{{1,2}})?){_END}{_NOT_DEGREES}"
    rf"\s*(?P<unit>(?:°|degres?|deg|degrees?)\s*(?:celsius|fahrenheit|c|f)?\b|[cf]\b)?"
)
_PRESSURE = re.compile(
    rf"{_START}(?P<label>ta|pa|tension(?: arterielle)?|pression arterielle|bp|b/p|blood pressure){_IS}"
    rf"(?P<high>\d{{1,3}}(?:[.,]\d)?)\s*/\s*(?P<low>\d{{1,3}}(?:[.,]\d)?)(?![\d/])\s*(?P<unit>mm\s?hg|cm\s?hg)?"
)
_BARE_PRESSURE = re.compile(rf"{_START}(?P<high>\d{{2,3}})\s*/\s*(?P<low>\d{{2,3}})\s*mm\s?hg\b")
_HEART = re.compile(
    rf"{_START}(?:fc|pouls|frequence cardiaque|hr|heart rate|pulse(?: rate)?|pr){_IS}(?P<value>\d{{2,3}}){_END}"
    rf"|{_START}(?P<bare>\d{{2,3}})\s*(?:bpm|battements?(?: par |/)min\w*|beats per minute)\b"
)
_RESPIRATION = re.compile(
    rf"{_START}(?:fr|frequence respiratoire|rr|resp(?:iratory)? rate|respirations?|resps?){_IS}"
    rf"(?P<value>\d{{1,3}}){_END}"
    rf"|{_START}(?P<bare>\d{{1,3}})\s*(?:cycles?(?: par |/)min\w*|c/min|breaths?(?: per minute|/min))\b"
)
_SATURATION = re.compile(
    rf"{_START}(?:spo2|sao2|sp02|sat(?:uration)?(?: en oxygene| en o2| o2)?|o2 sat(?:s|uration)?|oxygen saturation"
    rf"|sats){_IS}(?P<value>\d{{2,3}}(?:[.,]\d)?){_END}\s*%?"
)
_WEIGHT = re.compile(
    rf"{_START}(?<!perte de )(?<!prise de )(?:poids(?: actuel)?|pds|pese|weight|weighs|wt){_IS}"
    rf"(?P<value>\d{{1,4}}(?:[.,]\d{{1,3}})?){_END}\s*(?P<unit>kgs?|kilos?|lbs?|pounds|g)\b"
)
_HEIGHT = re.compile(
    rf"{_START}(?:taille|mesure|height|ht){_IS}(?:(?P<metres>[12])\s?m\s?(?P<centimetres>\d\d)\b"
    rf"|(?P<value>\d{{1,3}}(?:[.,]\d{{1,2}})?){_END}\s*(?P<unit>cm|m)\b)"
)
_GLASGOW = re.compile(
    rf"{_START}(?:glasgow|gcs|glasgow coma scale|sg){_IS}(?P<value>\d{{1,2}})(?:\s*/\s*15)?(?![\d/-])"
)


def _number(text: str) -> Decimal:
    return Decimal(text.replace(",", "."))


def _tenth(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.1"))


def fahrenheit_to_celsius(value: Decimal) -> Decimal:
    """Degrees Celsius to a tenth.

    >>> fahrenheit_to_celsius(Decimal("98.6"))
    Decimal('37.0')
    """
    return _tenth((value - 32) * 5 / 9)


def _temperatures(text: str) -> Iterator[Reading]:
    for match in _TEMPERATURE.finditer(text):
        value, unit, label = _number(match["value"]), match["unit"] or "", match["label"]
        letter = unit.removeprefix("°").replace("degrees", "").replace("degres", "").replace("deg", "").strip()[:1]
        if letter == "f" and value >= 80:
            value = fahrenheit_to_celsius(value)
        elif letter == "f" or (not unit and label is None):
            continue
        elif letter == "" and not 30 <= value <= 45:
            # Without a letter 98 may be a heart rate and 102 degrees Fahrenheit; neither is taken.
            continue
        elif not unit and label == "t" and "." not in match["value"] and "," not in match["value"] and value < 35:
            continue
        yield Reading(kind=VitalKind.TEMPERATURE, value=value, start=match.start(), end=match.end())


def _pressures(text: str) -> Iterator[Reading]:
    for form in (_PRESSURE, _BARE_PRESSURE):
        for match in form.finditer(text):
            high, low = _number(match["high"]), _number(match["low"])
            groups = match.groupdict()
            french = groups.get("label") in ("ta", "pa", "tension", "tension arterielle", "pression arterielle")
            in_centimetres = (groups.get("unit") or "").startswith("cm") or (french and high < 30 and low < 20)
            if in_centimetres and not (groups.get("unit") or "").startswith("mm"):
                high, low = high * 10, low * 10
            if low < high:
                yield Reading(kind=VitalKind.SYSTOLIC, value=high, start=match.start(), end=match.end())
                yield Reading(kind=VitalKind.DIASTOLIC, value=low, start=match.start(), end=match.end())


def _plain(form: re.Pattern[str], kind: VitalKind) -> Callable[[str], Iterator[Reading]]:
    def read_plain(text: str) -> Iterator[Reading]:
        for match in form.finditer(text):
            groups = match.groupdict()
            printed = groups.get("value") or groups["bare"]
            yield Reading(kind=kind, value=_number(printed), start=match.start(), end=match.end())

    return read_plain


def _weights(text: str) -> Iterator[Reading]:
    for match in _WEIGHT.finditer(text):
        if re.search(r"(?:perte|prise|gain|perdu|pris|loss|lost)[a-z ]*$", text[: match.start()]):
            continue
        value, unit = _number(match["value"]), match["unit"]
        if unit.startswith(("lb", "pound")):
            value = _tenth(value * Decimal("0.45359237"))
        elif unit == "g":
            value /= 1000
        yield Reading(kind=VitalKind.WEIGHT, value=value, start=match.start(), end=match.end())


def _heights(text: str) -> Iterator[Reading]:
    for match in _HEIGHT.finditer(text):
        if match["metres"]:
            value = Decimal(match["metres"]) * 100 + Decimal(match["centimetres"])
        else:
            value = _number(match["value"]) * (100 if match["unit"] == "m" else 1)
        yield Reading(kind=VitalKind.HEIGHT, value=value, start=match.start(), end=match.end())


_READERS = (
    _temperatures,
    _pressures,
    _plain(_HEART, VitalKind.HEART_RATE),
    _plain(_RESPIRATION, VitalKind.RESPIRATORY_RATE),
    _plain(_SATURATION, VitalKind.SPO2),
    _weights,
    _heights,
    _plain(_GLASGOW, VitalKind.GLASGOW),
)


def find(folded: str) -> tuple[Reading, ...]:
    """The plausible vital signs of a folded sentence, from left to right.

    >>> [(one.kind.value, str(one.value)) for one in find("fc 88, t° 38,5")]
    [('heart_rate', '88'), ('temperature', '38.5')]
    """
    if not any(character.isdigit() for character in folded):
        return ()
    found = [
        reading
        for reader in _READERS
        for reading in reader(folded)
        if PLAUSIBLE[reading.kind][0] <= reading.value <= PLAUSIBLE[reading.kind][1]
    ]
    found.sort(key=lambda one: (one.start, one.kind is VitalKind.DIASTOLIC))
    return tuple(_first_of_each_place(found))


def _first_of_each_place(found: list[Reading]) -> Iterator[Reading]:
    """`104°F (40°C)` is one measurement printed twice; overlapping readings of a kind are one."""
    seen: dict[VitalKind, Reading] = {}
    for one in found:
        earlier = seen.get(one.kind)
        if earlier is not None and (one.start < earlier.end + 3 and abs(one.value - earlier.value) < Decimal("0.2")):
            continue
        seen[one.kind] = one
        yield one
