"""Words a mail in its reader's language, as text and as HTML.

In charge of the templates: ours, or those of the operator's folder that take their place one by one. A template
of the operator that cannot be used is told to the log and ours is used: a link to sign in has to arrive. Links are
only ever to the configured site.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy, utils
from email.headerregistry import Address
from email.message import EmailMessage
from functools import cached_property
from pathlib import Path
from typing import Final, Self
from urllib.parse import urlsplit
from uuid import UUID

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from carebase import errors
from carebase.mail import devices
from carebase.mail.messages import Kind, Message
from carebase.observability import Log
from carebase.settings import Settings

LOG = Log("mail")

OURS: Final = Path(__file__).parent / "templates"
LANGUAGES: Final = ("fr", "en")
SUBJECT: Final = "Subject:"
"""How the first line of a text template begins."""
MINUTES: Final = {"fr": ("minute", "minutes"), "en": ("minute", "minutes")}
HOURS: Final = {"fr": ("heure", "heures"), "en": ("hour", "hours")}


class Unwordable(Exception):
    """The mail cannot be written as it is; no other try changes that."""


class BadTemplate(errors.SetupError):
    """A template of the operator's folder cannot be used; ours is used in its place."""

    code, message = "bad_template", "A mail template cannot be used."


class BrokenTemplate(Exception):
    """A template gives no mail."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a mail says."""

    subject: str
    text: str
    html: str | None


@dataclass(frozen=True, kw_only=True)
class Wording:
    """The words of one deployment."""

    site: str
    """The configured address, without a slash at its end."""
    sender: str
    """The address our mails come from."""
    code_minutes: int = 10
    """How long a code is good, where its link is good for longer."""
    templates: Path | None = None
    """The operator's folder: `fr/recovery.txt`, `fr/recovery.html`, `layout.html`."""

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """As the settings have it."""
        host = urlsplit(settings.address).hostname or "localhost"
        return cls(
            site=settings.address,
            sender=settings.mail_from or f"carebase@{host}",
            code_minutes=settings.code_minutes,
            templates=settings.mail_templates,
        )

    def word(self, message: Message, *, mail_id: UUID) -> EmailMessage:
        """The mail to send; Unwordable when its link is not to our site or its address is none."""
        if message.link and message.link != self.site and not message.link.startswith(f"{self.site}/"):
            raise Unwordable("a link that is not to the configured site")
        if message.language not in LANGUAGES:
            raise Unwordable("a language without templates")
        try:
            moment(message.at)
        except ValueError as error:
            raise Unwordable("a time that is none") from error
        words = self._words(message)
        mail = EmailMessage(policy=policy.SMTP if message.to.isascii() else policy.SMTPUTF8)
        try:
            mail["From"] = Address(addr_spec=self.sender)
            mail["To"] = Address(addr_spec=message.to)
        except (ValueError, IndexError) as error:
            raise Unwordable("an address that is none") from error
        mail["Subject"] = words.subject
        mail["Date"] = utils.localtime(datetime.now(UTC))
        # The same at every try, so that a mail box can tell a mail that came twice.
        mail["Message-ID"] = f"<{mail_id}@{self.sender.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Carebase-Mail"] = message.kind.value
        mail.set_content(words.text, cte="quoted-printable")
        if words.html is not None:
            mail.add_alternative(words.html, subtype="html", cte="quoted-printable")
        mail["Content-Language"] = message.language
        return mail

    def broken(self) -> list[str]:
        """Which of the operator's templates cannot be used, such as `fr/recovery.txt`."""
        found = []
        for language in LANGUAGES:
            for kind in Kind:
                if kind is not Kind.NONE and self._is_replaced(kind, language):
                    example = Message(
                        kind=kind, to="a@example.org", language=language, link=f"{self.site}/", code="000000",
                        good_minutes=60, new_address="b@example.org", at="2026-01-02T03:04:05Z",
                    )  # fmt: skip
                    try:
                        self._rendered(self._operators, example, texts=self._texts(kind, language))
                    except (BrokenTemplate, jinja2.TemplateError, OSError, ValueError, TypeError, ArithmeticError):
                        found.append(f"{language}/{kind.value}")
        return found

    def _words(self, message: Message) -> Words:
        if self._is_replaced(message.kind, message.language):
            texts = self._texts(message.kind, message.language)
            try:
                return self._rendered(self._operators, message, texts=texts)
            except (
                BrokenTemplate, jinja2.TemplateError, OSError, ValueError, TypeError, ArithmeticError,
            ) as error:  # fmt: skip
                LOG.error("mail_template_broken", cause=error, step=f"{message.language}/{message.kind.value}")
        path = f"{message.language}/{message.kind.value}"
        return self._rendered(self._ours, message, texts=(f"{path}.txt", f"{path}.html"))

    def _is_replaced(self, kind: Kind, language: str) -> bool:
        return self.templates is not None and any(
            (self.templates / language / f"{kind.value}{form}").is_file() for form in (".txt", ".html")
        )

    def _texts(self, kind: Kind, language: str) -> tuple[str, str | None]:
        """The text's template and the HTML's: an operator's text does not go out beside our HTML."""
        path = f"{language}/{kind.value}"
        has_text = self.templates is not None and (self.templates / f"{path}.txt").is_file()
        has_html = self.templates is not None and (self.templates / f"{path}.html").is_file()
        return f"{path}.txt", f"{path}.html" if has_html or not has_text else None

    def _rendered(self, environment: jinja2.Environment, message: Message, *, texts: tuple[str, str | None]) -> Words:
        seen = self._seen(message)
        written = environment.get_template(texts[0]).render(seen)
        first, _, rest = written.partition("\n")
        subject = " ".join(first.removeprefix(SUBJECT).split())
        if not first.startswith(SUBJECT) or not subject or not rest.strip():
            raise BrokenTemplate("the first line of a text is its subject")
        html = None if texts[1] is None else environment.get_template(texts[1]).render({**seen, "subject": subject})
        return Words(subject, rest.lstrip("\n"), html)

    def _seen(self, message: Message) -> Mapping[str, str]:
        """What a template may use."""
        return {
            "site": self.site,
            "language": message.language,
            "link": message.link,
            "code": message.code,
            "link_good_for": duration(message.good_minutes, language=message.language),
            "code_good_for": duration(min(message.good_minutes, self.code_minutes), language=message.language),
            "new_address": message.new_address,
            "device": devices.in_words(message.device, language=message.language),
            "at": moment(message.at),
        }

    @cached_property
    def _ours(self) -> jinja2.Environment:
        return _environment(OURS)

    @cached_property
    def _operators(self) -> jinja2.Environment:
        return _environment(*([self.templates] if self.templates else []), OURS)


def duration(minutes: int, *, language: str) -> str:
    """How long something is good, in words.

    >>> duration(60, language="fr"), duration(4320, language="fr"), duration(90, language="en")
    ('1 heure', '72 heures', '90 minutes')
    """
    count, words = (minutes // 60, HOURS) if minutes and minutes % 60 == 0 else (minutes, MINUTES)
    one, many = words[language]
    return f"{count} {one if count == 1 else many}"


def moment(at: str) -> str:
    """A time as a mail says it, in UTC; empty where there is none.

    >>> moment("2026-01-02T03:04:05.000Z")
    '2026-01-02 03:04 UTC'
    """
    return datetime.fromisoformat(at).astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC") if at else ""


def _environment(*folders: Path) -> jinja2.Environment:
    return ImmutableSandboxedEnvironment(
        loader=jinja2.FileSystemLoader(folders),
        autoescape=lambda name: name is not None and name.endswith(".html"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
