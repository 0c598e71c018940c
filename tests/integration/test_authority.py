"""The own certificate authority: what it signs, for how long, and that clients take it."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from carebase import authority, settings
from carebase.settings import Settings

NOW = datetime.now(UTC)


def chosen(tmp_path: Path, **given: object) -> Settings:
    return settings.Settings(data=tmp_path, tls=True, **given)  # type: ignore[arg-type]


def served(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def shaken(server: ssl.SSLContext, client: ssl.SSLContext, *, name: str) -> str | None:
    """The version both speak after a handshake over a real socket; what the client refuses is raised."""
    listening = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        taken, _ = listening.accept()
        with taken:
            try:
                with server.wrap_socket(taken, server_side=True) as spoken:
                    spoken.recv(1)
            except OSError:
                return

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        with (
            socket.create_connection(listening.getsockname()) as raw,
            client.wrap_socket(raw, server_hostname=name) as spoken,
        ):
            spoken.send(b"x")
            return spoken.version()
    finally:
        thread.join()
        listening.close()


def trusting(one: Settings) -> ssl.SSLContext:
    own = authority.offered(one)
    assert own is not None
    return ssl.create_default_context(cadata=own.pem.decode())


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1", "care.example.org"])
def test_who_has_installed_the_authority_reaches_the_site_and_this_machine(tmp_path, name):
    one = chosen(tmp_path, site_url="https://care.example.org")
    context = authority.context(*authority.files(one))

    assert shaken(context, trusting(one), name=name) == "TLSv1.3"


def test_who_has_not_installed_it_is_warned(tmp_path):
    one = chosen(tmp_path)
    context = authority.context(*authority.files(one))

    with pytest.raises(ssl.SSLCertVerificationError):
        shaken(context, ssl.create_default_context(), name="localhost")


def test_nothing_older_than_tls_1_2_and_nothing_without_forward_secrecy(tmp_path):
    one = chosen(tmp_path)
    context = authority.context(*authority.files(one))
    client = trusting(one)
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    assert shaken(context, client, name="localhost") == "TLSv1.2"

    old = trusting(one)
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        old.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning):
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError):
        shaken(context, old, name="localhost")

    static = trusting(one)
    static.maximum_version = ssl.TLSVersion.TLSv1_2
    static.set_ciphers("kRSA:ECDHE+SHA")
    with pytest.raises(ssl.SSLError):
        shaken(context, static, name="localhost")


def test_its_key_can_pretend_to_be_nobody_else(tmp_path):
    """A certificate for another name, signed with the stolen key, is refused by who installed the authority."""
    one = chosen(tmp_path, site_url="https://care.example.org")
    authority.files(one)
    kept = (tmp_path / "tls" / "authority.pem").read_bytes()
    stolen = serialization.load_pem_private_key(kept, password=None)
    issuer = x509.load_pem_x509_certificate(kept).subject
    key = ec.generate_private_key(ec.SECP256R1())
    forged = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bank.example")]))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(hours=1))
        .not_valid_after(NOW + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("bank.example")]), critical=False)
        .sign(stolen, hashes.SHA256())  # type: ignore[arg-type]
    )
    pem = tmp_path / "forged.pem"
    pem.write_bytes(
        forged.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )

    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree"):
        shaken(authority.context(pem, pem), trusting(one), name="bank.example")


def test_keys_are_read_by_nobody_else(tmp_path):
    authority.files(chosen(tmp_path))

    assert stat.S_IMODE((tmp_path / "tls").stat().st_mode) == 0o700
    for name in ("authority.pem", "server.pem"):
        assert stat.S_IMODE((tmp_path / "tls" / name).stat().st_mode) == 0o600


def test_a_start_in_good_time_changes_nothing(tmp_path):
    one = chosen(tmp_path)
    first = served(authority.files(one)[0])

    assert served(authority.files(one, now=NOW + timedelta(days=50))[0]) == first


def test_the_servers_certificate_is_renewed_a_month_before_its_end(tmp_path):
    one = chosen(tmp_path)
    first, before = served(authority.files(one)[0]), authority.offered(one)

    renewed = served(authority.files(one, now=NOW + timedelta(days=61))[0])

    assert renewed.not_valid_after_utc > first.not_valid_after_utc
    assert authority.offered(one) == before
    assert (first.not_valid_after_utc - NOW).days in {89, 90}


def test_the_authority_is_renewed_a_month_before_its_end_and_never_outlived(tmp_path):
    one = chosen(tmp_path)
    authority.files(one)
    first = authority.offered(one)
    assert first is not None
    assert (first.expires_at - NOW).days in {824, 825}

    late = served(authority.files(one, now=NOW + timedelta(days=790))[0])
    assert authority.offered(one) == first
    assert late.not_valid_after_utc <= first.expires_at

    authority.files(one, now=NOW + timedelta(days=796))
    second = authority.offered(one)
    assert second is not None
    assert second.sha256 != first.sha256
    assert second.expires_at > first.expires_at


def test_another_site_gets_another_authority_and_another_private_name_another_certificate(tmp_path):
    authority.files(chosen(tmp_path))
    private = authority.offered(chosen(tmp_path))

    path, _ = authority.files(chosen(tmp_path, site_url="https://care.home.arpa"))
    assert authority.offered(chosen(tmp_path)) == private
    names = served(path).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "care.home.arpa" in names.get_values_for_type(x509.DNSName)

    authority.files(chosen(tmp_path, site_url="https://care.example.org"))
    assert authority.offered(chosen(tmp_path)) != private


def test_public_addresses_of_the_machine_are_not_signed_for(tmp_path):
    path, _ = authority.files(chosen(tmp_path, host="198.51.100.7"))

    names = served(path).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert ipaddress.ip_address("198.51.100.7") not in names.get_values_for_type(x509.IPAddress)


@pytest.mark.parametrize("content", [b"", b"not a certificate", b"\xff" * 100])
def test_a_file_that_was_spoilt_is_made_again(tmp_path, content):
    one = chosen(tmp_path)
    authority.files(one)
    for name in ("authority.pem", "server.pem"):
        (tmp_path / "tls" / name).write_bytes(content)

    context = authority.context(*authority.files(one))

    assert shaken(context, trusting(one), name="localhost") == "TLSv1.3"


def test_given_files_are_used_as_they_are(tmp_path):
    made, _ = authority.files(chosen(tmp_path / "a"))
    given = chosen(tmp_path / "b", tls_certificate=made, tls_key=made)

    assert authority.files(given) == (made, made)
    assert authority.offered(given) is None
    assert [one.name for one in authority.expiries(given)] == ["certificate"]


def test_given_files_that_cannot_be_used_are_told_at_the_start(tmp_path):
    first, _ = authority.files(chosen(tmp_path / "a"))
    other, _ = authority.files(chosen(tmp_path / "b"))
    absent = tmp_path / "absent.pem"

    with pytest.raises(authority.BadCertificate):
        authority.files(chosen(tmp_path, tls_certificate=first, tls_key=absent))
    with pytest.raises(authority.BadCertificate):
        authority.files(chosen(tmp_path, tls_certificate=absent, tls_key=first))
    with pytest.raises(authority.BadCertificate, match="good until"):
        authority.files(chosen(tmp_path, tls_certificate=first, tls_key=first), now=NOW + timedelta(days=91))
    key_alone = tmp_path / "key.pem"
    key_alone.write_bytes(other.read_bytes().partition(b"-----END CERTIFICATE-----\n")[2])
    with pytest.raises(authority.BadCertificate):
        authority.files(chosen(tmp_path, tls_certificate=first, tls_key=key_alone))


def test_until_when_certificates_are_good_is_told(tmp_path):
    assert authority.expiries(chosen(tmp_path)) == []
    authority.files(chosen(tmp_path))

    assert [one.name for one in authority.expiries(chosen(tmp_path))] == ["certificate", "authority"]
    assert authority.expiries(settings.Settings(data=tmp_path)) == []


def test_who_knows_the_certificate_believes_it_by_any_name_and_believes_no_other(tmp_path):
    one, other = chosen(tmp_path / "one"), chosen(tmp_path / "other")
    server, elsewhere = authority.files(one), authority.files(other)
    known = authority.believing(server[0])

    assert shaken(authority.context(*server), known, name="name.of.nobody") == "TLSv1.3"
    with pytest.raises(ssl.SSLCertVerificationError):
        shaken(authority.context(*elsewhere), known, name="localhost")
