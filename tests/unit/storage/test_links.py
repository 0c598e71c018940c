import base64
import hashlib
import hmac
import json
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carebase import errors
from carebase.auth.tokens import Tokens
from carebase.auth.users import User
from carebase.database.identity import ANONYMOUS, Identity, Role
from carebase.storage import links
from carebase.storage.links import LinkExpired, LinkRefused, Links, Scope

SECRET = "a-secret-of-the-tests-that-is-long-enough-0123456789"
NOW = 1_790_000_000.0
NADIA = Identity(
    Role.AUTHENTICATED,
    {
        "sub": "7f4f4e8e-1b7b-4c9e-9a55-5c7f3b6d2a10",
        "session_id": str(uuid4()),
        "aal": "aal2",
        "email": "nadia@example.org",
        "app_metadata": {"role": "attending"},
    },
)
SECRET_KEY = Identity(Role.SERVICE, {"role": "service_role", "key_sha256": "ab" * 32})
SIGNED_KEY = Identity(Role.SERVICE, {"iss": "supabase", "role": "service_role", "iat": 1, "exp": 2})

names = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=60)
makers = st.sampled_from([NADIA, SECRET_KEY, SIGNED_KEY, ANONYMOUS])


def at(seconds: float = NOW) -> Links:
    return Links(SECRET, clock=lambda: seconds)


def a_link(scope=Scope.DOWNLOAD, *, bucket="labdocs", name="a/b.pdf", maker=NADIA, life_seconds=60, **options) -> str:
    return at().sign(scope, bucket=bucket, name=name, maker=maker, life_seconds=life_seconds, **options)


def claims_of(token: str) -> dict:
    body = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))


@given(names, names, st.sampled_from(Scope), makers, st.integers(1, links.LONGEST_LIFE_SECONDS))
def test_a_link_reads_as_what_was_signed(bucket, name, scope, maker, life):
    token = a_link(scope, bucket=bucket, name=name, maker=maker, life_seconds=life)
    found = at(NOW + life - 1).read(token, scope=scope, bucket=bucket, name=name)
    assert (found.bucket, found.name, found.scope, found.expires_at) == (bucket, name, scope, int(NOW) + life)
    assert (found.identity.role, found.identity.user_id) == (maker.role, maker.user_id)
    with pytest.raises(LinkExpired):
        at(NOW + life).read(token, scope=scope, bucket=bucket, name=name)


@given(names, names, names, names, st.sampled_from(Scope), st.sampled_from(Scope))
def test_a_link_leads_nowhere_else(bucket, name, other_bucket, other_name, scope, other_scope):
    token = a_link(scope, bucket=bucket, name=name)
    if (f"{bucket}/{name}", scope) == (f"{other_bucket}/{other_name}", other_scope):
        return
    with pytest.raises(LinkRefused):
        at().read(token, scope=other_scope, bucket=other_bucket, name=other_name)


@given(st.integers(0, 10_000), st.integers(1, 127))
def test_a_changed_link_is_refused(place, change):
    token = a_link()
    place %= len(token)
    changed = token[:place] + chr(ord(token[place]) ^ change) + token[place + 1 :]
    try:
        found = at().read(changed, scope=Scope.DOWNLOAD, bucket="labdocs", name="a/b.pdf")
    except LinkRefused:
        return
    # The last letter of a part holds bits that say nothing.
    assert found.identity.user_id == NADIA.user_id


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda b: base64.urlsafe_b64encode(b).decode()))
def test_no_text_is_a_link_by_chance(text):
    with pytest.raises(LinkRefused):
        at().read(f"{text}.{text}.{text}", scope=Scope.DOWNLOAD, bucket="labdocs", name="a")


def test_a_link_says_of_its_maker_what_policies_need_and_no_more():
    claims = claims_of(a_link())
    assert claims == {
        "url": "labdocs/a/b.pdf",
        "scope": "download",
        "iat": int(NOW),
        "exp": int(NOW) + 60,
        "role": "authenticated",
        "sub": str(NADIA.user_id),
        "aal": "aal2",
        "app_role": "attending",
    }
    identity = at().read(a_link(), scope=Scope.DOWNLOAD, bucket="labdocs", name="a/b.pdf").identity
    assert identity.claims == {
        "link": True,
        "sub": str(NADIA.user_id),
        "aal": "aal2",
        "app_metadata": {"role": "attending"},
    }
    key = at().read(a_link(maker=SECRET_KEY), scope=Scope.DOWNLOAD, bucket="labdocs", name="a/b.pdf").identity
    assert key.claims["key_sha256"] == SECRET_KEY.claims["key_sha256"]
    nobody = at().read(a_link(maker=ANONYMOUS), scope=Scope.DOWNLOAD, bucket="labdocs", name="a/b.pdf").identity
    assert nobody.claims == {}


def test_a_link_is_no_access_token_and_an_access_token_is_no_link():
    tokens = Tokens(SECRET, issuer="http://localhost/auth/v1", access_token_minutes=15)
    with pytest.raises(errors.NotSignedIn):
        tokens.verify(a_link(life_seconds=links.LONGEST_LIFE_SECONDS))
    user = User(
        **dict.fromkeys(User.__dataclass_fields__)
        | {"id": UUID(NADIA.claims["sub"]), "aud": "authenticated", "app_metadata": {}, "user_metadata": {}}
    )
    for token in (tokens.issue(user, session_id=uuid4(), aal="aal1", amr=[]), tokens.service_key(), tokens.anon_key()):
        with pytest.raises(LinkRefused):
            at().read(token, scope=Scope.DOWNLOAD, bucket="labdocs", name="a/b.pdf")


def test_a_link_signed_with_the_secret_itself_or_not_at_all_is_refused():
    def signed(header: dict, key: bytes) -> str:
        parts = [base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=") for p in (header, claims_of(a_link()))]
        mac = hmac.digest(key, b".".join(parts), hashlib.sha256) if key else b""
        return b".".join([*parts, base64.urlsafe_b64encode(mac).rstrip(b"=")]).decode()

    for token in (signed({"alg": "HS256"}, SECRET.encode()), signed({"alg": "none"}, b""), "x" * 10_000):
        with pytest.raises(LinkRefused):
            at().read(token, scope=Scope.DOWNLOAD, bucket="labdocs", name="a/b.pdf")


@pytest.mark.parametrize("life", [0, -1, links.LONGEST_LIFE_SECONDS + 1])
def test_a_link_lives_for_a_time_that_makes_sense(life):
    with pytest.raises(errors.Invalid):
        a_link(life_seconds=life)


def test_what_ends_a_path_is_escaped_in_an_address():
    assert links.address("t", scope=Scope.UPLOAD, bucket="b", name="a?b#c") == "/object/upload/sign/b/a%3Fb%23c?token=t"
