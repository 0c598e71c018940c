"""What a person asked the assistant is its own; document 004's calls work for a new account."""

from __future__ import annotations

import pytest
from psycopg import errors as refusals

BEGIN = "insert into public.conversations (user_id, context) values (%(me)s, '') returning id"
SAY = (
    "insert into public.messages (conversation_id, content, role, message_type)"
    " values (%(c)s, 'Bonjour', 'user', 'text')"
)


def test_a_conversation_may_be_the_first_thing_a_person_does(a_person):
    person = a_person(None)
    (conversation,) = person.ask(BEGIN)
    person.ask(SAY, c=conversation["id"])
    assert person.ask("select role, content from public.messages") == [{"role": "user", "content": "Bonjour"}]


@pytest.mark.parametrize("role", ["admin", "attending", "patient"])
def test_nobody_reads_or_continues_anothers_conversation(a_person, role):
    person, other = a_person(None), a_person(role)
    (conversation,) = person.ask(BEGIN)
    person.ask(SAY, c=conversation["id"])

    assert not other.ask("select 1 as one from public.messages")
    assert not other.ask("select 1 as one from public.conversations")
    with pytest.raises(refusals.InsufficientPrivilege):
        other.ask(SAY, c=conversation["id"])
    with pytest.raises(refusals.InsufficientPrivilege):
        person.ask("insert into public.conversations (user_id) values (%(other)s)", other=other.id)


def test_a_deleted_conversation_takes_its_messages_with_it(a_person):
    person = a_person(None)
    (conversation,) = person.ask(BEGIN)
    person.ask(SAY, c=conversation["id"])
    person.ask("delete from public.conversations")
    assert not person.ask("select 1 as one from public.messages")


def test_nobody_takes_anothers_address(a_person):
    person = a_person(None)
    with pytest.raises(refusals.InsufficientPrivilege):
        person.ask("insert into public.users (id, email) values (%(me)s, 'somebody@example.org')")


def test_is_me_knows_its_caller(a_person):
    person, other = a_person(None), a_person(None)
    assert person.ask("select public.is_me(%(me)s) as me, public.is_me(%(o)s) as other", o=other.id) == [
        {"me": True, "other": False}
    ]
