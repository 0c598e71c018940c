"""The wrong-patient guard."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carebase.clinical import identity, person_names
from carebase.clinical.evidence import Source
from carebase.clinical.identity import HeaderIdentity, IdentityField
from carebase.clinical.person import Person, Sex
from carebase.documents.text import Box, Line, Page, Word

SOURCE = Source(file="f1", sha256="ab" * 32)
TODAY = date(2026, 11, 21)
MARIE = Person(name="Marie Ngono", sex=Sex.FEMALE, birth_date=date(1985, 4, 3), age_days=15207)


def a_page(text: str) -> Page:
    """One page; a character is five points wide, so printed gaps are gaps."""
    lines = []
    for number, row in enumerate(text.splitlines(), start=1):
        words = tuple(
            Word(match[0], Box(match.start() * 5.0, number * 12.0, match.end() * 5.0, number * 12.0 + 10))
            for match in re.finditer(r"\S+", row)
        )
        if words:
            lines.append(Line(number, words, Box(0, number * 12.0, 595, number * 12.0 + 10)))
    return Page(1, 595, 842, tuple(lines))


def header(text: str) -> HeaderIdentity:
    return identity.read_header([a_page(text)], SOURCE)


def fields(person: Person, text: str) -> list[str]:
    return [one.field.value for one in identity.compare(person, header(text), on=TODAY)]


@pytest.mark.parametrize(
    ("text", "name", "sex", "births", "age"),
    [
        (
            "Patient : NGONO Marie Né(e) le : 03/04/1985 Sexe : F",
            "NGONO Marie",
            Sex.FEMALE,
            [date(1985, 4, 3)],
            None,
        ),
        (
            "Name: John A. SMITH DOB: 03/04/1985 Age/Sex: 45 Y / M",
            "John A. SMITH",
            Sex.MALE,
            [date(1985, 3, 4), date(1985, 4, 3)],
            45,
        ),
        (
            "Dr BIYA Paul\nMadame NGONO Marie\nNée le 12 mars 1980 (45 ans)",
            "NGONO Marie",
            None,
            [date(1980, 3, 12)],
            45,
        ),
        (
            "Nom : NGONO\nPrénom : Marie-Claire\nAge : 40 ans   Sexe : Féminin",
            "NGONO Marie-Claire",
            Sex.FEMALE,
            [],
            40,
        ),
        ("Nom d'usage : FOUDA   Prénom : Rose\nNom de naissance : ATEBA", "FOUDA ATEBA Rose", None, [], None),
        (
            "Nom du patient: TCHOUPO Éric   Médecin : Dr Kamga\nSexe/Age : M/45 ans",
            "TCHOUPO Éric",
            Sex.MALE,
            [],
            45,
        ),
        (
            "Patient Name : Fru Peter | Ref. Doctor : Dr Tabi\nAge / Gender : 45 Years / Male",
            "Fru Peter",
            Sex.MALE,
            [],
            45,
        ),
        ("PATIENT: DOE^JANE  SEX: F  AGE: 3 months", "DOE^JANE", Sex.FEMALE, [], 0),
    ],
)
def test_a_header_is_read(text, name, sex, births, age):
    found = header(text)

    assert (found.patient_name, found.sex, list(found.birth_dates), found.age_years) == (
        name,
        sex,
        births,
        age,
    )


@pytest.mark.parametrize(
    "text",
    [
        "Nom du médecin : Kamga Paul",
        "Médecin prescripteur : Dr Nom : Kamga Paul",
        "Sexe : M / F",
        "Age: 8",
        "Patient transféré des urgences hier",
        "Madame NGONO Marie",
    ],
)
def test_what_is_not_surely_the_patients_is_left_out(text):
    assert header(text) == HeaderIdentity()


def test_a_spanish_m_is_no_sex():
    assert header("Paciente: GARCIA Maria Sexo: M").sex is None


def test_a_stray_page_of_another_patient_shows():
    pages = [a_page("Patient : NGONO Marie"), a_page("Patient : FOUDA Rose")]

    found = identity.read_headers(pages, SOURCE)

    assert [bool(identity.compare(MARIE, one, on=TODAY)) for one in found] == [False, True]


def test_the_evidence_is_the_line_that_says_it():
    found = header("Laboratoire X\nPatient : FOUDA Rose\nSexe : F")

    mismatch = identity.compare(MARIE, found, on=TODAY)[0]

    assert mismatch.field is IdentityField.NAME
    assert mismatch.evidence is not None
    assert (mismatch.evidence.line, mismatch.evidence.quote) == (2, "Patient : FOUDA Rose")


def test_the_same_patient_agrees():
    assert fields(MARIE, "Patient : Mme NGONO Marie  Née le : 03/04/1985  Sexe : F  Age : 41 ans") == []


def test_another_patient_differs_in_every_field():
    assert fields(MARIE, "Patient : FOUDA Paul  Né le : 05/06/1960  Sexe : M  Age : 66 ans") == [
        "name",
        "sex",
        "birth_date",
        "age",
    ]


@pytest.mark.parametrize("age", [40, 41, 42])
def test_ages_one_year_apart_agree(age):
    assert fields(MARIE, f"Patient : NGONO Marie  Age : {age} ans") == []


@pytest.mark.parametrize("age", [0, 39, 43])
def test_ages_two_years_apart_differ(age):
    assert fields(MARIE, f"Patient : NGONO Marie  Age : {age} ans") == ["age"]


def test_an_english_date_agrees_in_either_order():
    assert fields(MARIE, "Name: Marie Ngono DOB: 04/03/1985") == []
    assert fields(MARIE, "Name: Marie Ngono DOB: 03/04/1985") == []
    assert fields(MARIE, "Name: Marie Ngono DOB: 13/04/1985") == ["birth_date"]


def test_a_french_date_has_one_order():
    assert fields(MARIE, "Patient : Marie Ngono Né(e) le 04/03/1985") == ["birth_date"]


def test_an_old_report_shows_the_age_of_its_day():
    assert fields(MARIE, "Patient : NGONO Marie  Age : 31 ans\nDate de l'examen : 12/05/2016") == []


def test_a_birth_date_is_compared_with_a_known_age():
    of_known_age = Person(name="Marie Ngono", age_days=15207)

    assert fields(of_known_age, "Patient : NGONO Marie  Née le 03/04/1985") == []
    assert fields(of_known_age, "Patient : NGONO Marie  Née le 03/04/1975") == ["age"]


def test_missing_is_no_mismatch_but_unverified():
    empty = header("Radiographie du thorax de face")

    assert identity.compare(MARIE, empty, on=TODAY) == ()
    assert identity.unverified(MARIE, empty)
    assert identity.unverified(Person(), header("Patient : FOUDA Rose  Sexe : F"))
    assert not identity.unverified(MARIE, header("Sexe : F"))


def test_dicom_metadata_is_read():
    found = identity.from_dicom(
        {
            "PatientName": "NGONO^MARIE^^MME",
            "PatientSex": "F",
            "PatientBirthDate": "19850403",
            "PatientAge": "041Y",
            "StudyDate": "20261120",
        }
    )

    assert identity.compare(MARIE, found, on=TODAY) == ()
    assert found.report_date == date(2026, 11, 20)


@pytest.mark.parametrize(
    ("age", "years"), [("003M", 0), ("018M", 1), ("010D", 0), ("000Y", None), ("", None), ("45", None)]
)
def test_dicom_ages_carry_their_unit(age, years):
    assert identity.from_dicom({"PatientAge": age}).age_years == years


@pytest.mark.parametrize("name", ["", "ANONYMOUS", "Anonyme^Patient", "XXX", "^^"])
def test_an_anonymised_image_is_unverified(name):
    assert identity.unverified(MARIE, identity.from_dicom({"PatientName": name, "PatientSex": "O"}))


@given(st.text(max_size=200))
def test_any_text_is_read_without_failing_and_quotes_its_line(text):
    page = a_page(text)
    lines = {line.number: line.text for line in page.lines}

    found = identity.read_header([page], SOURCE)

    assert all(one.quote == lines[one.line] for one in found.evidence.values())


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_metadata_is_read_without_failing(name, other):
    keys = ("PatientName", "PatientSex", "PatientBirthDate", "PatientAge", "StudyDate")

    found = identity.from_dicom(dict.fromkeys(keys, other) | {"PatientName": name})

    assert found.patient_name is None or found.patient_name in name


@pytest.mark.parametrize(
    "line",
    [
        "Patient : Mme DURAND née MARTIN Hélène   03/05/1962   Prélevé le 16/11/2026",
        "Patient : Mme DURAND Hélène née MARTIN",
        "Patient : DURAND née MARTIN Hélène née le 03/05/1962",
    ],
)
def test_a_name_at_birth_beside_the_married_one_counts(line):
    name = identity.read_header([a_page(line)], SOURCE).patient_name
    for own in ("Hélène MARTIN", "Hélène Durand"):
        assert person_names.can_be_same(own, name)
    assert not person_names.can_be_same("Claire Durand", name)


def test_a_birth_date_behind_the_name_is_no_part_of_it():
    header = identity.read_header([a_page("Patient : DURAND Hélène née le 03/05/1962")], SOURCE)
    assert (header.patient_name, header.birth_date) == ("DURAND Hélène", date(1962, 5, 3))
