"""Which keys sign, which verify, and that a token's own header adds none."""

import base64
import hmac
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws, jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from carebase import errors
from carebase.auth import signing_keys
from carebase.auth.signing_keys import SigningKeys
from carebase.auth.tokens import SignedIn, Tokens
from carebase.auth.users import User
from carebase.database.identity import Role
from carebase.settings import BadSetting

SECRET = "a secret of this test, longer than thirty-two characters"
START = datetime(2027, 1, 1, tzinfo=UTC)
LIFE = 3600


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now.timestamp()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


@pytest.fixture(autouse=True)
def looked_at_always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing_keys, "LOOKED_AT_SECONDS", -1.0)


def rotate(file: Path, *, at: datetime, algorithm: str = "ES256") -> str:
    text = file.read_text() if file.exists() else None
    written = signing_keys.rotated(text, algorithm=algorithm, life_seconds=LIFE, now=lambda: at)
    return put(file, written)


def put(file: Path, text: str) -> str:
    draft = file.with_suffix(".draft")
    draft.write_text(text)
    draft.chmod(0o600)
    draft.replace(file)
    return str(json.loads(text)["keys"][-1]["kid"])


def tokens(clock: Clock, file: Path | None) -> Tokens:
    keys = SigningKeys(SECRET, file=file, life_seconds=LIFE)
    return Tokens(SECRET, issuer="http://localhost/auth/v1", access_token_minutes=60, clock=clock, keys=keys)


def issued(by: Tokens) -> str:
    then = datetime(2026, 1, 2, tzinfo=UTC)
    amina = User(
        UUID(int=1), "authenticated", "authenticated", "amina@example.org", None, None, then, then, then,
        {}, {}, False, None, then, then,
    )  # fmt: skip
    return by.issue(amina, session_id=UUID(int=2), aal="aal1", amr=[SignedIn(method="password", timestamp=1)])


def header_of(token: str) -> dict[str, Any]:
    return dict(jws.extract_compact(token.encode()).headers())


def claims_of(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
def test_the_newest_key_signs_and_its_public_part_verifies_for_everybody(clock, file, algorithm) -> None:
    kid = rotate(file, at=START, algorithm=algorithm)
    ours = tokens(clock, file)
    token = issued(ours)
    assert header_of(token) == {"alg": algorithm, "typ": "JWT", "kid": kid}
    assert ours.verify(token).role is Role.AUTHENTICATED
    (public,) = ours.public_jwks["keys"]
    read = RSAKey.import_key(public) if algorithm == "RS256" else ECKey.import_key(public)
    assert not read.is_private
    assert jwt.decode(token, read, algorithms=[algorithm]).claims["sub"] == str(UUID(int=1))
    assert set(public) <= {"kty", "crv", "x", "y", "n", "e", "kid", "alg", "use", "key_ops"}


def test_without_a_file_the_secret_signs_and_nothing_is_published(clock) -> None:
    ours = tokens(clock, None)
    assert header_of(issued(ours)) == {"alg": "HS256", "typ": "JWT"}
    assert ours.public_jwks == {"keys": []}


def test_the_secret_goes_on_verifying_beside_keys_of_the_file(clock, file) -> None:
    by_secret = issued(tokens(clock, None))
    rotate(file, at=START)
    assert tokens(clock, file).verify(by_secret).user_id == UUID(int=1)
    ours = tokens(clock, file)
    assert header_of(ours.anon_key())["alg"] == "HS256"
    assert ours.anon_key() == tokens(clock, None).anon_key()


def test_a_rotated_key_verifies_as_long_as_its_tokens_last_and_no_longer(clock, file) -> None:
    first = rotate(file, at=START)
    ours = tokens(clock, file)
    clock.now += timedelta(hours=1)
    old = issued(ours)
    second = rotate(file, at=clock.now)
    assert header_of(issued(ours))["kid"] == second
    assert ours.verify(old)
    assert {key["kid"] for key in ours.public_jwks["keys"]} == {first, second}
    clock.now += timedelta(seconds=LIFE - 1)
    assert ours.verify(old)
    clock.now += timedelta(hours=1, seconds=2)
    assert {key["kid"] for key in ours.public_jwks["keys"]} == {second}
    with pytest.raises(errors.NotSignedIn):
        ours.verify(old)
    assert first not in rotate(file, at=clock.now)
    assert first not in file.read_text()


def test_a_key_taken_out_of_the_file_is_not_believed_although_its_token_was_verified_before(clock, file) -> None:
    rotate(file, at=START)
    ours = tokens(clock, file)
    token = issued(ours)
    assert ours.verify(token)
    put(file, signing_keys.rotated(None, algorithm="ES256", life_seconds=LIFE, now=lambda: clock.now))
    with pytest.raises(errors.NotSignedIn):
        ours.verify(token)


def test_a_retired_key_is_not_believed_although_nobody_touched_the_file(clock, file) -> None:
    rotate(file, at=START)
    ours = tokens(clock, file)
    claims = {**claims_of(issued(ours)), "exp": int(clock()) + 10 * LIFE}
    entry = json.loads(file.read_text())["keys"][0]
    long = jwt.encode({"alg": "ES256", "kid": entry["kid"]}, claims, ECKey.import_key(entry))
    rotate(file, at=START)
    assert ours.verify(long)
    clock.now += timedelta(seconds=LIFE + 3600)
    with pytest.raises(errors.NotSignedIn):
        ours.verify(long)


def test_a_key_signs_from_its_time_on_and_verifies_before_it(clock, file) -> None:
    first = rotate(file, at=START)
    rotate(file, at=START + timedelta(hours=2))
    ours = tokens(clock, file)
    # The first is retired two hours and the life of a token later, so it signs until its successor does.
    assert header_of(issued(ours))["kid"] == first
    clock.now += timedelta(hours=2)
    assert header_of(issued(ours))["kid"] != first


def test_a_file_that_breaks_signs_nobody_out_and_one_that_is_broken_at_the_start_is_refused(clock, file) -> None:
    rotate(file, at=START)
    ours = tokens(clock, file)
    token = issued(ours)
    file.write_text('{"keys": [')
    assert ours.verify(token)
    assert header_of(issued(ours))["alg"] == "ES256"
    file.unlink()
    assert ours.verify(token)
    with pytest.raises(BadSetting):
        tokens(clock, file)


def test_a_file_that_others_can_read_is_refused(clock, file) -> None:
    rotate(file, at=START)
    file.chmod(0o640)
    with pytest.raises(BadSetting, match="read by others"):
        tokens(clock, file)


def test_a_token_that_confuses_algorithms_or_names_another_key_is_refused(clock, file) -> None:
    kid = rotate(file, at=START, algorithm="RS256")
    ours = tokens(clock, file)
    claims = claims_of(issued(ours))
    entry = json.loads(file.read_text())["keys"][0]
    # Without its algorithm: the library would not sign with another.
    private = RSAKey.import_key({name: value for name, value in entry.items() if name != "alg"})
    stranger = RSAKey.generate_key(2048)
    secret = OctKey.import_key(SECRET)
    pem = private.as_pem(private=False)
    forged = [
        signed_with_text({"alg": "HS256", "kid": kid}, claims, pem),
        signed_with_text({"alg": "HS256"}, claims, pem),
        jwt.encode({"alg": "HS256", "kid": kid}, claims, secret),
        jwt.encode({"alg": "HS256", "kid": "another"}, claims, secret),
        jwt.encode({"alg": "HS256", "kid": ""}, claims, secret),
        jwt.encode({"alg": "RS256"}, claims, private),
        jwt.encode({"alg": "RS256", "kid": "another"}, claims, private),
        jwt.encode({"alg": "RS256", "kid": kid}, claims, stranger),
        jwt.encode({"alg": "RS256", "kid": kid, "jwk": stranger.as_dict(private=False)}, claims, stranger),
        jwt.encode({"alg": "RS512", "kid": kid}, claims, private, algorithms=["RS512"]),
        jwt.encode({"alg": "PS256", "kid": kid}, claims, private, algorithms=["PS256"]),
    ]
    for token in forged:
        with pytest.raises(errors.NotSignedIn):
            ours.verify(token)
    assert ours.verify(jwt.encode({"alg": "RS256", "kid": kid}, claims, private))


def test_an_operators_key_needs_no_end_and_is_the_secrets_alone(clock, file) -> None:
    kid = rotate(file, at=START)
    ours = tokens(clock, file)
    secret, own = OctKey.import_key(SECRET), ECKey.import_key(json.loads(file.read_text())["keys"][0])
    for role in ("service_role", "supabase_admin"):
        token = jwt.encode({"alg": "HS256"}, {"role": role}, secret)
        assert ours.verify_operator(token).role is Role.SERVICE
        with pytest.raises(errors.NotSignedIn):
            ours.verify(token)
    refused = [
        jwt.encode({"alg": "HS256"}, {"role": "anon"}, secret),
        jwt.encode({"alg": "HS256"}, {"role": "authenticated"}, secret),
        jwt.encode({"alg": "HS256"}, {"role": "service_role", "exp": int(clock()) - 1}, secret),
        jwt.encode({"alg": "HS256"}, {"role": "service_role", "exp": None}, secret),
        jwt.encode({"alg": "HS256"}, {"role": "service_role", "nbf": int(clock()) + 60}, secret),
        jwt.encode({"alg": "HS256"}, {"role": ["service_role"]}, secret),
        jwt.encode({"alg": "HS256"}, {"role": "service_role"}, OctKey.import_key(SECRET + "x")),
        jwt.encode({"alg": "ES256", "kid": kid}, {"role": "service_role"}, own),
        issued(ours),
    ]
    for token in refused:
        with pytest.raises(errors.NotSignedIn):
            ours.verify_operator(token)


@pytest.mark.parametrize(
    "change",
    [
        {"kid": ""},
        {"kid": None},
        {"kid": 7},
        {"alg": "HS256"},
        {"alg": "none"},
        {"alg": "RS256"},
        {"alg": None},
        {"d": None},
        {"x": "AA"},
        {"use_from": "tomorrow"},
        {"use_from": "2027-01-01T00:00:00"},
        {"retire_at": 7},
    ],
)
def test_a_key_that_is_not_whole_is_refused(change) -> None:
    whole = {**ECKey.generate_key("P-256").as_dict(private=True), "kid": "one", "alg": "ES256"}
    assert signing_keys.of_text(json.dumps({"keys": [whole]}))
    changed = {name: value for name, value in {**whole, **change}.items() if value is not None}
    with pytest.raises(BadSetting):
        signing_keys.of_text(json.dumps({"keys": [changed]}))


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_weak_keys_and_a_name_given_twice_are_refused() -> None:
    short = {**RSAKey.generate_key(1024).as_dict(private=True), "kid": "short", "alg": "RS256"}
    curve = {**ECKey.generate_key("P-384").as_dict(private=True), "kid": "curve", "alg": "ES256"}
    whole = {**ECKey.generate_key("P-256").as_dict(private=True), "kid": "one", "alg": "ES256"}
    for entries in ([short], [curve], [whole, whole]):
        with pytest.raises(BadSetting):
            signing_keys.of_text(json.dumps({"keys": entries}))


@given(st.text() | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(json.dumps))
def test_any_text_is_a_bad_setting_and_never_a_surprise(text: str) -> None:
    with pytest.raises(BadSetting):
        signing_keys.of_text(text)


def part(value: bytes) -> bytes:
    return base64.urlsafe_b64encode(value).rstrip(b"=")


def signed_with_text(header: dict[str, Any], claims: dict[str, Any], text: bytes) -> str:
    """Signed as an attacker does it: libraries take no public key for a secret."""
    signed = part(json.dumps(header).encode()) + b"." + part(json.dumps(claims).encode())
    return (signed + b"." + part(hmac.digest(text, signed, "sha256"))).decode()
