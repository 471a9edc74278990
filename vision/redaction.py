"""Redaction: what no log may show, whoever wrote it into a message or an error.

Two nets: what looks like a secret (credentials of URLs, keys, tokens, headers that carry them), and
the secrets of this site by their value, in the spellings that libraries give them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from threading import Lock
from urllib.parse import quote, quote_plus

from pydantic import BaseModel, SecretStr

from vision.sources.address import parse_address, redact_any

_HIDDEN = "***"
_SHORTEST = 4
"""Characters: what is shorter hides in everything and garbles all that is logged."""
_QUOTED = r"""b?'(?:[^'\\]|\\.)*'|b?"(?:[^"\\]|\\.)*\""""
_NETS = (
    # Private keys as PEM, also where a repr has written out their line breaks.
    (
        re.compile(
            r"-----BEGIN ([A-Z ]{0,40}PRIVATE KEY)-----.*?(?:-----END \1-----|\Z)", re.DOTALL
        ),
        rf"-----BEGIN \1----- {_HIDDEN}",
    ),
    # Our own keys keep the id that the list of keys shows.
    (re.compile(r"(sw_[0-9A-Za-z]{1,16}_)[A-Za-z0-9_-]{8,}"), rf"\1{_HIDDEN}"),
    (re.compile(r"(whsec_|whsk_)[A-Za-z0-9+/=_-]+"), rf"\1{_HIDDEN}"),
    # Headers, as a line and as a member of a dict or of a list of pairs.
    (
        re.compile(
            r"(?i)((?:proxy-)?authorization|(?:set-)?cookie|x-[a-z-]{0,20}(?:key|token)"
            rf"|webhook-signature)(b?['\"]?\s{{0,4}}[:=,]\s{{0,4}})(?:{_QUOTED}|[^\r\n]*)"
        ),
        rf"\1\2{_HIDDEN}",
    ),
    (re.compile(r"(?i)\b(bearer|basic|digest)(\s{1,4})[^\s'\",;]{6,}"), rf"\1\2{_HIDDEN}"),
    (
        re.compile(
            r"(?i)((?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key"
            r"|session[_-]?id)[\w-]{0,24}b?['\"]?\s{0,4}[:=]\s{0,4})"
            rf"(?:{_QUOTED}|[^\s,;&'\"<>)}}\]]+)"
        ),
        rf"\1{_HIDDEN}",
    ),
)
# A JWT: three parts in base64url, of which the first begins as `{"` does.
_JWT = re.compile(r"eyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*")


class Redaction:
    """Hides secrets in texts. Any thread may use it."""

    def __init__(self) -> None:
        self._known: tuple[str, ...] = ()
        self._lock = Lock()

    def hide(self, secrets: Iterable[str]) -> None:
        """From now on hide these values, however they are spelt; very short ones cannot be."""
        spelt = {one for secret in secrets for one in _spellings(secret)}
        with self._lock:
            known = {*self._known, *spelt}
            # The longest first: one may be a part of another.
            self._known = tuple(sorted(known, key=lambda one: (-len(one), one)))

    def __call__(self, text: str) -> str:
        """The text without secrets."""
        for secret in self._known:
            if secret in text:
                text = text.replace(secret, _HIDDEN)
        text = _JWT.sub(_HIDDEN, text)
        for pattern, shown in _NETS:
            text = pattern.sub(shown, text)
        return redact_any(text)


def secrets_of(part: object) -> Iterator[str]:
    """What is secret in a site or a part of one: marked so, or a credential in an address."""
    if isinstance(part, SecretStr):
        yield part.get_secret_value()
    elif isinstance(part, str):
        if "://" in part and "@" in part:
            # What stands in a query is hidden where it is a URL; by itself it may be any word.
            end = part.find("?")
            yield from parse_address(part if "@" in part[end:] else part[:end]).secrets
    elif isinstance(part, BaseModel):
        for _, value in part:
            yield from secrets_of(value)
    elif isinstance(part, tuple | list | frozenset):
        for value in part:
            yield from secrets_of(value)
    elif isinstance(part, dict):
        for value in part.values():
            yield from secrets_of(value)


REDACTION = Redaction()
"""This process's."""


def _spellings(secret: str) -> set[str]:
    spelt = {
        secret,
        secret.strip(),
        quote(secret, safe=""),
        quote(secret),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        repr(secret)[1:-1],
        repr(secret.encode("utf-8", "surrogateescape"))[2:-1],
    }
    return {one for one in spelt if len(one) >= _SHORTEST}
