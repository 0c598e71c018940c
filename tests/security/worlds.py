"""Small random worlds, and who may read which of their rows: said in the words of the rulings, not of the policies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from hypothesis import strategies as st

ROLES = {
    "amina": "attending",
    "bruno": "attending",
    "chloe": "nurse",
    "driss": "specialist",
    "elena": "admin",
    "farid": "patient",
    "greta": "patient",
    "hugo": None,
}
STAFF = ("attending", "nurse", "specialist", "admin")
PATIENTS = (0, 1)


class Until(Enum):
    """Whether something that has an end is in force."""

    NOW = "in force"
    PAST = "over"
    ENDED = "ended before its time"


class Release(Enum):
    """What became of a result."""

    NONE = "kept"
    NOW = "released"
    LATER = "released later"
    WITHDRAWN = "taken back"


@dataclass(frozen=True)
class Case:
    author: str
    patient: int | None
    is_deleted: bool
    is_signed: bool
    release: Release
    reviews: tuple[str, ...]
    """Of its one statement, in their order."""

    @property
    def is_released(self) -> bool:
        return self.is_signed and self.release is Release.NOW and self.patient is not None


@dataclass(frozen=True)
class World:
    """Who is on which team, who is who, and what was written. A row's key is its place in its list."""

    asks_second_factor: bool
    teams: frozenset[tuple[int, str]]
    opened_by: tuple[str, str]
    emergencies: tuple[tuple[int, str, Until], ...]
    links: tuple[tuple[int, str, Until], ...]
    profiles: tuple[tuple[str, int | None], ...]
    cases: tuple[Case, ...]
    notes: tuple[tuple[int, str], ...]
    """What the team writes about a patient: messages, tasks, allergies, medicines."""
    values: tuple[tuple[int, str, Release], ...]
    letters: tuple[tuple[str, int | None, str], ...]
    """Between the sides: the patient's account, the record, the provider or sender."""
    talks: tuple[str, ...]

    def is_staff(self, who: str) -> bool:
        return ROLES[who] in STAFF and not self.asks_second_factor

    def is_clinician(self, who: str) -> bool:
        return self.is_staff(who) and not self.is_admin(who)

    def is_admin(self, who: str) -> bool:
        return self.is_staff(who) and ROLES[who] == "admin"

    def teams_of(self, who: str) -> set[int]:
        """Ruling 8, 14 and 26: a member of the team, who treats people; an administrator does not."""
        return {patient for patient, member in self.teams if member == who and self.is_clinician(who)}

    def treats(self, who: str) -> set[int]:
        """Its teams, and whom it reaches in an emergency that lasts (ruling 26)."""
        opened = {p for p, holder, until in self.emergencies if holder == who and until is Until.NOW}
        return self.teams_of(who) | (opened if self.is_staff(who) else set())

    def records(self, who: str) -> set[int]:
        """The person's own, and those it acts for while that lasts."""
        return {p for p, holder, until in self.links if holder == who and until is Until.NOW}

    def knows(self, who: str, patient: int | None) -> bool:
        """Identity and who cares for whom: the team, the person, an administrator."""
        return patient is not None and (
            patient in self.treats(who) or patient in self.records(who) or self.is_admin(who)
        )

    def sees_case(self, who: str, case: Case) -> bool:
        return not case.is_deleted and self.is_staff(who) and (case.author == who or case.patient in self.treats(who))


def _patients(w: World, who: str) -> set[int]:
    begun = {p for p, _ in w.teams}
    return {p for p in PATIENTS if w.knows(who, p) or (w.opened_by[p] == who and w.is_staff(who) and p not in begun)}


def _statements(w: World, who: str) -> set[int]:
    """A patient reads what was signed and released, without what its clinician rejected."""
    return {
        place
        for place, case in enumerate(w.cases)
        if w.sees_case(who, case)
        or (case.is_released and case.patient in w.records(who) and case.reviews[-1:] != ("reject",))
    }


def _texts(w: World, who: str) -> set[int]:
    """And in the words that were signed: the first wording only where no other took its place."""
    return {
        place
        for place in _statements(w, who)
        if w.sees_case(who, w.cases[place]) or "edit" not in w.cases[place].reviews
    }


def _reviews(w: World, who: str) -> set[int]:
    """Ten numbers for each case. A patient reads the last wording of what was not rejected, and no other review."""
    found = set()
    for place, case in enumerate(w.cases):
        edits = [number for number, decision in enumerate(case.reviews) if decision == "edit"]
        if w.sees_case(who, case):
            found |= {place * 10 + number for number in range(len(case.reviews))}
        elif place in _statements(w, who) and edits:
            found.add(place * 10 + edits[-1])
    return found


def _letters(w: World, who: str) -> set[int]:
    return {
        place
        for place, (account, record, _) in enumerate(w.letters)
        if (record is None and account == who) or record in w.records(who) or record in w.treats(who)
    }


def _visits(w: World, who: str) -> set[int]:
    with_me = {place for place, (_, _, provider) in enumerate(w.letters) if provider == who and w.is_clinician(who)}
    return _letters(w, who) | with_me


READS: dict[str, Callable[[World, str], set[int]]] = {
    "patients": _patients,
    "care_team": lambda w, who: {
        place
        for place, (p, member) in enumerate(sorted(w.teams))
        if w.knows(who, p) or (member == who and w.is_staff(who))
    },
    "break_glass_grants": lambda w, who: {
        place for place, (p, holder, _) in enumerate(w.emergencies) if holder == who or w.knows(who, p)
    },
    "patient_accounts": lambda w, who: {
        place for place, (p, holder, _) in enumerate(w.links) if holder == who or w.knows(who, p)
    },
    "patient_profiles": lambda w, who: {
        place for place, (holder, p) in enumerate(w.profiles) if holder == who or w.knows(who, p)
    },
    "care_messages": lambda w, who: {place for place, (p, _) in enumerate(w.notes) if p in w.treats(who)},
    "tasks": lambda w, who: {place for place, (p, _) in enumerate(w.notes) if p in w.treats(who)},
    "allergies": lambda w, who: {place for place, (p, _) in enumerate(w.notes) if p in w.treats(who) | w.records(who)},
    "medicines": lambda w, who: {place for place, (p, _) in enumerate(w.notes) if p in w.treats(who) | w.records(who)},
    "invitations": lambda w, who: {
        place for place, (p, _) in enumerate(w.notes) if p in w.teams_of(who) or w.is_admin(who)
    },
    "observations": lambda w, who: {
        place
        for place, (p, _, release) in enumerate(w.values)
        if p in w.treats(who) or (release is Release.NOW and p in w.records(who))
    },
    "cases": lambda w, who: {place for place, case in enumerate(w.cases) if w.sees_case(who, case)},
    "case_files": lambda w, who: {place for place, case in enumerate(w.cases) if w.sees_case(who, case)},
    "ai_insights": lambda w, who: {place for place, case in enumerate(w.cases) if w.sees_case(who, case)},
    "insight_runs": lambda w, who: {place for place, case in enumerate(w.cases) if w.sees_case(who, case)},
    "insight_statements": _statements,
    "insight_texts": _texts,
    "statement_reviews": _reviews,
    "appointments": _visits,
    "secure_messages": _letters,
    "consents": lambda w, who: {
        place for place, (account, p, _) in enumerate(w.letters) if account == who or p in w.treats(who)
    },
    "conversations": lambda w, who: {place for place, holder in enumerate(w.talks) if holder == who},
}

names = st.sampled_from(sorted(ROLES))
staff = st.sampled_from([name for name, role in sorted(ROLES.items()) if role in STAFF])
patients = st.sampled_from(PATIENTS)
several = {"min_size": 3, "max_size": 8}


@st.composite
def cases(draw: st.DrawFn) -> Case:
    # Weighted towards what a patient may come to read: few cases would get that far otherwise.
    is_signed = draw(st.sampled_from([True, True, False]))
    patient = draw(patients | patients | st.none())
    return Case(
        author=draw(names),
        patient=patient,
        is_deleted=not is_signed and draw(st.booleans()),
        is_signed=is_signed,
        release=draw(st.sampled_from([Release.NOW, *Release])) if patient is not None else Release.NONE,
        reviews=tuple(draw(st.lists(st.sampled_from(["accept", "edit", "reject", "reject"]), max_size=3))),
    )


def _tuples(*parts: st.SearchStrategy, unique: int = 0) -> st.SearchStrategy:
    """Several rows; the first `unique` parts of each are its key."""
    by = (lambda row: row[:unique]) if unique else None
    return st.lists(st.tuples(*parts), **several, unique_by=by).map(tuple)


def _one_of_each(profiles: tuple[tuple[str, int | None], ...]) -> tuple[tuple[str, int | None], ...]:
    """An account has one profile, a record as well."""
    kept: list[tuple[str, int | None]] = []
    for name, patient in profiles:
        if all(name != other and (patient is None or patient != taken) for other, taken in kept):
            kept.append((name, patient))
    return tuple(kept)


worlds = st.builds(
    World,
    asks_second_factor=st.integers(0, 4).map(lambda n: n == 4),
    teams=st.frozensets(st.tuples(patients, names), max_size=6),
    opened_by=st.tuples(staff, staff),
    emergencies=_tuples(patients, staff, st.sampled_from(Until)),
    links=_tuples(patients, names, st.sampled_from([Until.NOW, *Until]), unique=2),
    profiles=_tuples(names, st.none() | patients).map(_one_of_each),
    cases=st.lists(cases(), min_size=4, max_size=9).map(tuple),
    notes=_tuples(patients, staff),
    values=_tuples(patients, staff, st.sampled_from(Release)),
    letters=_tuples(names, st.none() | patients, names),
    talks=st.lists(names, **several).map(tuple),
)
