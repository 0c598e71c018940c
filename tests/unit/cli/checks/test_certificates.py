"""How long a certificate is good, at a time that is given; and whose name it bears."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from carebase import authority
from carebase.cli.checks import certificates
from carebase.cli.checks.finding import State
from carebase.settings import Settings

NOW = datetime.now(UTC)


def said(chosen: Settings, *, days: int = 0) -> dict[str, State]:
    return {one.said: one.state for one in certificates.look(chosen, now=NOW + timedelta(days=days))}


@pytest.fixture
def own(tmp_path: Path) -> Settings:
    chosen = Settings(data=tmp_path, tls=True, site_url="https://care.example.org")
    authority.files(chosen)
    return chosen


@pytest.mark.parametrize(
    ("days", "code", "state"),
    [
        (0, "certificate-good", State.WELL),
        (60, "certificate-good", State.WELL),
        (62, "certificate-own-ends", State.MEND),
        (91, "certificate-own-over", State.MEND),
        (780, "certificate-authority-ends", State.NOTE),
        (826, "certificate-authority-over", State.MEND),
    ],
)
def test_an_own_certificate_is_well_while_a_server_would_not_have_renewed_it_yet(own, days, code, state) -> None:
    assert said(own, days=days)[code] is state


def test_before_the_first_start_there_is_none_and_without_https_none_is_needed(tmp_path) -> None:
    assert said(Settings(data=tmp_path, tls=True)) == {"certificate-unmade": State.NOTE}
    assert said(Settings(data=tmp_path)) == {"certificate-none": State.WELL}
    assert said(Settings(data=tmp_path, site_url="https://care.example.org")) == {"certificate-proxy": State.WELL}


def given(folder: Path, *names: str, key: ec.EllipticCurvePrivateKey | None = None) -> Settings:
    """A certificate of somebody else for ninety days, beside its key or another one."""
    folder.mkdir(exist_ok=True)
    own = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "given")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject).issuer_name(subject).public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=1)).not_valid_after(NOW + timedelta(days=90))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        .sign(own, hashes.SHA256())
    )  # fmt: skip
    (folder / "chain.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    written = (key or own).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(written)
    return Settings(
        data=folder,
        tls_certificate=folder / "chain.pem",
        tls_key=folder / "key.pem",
        site_url="https://care.example.org",
    )


@pytest.mark.parametrize("name", ["care.example.org", "*.example.org"])
def test_a_given_certificate_is_well_until_three_weeks_before_its_end(tmp_path, name) -> None:
    chosen = given(tmp_path, name)

    assert said(chosen) == {"certificate-good": State.WELL}
    assert said(chosen, days=70)["certificate-given-ends"] is State.MEND
    assert said(chosen, days=90)["certificate-given-over"] is State.MEND


@pytest.mark.parametrize("name", ["example.org", "other.example.org", "*.care.example.org"])
def test_a_given_certificate_of_another_name_does_not_fit(tmp_path, name) -> None:
    assert said(given(tmp_path, name))["certificate-misfit"] is State.MEND


def test_a_certificate_beside_another_key_or_that_is_none_cannot_be_used(tmp_path) -> None:
    chosen = given(tmp_path, "care.example.org", key=ec.generate_private_key(ec.SECP256R1()))
    assert said(chosen) == {"certificate-unusable": State.MEND}
    (tmp_path / "chain.pem").write_text("nothing")
    assert said(chosen) == {"certificate-unusable": State.MEND}
