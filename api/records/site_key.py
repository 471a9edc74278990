"""SiteKey: the Ed25519 key that signs a site's records, in a file of its own, outside the database.

The file is for its owner alone (0600), as ssh wants it: who reads it can sign in the site's name.
"""

from __future__ import annotations

import base64
import hashlib
import os
import stat
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from api.errors import SiteKeyError
from vision import durable

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_LONGEST = 10_000  # bytes; a key takes 119
_RESTORE = "restore it from your backup, or make a new one with `streetwarden site-key rotate"


class SiteKey:
    """A private key. It never shows itself: neither in its `repr` nor in an error."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.fingerprint = fingerprint(private.public_key())
        self.pem = to_pem(private.public_key())

    def sign(self, message: bytes) -> str:
        """The signature of these bytes, in base64."""
        return base64.b64encode(self._private.sign(message)).decode("ascii")

    @classmethod
    def read(cls, path: Path) -> SiteKey:
        """Read the key from its file.

        Raises:
            SiteKeyError: it is missing, cannot be read, is open to others, or is no such key.
        """
        try:
            with path.open("rb") as file:
                mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
                content = file.read(_LONGEST)
        except FileNotFoundError as error:
            raise SiteKeyError(
                f"{path}: the site's key, which signs records, is not there; {_RESTORE} --lost`"
            ) from error
        except OSError as error:
            raise SiteKeyError(
                f"{path}: the site's key cannot be read ({error.strerror}); "
                "make it readable for the user who runs this"
            ) from error
        if mode & _OTHERS:
            raise SiteKeyError(
                f"{path}: others than its owner may use the site's key (mode {mode:04o}): "
                f"`chmod 600` it, and if others had access make a new one with "
                "`streetwarden site-key rotate`"
            )
        return cls(_parsed(path, content))

    @classmethod
    def make(cls, path: Path) -> SiteKey:
        """Make a key and put it durably into a file that is not there yet.

        Raises:
            SiteKeyError: the file is there, or cannot be written.
        """
        private = Ed25519PrivateKey.generate()
        content = private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        part = path.with_name(f"{path.name}.part-{os.getpid()}")
        try:
            durable.write(part, content)
            try:
                path.hardlink_to(part)  # unlike a renaming it replaces nothing
            finally:
                part.unlink()
            durable.sync_folder(path.parent)
        except OSError as error:
            raise SiteKeyError(
                f"{path}: the site's key cannot be written ({error.strerror}); make its folder "
                "writable, or name another file in storage.site_key"
            ) from error
        return cls(private)


def _parsed(path: Path, content: bytes) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):  # whose words might quote the file
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise SiteKeyError(
            f"{path}: is damaged or no Ed25519 private key (PEM, without a password); "
            f"{_RESTORE} --lost`"
        )
    return key


def fingerprint(public: Ed25519PublicKey) -> str:
    """The SHA-256 of a public key's 32 bytes, in hex: its name."""
    return hashlib.sha256(public.public_bytes_raw()).hexdigest()


def to_pem(public: Ed25519PublicKey) -> str:
    """A public key as PEM text."""
    return public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode("ascii")


def from_pem(text: str | bytes) -> Ed25519PublicKey:
    """A public key from PEM text.

    Raises:
        SiteKeyError: it is none.
    """
    content = text.encode("ascii", "replace") if isinstance(text, str) else text
    try:
        key = serialization.load_pem_public_key(content)
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise SiteKeyError("this is no Ed25519 public key in PEM; download it from /v1/site/key")
    return key


def verifies(public: Ed25519PublicKey, message: bytes, signature: str) -> bool:
    """Whether this key made this signature (base64) of these bytes."""
    try:
        public.verify(base64.b64decode(signature, validate=True), message)
    except (InvalidSignature, ValueError):
        return False
    return True
