"""Refusals in words, and those that are nobody's to mend."""

import pytest

from carebase import errors
from carebase.apps import site
from carebase.apps.account import wording
from carebase.auth import refused
from carebase.web import static
from carebase.web.messages import LANGUAGES, Language


class EveryName(dict[str, str]):
    """Assets as if they had been built."""

    def __missing__(self, name: str) -> str:
        return name


MESSAGES = site.renderer(static.Names(EveryName())).messages


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("error", wording.SENTENCES, ids=lambda error: error.__name__)
def test_each_refusal_of_a_form_has_its_sentence(error: type[errors.CareError], language: Language) -> None:
    (mistake,) = wording.mistakes(MESSAGES.reader(language), error(), field="email")
    assert mistake.field == "email"
    assert mistake.text.endswith(".")


def test_a_weak_password_is_told_every_reason() -> None:
    weak = refused.WeakPassword(["length", "personal"], details="")
    found = wording.mistakes(MESSAGES.reader("fr"), weak, field="password", shortest=12)
    assert [mistake.text for mistake in found] == [
        "Choisissez 12 caractères ou plus.",
        "Il ressemble à votre adresse ou au nom du site. Choisissez autre chose.",
    ]


def test_who_tries_too_often_is_told_when_to_come_back() -> None:
    (mistake,) = wording.mistakes(MESSAGES.reader("en"), refused.TooManyTries(retry_after_seconds=61), field="email")
    assert mistake.text == "Too many tries. Try again in 2 minutes."


def test_whoever_is_disabled_is_told_no_more_than_whoever_is_wrong() -> None:
    t = MESSAGES.reader("fr")
    assert wording.mistakes(t, refused.Banned(), field="email") == wording.mistakes(
        t, refused.InvalidCredentials(), field="email"
    )


def test_a_fault_of_ours_is_no_mistake_of_the_person() -> None:
    with pytest.raises(errors.Unavailable):
        wording.mistakes(MESSAGES.reader("fr"), errors.Unavailable(), field="email")
