"""Keyring: the public keys of a site, and how each vouches for the one before it.

When a key is rotated, old and new sign the same statement: who holds either public key can trust
the other, so old records stay verifiable by the newest key alone. A key that was lost cannot sign;
then only the new one has.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from api.errors import SiteKeyError
from api.records.chain import Sealed, canonical, to_sign
from api.records.site_key import fingerprint, from_pem, verifies

_SIGNED = b"streetwarden key v1\n"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key of a site, as its database and packages keep it.

    Attributes:
        fingerprint: SHA-256 of its 32 bytes, in hex.
        pem: the key.
        site: whose.
        from_no: the site's first record that it may sign.
        made_at: when it came into force, as records state times.
        previous: fingerprint of the key that it replaced; None for the first.
        signature: its own, over the statement of all of the above but `pem`.
        previous_signature: the replaced key's over the same; None where there is none, or it was
            lost.
    """

    fingerprint: str
    pem: str
    site: str
    from_no: int
    made_at: str
    previous: str | None
    signature: str
    previous_signature: str | None

    @property
    def statement(self) -> bytes:
        """What is signed: that this key is the site's from this record on."""
        return statement(self.fingerprint, self.site, self.from_no, self.made_at, self.previous)

    def as_json(self) -> dict[str, Any]:
        """For a manifest or an answer."""
        return asdict(self)


def statement(key: str, site: str, from_no: int, made_at: str, previous: str | None) -> bytes:
    """What a new key and the one that it replaces sign."""
    stated = {"key": key, "site": site, "from_no": from_no, "made_at": made_at}
    return _SIGNED + canonical({**stated, "previous": previous})


class Keyring:
    """Checks signatures of records by the keys that are trusted.

    Args:
        keys: of the site, in any order.
        trusted: fingerprints of keys that are known from elsewhere; those that these vouch for are
            trusted too. None trusts all of `keys`: who reads them from a site's own database.
    """

    def __init__(self, keys: Iterable[PublicKey], trusted: Collection[str] | None = None) -> None:
        self._public: dict[str, Ed25519PublicKey] = {}
        self.wrong: list[str] = []
        """What is wrong with the keys themselves, in words."""
        listed = list(keys)
        stated = {key.fingerprint: key for key in listed if self._sound(key)}
        self._from = {name: key.from_no for name, key in stated.items()}
        ends = {k.previous: k.from_no for k in stated.values() if k.previous is not None}
        self._until = ends
        self.trusted = set(stated) if trusted is None else self._reached(stated, trusted)

    def __call__(self, sealed: Sealed) -> str | None:
        """What is wrong with a record's signature, in words; None if nothing is."""
        name, no = sealed.signed_by, sealed.record.get("site_no")
        assert name is not None
        assert sealed.signature is not None
        public = self._public.get(name)
        if public is None:
            return f"is signed by a key that is not known ({name[:16]}…)"
        if name not in self.trusted:
            return f"is signed by a key that no trusted key vouches for ({name[:16]}…)"
        if not verifies(public, to_sign(sealed.hash), sealed.signature):
            return "has a signature that its key did not make"
        if not isinstance(no, int) or not self._from[name] <= no < self._until.get(name, no + 1):
            return f"is signed by a key that was not in force then ({name[:16]}…)"
        return None

    def _sound(self, key: PublicKey) -> bool:
        """Whether a key is what it says, and said so itself."""
        try:
            public = from_pem(key.pem)
        except SiteKeyError:
            self.wrong.append(f"key {key.fingerprint[:16]}… is no Ed25519 public key")
            return False
        if fingerprint(public) != key.fingerprint or not verifies(
            public, key.statement, key.signature
        ):
            self.wrong.append(
                f"key {key.fingerprint[:16]}… was changed: it did not sign what is said"
            )
            return False
        self._public[key.fingerprint] = public
        return True

    def _reached(self, stated: dict[str, PublicKey], trusted: Collection[str]) -> set[str]:
        """The trusted keys, and those with which a chain of signatures of both sides joins them."""
        reached = {name for name in stated if name in trusted}
        grown = True
        while grown:
            grown = False
            for key in stated.values():
                pair = {key.fingerprint, key.previous}
                if len(reached & pair) == 1 and self._vouched(key, reached):
                    reached |= {name for name in pair if name in stated}
                    grown = True
        return reached

    def _vouched(self, key: PublicKey, reached: set[str]) -> bool:
        """Whether the trusted one of a key and its predecessor vouches for the other."""
        if key.fingerprint in reached:
            return key.previous in self._public  # it named its predecessor under its signature
        old = self._public.get(key.previous or "")
        given = key.previous_signature
        return old is not None and given is not None and verifies(old, key.statement, given)
