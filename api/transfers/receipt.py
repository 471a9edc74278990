"""Receipt: what the site that has received a case signs, for the one that sent it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from api.cases.parts import Sha256
from api.errors import CaseError, SiteKeyError
from api.evidence.verify import canonical
from api.records.site_key import SiteKey, fingerprint, from_pem, verifies
from api.words.said import say


class Receipt(BaseModel):
    """That a site has a case. `site` is the sender's id in its records, `received_by` its own.

    `package` is the SHA-256 of the package's manifest, `no` and `hash` are of the last record of
    the log in it.
    """

    model_config = ConfigDict(extra="forbid")

    version: int = 1
    case: str
    site: str
    package: Sha256
    no: int
    hash: Sha256
    received_by: str
    name: str
    division: str
    stage: str
    at: str
    evidence: int


def signed(receipt: Receipt, key: SiteKey) -> dict[str, Any]:
    """A receipt with its signature and the key that checks it, as JSON."""
    content = receipt.model_dump()
    return {"receipt": content, "signature": key.sign(_stated(content)), "pem": key.pem}


def checked(text: bytes, trusted: Collection[str]) -> Receipt:
    """The receipt of a file, if a key signed it that somebody vouches for.

    Raises:
        CaseError: it is none, was altered, or is signed by another key.
    """
    try:
        given = json.loads(text)
        receipt = Receipt.model_validate(given["receipt"])
        public = from_pem(given["pem"])
        holds = verifies(public, _stated(receipt.model_dump()), given["signature"])
    except (ValueError, KeyError, TypeError, ValidationError, SiteKeyError, AttributeError):
        raise CaseError(say("receipt_unreadable")) from None
    if not holds:
        raise CaseError(say("receipt_altered"))
    if fingerprint(public) not in trusted:
        raise CaseError(say("receipt_untrusted", key=fingerprint(public)))
    return receipt


def _stated(content: dict[str, Any]) -> bytes:
    digest = hashlib.sha256(canonical(content)).hexdigest()
    return b"streetwarden receipt v1\n" + digest.encode()
