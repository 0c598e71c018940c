from __future__ import annotations

from collections.abc import Sequence

import pytest

from carebase.rest import relationships
from carebase.rest.catalogue import ByKey, Cardinality, Catalogue, Computed, Name, ThroughJunction
from carebase.rest.relationships import Ambiguous, Appearance, ForeignKey, Key, Unrelated


def n(name: str) -> Name:
    return Name("api", name)


class World:
    """Tables and views by their columns; a column's number is its place, from 1."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self.columns: dict[str, list[str]] = {}
        self.appearances: dict[int, list[Appearance]] = {}
        self.keys: list[Key] = []
        self.foreign_keys: list[ForeignKey] = []
        self.computed: list[Computed] = []
        self.views: set[Name] = set()

    def table(self, name: str, columns: str, *, key: str = "", unique: str = "", is_exposed: bool = True) -> World:
        number = self.numbers[name] = len(self.numbers) + 1
        self.columns[name] = columns.split()
        self.appearances[number] = []
        if is_exposed:
            shown = {place: (column,) for place, column in enumerate(self.columns[name], 1)}
            self.appearances[number].append(Appearance(relation=n(name), columns=shown))
        for written, is_primary in ((key, True), (unique, False)):
            if written:
                self.keys.append(Key(relation=number, columns=self._places(name, written), is_primary=is_primary))
        return self

    def view(self, name: str, of: str, **shown: str) -> World:
        columns = {self._places(of, column)[0]: tuple(names.split()) for column, names in shown.items()}
        self.appearances[self.numbers[of]].append(Appearance(relation=n(name), columns=columns, is_view=True))
        self.views.add(n(name))
        return self

    def refers(self, table: str, columns: str, to: str, *, others: str = "id", name: str = "") -> World:
        self.foreign_keys.append(
            ForeignKey(
                name=name or f"{table}_{columns.replace(' ', '_')}_fkey",
                relation=self.numbers[table],
                columns=self._places(table, columns),
                target=self.numbers[to],
                target_columns=self._places(to, others),
            )
        )
        return self

    def computes(self, function: str, origin: str, target: str, *, is_to_one: bool = False) -> World:
        self.computed.append(Computed(origin=n(origin), target=n(target), function=n(function), is_to_one=is_to_one))
        return self

    def catalogue(self) -> Catalogue:
        primary = relationships.primary_keys(self.keys, self.appearances)
        holders = list(relationships.by_keys(self.foreign_keys, self.keys, self.appearances))
        found = relationships.by_origin(holders, primary=primary, computed=self.computed, views=self.views)
        return Catalogue(schemas=("api",), relationships=found)

    def resolve(self, origin: str, word: str, hint: str | None = None, *, visible: Sequence[str] | None = None):
        seen = None if visible is None else {n(name) for name in visible}
        return relationships.resolve(self.catalogue(), n(origin), relation=word, hint=hint, visible=seen)

    def _places(self, table: str, columns: str) -> tuple[int, ...]:
        return tuple(self.columns[table].index(column) + 1 for column in columns.split())


def patients_and_cases() -> World:
    return (
        World()
        .table("patients", "id name", key="id")
        .table("cases", "id patient_id title", key="id")
        .refers("cases", "patient_id", to="patients")
    )


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("patients", None),
        ("cases_patient_id_fkey", None),
        ("patient_id", None),
        ("patients", "patient_id"),
        ("patients", "id"),
        ("patients", "cases_patient_id_fkey"),
    ],
)
def test_a_case_has_one_patient(word, hint):
    found = patients_and_cases().resolve("cases", word, hint)
    assert found == ByKey(
        origin=n("cases"),
        target=n("patients"),
        cardinality=Cardinality.MANY_TO_ONE,
        constraint="cases_patient_id_fkey",
        columns=(("patient_id", "id"),),
        holds_key=True,
    )
    assert found.is_to_one


def test_a_patient_has_many_cases():
    found = patients_and_cases().resolve("patients", "cases")
    assert isinstance(found, ByKey)
    assert (found.cardinality, found.columns) == (Cardinality.ONE_TO_MANY, (("id", "patient_id"),))
    assert not found.is_to_one
    assert not found.holds_key


@pytest.mark.parametrize("unique", [{"key": "country_id"}, {"unique": "country_id"}])
def test_a_unique_foreign_key_is_one_to_one_from_both_sides(unique):
    world = World().table("countries", "id", key="id").table("capitals", "id country_id", **unique)
    world.refers("capitals", "country_id", to="countries")
    for origin, target in (("countries", "capitals"), ("capitals", "countries")):
        found = world.resolve(origin, target)
        assert isinstance(found, ByKey)
        assert found.cardinality is Cardinality.ONE_TO_ONE
        assert found.is_to_one


def test_a_key_of_more_columns_does_not_make_it_one_to_one():
    world = World().table("a", "id", key="id").table("b", "a_id day", key="a_id day").refers("b", "a_id", to="a")
    found = world.resolve("b", "a")
    assert isinstance(found, ByKey)
    assert found.cardinality is Cardinality.MANY_TO_ONE


def team() -> World:
    return (
        World()
        .table("patients", "id", key="id")
        .table("doctors", "id", key="id")
        .table("teams", "patient_id doctor_id", key="patient_id doctor_id")
        .refers("teams", "patient_id", to="patients")
        .refers("teams", "doctor_id", to="doctors")
    )


@pytest.mark.parametrize("hint", [None, "teams"])
def test_a_junction_relates_many_to_many(hint):
    assert team().resolve("patients", "doctors", hint) == ThroughJunction(
        origin=n("patients"),
        target=n("doctors"),
        junction=n("teams"),
        origin_constraint="teams_patient_id_fkey",
        target_constraint="teams_doctor_id_fkey",
        origin_columns=(("id", "patient_id"),),
        target_columns=(("id", "doctor_id"),),
    )


def test_a_table_whose_foreign_keys_are_outside_its_primary_key_is_no_junction():
    world = World().table("a", "id", key="id").table("b", "id", key="id").table("j", "id a_id b_id", key="id")
    world.refers("j", "a_id", to="a").refers("j", "b_id", to="b")
    assert isinstance(world.resolve("a", "b"), Unrelated)


def folders() -> World:
    return World().table("folders", "id parent_id", key="id").refers("folders", "parent_id", to="folders")


@pytest.mark.parametrize(
    ("word", "hint", "cardinality"),
    [
        ("folders", None, Cardinality.ONE_TO_MANY),
        ("folders", "parent_id", Cardinality.ONE_TO_MANY),
        ("parent_id", None, Cardinality.MANY_TO_ONE),
    ],
)
def test_a_table_inside_itself_means_the_children_and_its_column_the_parent(word, hint, cardinality):
    found = folders().resolve("folders", word, hint)
    assert isinstance(found, ByKey)
    assert found.cardinality is cardinality


def test_the_foreign_key_of_a_table_to_itself_is_no_word_for_it():
    assert isinstance(folders().resolve("folders", "folders_parent_id_fkey"), Unrelated)


def test_a_foreign_key_of_two_columns_is_paired_in_its_order():
    world = World().table("slots", "room day", key="room day").table("visits", "id d r", key="id")
    world.refers("visits", "r d", to="slots", others="room day")
    found = world.resolve("visits", "slots")
    assert isinstance(found, ByKey)
    assert found.columns == (("r", "room"), ("d", "day"))
    assert isinstance(world.resolve("visits", "r"), Unrelated)


def test_a_view_is_related_by_the_columns_it_shows():
    world = patients_and_cases().view("open_cases", "cases", id="case_id", patient_id="of")
    found = world.resolve("open_cases", "patients")
    assert isinstance(found, ByKey)
    assert (found.columns, found.is_target_view) == ((("of", "id"),), False)
    back = world.resolve("patients", "open_cases")
    assert isinstance(back, ByKey)
    assert (back.columns, back.is_target_view) == ((("id", "of"),), True)


def test_two_views_over_hidden_tables_are_related_and_the_tables_unreachable():
    world = World().table("people", "id", key="id", is_exposed=False)
    world.table("letters", "id person_id", key="id", is_exposed=False).refers("letters", "person_id", to="people")
    world.view("persons", "people", id="id").view("mail", "letters", id="id", person_id="person_id")
    found = world.resolve("mail", "persons")
    assert isinstance(found, ByKey)
    assert found.columns == (("person_id", "id"),)
    assert isinstance(world.resolve("mail", "people"), Unrelated)


def test_a_view_that_shows_half_a_key_is_not_related():
    world = World().table("slots", "room day", key="room day").table("visits", "id d r", key="id")
    world.refers("visits", "r d", to="slots", others="room day").view("days", "slots", day="day")
    assert isinstance(world.resolve("visits", "days"), Unrelated)


def test_a_view_is_not_meant_by_the_column_of_a_foreign_key():
    world = patients_and_cases().view("people", "patients", id="id")
    found = world.resolve("cases", "patient_id")
    assert isinstance(found, ByKey)
    assert found.target == n("patients")


def test_a_column_shown_twice_relates_twice_and_is_told_by_its_name():
    world = patients_and_cases().view("pairs", "cases", id="id", patient_id="one other")
    several = world.resolve("pairs", "patients")
    assert isinstance(several, Ambiguous)
    assert [detail["relationship"] for detail in several.details] == [
        "cases_patient_id_fkey using pairs(one) and patients(id)",
        "cases_patient_id_fkey using pairs(other) and patients(id)",
    ]
    assert isinstance(world.resolve("pairs", "patients", "other"), ByKey)


def test_a_view_has_the_key_of_the_table_it_shows_wholly():
    world = World().table("slots", "room day note", key="room day")
    world.view("all_slots", "slots", room="r", day="d d2").view("rooms", "slots", room="room")
    assert relationships.primary_keys(world.keys, world.appearances) == {
        n("slots"): ("day", "room"),
        n("all_slots"): ("r", "d"),
    }


def test_a_view_of_a_junction_is_one_where_it_shows_the_key():
    world = team().view("my_teams", "teams", patient_id="patient_id", doctor_id="doctor_id")
    several = world.resolve("patients", "doctors")
    assert isinstance(several, Ambiguous)
    found = world.resolve("patients", "doctors", "my_teams")
    assert isinstance(found, ThroughJunction)
    assert found.junction == n("my_teams")


def test_a_computed_relationship_stands_in_for_the_table_of_its_name():
    world = patients_and_cases().computes("patients", "cases", "patients", is_to_one=True)
    assert isinstance(world.resolve("cases", "patients"), Computed)


def test_a_computed_relationship_is_meant_by_its_function_whatever_the_hint():
    world = patients_and_cases().computes("similar", "cases", "cases")
    assert isinstance(world.resolve("cases", "similar"), Computed)
    assert isinstance(world.resolve("cases", "similar", "anything"), Computed)


def test_relationships_across_schemas_are_none():
    holder = ByKey(
        origin=n("cases"),
        target=Name("other", "patients"),
        cardinality=Cardinality.MANY_TO_ONE,
        constraint="k",
        columns=(("patient_id", "id"),),
        holds_key=True,
    )
    assert relationships.by_origin([holder], primary={}) == {}


def sites() -> World:
    return (
        World()
        .table("big_projects", "id", key="id")
        .table("sites", "id main_id", key="id")
        .table("jobs", "site_id project_id", key="site_id project_id")
        .refers("sites", "main_id", to="big_projects", name="main_project")
        .refers("jobs", "site_id", to="sites")
        .refers("jobs", "project_id", to="big_projects")
    )


def test_somebody_who_has_to_choose_is_told_between_what():
    assert sites().resolve("sites", "big_projects") == Ambiguous(
        message="Could not embed because more than one relationship was found for 'sites' and 'big_projects'",
        details=(
            {
                "embedding": "sites with big_projects",
                "cardinality": "many-to-one",
                "relationship": "main_project using sites(main_id) and big_projects(id)",
            },
            {
                "embedding": "sites with big_projects",
                "cardinality": "many-to-many",
                "relationship": "jobs using jobs_site_id_fkey(site_id) and jobs_project_id_fkey(project_id)",
            },
        ),
        hint="Try changing 'big_projects' to one of the following: 'big_projects!main_project', "
        "'big_projects!jobs'. Find the desired relationship in the 'details' key.",
    )


def test_a_junction_that_is_not_seen_is_not_offered():
    several = sites().resolve("sites", "big_projects", visible=["sites", "big_projects"])
    assert isinstance(several, Ambiguous)
    assert [detail["cardinality"] for detail in several.details] == ["many-to-one"]
    assert "jobs" not in several.hint


def test_where_nothing_may_be_told_nothing_is_suggested():
    several = sites().resolve("sites", "big_projects", visible=["sites"])
    assert isinstance(several, Ambiguous)
    assert (several.details, several.hint) == ((), None)


def test_somebody_who_embeds_what_is_not_related_is_told_the_nearest():
    assert patients_and_cases().resolve("cases", "patient") == Unrelated(
        message="Could not find a relationship between 'cases' and 'patient' in the schema cache",
        details="Searched for a foreign key relationship between 'cases' and 'patient' in the schema 'api', "
        "but no matches were found.",
        hint="Perhaps you meant 'patients' instead of 'patient'.",
    )


def test_a_wrong_hint_is_named_and_nothing_suggested():
    found = patients_and_cases().resolve("cases", "patients", "wrong")
    assert isinstance(found, Unrelated)
    assert found.details == (
        "Searched for a foreign key relationship between 'cases' and 'patients' using the hint 'wrong' "
        "in the schema 'api', but no matches were found."
    )
    assert found.hint is None


def test_a_table_that_is_not_seen_is_not_suggested():
    found = patients_and_cases().resolve("cases", "patient", visible=["cases"])
    assert isinstance(found, Unrelated)
    assert found.hint is None
