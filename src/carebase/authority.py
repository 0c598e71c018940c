"""The certificates this server speaks HTTPS with: given ones, or those of an own certificate authority.

In charge of making the authority and the server's certificate under `<data>/tls`, of renewing them in time, and of
what people need to install the authority. It signs for this site and for addresses of private networks alone, and
says so in itself: whoever steals its key can pretend to be nobody else.
"""

from __future__ import annotations

import ipaddress
import os
import secrets
import socket
import ssl
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from carebase import errors
from carebase.settings import Settings

Address: TypeAlias = "ipaddress.IPv4Address | ipaddress.IPv6Address"

FOLDER: Final = "tls"
AUTHORITY_FILE: Final = "authority.pem"
SERVER_FILE: Final = "server.pem"
"""Each holds a certificate and its key, so that one rename changes both."""
AUTHORITY_DAYS: Final = 825
SERVER_DAYS: Final = 90
RENEWED_DAYS_BEFORE: Final = 30
EARLIER: Final = timedelta(hours=1)
"""Before which a certificate is not good yet: clocks of telephones are late at times."""
PRIVATE_NETWORKS: Final = tuple(
    ipaddress.ip_network(text)
    for text in (
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16", "100.64.0.0/10",
        "::1/128", "fc00::/7", "fe80::/10",
    )
)  # fmt: skip
"""RFC 1918, 3927, 6598, 4193, 4291: addresses that are nobody's on the internet."""
PRIVATE_DOMAINS: Final = ("localhost", "local", "internal", "home.arpa")
"""RFC 6761, 6762, 8375 and ICANN's resolution of 2024-07-29."""
CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""Of TLS 1.2; those of 1.3 are all good."""


class BadCertificate(errors.SetupError):
    """The certificate or its key cannot be used."""

    code, message = "bad_certificate", "The certificate cannot be used."


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def as_pem(self) -> bytes:
        """Both, as they lie in a file."""
        written = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return self.certificate.public_bytes(serialization.Encoding.PEM) + written


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """The authority as people install it."""

    pem: bytes
    der: bytes
    """The form telephones ask for."""
    sha256: str
    """To compare with what the server printed: pairs of hexadecimal digits with colons between."""
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiry:
    """Until when a certificate is good."""

    name: str
    """`certificate`, or `authority` for that of the own one."""
    expires_at: datetime


def files(settings: Settings, *, now: datetime | None = None) -> tuple[Path, Path]:
    """Certificate and key to serve with, made or renewed where they are our own.

    Raises BadCertificate for given ones that do not belong together or are over.
    """
    now = now or datetime.now(UTC)
    if settings.tls_certificate is not None and settings.tls_key is not None:
        _check_given(settings.tls_certificate, settings.tls_key, now=now)
        return settings.tls_certificate, settings.tls_key
    folder = settings.data / FOLDER
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        authority = _authority(settings, folder / AUTHORITY_FILE, now=now)
        server = folder / SERVER_FILE
        names = names_of(settings)
        held = _held(server)
        if held is None or not _is_good(held, authority, names=names, now=now):
            _keep(server, _server(authority, names, now=now).as_pem)
    except OSError as error:
        raise BadCertificate(details=f"{folder} cannot be written: {error.strerror}.") from error
    return server, server


def context(certificate: Path, key: Path) -> ssl.SSLContext:
    """TLS 1.2 and 1.3 with forward secrecy, for a server. BadCertificate when the two do not belong together."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.set_ciphers(CIPHERS)
    made.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    made.set_alpn_protocols(["http/1.1"])
    load(made, certificate, key)
    return made


def believing(certificate: Path) -> ssl.SSLContext:
    """For a client on this machine that knows which certificate the server shows: that one is believed, no other."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # It is known by itself, so neither who signed it nor for which names matters.
    made.check_hostname = False
    made.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    made.load_verify_locations(cadata=_read_given(certificate).public_bytes(serialization.Encoding.PEM).decode("ascii"))
    return made


def load(into: ssl.SSLContext, certificate: Path, key: Path) -> None:
    """Have new connections begin with this certificate; those that stand go on."""
    try:
        # Without a password to give, a key under one is an error and not a question on the terminal.
        into.load_cert_chain(certificate, key, password=b"")
    except (OSError, ssl.SSLError) as error:
        raise BadCertificate(
            details=f"{certificate} and {key} cannot be loaded: {error.strerror or error.args[0]}."
        ) from error


def offered(settings: Settings) -> Offered | None:
    """The own authority for people to install; None where given certificates are used or none is made yet."""
    if settings.tls_certificate is not None:
        return None
    held = _held(settings.data / FOLDER / AUTHORITY_FILE)
    if held is None:
        return None
    certificate = held.certificate
    return Offered(
        pem=certificate.public_bytes(serialization.Encoding.PEM),
        der=certificate.public_bytes(serialization.Encoding.DER),
        sha256=certificate.fingerprint(hashes.SHA256()).hex(":").upper(),
        expires_at=certificate.not_valid_after_utc,
    )


def expiries(settings: Settings) -> list[Expiry]:
    """Until when the certificates in use are good; empty without HTTPS, or before the first start with it."""
    if not settings.speaks_https:
        return []
    if settings.tls_certificate is not None:
        return [Expiry(name="certificate", expires_at=_read_given(settings.tls_certificate).not_valid_after_utc)]
    folder = settings.data / FOLDER
    held = (("certificate", _held(folder / SERVER_FILE)), ("authority", _held(folder / AUTHORITY_FILE)))
    return [Expiry(name=name, expires_at=one.certificate.not_valid_after_utc) for name, one in held if one is not None]


def misfit(settings: Settings) -> str | None:
    """The site's name where the certificate in use is not for it; None where it is, or where there is none yet.

    Raises BadCertificate for a given one that cannot be read or does not belong to its key.
    """
    if settings.tls_certificate is not None and settings.tls_key is not None:
        certificate = _read_given(settings.tls_certificate)
        load(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), settings.tls_certificate, settings.tls_key)
    elif (held := _held(settings.data / FOLDER / SERVER_FILE)) is not None:
        certificate = held.certificate
    else:
        return None
    site = urlsplit(settings.address).hostname or "localhost"
    return None if _is_for(certificate, site) else site


def _is_for(certificate: x509.Certificate, site: str) -> bool:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    asked = _name(site)
    if asked in list(names):
        return True
    # One label at the left may be a star (RFC 6125, 6.4.3).
    return isinstance(asked, x509.DNSName) and any(
        name.startswith("*.") and name.lower()[2:] == asked.value.partition(".")[2]
        for name in names.get_values_for_type(x509.DNSName)
    )


def names_of(settings: Settings) -> list[x509.GeneralName]:
    """What people may type to reach this server: the site's name, and those of this machine in private networks."""
    site = urlsplit(settings.address).hostname or "localhost"
    own = socket.gethostname().lower()
    texts = [site, "localhost", "127.0.0.1", "::1", f"{own.partition('.')[0]}.local", *_own_addresses(settings)]
    names = dict.fromkeys(name for text in texts if (name := _name(text)) is not None)
    return [name for name in names if name == _name(site) or _is_private(name)]


def _name(text: str) -> x509.GeneralName | None:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        pass
    try:
        return x509.DNSName(text.encode("idna").decode("ascii").lower())
    except UnicodeError:
        return None


def _own_addresses(settings: Settings) -> Iterable[str]:
    if settings.host not in {"0.0.0.0", "::"}:  # noqa: S104 (compared, not listened on)
        yield settings.host
    for family, elsewhere in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        # Connecting a datagram socket sends nothing and says which of our addresses leads outside.
        with closing(socket.socket(family, socket.SOCK_DGRAM)) as asked:
            try:
                asked.connect((elsewhere, 9))
            except OSError:
                continue
            yield asked.getsockname()[0].partition("%")[0]


def _is_private(name: x509.GeneralName) -> bool:
    match name:
        case x509.IPAddress():
            return any(name.value in network for network in PRIVATE_NETWORKS)
        case x509.DNSName():
            return any(name.value == domain or name.value.endswith(f".{domain}") for domain in PRIVATE_DOMAINS)
        case _:
            return False


def _authority(settings: Settings, path: Path, *, now: datetime) -> Held:
    site = _name(urlsplit(settings.address).hostname or "localhost")
    permitted = _permitted(site)
    held = _held(path)
    if held is not None and _lasts(held, now=now) and _permits(held) == permitted:
        return held
    made = _new_authority(permitted, now=now)
    _keep(path, made.as_pem)
    return made


def _permitted(site: x509.GeneralName | None) -> list[x509.GeneralName]:
    private: list[x509.GeneralName] = [x509.DNSName(domain) for domain in PRIVATE_DOMAINS]
    private += [x509.IPAddress(network) for network in PRIVATE_NETWORKS]
    if site is None or _is_private(site):
        return private
    if isinstance(site, x509.IPAddress):
        return [*private, x509.IPAddress(ipaddress.ip_network(site.value))]
    return [*private, site]


def _permits(held: Held) -> list[x509.GeneralName]:
    try:
        found = held.certificate.extensions.get_extension_for_class(x509.NameConstraints).value
    except x509.ExtensionNotFound:
        return []
    return list(found.permitted_subtrees or [])


def _new_authority(permitted: Sequence[x509.GeneralName], *, now: datetime) -> Held:
    key = ec.generate_private_key(ec.SECP256R1())
    # Two authorities of one name would be mistaken for each other by a telephone that has both.
    name = x509.Name([
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "carebase"),
        x509.NameAttribute(NameOID.COMMON_NAME, f"carebase authority {secrets.token_hex(4)}"),
    ])  # fmt: skip
    usage = x509.KeyUsage(
        digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    public = key.public_key()
    certificate = (
        _builder(name, public, issuer=name, ends=now + timedelta(days=AUTHORITY_DAYS), now=now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.NameConstraints(permitted_subtrees=permitted, excluded_subtrees=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Held(certificate=certificate, key=key)


def _server(authority: Held, names: Sequence[x509.GeneralName], *, now: datetime) -> Held:
    key = ec.generate_private_key(ec.SECP256R1())
    ends = min(now + timedelta(days=SERVER_DAYS), authority.certificate.not_valid_after_utc)
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "carebase")])
    issuer = authority.certificate
    certificate = (
        _builder(name, key.public_key(), issuer=issuer.subject, ends=ends, now=now)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), critical=False)
        .sign(authority.key, hashes.SHA256())
    )
    return Held(certificate=certificate, key=key)


def _builder(
    name: x509.Name, public: ec.EllipticCurvePublicKey, *, issuer: x509.Name, ends: datetime, now: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - EARLIER)
        .not_valid_after(ends)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _is_good(held: Held, authority: Held, *, names: Sequence[x509.GeneralName], now: datetime) -> bool:
    try:
        held.certificate.verify_directly_issued_by(authority.certificate)
    except (InvalidSignature, ValueError, TypeError):
        return False
    found = held.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return _lasts(held, now=now) and set(names) <= set(found)


def _lasts(held: Held, *, now: datetime) -> bool:
    ends = held.certificate.not_valid_after_utc
    return held.certificate.not_valid_before_utc <= now and now + timedelta(days=RENEWED_DAYS_BEFORE) < ends


def _held(path: Path) -> Held | None:
    """What lies there, None where nothing does or it is none of ours."""
    try:
        kept = path.read_bytes()
    except OSError:
        return None
    try:
        certificate = x509.load_pem_x509_certificate(kept)
        key = serialization.load_pem_private_key(kept, password=None)
    except (ValueError, TypeError):
        return None
    return Held(certificate=certificate, key=key) if isinstance(key, ec.EllipticCurvePrivateKey) else None


def _keep(path: Path, content: bytes) -> None:
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _read_given(path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        raise BadCertificate(details=f"{path} holds no certificate that can be read.") from error


def _check_given(certificate: Path, key: Path, *, now: datetime) -> None:
    ends = _read_given(certificate).not_valid_after_utc
    if ends <= now:
        raise BadCertificate(
            details=f"{certificate} was good until {ends:%Y-%m-%d}.", hint="Renew it, then start again."
        )
    load(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), certificate, key)
