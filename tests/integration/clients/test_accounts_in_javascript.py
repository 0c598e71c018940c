"""supabase-js, unmodified: sessions on several devices, administration, mails, and the portal of document 003."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.clients import install
from tests.integration.auth import oidc as issuers
from tests.integration.auth.oidc import CLIENT_ID, CLIENT_SECRET, Oidc

from carebase.auth import api_keys, signing_keys
from carebase.auth.api_keys import Kind

AMINA, PASSWORD = "amina@example.org", "correct horse battery staple"

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(javascript, deployment, tmp_path) -> Run:
    """Runs a program of a person with the client; what it told."""

    def run(program: str, **environment: str) -> dict[str, Any]:
        known = {
            "ADDRESS": deployment.address,
            "ANON_KEY": deployment.anon_key,
            "SERVICE_KEY": deployment.service_key,
            "NEXT_PUBLIC_SUPABASE_URL": deployment.address,
            "NEXT_PUBLIC_SUPABASE_ANON_KEY": deployment.anon_key,
            "PYTHON": sys.executable,
            "READ_MAIL": "read_mail.py",
            "MAILS": str(tmp_path / "mail"),
        }
        ended = subprocess.run(
            [*javascript.node.node, program], cwd=install.FOLDER, env={**os.environ, **known, **environment},
            capture_output=True, text=True, timeout=240, check=False,
        )  # fmt: skip
        assert ended.returncode == 0, ended.stderr
        told: dict[str, Any] = json.loads(ended.stdout)
        return told

    return run


class TestSessions:
    def test_a_session_goes_on_is_checked_and_ends_where_it_is_asked_to(self, run):
        out = "AuthSessionMissingError"
        assert run("sessions.mjs") == {
            "weak": ["AuthWeakPasswordError", 422, ["length"]],
            "signedUp": [[AMINA, True], "Amina", "bearer"],
            "again": [422, "user_already_exists"],
            "wrong": [400, "invalid_credentials"],
            "changed": ["Amina B.", "blue"],
            "refreshed": [[AMINA, True], True, 3600],
            "otherTab": [[AMINA, True], True],
            "nonsense": [400, "refresh_token_not_found"],
            "reloaded": [True, True, AMINA],
            "byItself": [AMINA, True],
            "claims": [True, "authenticated", "aal1", ["password"], True, False, AMINA],
            "forgedClaims": [403, "bad_jwt"],
            "forgedUser": [403, "bad_jwt"],
            "identities": [["email", AMINA]],
            "lastIdentity": [422, "single_identity_not_deletable"],
            "others": [None, AMINA, out, out],
            "local": [None, out, [400, None], AMINA, AMINA],
            "beforeEnd": 0,
            "global": [None, out, [401, "PGRST301"], out, [400, "refresh_token_not_found"]],
            "twice": None,
            "changedOut": [400, None],
            "heard": [
                ["INITIAL_SESSION", None],
                *([event, AMINA] for event in ("SIGNED_IN", "USER_UPDATED", "TOKEN_REFRESHED")),
            ],
            "heardReloaded": [
                ["TOKEN_REFRESHED", AMINA],
                ["INITIAL_SESSION", AMINA],
                ["TOKEN_REFRESHED", AMINA],
                ["SIGNED_OUT", None],
            ],
            "heardSecond": [["INITIAL_SESSION", AMINA], ["SIGNED_OUT", None], ["SIGNED_OUT", None]],
        }


class TestDocument003:
    def test_its_middleware_keeps_a_session_going_and_lets_nobody_else_in(self, run, deployment):
        deployment.sign_up(email=AMINA, password=PASSWORD)
        login = "https://portal.example/login"
        page = ["Welcome, ", "MRN: "]
        assert run("portal.mjs", EMAIL=AMINA, PASSWORD=PASSWORD) == {
            "before": [login, "on", "/login"],
            "wrong": ["invalid_credentials", 0],
            "signedIn": None,
            "came": ["on", 0, page],
            "late": ["on", True, True, True, ["/ lax"], page],
            "tabs": ["on", "on", True, page],
            "signedOut": [None, []],
            "after": [login, "/login"],
            "stolen": login,
            "printed": "on",
        }

    @pytest.fixture
    def chosen(self) -> dict[str, Any]:
        return {"auto_confirm": True, "redirect_addresses": "https://portal.example/*"}

    def test_its_client_in_a_browser_signs_in_for_its_middleware_and_lands_with_links(self, run, deployment):
        deployment.sign_up(email=AMINA, password=PASSWORD)
        assert run("at_the_portal.mjs", EMAIL=AMINA, PASSWORD=PASSWORD) == {
            "before": "https://portal.example/login",
            "signedIn": [["amina@example.org", True], "on"],
            "signedOut": [None, "https://portal.example/login", 0],
            "asked": [None, False],
            "back": ["https://portal.example/in", ["code"]],
            "exchanged": [["amina@example.org", True], "on"],
            "forgotten": [None, False],
            "recovered": [["amina@example.org", True], "/reset", "on"],
            "changed": ["amina@example.org", False],
            "after": ["on", None, "https://portal.example/login"],
            "heard": [
                "INITIAL_SESSION",
                "SIGNED_IN",
                "SIGNED_OUT",
                "SIGNED_IN",
                "SIGNED_OUT",
                "PASSWORD_RECOVERY",
                "USER_UPDATED",
                "SIGNED_OUT",
            ],
        }


class TestAdministration:
    @pytest.fixture
    def chosen(self) -> dict[str, Any]:
        return {"auto_confirm": False, "redirect_addresses": "https://portal.example/*"}

    def test_a_program_with_the_service_key_keeps_accounts(self, run):
        assert run("administering.mjs") == {
            "made": [
                ["nadia@example.org", False],
                {"full_name": "Nadia"},
                {"role": "nurse", "provider": "email", "providers": ["email"]},
                True,
            ],
            "again": [422, "email_exists"],
            "weak": "weak_password",
            "nobody": [400, "validation_failed"],
            "unconfirmed": ["omar@example.org", False],
            "unconfirmedIn": [400, "email_not_confirmed"],
            "pages": [[["c@example.org", "b@example.org"], 5, 2, 3], [["nadia@example.org"], 5, None, 3]],
            "all": 5,
            "read": ["nadia@example.org", False],
            "unknown": [404, "user_not_found"],
            "noId": "@supabase/auth-js: E",
            "came": [["nadia@example.org", True], "nurse"],
            "renamed": {"badge": 7, "full_name": "Nadia K."},
            "banned": [["nadia@example.org", False], "user_banned", [400, "user_banned"], [400, "user_banned"]],
            "unbanned": [["nadia@example.org", False], ["nadia@example.org", True]],
            "moved": [["nadia.k@example.org", False], [400, "invalid_credentials"], ["nadia.k@example.org", True]],
            "role": "specialist",
            "roleUnknown": [400, "validation_failed"],
            "roleOfSession": ["nadia.k@example.org", "nurse", ["nadia.k@example.org", True]],
            "roleOfNext": "specialist",
            "factors": [["totp", "unverified", "phone"]],
            "removedFactor": [None, []],
            "signedOut": [None, "AuthSessionMissingError"],
            "refused": [[403, "not_admin"], [403, "not_admin"], [403, "not_admin"], [403, "not_admin"]],
            "programs": ["Viewer", "Reader", True, [["Reader", None]], 1, None, [404, "oauth_client_not_found"]],
            "deleted": [
                None,
                [404, "user_not_found"],
                "AuthSessionMissingError",
                [400, "invalid_credentials"],
                [404, "user_not_found"],
            ],
            "soft": [None, [400, "invalid_credentials"], ["soft@example.org", False]],
        }

    def test_people_come_in_by_invitations_and_by_links_that_a_program_hands_out(self, run):
        assert run("invited.mjs") == {
            "invited": [["amina@example.org", False], "Amina", True],
            "welcome": ["https://portal.example/welcome", "invite"],
            "entered": [["amina@example.org", True], ["invite"]],
            "password": ["amina@example.org", False],
            "withPassword": ["amina@example.org", True],
            "invitedAgain": [422, "email_exists"],
            "elsewhere": "http://localhost:8000/confirm",
            "once": [["bintou@example.org", True], [403, "otp_expired"]],
            "signUp": [
                "http://localhost:8000",
                "signup",
                "http://localhost:8000",
                ["omar@example.org", True],
                "otp_expired",
            ],
            "signUpAgain": [422, "email_exists"],
            "signUpIn": ["omar@example.org", True],
            "invite": [
                "http://localhost:8000",
                "invite",
                "http://localhost:8000",
                ["fatou@example.org", True],
                "otp_expired",
            ],
            "magicLink": [
                "http://localhost:8000",
                "magiclink",
                "https://portal.example/welcome",
                ["omar@example.org", True],
                "otp_expired",
            ],
            "digits": [
                "http://localhost:8000",
                "magiclink",
                "http://localhost:8000",
                ["omar@example.org", True],
                "otp_expired",
            ],
            "magicLinkOfNobody": [
                "http://localhost:8000",
                "signup",
                "http://localhost:8000",
                ["new@example.org", True],
                "otp_expired",
            ],
            "recovery": [
                "http://localhost:8000",
                "recovery",
                "http://localhost:8000",
                ["omar@example.org", True],
                "otp_expired",
            ],
            "recoveryOfNobody": [404, "user_not_found"],
            "changeCurrent": [
                "http://localhost:8000",
                "email_change_current",
                "http://localhost:8000",
                [None, False],
                "otp_expired",
            ],
            "changeNew": [
                "http://localhost:8000",
                "email_change_new",
                "http://localhost:8000",
                ["omar.k@example.org", True],
                "otp_expired",
            ],
            "changed": ["omar.k@example.org", True],
            "opened": ["omar.k@example.org", True],
            "reset": ["omar.k@example.org", False],
            "afterReset": [[400, "invalid_credentials"], ["omar.k@example.org", True]],
            "heard": ["INITIAL_SESSION", "SIGNED_IN", "USER_UPDATED"],
        }


class TestKeys:
    @pytest.fixture
    def chosen(self, tmp_path) -> dict[str, Any]:
        file = tmp_path / "signing-keys.json"
        file.touch(mode=0o600)
        file.write_text(signing_keys.rotated(None, algorithm="ES256", life_seconds=3600, now=lambda: datetime.now(UTC)))
        return {"auto_confirm": True, "signing_keys": file}

    def test_tokens_are_checked_by_public_keys_and_newer_keys_are_good_until_they_are_withdrawn(self, run, deployment):
        deployment.sign_up(email=AMINA, password=PASSWORD)
        keys = {kind: api_keys.new(kind) for kind in (Kind.PUBLISHABLE, Kind.SECRET)}
        for kind, key in keys.items():
            deployment.rows(
                "insert into auth.api_keys (kind, role, name, key_sha256, hint) values (%s, %s, %s, %s, %s)"
                " returning id",
                kind.value, api_keys.ROLES[kind].value, kind.value, hashlib.sha256(key.encode()).digest(), key[:12],
            )  # fmt: skip
        known = {
            "PUBLISHABLE": keys[Kind.PUBLISHABLE],
            "SECRET": keys[Kind.SECRET],
            "EMAIL": AMINA,
            "PASSWORD": PASSWORD,
        }
        assert run("keys.mjs", **known) == {
            "signedIn": [AMINA, True],
            "claims": [None, "ES256", True, AMINA, "aal1"],
            "asked": [".well-known/jwks.json"],
            "forged": "Invalid JWT signature",
            "unsigned": [403, "bad_jwt"],
            "known": AMINA,
            "rows": [],
            "nobody": "42501",
            "listed": [AMINA],
            "notForAll": [403, "not_admin"],
            "cutOff": [401, "no_authorization"],
        }
        deployment.rows("update auth.api_keys set revoked_at = now() returning id")
        assert run("keys.mjs", **known) == {
            "signedIn": [401, "no_authorization"],
            "rows": "PGRST301",
            "listed": [401, "no_authorization"],
        }


class TestMails:
    @pytest.fixture
    def chosen(self) -> dict[str, Any]:
        return {"auto_confirm": False, "anonymous_sign_in": True}

    def test_a_guest_gets_an_address_and_a_mail_is_written_again(self, run, deployment):
        assert run("waiting.mjs") == {
            "signedUp": ["amina@example.org", False],
            "unchanged": [429, "over_email_send_rate_limit"],
            "soon": [429, "over_email_send_rate_limit"],
            "came": [["", True], True, {"name": "a guest"}, ""],
            "claim": True,
            "given": [["", False], "guest@example.org"],
            "proven": [["guest@example.org", True], True, False],
            "password": ["guest@example.org", False],
            "in": ["guest@example.org", True],
            "asked": [None, False],
            "thief": [400, "bad_code_verifier"],
            "own": [404, "flow_state_not_found"],
            "opened": "otp_expired",
            "unknown": [None, False],
            "fragment": [400, "invalid_jwt"],
        }
        deployment.rows("delete from auth.allowances returning kind")
        assert run("waiting.mjs", PART="again") == {
            "again": [None, False],
            "soon": [429, "over_email_send_rate_limit"],
            "first": [403, "otp_expired"],
            "second": ["amina@example.org", True],
            "in": ["amina@example.org", True],
        }


class TestOutsideProviders:
    @pytest.fixture
    def oidc(self) -> Iterator[tuple[Oidc, Oidc]]:
        with issuers.serving() as hospital, issuers.serving() as other:
            other.person |= {"sub": "amina-2", "email": "private@example.org"}
            yield hospital, other

    @pytest.fixture
    def chosen(self, oidc, tmp_path) -> dict[str, Any]:
        file = tmp_path / "providers.toml"
        file.touch(mode=0o600)
        file.write_text(
            "\n".join(
                f'[{name}]\nissuer = "{issuer.issuer}"\nclient_id = "{CLIENT_ID}"\nclient_secret = "{CLIENT_SECRET}"\n'
                "is_email_trusted = true"
                for name, issuer in zip(("hospital", "other"), oidc, strict=True)
            )
        )
        return {"oidc_providers": file, "redirect_addresses": "https://portal.example/*"}

    def test_a_person_comes_in_links_an_identity_and_lets_it_go(self, run, oidc):
        hospital, other = oidc
        assert run("outside.mjs", ID_TOKEN=hospital.token(), OTHER_ID_TOKEN=other.token()) == {
            "begun": [None, "hospital", "/auth/v1/authorize"],
            "came": [
                "/in",
                ["amina@example.org", True],
                {"provider": "hospital", "providers": ["hospital"]},
                "Amina Ba",
            ],
            "level": ["oauth"],
            "twice": [400, "pkce_code_verifier_not_found"],
            "unknown": [400, "validation_failed"],
            "linking": [None, True],
            "linked": ["amina@example.org", True],
            "identities": ["hospital", "other"],
            "unlinked": None,
            "left": ["hospital"],
            "withoutCookie": ["http://localhost:8000", "bad_oauth_state"],
            "linkedByToken": [AMINA, True],
            "identitiesAfter": ["hospital", "other"],
            "singleSignOn": [404, "saml_provider_disabled"],
            "byToken": ["amina@example.org", True],
            "byNonsense": [400, "validation_failed"],
        }
