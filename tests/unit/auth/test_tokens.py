"""What a token must be to be believed."""

import base64
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from carebase import errors
from carebase.auth.tokens import LONGEST_TOKEN, SignedIn, Tokens
from carebase.auth.users import User
from carebase.database.identity import Role

SECRET = "a secret of this test, longer than thirty-two characters"
NOW = 1_800_000_000
USER_ID = UUID("5f0c7e6e-4b6b-4d5c-9a3e-0a1b2c3d4e5f")
SESSION_ID = UUID("0d3f1b1e-1111-4222-8333-444455556666")


def tokens_at(now: float = NOW, *, secret: str = SECRET) -> Tokens:
    return Tokens(secret, issuer="http://localhost:8000/auth/v1", access_token_minutes=60, clock=lambda: now)


def amina() -> User:
    then = datetime(2026, 1, 2, tzinfo=UTC)
    return User(
        USER_ID, "authenticated", "authenticated", "amina@example.org", None, None, then, then, then,
        {"provider": "email", "role": "attending"}, {"full_name": "Amina"}, False, None, then, then,
    )  # fmt: skip


def issued(tokens: Tokens | None = None) -> str:
    entry = SignedIn(method="password", timestamp=NOW)
    return (tokens or tokens_at()).issue(amina(), session_id=SESSION_ID, aal="aal1", amr=[entry])


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def signed(claims: dict[str, Any], *, secret: str = SECRET, alg: str = "HS256") -> str:
    return jwt.encode({"alg": alg}, claims, OctKey.import_key(secret), algorithms=[alg])


def whole_claims(**changes: Any) -> dict[str, Any]:
    claims = {
        "sub": str(USER_ID), "session_id": str(SESSION_ID), "aud": "authenticated",
        "role": "authenticated", "exp": NOW + 60,
    }  # fmt: skip
    claims.update(changes)
    return {name: value for name, value in claims.items() if value is not ...}


def test_an_issued_token_is_believed_and_says_all_that_policies_read() -> None:
    identity = tokens_at().verify(issued())
    assert identity.role is Role.AUTHENTICATED
    assert identity.user_id == USER_ID
    assert identity.claims == {
        "iss": "http://localhost:8000/auth/v1",
        "sub": str(USER_ID),
        "aud": "authenticated",
        "exp": NOW + 3600,
        "iat": NOW,
        "email": "amina@example.org",
        "phone": "",
        "app_metadata": {"provider": "email", "role": "attending"},
        "user_metadata": {"full_name": "Amina"},
        "role": "authenticated",
        "aal": "aal1",
        "amr": [{"method": "password", "timestamp": NOW}],
        "session_id": str(SESSION_ID),
        "is_anonymous": False,
    }


def test_a_token_is_good_up_to_its_last_second_and_not_in_it() -> None:
    token = issued()
    assert tokens_at(NOW + 3599).verify(token)
    with pytest.raises(errors.NotSignedIn):
        tokens_at(NOW + 3600).verify(token)


def test_a_token_signed_with_another_secret_is_refused() -> None:
    with pytest.raises(errors.NotSignedIn):
        tokens_at().verify(issued(tokens_at(secret="another secret that is also longer than thirty-two")))


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE"])
def test_a_token_without_a_signature_is_refused(algorithm: str) -> None:
    head, body = part({"alg": algorithm, "typ": "JWT"}), issued().split(".")[1]
    for token in (f"{head}.{body}.", f"{head}.{body}", f"{head}.{body}.{issued().split('.')[2]}"):
        with pytest.raises(errors.NotSignedIn):
            tokens_at().verify(token)


def test_an_algorithm_other_than_ours_is_refused_even_with_our_secret() -> None:
    with pytest.raises(errors.NotSignedIn):
        tokens_at().verify(signed(whole_claims(), alg="HS512"))
    theirs = RSAKey.generate_key(2048)
    token = jwt.encode({"alg": "RS256", "jwk": theirs.as_dict(private=False)}, whole_claims(), theirs)
    with pytest.raises(errors.NotSignedIn):
        tokens_at().verify(token)


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": ...},
        {"exp": None},
        {"exp": True},
        {"exp": str(NOW + 60)},
        {"exp": NOW - 1},
        {"nbf": NOW + 30},
        {"nbf": "soon"},
        {"role": ...},
        {"role": None},
        {"role": "postgres"},
        {"role": "care_worker"},
        {"role": ["authenticated"]},
        {"sub": ...},
        {"sub": "1 or 1=1"},
        {"sub": 7},
        {"session_id": ...},
        {"session_id": ""},
        {"aud": "somebody else"},
        {"aud": ...},
    ],
)
def test_a_signed_token_that_lacks_or_bends_a_claim_is_refused(changes: dict[str, Any]) -> None:
    assert tokens_at().verify(signed(whole_claims()))
    with pytest.raises(errors.NotSignedIn):
        tokens_at().verify(signed(whole_claims(**changes)))


def test_a_signed_link_to_a_file_is_not_a_token() -> None:
    with pytest.raises(errors.NotSignedIn):
        tokens_at().verify(signed({"url": "labdocs/a/b.pdf", "scope": "download", "exp": NOW + 60}))


def test_keys_are_the_same_at_every_start_and_hold_their_role_only() -> None:
    assert tokens_at().anon_key() == tokens_at(NOW + 86_400).anon_key()
    anon, service = tokens_at().verify(tokens_at().anon_key()), tokens_at().verify(tokens_at().service_key())
    assert (anon.role, service.role) == (Role.ANON, Role.SERVICE)
    assert anon.user_id is None
    assert service.user_id is None
    assert "sub" not in anon.claims


@given(st.text(max_size=400))
@example("a.b.c")
@example("..")
@example("")
@example(part({"alg": "HS256"}) + ".." + part(0))
@example(part([]) + "." + part({}) + ".x")
@example(part("HS256") + "." + part({}) + ".x")
@example(part({"alg": ["HS256"]}) + "." + part({}) + ".x")
@example(part({"alg": "HS256", "crit": ["b64"], "b64": False}) + "." + part({}) + ".x")
@example(base64.urlsafe_b64encode(b"[" * 6000).decode() + ".e30.x")
@example(part({"alg": "HS256", "kid": "../../dev/null", "jku": "http://127.0.0.1:9"}) + ".e30.x")
@example("é" * 20)
@example("a" * (LONGEST_TOKEN + 1))
def test_any_text_is_refused_as_a_token_and_never_a_surprise(text: str) -> None:
    with pytest.raises(errors.NotSignedIn):
        tokens_at().verify(text)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda c: st.lists(c) | st.dictionaries(st.text(), c)
    )
)
def test_any_signed_value_that_is_no_set_of_claims_is_refused(value: object) -> None:
    head = part({"alg": "HS256"})
    forged = f"{head}.{part(value)}.{issued().split('.')[2]}"
    with pytest.raises(errors.NotSignedIn):
        tokens_at().verify(forged)


@given(st.data())
def test_a_token_with_any_one_character_changed_is_refused(data: st.DataObject) -> None:
    token = issued()
    # The last character of a part holds unused bits, so changing it may not change the bytes.
    place = data.draw(st.integers(0, len(token) - 2).filter(lambda n: token[n] != "." and token[n + 1] != "."))
    other = data.draw(st.sampled_from("ABCxyz019-_").filter(lambda c: c != token[place]))
    with pytest.raises(errors.NotSignedIn):
        tokens_at().verify(token[:place] + other + token[place + 1 :])
