"""TimeStamp: an RFC 3161 token over a record: asked for, and checked without a network.

The stamped data is the record in canonical form, so the token's imprint is the record's hash, and
`openssl ts -verify -token_in -data record.json` checks it as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    PKIStatus,
    TimeStampRequest,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from api.errors import TimeStampError

_GRANTED = bytes.fromhex("3003020100")
"""DER of a response's status: a token stands behind it in what the authority answered."""
_SHORT = 0x80


def request(message: bytes) -> TimeStampRequest:
    """A request for these bytes' SHA-256, with a nonce, and for the authority's certificates."""
    made = TimestampRequestBuilder().data(message).hash_algorithm(HashAlgorithm.SHA256)
    return made.nonce(nonce=True).cert_request(cert_request=True).build()


def token(
    answer: bytes, asked: TimeStampRequest, message: bytes, roots: Sequence[x509.Certificate]
) -> tuple[bytes, datetime]:
    """The token in an authority's answer, and when it was made (UTC).

    Raises:
        TimeStampError: it was not granted, or does not answer this request, or is not by an
            authority under these roots, valid at that time.
    """
    response = _decoded(answer)
    made_at = _checked(response, VerifierBuilder.from_request(asked), message, roots)
    return response.time_stamp_token(), made_at


def stamped_at(token_: bytes, message: bytes, roots: Sequence[x509.Certificate]) -> datetime:
    """When (UTC) these bytes were there, by a kept token.

    Raises:
        TimeStampError: it is not over these bytes, or not by an authority under these roots.
    """
    content = _GRANTED + token_
    return _checked(
        _decoded(b"\x30" + _length(len(content)) + content), VerifierBuilder(), message, roots
    )


def read_roots(path: Path) -> list[x509.Certificate]:
    """Certificates of authorities that are trusted, PEM.

    Raises:
        TimeStampError: the file cannot be read or holds none.
    """
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except OSError as error:
        raise TimeStampError(
            f"{path}: the time-stamp authority's certificate cannot be read ({error.strerror}); "
            "name it in timestamps.ca"
        ) from error
    except ValueError as error:
        raise TimeStampError(
            f"{path}: holds no certificate in PEM; ask the time-stamp authority for its root's"
        ) from error


def _decoded(answer: bytes) -> TimeStampResponse:
    try:
        return decode_timestamp_response(answer)
    except ValueError as error:
        raise TimeStampError("the answer is no time stamp (RFC 3161)") from error


def _checked(
    response: TimeStampResponse,
    builder: VerifierBuilder,
    message: bytes,
    roots: Sequence[x509.Certificate],
) -> datetime:
    for root in roots:
        builder = builder.add_root_certificate(root)
    if response.status != PKIStatus.GRANTED:
        reasons = "; ".join(response.status_string) or f"status {response.status}"
        raise TimeStampError(f"the authority gives no time stamp ({reasons})")
    try:
        builder.build().verify_message(response, message)
        return response.tst_info.gen_time.astimezone(UTC)
    except (VerificationError, ValueError) as error:
        raise TimeStampError(f"the time stamp does not hold: {error}") from error


def _length(size: int) -> bytes:
    """A length in DER."""
    if size < _SHORT:
        return bytes([size])
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([_SHORT | len(octets)]) + octets
