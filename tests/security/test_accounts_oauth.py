"""Outside providers cannot be impersonated, and what they say sends no request into this network.

ASVS 5.0: 6.8.1, 6.8.2 (whose identity assertions are believed), 9.1.1 to 9.2.3 (tokens), 10.4.1 (addresses), 1.3.6
(requests forged by way of the server).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import RSAKey
from tests.integration.auth import oidc as issuers
from tests.integration.auth.oidc import CLIENT_ID, CLIENT_SECRET, KEY, OTHER_KEY, Oidc

from carebase.auth import oauth_calls, oauth_issuers, oauth_providers, oauth_refused
from carebase.auth.oauth_calls import Calls
from carebase.auth.oauth_issuers import Issuer
from carebase.errors import CareError
from carebase.settings import BadSetting


@pytest.fixture
def oidc() -> Iterator[Oidc]:
    with issuers.serving() as serving:
        yield serving


def an_issuer(oidc: Oidc, **chosen: str) -> Issuer:
    said = {"issuer": oidc.issuer, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, **chosen}
    text = "[hospital]\n" + "\n".join(f'{name} = "{value}"' for name, value in said.items())
    return Issuer(oauth_providers.of_text(text, beside=Path())["hospital"])


async def verified(oidc: Oidc, token: str, *, nonce: str | None = None, access_token: str | None = None) -> Any:
    issuer = an_issuer(oidc)
    return await issuer.verified(token, clients={CLIENT_ID}, nonce=nonce, access_token=access_token)


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def signed(oidc: Oidc, header: dict[str, Any], key: Any, *, algorithm: str = "RS256") -> str:
    claims = part_of(oidc.token())
    return jws.serialize_compact({"alg": algorithm, **header}, json.dumps(claims).encode(), key, [algorithm])


def with_secret(oidc: Oidc, secret: bytes) -> str:
    """A token signed with a secret instead of a key."""
    signed = f"{part({'alg': 'HS256', 'kid': 'first'})}.{oidc.token().split('.')[1]}"
    signature = base64.urlsafe_b64encode(hmac.digest(secret, signed.encode(), hashlib.sha256)).rstrip(b"=").decode()
    return f"{signed}.{signature}"


def part_of(token: str) -> dict[str, Any]:
    body = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))


async def test_a_token_of_the_issuer_for_us_is_believed(oidc):
    assert (await verified(oidc, oidc.token(nonce="n"), nonce="n"))["sub"] == "amina-1"
    both = oidc.token(aud=[CLIENT_ID, "another"], azp=CLIENT_ID)
    assert (await verified(oidc, both))["sub"] == "amina-1"


WRONG_CLAIMS = {
    "another issuer": {"iss": "https://evil.example"},
    "an issuer with a slash more": {"iss": "SLASH"},
    "no issuer": {"iss": None},
    "another client": {"aud": "another"},
    "no client": {"aud": None},
    "two clients and nobody who asked": {"aud": [CLIENT_ID, "another"]},
    "another who asked": {"azp": "another"},
    "another who asked for two": {"aud": [CLIENT_ID, "another"], "azp": "another"},
    "a client inside a text": {"aud": f"x{CLIENT_ID}"},
    "no person": {"sub": None},
    "an empty person": {"sub": ""},
    "a person that is a number": {"sub": 1},
    "a person that is too long": {"sub": "a" * 256},
    "an end that has passed": {"exp": 1},
    "no end": {"exp": None},
    "an end that is no time": {"exp": "tomorrow"},
    "a beginning that is to come": {"nbf": 4_000_000_000},
    "a making that is to come": {"iat": 4_000_000_000},
    "no making": {"iat": None},
}


@pytest.mark.parametrize("name", WRONG_CLAIMS)
async def test_a_token_with_other_claims_is_not_believed(oidc, name):
    claims = {key: f"{oidc.issuer}/" if value == "SLASH" else value for key, value in WRONG_CLAIMS[name].items()}
    with pytest.raises(oauth_refused.BadIdToken):
        await verified(oidc, oidc.token(**claims))


async def test_a_token_of_another_sign_in_is_not_believed(oidc):
    for token in (oidc.token(nonce="another"), oidc.token()):
        with pytest.raises(oauth_refused.BadIdToken):
            await verified(oidc, token, nonce="n")


async def test_an_access_token_of_another_sign_in_is_not_believed(oidc):
    with pytest.raises(oauth_refused.BadIdToken):
        await verified(oidc, oidc.token(at_hash="AAAAAAAAAAAAAAAAAAAAAA"), access_token="an access token")


def forged(oidc: Oidc) -> dict[str, str]:
    """Tokens with the right claims that the issuer has not signed."""
    good = oidc.token()
    head, body, signature = good.split(".")
    public = KEY.as_pem(private=False)
    embedded = OTHER_KEY.as_dict(private=False)
    return {
        "no signature": f"{part({'alg': 'none', 'typ': 'JWT'})}.{body}.",
        "none in other letters": f"{part({'alg': 'nOnE'})}.{body}.",
        "none with a signature": f"{part({'alg': 'none', 'kid': 'first'})}.{body}.{signature}",
        "a signature cut off": f"{head}.{body}.",
        "another key under the known name": signed(oidc, {"kid": "first"}, OTHER_KEY),
        "another key under its own name": signed(oidc, {"kid": "other"}, OTHER_KEY),
        "another key without a name": signed(oidc, {}, OTHER_KEY),
        "the key in the header": signed(oidc, {"kid": "first", "jwk": embedded}, OTHER_KEY),
        "an address of keys in the header": signed(oidc, {"kid": "x", "jku": "http://127.0.0.1:9/keys"}, OTHER_KEY),
        "the public key as a secret": with_secret(oidc, public),
        "our secret as the key": with_secret(oidc, CLIENT_SECRET.encode()),
        "no secret as the key": with_secret(oidc, b""),
        "other claims": f"{head}.{part({**part_of(good), 'sub': 'admin'})}.{signature}",
        "another algorithm of the key": f"{part({'alg': 'PS256', 'kid': 'first'})}.{body}.{signature}",
        "nothing": "", "dots": "..", "a word": "x", "too long": "a" * 20_000, "half a character": "\udc00.x.y",
    }  # fmt: skip


async def test_a_token_that_the_issuer_has_not_signed_is_not_believed(oidc):
    for name, token in forged(oidc).items():
        try:
            await verified(oidc, token)
        except oauth_refused.BadIdToken:
            continue
        pytest.fail(name)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60) | st.from_regex(r"[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*", fullmatch=True))
def test_no_text_breaks_the_reading_of_tokens(text):
    import asyncio

    issuer = Issuer(oauth_providers.of_text('[google]\nclient_id = "x"', beside=Path())["google"])
    # With keys at hand nothing is asked for.
    issuer._keys = (time.monotonic(), oauth_issuers.KeySet([KEY]))
    issuer._metadata = None

    async def read() -> None:
        with pytest.raises(CareError):
            await issuer.verified(text, clients={"x"}, access_token=None, nonce=None)

    asyncio.run(read())


@pytest.mark.filterwarnings("ignore:Key size")
async def test_a_short_key_of_the_issuer_is_not_used(oidc):
    oidc.key = RSAKey.generate_key(1024, parameters={"kid": "short"})
    oidc.keys, oidc.header = [oidc.key], {"alg": "RS256", "kid": "short"}
    with pytest.raises(oauth_refused.BadIdToken):
        await verified(oidc, oidc.token())


async def test_a_new_key_is_learnt_and_an_unknown_one_asks_once_a_minute(oidc):
    issuer = an_issuer(oidc)
    await issuer.verified(oidc.token(), clients={CLIENT_ID}, access_token=None, nonce=None)
    oidc.key, oidc.keys, oidc.header = OTHER_KEY, [KEY, OTHER_KEY], {"alg": "RS256", "kid": "other"}
    rotated = oidc.token()
    for _ in range(5):
        with pytest.raises(oauth_refused.BadIdToken):
            await issuer.verified(rotated, clients={CLIENT_ID}, access_token=None, nonce=None)
    assert oidc.asked.count("/keys") == 1
    assert issuer._keys is not None
    issuer._keys = (issuer._keys[0] - 61, issuer._keys[1])
    assert (await issuer.verified(rotated, clients={CLIENT_ID}, access_token=None, nonce=None))["sub"] == "amina-1"
    assert oidc.asked.count("/keys") == 2


async def test_a_document_of_another_issuer_is_not_believed(oidc):
    oidc.document = {"issuer": "https://accounts.google.com"}
    with pytest.raises(oauth_refused.ProviderUnavailable):
        await an_issuer(oidc).metadata()


@contextmanager
def listening(
    family: socket.AddressFamily, host: str, *, redirect_to: str = "", tls: ssl.SSLContext | None = None
) -> Iterator[tuple[int, list[str]]]:
    """A server that notes who asks it."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path if tls is None else f"{self.path} {self.headers['Host']}")
            self.send_response(302 if redirect_to else 200)
            self.send_header("Location", redirect_to)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    class Server(HTTPServer):
        address_family = family

        def handle_error(self, request: object, client_address: object) -> None:
            pass

    server = Server((host, 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port, asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "0x7f000001", "2130706433", "127.1", "0", "[::1]", "[::ffff:127.0.0.1]", "127.0.0.1."],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_an_issuer_sends_us_to_no_address_of_this_machine(host, scheme):
    is_six = host.startswith("[")
    family, bound = (socket.AF_INET6, "::1") if is_six else (socket.AF_INET, "127.0.0.1")
    with listening(family, bound) as (port, asked):
        with pytest.raises(oauth_refused.ProviderUnavailable):
            await Calls("https://id.example.org").get(f"{scheme}://{host}:{port}/keys")
        assert asked == []


@pytest.mark.parametrize(
    "address",
    [
        "https://169.254.169.254/latest/meta-data", "https://10.0.0.1/", "https://192.168.1.1/", "https://[fe80::1]/",
        "https://[fd00::1]/", "https://100.64.0.1/", "https://[64:ff9b::a00:1]/", "ftp://id.example.org/", "file:///etc/passwd",
        "https://user@id.example.org/", "//id.example.org/", "", "https://", "https://id.example.org:99999/",
        "https://id.example.org\r\nX: y/",
    ],
)  # fmt: skip
async def test_an_issuer_sends_us_into_no_private_network(address):
    with pytest.raises(oauth_refused.ProviderUnavailable):
        await Calls("https://id.example.com").get(address)


async def test_the_issuers_own_place_is_one_port_and_not_its_whole_machine(oidc):
    with listening(socket.AF_INET, "127.0.0.1") as (port, asked):
        oidc.document = {"jwks_uri": f"http://127.0.0.1:{port}/keys"}
        with pytest.raises(oauth_refused.ProviderUnavailable):
            await verified(oidc, oidc.token())
        assert asked == []


async def test_a_redirect_is_not_followed():
    with listening(socket.AF_INET, "127.0.0.1") as (inner, asked):
        target = f"http://127.0.0.1:{inner}/"
        with listening(socket.AF_INET, "127.0.0.1", redirect_to=target) as (outer, first):
            with pytest.raises(oauth_refused.ProviderUnavailable):
                await Calls(f"http://127.0.0.1:{outer}").get(f"http://127.0.0.1:{outer}/")
            assert first == ["/"]
        assert asked == []


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """Of a server that is called localhost."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    chain, private = tmp_path / "chain.pem", tmp_path / "key.pem"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return chain, private


async def test_a_place_elsewhere_is_asked_at_the_address_that_was_checked_under_its_own_name(certificate):
    """As Google's keys are: they lie on another host than its issuer."""
    chain, private = certificate
    trust = ssl.create_default_context(cafile=str(chain))
    offered = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    offered.load_cert_chain(chain, private)
    checked: list[str] = []

    def is_reachable(address: str) -> bool:
        checked.append(address)
        return True

    with listening(socket.AF_INET, "127.0.0.1", tls=offered) as (port, asked):
        calls = Calls("https://id.example.org", trust=trust, is_reachable=is_reachable)
        assert await calls.get(f"https://localhost:{port}/keys") == {}
        assert asked == [f"/keys localhost:{port}"]
        assert "127.0.0.1" in checked
        # Its certificate is for its name, and for no other name at the same address.
        with pytest.raises(oauth_refused.ProviderUnavailable):
            await calls.get(f"https://127.0.0.1:{port}/keys")
    with listening(socket.AF_INET, "127.0.0.1", tls=offered) as (port, asked):
        with pytest.raises(oauth_refused.ProviderUnavailable):
            await Calls("https://id.example.org", is_reachable=is_reachable).get(f"https://localhost:{port}/keys")
        assert asked == []


async def test_an_answer_is_small(oidc):
    oidc.userinfo = {"sub": "x" * oauth_calls.LARGEST_ANSWER_BYTES}
    with pytest.raises(oauth_refused.ProviderUnavailable):
        await Calls(oidc.issuer).get(f"{oidc.issuer}/userinfo")


@pytest.mark.parametrize(
    "text",
    [
        '[google]\nclient_id = ""', '[Google]\nclient_id = "x"', '[email]\nissuer = "https://x.org"\nclient_id = "x"',
        '[a]\nclient_id = "x"', '[a]\nissuer = "http://id.example.org"\nclient_id = "x"', "a = 1", "[a",
        '[a]\nissuer = "https://x.org"\nclient_id = "x"\nis_email_trusted = "yes"',
        '[a]\nissuer = "https://x.org"\nclient_id = "x"\nscopes = "email"',
        '[a]\nissuer = "https://x.org"\nclient_id = "x"\nsecret = "y"',
        '[a]\nissuer = "https://x.org"\nclient_id = "x"\nclient_secret_file = "not-there"',
        '[a]\nissuer = "https://x.org"\nclient_id = "x"\n[b]\nissuer = "https://x.org"\nclient_id = "x"',
    ],
)  # fmt: skip
def test_a_file_of_providers_that_is_wrong_is_refused_as_a_whole(tmp_path, text):
    with pytest.raises(BadSetting):
        oauth_providers.of_text(text, beside=tmp_path)


def test_a_secret_is_read_from_a_file_and_not_printed(tmp_path):
    (tmp_path / "secret").write_text("s3cret\n")
    found = oauth_providers.of_text('[google]\nclient_id = "x"\nclient_secret_file = "secret"', beside=tmp_path)
    assert found["google"].client_secret == "s3cret"
    assert "s3cret" not in repr(found)
