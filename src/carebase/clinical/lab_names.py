"""Where the test's name ends on a printed line.

A name is followed by a wide gap, a leader or a colon; without these only a name of the table can be
told from the words of a sentence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from carebase.clinical import analytes, folding, units
from carebase.clinical.lab_tokens import GAP, Segment

SPECIMENS = ("blood", "urine", "csf")


@dataclass(frozen=True, slots=True)
class Name:
    """The printed name, where it ends in the segment's text, and the unit that stands in it."""

    name: str
    end: int
    is_apart: bool
    """A gap, leader or colon separates it from what follows."""
    unit: str | None = None


_COLON = re.compile(r" ?:(?=\s|\d|$)")
_NUMBER_WORD = re.compile(r"^[<>≤≥*↑↓]?[-−]?\d[\d.,]*[*HL↑↓]?$|^\d[\d.,]*(?:[a-zA-Zµ/%]+.*)$|^[<>≤≥]$")
_UNIT_INSIDE = re.compile(
    r"^(?P<base>.+?)(?:\s*[(\[](?P<inner>[^()\[\]]+)[)\]]|\s*,\s*(?P<after>\S+)|\s*(?P<percent>%))$"
)
_ENDS_WITH_VALUE = re.compile(rf"\s[<>≤≥]?\s?\d[\d.,]*(?:\s?{units.PATTERN})?\s*[*HL↑↓]?$")
_NOT_A_TEST = re.compile(
    r"^(?:page|signature|biologiste|cachet|visa|date|dates|tel|tels?|telephone|fax|age|edad|ne|nee|ne\(e\)|dossier|n°|no|num\w*"
    r"|patient\w*|paciente|nom|name|nombre"
    r"|prenom|sexe?|sexo|gender|dob|ddn|prelev\w*|preleve\w*|collect\w*|report\w*|rapport|labo\w*|lab"
    r"|ref\w*|id|mrn|ipp|dr|docteur|doctor"
    r"|medecin|physician|prescri\w*|adresse|address|direccion|bp|b\.p\.?|p\.?o\.?|box|rue|street"
    r"|avenue|poids|weight|peso|taille|height|talla"
    r"|bmi|imc|temp|temperature|tension|ta|pa|blood pressure|pouls|pulse|heure|time|edite|edition"
    r"|imprime|printed|valide|validated|signe|signed"
    r"|total a payer|montant|prix|facture|invoice|code|cod|cotation|bill|phone|mobile|mob|email"
    r"|e-mail|recu|received|accession|sample|echantillon"
    r"|specimen|nature|birth|naissance|birthday|visit|ward|service|chambre|room|bed|lit|methode"
    r"|method|technique|note|notes|nb|remarque"
    r"|comment\w*|interpret\w*|conclusion|demande|requested|www|http\w*|siret|iban|rc|niu|agrement"
    r"|licen[cs]e|iso|version|copie|exemplaire"
    r"|normale?s?|desirable|souhaitable|optimale?|prediabet\w*|diabet\w*|limite|eleve|high|low|bas"
    r"|haut|borderline|carence|insuffisan\w*"
    r"|deficien\w*|sufficien\w*|toxi(?:que|c)s?|hommes?|femmes?|male|female|men|women|enfants?|child\w*"
    r"|adulte?s?|nouveau\w*|newborn|infant"
    r"|objectif|cible|target|seuil|risque|risk|anteriorite\w*|resultat|result|valeurs?|value|homme"
    r"|reference|vr|vn|si|if|stade|stage|grade"
    r"|ferme|ouvert|lundi|monday|horaire\w*|le|la|les|du|des|une?|the|this|cette?|ces|selon|chez|pour"
    r"|for|in|en|dans|entre|between|moins|plus"
    r"|less|more|trimestre|trimester|semaines?|weeks?|phase|ph\.? (?:follic|lut)|post|pre|apres|after"
    r"|avant|before|a jeun|fasting|mild|moderate"
    r"|severe|modere|legere?|very|tres|tacrolimus level)$"
)


_LETTERHEAD = re.compile(
    r"\b(?:tel|telephone|telefono|phone|fax|mobile|gsm|e-?mail|dossier|finess|siret|rpps|clia|mrn|nhs)\b"
)
_REMARK = re.compile(r" ?\((?=[^\W_])[^()\t]*\)(?= ?(?:\t|:(?!\d\d)))")
"""A remark in parentheses that ends the name's cell: `VIH (Determine)`."""


def is_letterhead(words: str) -> bool:
    """Whether words announce a telephone or a file number."""
    return _LETTERHEAD.search(folding.fold(words)) is not None


def split(segment: Segment, *, above: str) -> Name | None:
    """The name at the left of the line, or None when the line has none.

    `above` is a line of words just above that may begin a wrapped name ("" when there is none).
    """
    text = segment.text
    if not text[:1].strip() or not re.search(r"[^\W\d_]{1}", text):
        return None
    wrapped = _split_apart(text) if above else None
    if wrapped is not None and (is_known(f"{above} {wrapped.name}") or _is_second_half(wrapped.name, above=above)):
        return Name(f"{above} {wrapped.name}", wrapped.end, wrapped.is_apart)
    found = _split_known(text) or _split_apart(text) or _split_by_number(text)
    if found is None or not _can_be_a_test(found.name):
        return None
    return _without_unit(found)


def _is_second_half(name: str, *, above: str) -> bool:
    """Whether a name shows that it began in the line above: `génération)`, `(TPO)`, `estimé (CKD-EPI)`."""
    if is_known(name) or not 2 < len(above) <= 60 or above.rstrip().endswith((".", ":", ";")):
        return False
    first = name[:1]
    return name.count(")") > name.count("(") or first == "(" or (first.isalpha() and first.islower())


@lru_cache(maxsize=8192)
def is_known(name: str) -> bool:
    """Whether the table has this name for any specimen."""
    return any(analytes.is_name(name, specimen=specimen) for specimen in SPECIMENS)


@lru_cache(maxsize=8192)
def is_qualitative(name: str) -> bool:
    """Whether the table has this name for a test that is answered in words."""
    return any(
        (row := analytes.match(name, unit=None, specimen=specimen)) is not None and row.kind == "ordinal"
        for specimen in SPECIMENS
    )


def _split_known(text: str) -> Name | None:
    """The longest stretch of words from the left that the table knows."""
    first_cell = text.split(GAP, 1)[0]
    # A name may run over a gap ("Cholestérol   HDL   0,52"): the longest known one is the name.
    words = list(re.finditer(r"\S+", text))[:9]
    for count in range(len(words), 0, -1):
        end = words[count - 1].end()
        name = " ".join(text[:end].split()).rstrip(" :")
        last = words[count - 1][0]
        is_alone = text[words[count - 1].start() - 1 : words[count - 1].start()] == GAP
        if not analytes.key(last) or (is_alone and units.normalise(last) is not None) or not is_known(name):
            continue
        rest = text[end:]
        remark = _REMARK.match(rest)
        if remark is not None and re.search(r"[^\W\d_]", remark[0]):
            end += remark.end()
            name, rest = f"{name} {remark[0].strip()}", text[end:]
        is_apart = text[:end].endswith(":") or re.match(r" ?(?:\t|:(?!\d\d))", rest) is not None
        if not rest.strip(" \t:"):
            return None
        if not is_apart and end <= len(first_cell) and _starts_with_value(text[len(first_cell) :]):
            # "CA 125" before its value is a name of its own, not calcium.
            return None
        if not is_apart and not _value_follows(rest):
            # "Sodium urinaire 24 h": a known name with more words is another name.
            return None
        return Name(name, end + (len(rest) - len(rest.lstrip(" :")) if is_apart else 0), is_apart)
    return None


def _value_follows(rest: str) -> bool:
    following = rest.split()
    return bool(following) and (
        _NUMBER_WORD.match(following[0]) is not None
        or re.match(r"^[(\[]|^[HLN*↑↓]$", following[0]) is not None
        or units.normalise(following[0]) is not None
        or re.match(r"(?i)^(?:n[eé]g|pos|abs|pr[eé]s|trac|non|react|r[eé]act|inf|sup|\+)", following[0]) is not None
    )


def _split_apart(text: str) -> Name | None:
    gap = text.find(GAP)
    colon = _COLON.search(text)
    if colon is not None and (gap < 0 or colon.start() < gap) and re.search(r"[^\W\d_]", text[: colon.start()]):
        name = text[: colon.start()].strip()
        return Name(name, colon.end(), is_apart=True)
    if gap <= 0:
        return None
    name = text[:gap].strip()
    rest_has_value = re.search(r"\d|[ée]gati|ositi|bsen|éacti|eacti|\+|\t(?:A|B|AB|O)\b", text[gap:]) is not None
    if not rest_has_value or (_ENDS_WITH_VALUE.search(name) and not _starts_with_value(text[gap:])):
        return None
    return Name(name, gap, is_apart=True)


def _starts_with_value(rest: str) -> bool:
    first = rest.strip(" \t").split(GAP, 1)[0].strip()
    return re.match(r"[<>≤≥]?\s?[-−]?\d[\d.,]*(?:$|\s)", first) is not None and units.normalise(first) is None


def _split_by_number(text: str) -> Name | None:
    """A name that runs into its value with one space; whether it is a row is decided by the rest."""
    for word in re.finditer(r"[^\s]+", text):
        if word.start() and _NUMBER_WORD.match(word[0]):
            return Name(text[: word.start()].strip(), word.start(), is_apart=False)
    return None


def _can_be_a_test(name: str) -> bool:
    name = name.strip(" \t*-•·")
    if not 1 < len(name) <= 70 or len(re.findall(r"[^\W\d_]", name)) < 2:
        return is_known(name)
    if is_known(name):
        return True
    folded = folding.fold(name)
    words = [word.strip(".,;:()") for word in folded.split()]
    return (
        bool(words)
        and not is_letterhead(folded)
        and len(words) <= 9
        and words[-1] not in ("page", "n°", "no", "dr")
        and not _NOT_A_TEST.match(words[0])
        and not _NOT_A_TEST.match(" ".join(words[:2]))
    )


def _without_unit(found: Name) -> Name:
    """`Hémoglobine (g/dL)`: the unit read, the name kept as printed."""
    inside = _UNIT_INSIDE.match(found.name)
    if inside is None:
        return found
    ucum = units.normalise(inside["inner"] or inside["after"] or inside["percent"])
    return found if ucum is None else Name(found.name, found.end, found.is_apart, ucum)
