"""What the administrator's pages show: one frozen value for each page.

In charge of their fields alone; words are in the tables of sentences, and a template decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from carebase.apps.account.views import Form, Option


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One line of an overview: what it is about, and how it stands."""

    name: str
    text: str
    is_warning: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewView:
    """How the deployment stands."""

    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """One account in a list."""

    id: str
    name: str
    email: str
    role: str
    wish: str | None
    """The role it asked for and does not have."""
    state: str
    is_closed: bool
    last: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleView:
    """A page of accounts."""

    form: Form
    done: str | None
    rows: tuple[PersonRow, ...]
    total: str
    roles: tuple[Option, ...]
    earlier_page: int | None
    later_page: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonView:
    """One account and what may be done to it."""

    form: Form
    done: str | None
    row: PersonRow
    facts: tuple[Fact, ...]
    roles: tuple[Option, ...]
    is_own: bool
    """An administrator's own account is changed by another one."""
    may_reset: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow:
    """One entry of the record in a list."""

    address: str
    at: str
    who: str
    action: str
    relation: str
    rows: str
    is_client_word: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """The last check of the whole record that this page started, or the one that runs."""

    text: str
    is_running: bool
    is_wrong: bool
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordView:
    """The record of access: the search, what it found, its checkpoints."""

    form: Form
    done: str | None
    rows: tuple[EntryRow, ...] | None
    """None where nothing was searched for yet."""
    next_at: str
    """Where the next page begins; empty on the last one."""
    next_seq: str
    check: Check | None
    checkpoints: tuple[Fact, ...]
    checkpoint_age: str
    formats: tuple[Option, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """One entry, whole."""

    facts: tuple[Fact, ...]
    patients: tuple[str, ...]
    before: str | None
    after: str | None
    is_change: bool
