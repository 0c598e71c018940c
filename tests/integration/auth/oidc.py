"""A real OpenID Connect issuer for tests, in a thread of its own: Authlib's authorization server over plain HTTP.

It checks clients, redirect addresses, PKCE and the single use of codes as any other. What it says of a person and
how it signs is the test's to choose, so that it can be hostile as well.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from authlib.oauth2.rfc6749 import AuthorizationServer, ClientMixin, OAuth2Request, grants
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core.grants import OpenIDCode
from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID, CLIENT_SECRET = "carebase", "a-secret_of.the~tests"
CALLBACK = "http://localhost:8000/auth/v1/callback"
KEY = RSAKey.generate_key(2048, parameters={"kid": "first", "use": "sig"})
OTHER_KEY = RSAKey.generate_key(2048, parameters={"kid": "other", "use": "sig"})


class Client(ClientMixin):
    client_id = CLIENT_ID

    def get_client_id(self) -> str:
        return CLIENT_ID

    def get_default_redirect_uri(self) -> str:
        return CALLBACK

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri == CALLBACK

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == CLIENT_SECRET

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method in {"client_secret_basic", "client_secret_post"}

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


@dataclass
class Code:
    redirect_uri: str
    scope: str
    nonce: str
    code_challenge: str
    code_challenge_method: str

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str:
        return self.nonce


@dataclass
class Oidc:
    """The issuer. Tests write to its fields."""

    issuer: str = ""
    person: dict[str, Any] = field(
        default_factory=lambda: {
            "sub": "amina-1", "email": "amina@example.org", "email_verified": True, "name": "Amina Ba",
        }
    )  # fmt: skip
    claims: dict[str, Any] = field(default_factory=dict)
    """What its tokens say otherwise; None leaves a claim out."""
    header: dict[str, Any] = field(default_factory=lambda: {"alg": "RS256", "kid": "first"})
    key: Any = field(default_factory=lambda: KEY)
    keys: list[Any] = field(default_factory=lambda: [KEY])
    document: dict[str, Any] = field(default_factory=dict)
    """What its discovery document says otherwise."""
    userinfo: dict[str, Any] = field(default_factory=dict)
    id_token: str | None = None
    """In place of every token it makes."""
    asked: list[str] = field(default_factory=list)
    """The paths that were asked for."""
    codes: dict[str, Code] = field(default_factory=dict)

    def token(self, **claims: Any) -> str:
        """An ID token as it makes them, with other claims where the test wants."""
        now = int(time.time())
        said = {
            "iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, **self.person, **claims, **self.claims,
        }  # fmt: skip
        written = {name: value for name, value in said.items() if value is not None}
        return jwt.encode(self.header, written, self.key, algorithms=[self.header["alg"]])


class Asked(OAuth2Request):
    """A request as Authlib's framework integrations hand it over."""

    @property
    def args(self) -> Mapping[str, str]:
        return self.payload.data

    @property
    def form(self) -> Mapping[str, str]:
        return self.payload.data


def authorization_server(oidc: Oidc) -> AuthorizationServer:  # noqa: C901 (the parts Authlib asks for)
    class CodeGrant(grants.AuthorizationCodeGrant):
        TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]  # noqa: RUF012

        def save_authorization_code(self, code: str, request: OAuth2Request) -> None:
            given = request.payload.data
            oidc.codes[code] = Code(
                given["redirect_uri"], given["scope"], given.get("nonce", ""),
                given["code_challenge"], given["code_challenge_method"],
            )  # fmt: skip

        def query_authorization_code(self, code: str, client: Client) -> Code | None:
            return oidc.codes.get(code)

        def delete_authorization_code(self, authorization_code: Code) -> None:
            oidc.codes = {code: kept for code, kept in oidc.codes.items() if kept is not authorization_code}

        def authenticate_user(self, authorization_code: Code) -> Mapping[str, Any]:
            return oidc.person

    class IdTokens(OpenIDCode):
        def exists_nonce(self, nonce: str, request: OAuth2Request) -> bool:
            return False

        def encode_id_token(self, token: Mapping[str, Any], request: OAuth2Request) -> str:
            return oidc.id_token or oidc.token(nonce=request.authorization_code.nonce)

    class Server(AuthorizationServer):
        def query_client(self, client_id: str) -> Client | None:
            return Client() if client_id == CLIENT_ID else None

        def save_token(self, token: Mapping[str, Any], request: OAuth2Request) -> None:
            pass

        def create_oauth2_request(self, request: Any) -> OAuth2Request:
            if isinstance(request, OAuth2Request):
                return request
            made = Asked(request.method, request.uri, headers=request.headers)
            made.payload = BasicOAuth2Payload(request.given)
            return made

        def handle_response(self, status: int, body: Any, headers: Any) -> tuple[int, Any, Any]:
            return status, body, headers

        def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
            pass

    server = Server()
    server.register_token_generator(
        "default",
        lambda **given: {
            "token_type": "Bearer", "access_token": secrets.token_urlsafe(), "expires_in": 60, "scope": given["scope"],
        },
    )  # fmt: skip
    server.register_grant(CodeGrant, [CodeChallenge(required=True), IdTokens(require_nonce=True)])
    return server


@dataclass
class Given:
    method: str
    uri: str
    headers: Mapping[str, str]
    given: Mapping[str, str]


@contextmanager
def serving() -> Iterator[Oidc]:
    """The issuer while the block lasts."""
    oidc = Oidc()
    server = authorization_server(oidc)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            oidc.asked.append(parts.path)
            match parts.path:
                case "/.well-known/openid-configuration":
                    self.say(200, {
                        "issuer": oidc.issuer,
                        "authorization_endpoint": f"{oidc.issuer}/authorize",
                        "token_endpoint": f"{oidc.issuer}/token",
                        "jwks_uri": f"{oidc.issuer}/keys",
                        "userinfo_endpoint": f"{oidc.issuer}/userinfo",
                        **oidc.document,
                    })  # fmt: skip
                case "/keys":
                    self.say(200, {"keys": [key.as_dict(private=False) for key in oidc.keys]})
                case "/userinfo":
                    self.say(200, oidc.userinfo)
                case "/authorize":
                    # The person is signed in there and agrees at once.
                    asked = self.asked_for(dict(parse_qsl(parts.query)))
                    grant = server.get_consent_grant(asked, oidc.person)
                    self.pass_on(*server.create_authorization_response(asked, grant_user=oidc.person, grant=grant))
                case _:
                    self.say(404, {})

        def do_POST(self) -> None:
            oidc.asked.append(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            self.pass_on(*server.create_token_response(self.asked_for(dict(parse_qsl(body)))))

        def asked_for(self, given: Mapping[str, str]) -> OAuth2Request:
            # Authlib wants https; between two ends of one machine there is nobody to hide from.
            return server.create_oauth2_request(Given(self.command, f"https://x{self.path}", dict(self.headers), given))

        def pass_on(self, status: int, body: Any, headers: Any) -> None:
            self.say(status, body, headers=dict(headers))

        def say(self, status: int, body: Any, *, headers: Mapping[str, str] | None = None) -> None:
            written = body.encode() if isinstance(body, str) else json.dumps(body).encode()
            self.send_response(status)
            for name, value in {**(headers or {}), "Content-Length": str(len(written))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(written)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening.daemon_threads = True
    oidc.issuer = f"http://127.0.0.1:{listening.server_port}"
    thread = threading.Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    try:
        yield oidc
    finally:
        listening.shutdown()
        listening.server_close()
        thread.join()
