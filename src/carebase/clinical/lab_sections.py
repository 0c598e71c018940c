"""Headings of a laboratory report and the specimen they announce.

Fluids other than blood must never meet serum rules, so where a heading leaves it open whether the
fluid's section has ended, the answer is `unclear`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from carebase.clinical import folding

_FLUIDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (specimen, re.compile(form))
    for specimen, form in (
        (
            "csf",
            r"\blcr\b|\bl\.c\.r\b|cephalo-? ?rachidien|cerebro-? ?spinal|\bcsf\b|cefalorraquideo"
            r"|ponction lombaire|rachie\b",
        ),
        ("pleural", r"\bpleural\w*|\bpleure\b"),
        (
            "stool",
            r"\bselles?\b|\bstools?\b|\bcoproculture|\bparasitologie des selles|\bheces\b"
            r"|\bf(?:a)?ec(?:al|es)\b|\bfecale?s?\b|\bkaop\b",
        ),
        (
            "other",
            r"\bascit\w*|\bsynovial\w*|\barticulaire\b|\bperitone\w+|\bpericard\w+|\bsperm\w*"
            r"|\bsemen\b|\bsputum\b|\bcrachats?\b|\bexpectoration"
            r"|\bvaginal\w*|\burethral\w*|\buretral\w*|\bpus\b(?! cells)|\bamniotique\b|\bdialysat\w*"
            r"|\bsaliva\w*|\bsalive\b",
        ),
        (
            "urine",
            r"\burines?\b|\burinaires?\b|\burinary\b|\burinalysis\b|\becbu\b|\borina\b|\buroculture"
            r"|\bbandelette\b|\bdipstick\b|\w+uri[ae]\b|\w+urese\b"
            r"|\balbumin\w* ?/ ?creatinin\w*|\bmicro-?albumin\w*|\bu?acr\b|\brac\b",
        ),
    )
)
_BLOOD = re.compile(
    r"\bsang\b|\bsanguin\w*|\bsanguine\b|\bserum\b|\bserique\w*|\bplasma\w*|\bblood\b|\bsuero\b"
    r"|\bsangre\b|\bserologi\w*|\bhemogram\w*"
    r"|\bhematolog\w*|\bhaematolog\w*|\bhemostas\w*|\bcoagulation\b|\bnumeration\b|\bnfs\b|\bcbc\b"
    r"|\bfbc\b|\bimmuno\w*|\bhormon\w*"
    r"|\bendocrin\w*|\bthyroid\w*|\bionogramme\b|\belectrolytes?\b|\bbilan\b|\blipid\w*|\bliver\b"
    r"|\bhepati\w*|\brenal\b|\bkidney\b"
    r"|\bmarqueurs?\b|\bmarkers?\b|\bgaz du\b|\bblood gas\w*|\bcoagulacion\b|\benzym\w*|\bmetaboli\w*"
    r"|\bcardia\w*|\bvitamin\w*"
)
_SURELY_BLOOD = re.compile(
    r"\bsang\b|\bsanguin\w*|\bserum\b|\bserique\w*|\bplasma\w*|\bblood\b|\bsuero\b|\bsangre\b|\bhemogram\w*"
    r"|\bha?ematolog\w*|\bhemostas\w*|\bnumeration\b"
)
_GENERIC = re.compile(
    r"\bbio-?chimi\w*|\bchimie\b|\bbiochemistry\b|\bchemistry\b|\bclinical chem\w*|\bbioquimica\b"
    r"|\bbacteriolog\w*|\bmicrobiolog\w*"
)
_NAMED_BLOOD = re.compile(
    r"\b(?:s[eé]riques?|sanguine?s?|plasmatiques?|serum|plasma|blood|sang|suero)\b|emie\b|emia\b", re.IGNORECASE
)
_SAMPLE = re.compile(
    r"^(?:nature du prelevement|nature de l'echantillon|prelevement|specimen(?: type)?"
    r"|sample(?: type)?|echantillon|type de prelevement|muestra)\s*:\s*(?P<what>[^\d]+)$"
)


@dataclass(slots=True)
class Section:
    """Where the reader stands: the specimen, and whether a heading has made it doubtful."""

    specimen: str = "blood"
    is_unclear: bool = False
    has_rows: bool = False
    """Whether results were read since the specimen was announced."""

    def enter(self, heading: str) -> bool:
        """Takes a line as a heading; False when it announces nothing."""
        folded = folding.fold(heading).strip(" :*-=")
        fluids = fluids_of(folded)
        if len(fluids) > 1 or (fluids and _SURELY_BLOOD.search(folded)):
            # "Sang, urines, LCR" is a laboratory's banner and opens no section.
            return False
        if fluids:
            fluid = fluids[0]
            self.specimen, self.is_unclear, self.has_rows = fluid, False, False
            return True
        if _BLOOD.search(folded):
            self.specimen, self.is_unclear, self.has_rows = "blood", False, False
            return True
        if _GENERIC.search(folded):
            self._enter_generic()
            return True
        return False

    def enter_sample(self, folded: str) -> bool:
        """Takes a folded line such as `prelevement : urines`; False when it is none."""
        sample = _SAMPLE.match(folded) if ":" in folded else None
        if sample is None:
            return False
        fluids = fluids_of(sample["what"])
        is_blood = _SURELY_BLOOD.search(sample["what"]) is not None
        if len(fluids) + is_blood != 1:
            return False
        self.specimen, self.is_unclear, self.has_rows = fluids[0] if fluids else "blood", False, False
        return True

    def _enter_generic(self) -> None:
        # "BIOCHIMIE" ends a section of urine; below cerebrospinal fluid it may be a part of it.
        if self.specimen == "urine" and self.has_rows:
            self.specimen, self.is_unclear, self.has_rows = "blood", False, False
        elif self.specimen not in ("blood", "urine") and self.has_rows:
            self.is_unclear = True


_SENTENCE = re.compile(
    r"[.;,?!]\s|\.$|\b(?:est|sont|is|are|was|were|le|les|si|if|with|avec|dans|pour|for)\b", re.IGNORECASE
)


def looks_like_heading(text: str) -> bool:
    """Whether a line is short, without a sentence's words, and begins with a capital."""
    words = text.split()
    first = next((character for character in text if character.isalpha()), "")
    return 0 < len(words) <= 7 and first.isupper() and _SENTENCE.search(text) is None


def fluids_of(folded: str) -> list[str]:
    """The fluids other than blood that the words name."""
    return [specimen for specimen, form in _FLUIDS if form.search(folded)]


def of_name(printed_name: str) -> str | None:
    """The specimen that a test's own name says (`Créatinine urinaire`, `Natrémie`), or None."""
    folded = folding.fold(printed_name)
    fluids = fluids_of(folded)
    if fluids:
        return fluids[0]
    return "blood" if _NAMED_BLOOD.search(folded) else None
