"""Ed25519 keys that vouch for the record: made once, kept in a file that only their owner reads."""

from __future__ import annotations

import base64
import binascii
import os
import secrets
import stat
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from carebase import errors


class KeyUnusable(errors.SetupError):
    """The key that signs the record's checkpoints, or the public one that was given, cannot be used."""

    code, message = "audit_key_unusable", "The key of the record cannot be used."


def key_at(path: Path) -> Ed25519PrivateKey:
    """The key in a file, made (mode 0600) when there is none yet; KeyUnusable for any other content."""
    try:
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write_once(path, Ed25519PrivateKey.generate())
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise KeyUnusable(details=f"{path} can be read by others.", hint=f"Run: chmod 600 {path}")
        written = path.read_bytes()
    except OSError as error:
        raise KeyUnusable(details=f"{path}: {error.strerror}.", hint="CAREBASE_AUDIT_KEY names its file.") from error
    try:
        key = serialization.load_pem_private_key(written, password=None)
    except (ValueError, TypeError) as error:
        raise KeyUnusable(details=f"{path} holds no private key.") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyUnusable(details=f"{path} holds a key of another kind than Ed25519.")
    return key


def public_half(key: Ed25519PrivateKey) -> bytes:
    """The 32 bytes that anybody may know."""
    return key.public_key().public_bytes_raw()


def in_base64(public: bytes) -> str:
    """A public key as people and files write it."""
    return base64.b64encode(public).decode()


def public_key(given: str) -> bytes:
    """A public key as a person gives it: 32 bytes in base64, or a file that holds them or a PEM.

    >>> len(public_key("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="))
    32
    """
    path = Path(given)
    try:
        written = path.read_bytes() if path.is_file() else given.encode()
    except OSError as error:
        raise KeyUnusable(details=f"{given}: {error.strerror}.") from error
    try:
        if b"-----BEGIN" in written:
            loaded = serialization.load_pem_public_key(written)
            if not isinstance(loaded, Ed25519PublicKey):
                raise KeyUnusable(details=f"{given} holds a key of another kind than Ed25519.")
            return loaded.public_bytes_raw()
        raw = base64.b64decode(written.strip(), validate=True)
        return Ed25519PublicKey.from_public_bytes(raw).public_bytes_raw()
    except (ValueError, binascii.Error) as error:
        raise KeyUnusable(details=f"{given} is no public key: 32 bytes in base64, or a PEM.") from error


def is_signed(document: bytes, *, signature: bytes, public_key: bytes) -> bool:
    """Whether the key signed exactly these bytes."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, document)
    except (InvalidSignature, ValueError):
        return False
    return True


def _write_once(path: Path, key: Ed25519PrivateKey) -> None:
    # Two processes may start at the same moment: whoever links first decides for both.
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
        file.write(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
