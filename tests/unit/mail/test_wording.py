"""Every mail has words in both languages, and nobody who causes one chooses what it says."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carebase.auth import addresses
from carebase.mail import wording
from carebase.mail.messages import Kind, Message
from carebase.mail.wording import Unwordable, Wording

SITE = "https://care.example.org"
OURS = Wording(site=SITE, sender="carebase@example.org")
MAIL_ID = UUID(int=1)
KINDS = [kind for kind in Kind if kind is not Kind.NONE]
WITH_LINK = [Kind.CONFIRMATION, Kind.INVITE, Kind.MAGIC_LINK, Kind.RECOVERY, Kind.EMAIL_CHANGE_CURRENT]
WITH_LINK += [Kind.EMAIL_CHANGE_NEW]


def a_message(kind: Kind = Kind.RECOVERY, **said: object) -> Message:
    given: dict[str, object] = {
        "kind": kind, "to": "amina@example.org", "language": "fr", "link": f"{SITE}/auth/v1/verify?token=t&type=r",
        "code": "123456", "good_minutes": 60, "new_address": "b@example.org", "at": "2026-01-02T03:04:05Z",
    }  # fmt: skip
    return Message(**{**given, **said})


def parts(message: Message, *, words: Wording = OURS) -> tuple[str, str]:
    """The text and the HTML as a mail program reads them."""
    mail = message_from_bytes(words.word(message, mail_id=MAIL_ID).as_bytes(), policy=policy.default)
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    return plain.get_content(), "" if html is None else html.get_content()


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("kind", KINDS)
def test_each_mail_has_a_subject_and_both_forms_in_both_languages(kind, language):
    mail = OURS.word(a_message(kind, language=language), mail_id=MAIL_ID)
    text, html = parts(a_message(kind, language=language))
    assert mail["Subject"]
    assert mail["Content-Language"] == language
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "{" not in text + html
    assert f'<html lang="{language}">' in html
    assert "http://" not in html  # nothing is fetched and nothing is in the clear
    assert "<img" not in html


def test_the_two_languages_have_the_same_mails():
    forms = {language: {path.name for path in (wording.OURS / language).iterdir()} for language in wording.LANGUAGES}
    assert forms["fr"] == forms["en"] == {f"{kind.value}.{form}" for kind in KINDS for form in ("txt", "html")}


@pytest.mark.parametrize("kind", WITH_LINK)
def test_a_mail_that_asks_for_something_holds_link_code_and_how_long_they_are_good(kind):
    message = a_message(kind)
    text, html = parts(message)
    assert message.link in text
    assert "token=t&amp;type=r" in html
    assert "1 heure" in text
    if kind is not Kind.INVITE:  # good for days, and a code is not
        assert "10 minutes" in text
        assert "123456" in text
        assert "123456" in html


def test_a_mail_with_a_code_alone_names_no_link():
    text, html = parts(a_message(Kind.MAGIC_LINK, link=""))
    assert "123456" in text
    assert "href" not in html
    assert "Me connecter" not in text


def test_a_mail_may_link_to_the_site_itself():
    assert OURS.word(a_message(Kind.PASSWORD_CHANGED, link=SITE), mail_id=MAIL_ID)["To"] == "amina@example.org"


@pytest.mark.parametrize("link", ["https://evil.example/x", "https://care.example.org.evil.example/", "javascript:x"])
def test_a_link_to_another_site_is_never_mailed(link):
    with pytest.raises(Unwordable):
        OURS.word(a_message(link=link), mail_id=MAIL_ID)


@pytest.mark.parametrize("address", ["a@b.example\r\nBcc: evil@example.org", "a@b, evil@example.org", "", "a"])
def test_an_address_adds_no_header_and_no_second_reader(address):
    with pytest.raises(Unwordable):
        OURS.word(a_message(to=address), mail_id=MAIL_ID)


@given(st.from_regex(addresses.FORM, fullmatch=True).filter(str.isprintable))
def test_every_address_of_an_account_gives_a_mail_to_it_alone_or_none(address):
    try:
        mail = OURS.word(a_message(to=address), mail_id=MAIL_ID)
    except Unwordable:
        return
    head = mail.as_bytes().partition(b"\r\n\r\n")[0]
    assert len(re.findall(rb"(?im)^to:", head)) == 1
    assert re.search(rb"(?im)^(b?cc):", head) is None
    assert len(mail["To"].addresses) == 1


def test_what_somebody_calls_itself_or_its_address_is_no_markup():
    text, html = parts(a_message(Kind.NEW_DEVICE, device='<a href="https://evil.example">Firefox on Linux</a>'))
    assert "evil" not in text + html
    assert "Firefox sur Linux" in text
    _, html = parts(a_message(Kind.EMAIL_CHANGE_CURRENT, new_address="<b>@example.org"))
    assert "<b>@" not in html


def test_an_operators_template_takes_the_place_of_ours(tmp_path: Path):
    (tmp_path / "fr").mkdir()
    (tmp_path / "fr" / "recovery.txt").write_text("Subject: Hôpital central\n\nIci : {{ link }}\n", encoding="utf-8")
    words = Wording(site=SITE, sender="h@example.org", templates=tmp_path)
    text, html = parts(a_message(), words=words)
    assert words.word(a_message(), mail_id=MAIL_ID)["Subject"] == "Hôpital central"
    assert text.startswith("Ici : https://care.example.org/")
    assert html == ""  # ours would say something else
    assert words.broken() == []
    assert parts(a_message(language="en"), words=words) == parts(a_message(language="en"))


@pytest.mark.parametrize(
    "written", ["no subject\n\nx", "Subject: x\n\n{{ unknown }}", "Subject: x\n\n{% if %}", "Subject: x\n\n{{ 1 / 0 }}"]
)
def test_a_broken_template_is_named_and_ours_is_used(tmp_path: Path, written):
    (tmp_path / "fr").mkdir()
    (tmp_path / "fr" / "recovery.txt").write_text(written, encoding="utf-8")
    words = Wording(site=SITE, sender="carebase@example.org", templates=tmp_path)
    assert parts(a_message(), words=words) == parts(a_message())
    assert words.broken() == ["fr/recovery"]


def test_a_mail_that_comes_twice_has_one_message_id():
    first, second = (OURS.word(a_message(), mail_id=MAIL_ID)["Message-ID"] for _ in range(2))
    assert first == second == f"<{MAIL_ID}@example.org>"
