"""What the pages of accounts show: one frozen value for each page.

In charge of their fields alone; words are in the tables of sentences, and a template decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """A field that has to change: its id, and the sentence that says how."""

    field: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What was typed before, but for secrets, and what is wrong with it."""

    values: Mapping[str, str] = field(default_factory=dict)
    mistakes: tuple[Mistake, ...] = ()

    def value_of(self, name: str) -> str:
        """What stands in the field."""
        return self.values.get(name, "")

    def mistake_of(self, name: str) -> str | None:
        """The sentence about one field, if it has one."""
        return next((mistake.text for mistake in self.mistakes if mistake.field == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One entry of a select or of radios."""

    value: str
    text: str
    is_selected: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A link to another way of signing in."""

    address: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInView:
    """The sign-in form; the password is never shown again."""

    form: Form
    next_address: str
    notice: str | None
    """Why the person is here, as a sentence."""
    name_label: str
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperSignInView:
    """Signing in by a printed code."""

    form: Form
    next_address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ByMailView:
    """Asking for a mail to sign in with."""

    form: Form
    next_address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactorView:
    """The question for the second factor."""

    form: Form
    next_address: str
    notice: str | None
    factors: tuple[Option, ...]
    """More than one when there is something to choose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterView:
    """The form of a new account."""

    form: Form
    is_open: bool
    shortest: int
    roles: tuple[Option, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgotView:
    """Asking for a mail to set a new password."""

    form: Form


@dataclass(frozen=True, slots=True, kw_only=True)
class SentView:
    """A mail is on its way: six digits may be typed here, whoever has no link at hand."""

    form: Form
    kind: str
    """For what the digits are: `signup`, `recovery`, `email_change` or `magiclink`."""
    explanation: str
    code_minutes: int
    is_again: bool
    """Whether the mail was asked for a second time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmView:
    """The button behind a link."""

    title: str
    explanation: str
    button: str
    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedUpView:
    """The question for the password of a sign-up that came from elsewhere."""

    form: Form
    email: str
    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidView:
    """A page that says one thing and leads on."""

    title: str
    explanation: str
    address: str
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordView:
    """Setting a password, after a forgotten one or at an invitation."""

    form: Form
    title: str
    explanation: str
    action: str
    email: str
    shortest: int
    asks_name: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileView:
    """Who the person is here."""

    form: Form
    done: str | None
    email: str
    new_email: str
    """The address a change waits for; empty without one."""
    phone: str
    has_phones: bool
    """Whether numbers name accounts here."""
    may_change_phone: bool
    """Whether a number counts as soon as it is written; elsewhere nobody could confirm it."""
    role: str
    has_password: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceView:
    """A page on which one thing is chosen: the language, or the time zone."""

    form: Form
    done: str | None
    name: str
    title: str
    hint: str
    options: tuple[Option, ...]
    example: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorRow:
    """A second factor in the list."""

    id: str
    name: str
    kind: str
    since: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityRow:
    """An outside provider that signs the person in."""

    id: str
    name: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityView:
    """Password, second factors, outside identities."""

    form: Form
    done: str | None
    has_password: bool
    shortest: int
    factors: tuple[FactorRow, ...]
    is_factor_required: bool
    """Whether the site asks for one of this person and there is none."""
    recovery_left: str
    identities: tuple[IdentityRow, ...]
    offered: tuple[Option, ...]
    """Providers that may become a way into the account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """A signed-in device."""

    id: str
    device: str
    address: str
    began: str
    used: str
    ends: str
    level: str
    is_this: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionsView:
    """Where the person is signed in."""

    done: str | None
    rows: tuple[SessionRow, ...]
    has_others: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CodesView:
    """The sheets of codes a person may print."""

    form: Form
    recovery_left: str
    sign_in_left: str
    may_recover: bool
    may_sign_in_by_paper: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetView:
    """A sheet of codes, shown this once."""

    title: str
    explanation: str
    holder: str
    good_until: str | None
    codes: tuple[str, ...]
    next_address: str
    where: str | None = None
    """On which page the codes are typed, as a sentence; None where that is asked for by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientCodesView:
    """Printing codes to sign in with for a patient."""

    patient: str
    action: str
    left: str
    back_address: str
    refusal: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFactorView:
    """Choosing what the second factor will be."""

    form: Form
    next_address: str
    notice: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrollView:
    """A second factor that waits for its first code."""

    form: Form
    factor_id: str
    next_address: str
    picture: str | None
    """Of an app: the square code, as SVG made here."""
    secret: str
    uri: str
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateView:
    """The own certificate authority, for people to install."""

    sha256: str
    good_until: str
    site: str
    picture: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstRunView:
    """The first administrator's form."""

    form: Form
    shortest: int
