"""Passwords: Argon2id, what one has to be, and how many are looked at at the same time."""

from __future__ import annotations

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from api.errors import CaseError, SignInWaits
from api.words.said import say

SHORTEST = 12
"""Characters. Length is what helps (NIST SP 800-63B-4 asks for 15, or 8 beside a second factor)."""
LONGEST = 128
AT_ONCE = 2
"""Hashes that are made at the same time: each takes 64 MiB and some ten milliseconds of a core."""
_PATIENCE_S = 5.0
_CROWDED_S = 5
"""Seconds after which to try again."""
# argon2-cffi's defaults: RFC 9106's second recommendation, t=3, m=64 MiB, p=4.
_HASHER = PasswordHasher()
_making = threading.BoundedSemaphore(AT_ONCE)
_nobodys: list[str] = []


def check(password: str, name: str) -> None:
    """Refuse a password that is easily guessed.

    Raises:
        CaseError: says what is wrong with it.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise CaseError(say("password_length", shortest=SHORTEST, longest=LONGEST))
    if name.casefold() in password.casefold() or len(set(password)) < 5:
        raise CaseError(say("password_guessable"))


def hashed(password: str) -> str:
    """The Argon2id hash to store.

    Raises:
        SignInWaits: too many are made at the same time.
    """
    with _Turn():
        return _HASHER.hash(_bytes(password))


def matches(stored: str | None, password: str) -> bool:
    """Whether this is the password. For None, nobody's, it takes as long to say no.

    Raises:
        SignInWaits: too many are looked at at the same time.
    """
    if not _nobodys:
        _nobodys.append(hashed("nobody has this one"))
    with _Turn():
        try:
            return _HASHER.verify(stored or _nobodys[0], _bytes(password)) and stored is not None
        except (VerificationError, InvalidHashError):
            return False


def outdated(stored: str) -> bool:
    """Whether it was made with less work than is asked for today."""
    return _HASHER.check_needs_rehash(stored)


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")


class _Turn:
    """One of the few that may hash now."""

    def __enter__(self) -> None:
        if not _making.acquire(timeout=_PATIENCE_S):
            raise SignInWaits(say("sign_in_crowded", wait_s=_CROWDED_S), _CROWDED_S)

    def __exit__(self, *_: object) -> None:
        _making.release()
