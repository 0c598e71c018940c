"""Which diagnoses of the sets our patterns can name at all.

In charge of names only: written from the pattern table and ordinary English synonyms, not from the
answers of the engine. A gold diagnosis that matches nothing here is outside the table ("not nameable").
"""

from __future__ import annotations

import functools
import json
import re
from importlib import resources

# Wider names count: a gold "pyelonephritis" is named by "urinary tract infection".
PATTERN_NAMES: dict[str, str] = {
    "anemia": r"an(?:a)?emia",
    "iron_deficiency_anemia": r"iron deficiency an(?:a)?emia|iron deficiency",
    "anemia_inflammation": r"an(?:a)?emia of (?:chronic disease|inflammation)",
    "b12_deficiency_anemia": r"(?:vitamin )?b ?12 deficiency(?: an(?:a)?emia)?|pernicious an(?:a)?emia"
    r"|cobalamin deficiency",
    "pancytopenia": r"pancytopenia|aplastic an(?:a)?emia",
    "neutropenia_severe": r"neutropenia|agranulocytosis|febrile neutropenia",
    "thrombocytopenia": r"(?:immune )?thrombocytopenia|immune thrombocytopenic purpura|itp",
    "diabetes": r"diabetes(?: mellitus)?(?: type [12])?|type [12] diabetes(?: mellitus)?",
    "prediabetes": r"prediabetes|impaired (?:fasting glucose|glucose tolerance)",
    "hypoglycemia": r"hypoglyc(?:a)?emia",
    "diabetic_ketoacidosis": r"diabetic ketoacidosis|dka",
    "hyperosmolar_state": r"hyperosmolar hyperglyc(?:a)?emic (?:state|syndrome)|hhs",
    "chronic_kidney_disease": r"chronic (?:kidney|renal) (?:disease|failure|insufficiency)|ckd"
    r"|end[- ]stage renal disease",
    "acute_kidney_injury": r"acute (?:kidney injury|renal failure|kidney failure)|aki",
    "hyperkalemia": r"hyperkal(?:a)?emia",
    "hypokalemia": r"hypokal(?:a)?emia",
    "hyponatremia": r"hyponatr(?:a)?emia",
    "hypernatremia": r"hypernatr(?:a)?emia",
    "hypercalcemia": r"hypercalc(?:a)?emia",
    "hypocalcemia": r"hypocalc(?:a)?emia",
    "high_anion_gap_acidosis": r"metabolic acidosis|lactic acidosis",
    "hepatitis_b": r"(?:acute |chronic )?hepatitis b",
    "acute_pancreatitis": r"(?:acute )?pancreatitis",
    "nstemi": r"(?:acute )?myocardial infarction|nstemi|non[- ]st[- ]elevation myocardial infarction"
    r"|acute coronary syndrome",
    "heart_failure": r"(?:congestive |acute |chronic )?heart failure",
    "pulmonary_embolism": r"pulmonary embol(?:ism|us)",
    "hypothyroidism": r"hypothyroidism|hashimoto(?:'s)? thyroiditis|myx(?:o)?edema(?: coma)?",
    "hypothyroidism_subclinical": r"subclinical hypothyroidism",
    "thyrotoxicosis": r"thyrotoxicosis|hyperthyroidism|graves(?:'s|')? disease|thyroid storm|silent thyroiditis",
    "malaria": r"malaria",
    "malaria_falciparum": r"(?:plasmodium )?falciparum malaria",
    "malaria_severe": r"(?:severe|cerebral) malaria",
    "typhoid": r"typhoid(?: fever)?|enteric fever",
    "pulmonary_tuberculosis": r"(?:pulmonary )?tuberculosis",
    "sepsis": r"sepsis|septic shock|septic(?:a)?emia",
    "pneumonia": r"(?:typical |community[- ]acquired |bacterial )?pneumonia",
    "rhabdomyolysis": r"rhabdomyolysis",
    "hypercholesterolemia": r"(?:familial )?hypercholesterol(?:a)?emia",
    "mixed_hyperlipidemia": r"(?:mixed )?hyperlipid(?:a)?emia",
    "hypertriglyceridemia": r"(?:familial )?hypertriglycerid(?:a)?emia",
    "urinary_tract_infection": r"urinary tract infection|uti|(?:acute )?cystitis|(?:acute )?pyelonephritis",
    "vitamin_d_deficiency": r"vitamin d deficiency",
    "preeclampsia": r"pre-?eclampsia",
}
"""Pattern id → what a gold diagnosis may be called, as a whole."""


def accepted(gold: str) -> frozenset[str]:
    """The ids of patterns and imaging findings that name this diagnosis.

    >>> sorted(accepted("Acute Renal Failure")), accepted("Pes anserine bursitis")
    (['acute_kidney_injury'], frozenset())
    """
    plain = " ".join(re.sub(r"\([^)]*\)", " ", gold).lower().replace("’", "'").split()).strip(" .")
    found = {name for name, form in PATTERN_NAMES.items() if re.fullmatch(form, plain)}
    found |= {f"imaging:{concept}" for concept, names in _imaging_names().items() if plain in names}
    return frozenset(found)


@functools.cache
def _imaging_names() -> dict[str, frozenset[str]]:
    packed = resources.files("carebase.clinical").joinpath("tables/radiology_findings.json").read_text("utf-8")
    coded = (row for row in json.loads(packed)["findings"] if row["icd10cm"])
    return {
        row["id"]: frozenset(name.rstrip("*=").lower() for name in [*row["en"], row["title"] or ""]) for row in coded
    }
