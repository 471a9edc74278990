"""Bucket: evidence as objects in S3-compatible storage, through fsspec's s3fs.

What s3fs does by itself, and is switched off here: it caches listings and whole instances, tries
again five times where botocore does too, and sends large objects in parts, which leaves halves
behind. What it lacks is a limit to the time that a call takes in all.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import UTC
from typing import Any

from botocore.exceptions import ConnectTimeoutError, NoCredentialsError, ReadTimeoutError
from s3fs import S3FileSystem

from vision.errors import EvidenceError, EvidenceMissing, EvidenceUnavailable
from vision.evidence.store import Stored, is_digest
from vision.printable import printable
from vision.site.storage import ObjectStorage

PATIENCE_S = 10.0
"""Seconds in which storage answers what takes no time to send."""
SLOWEST = 2**17
"""Bytes a second: a link of 1 Mbit/s is the slowest one that evidence can be moved over."""
PIECE = 2**20
"""Bytes asked for at a time."""
_BUFFERED = 4 * 2**20
"""Bytes that Linux holds of a connection at most, by default (`net.ipv4.tcp_wmem`): they are still
to be sent when the client believes that it waits for the answer."""
_ONE_PUT = 5 * 2**30
"""Bytes: what S3 takes at once at most; never in parts, so an object is whole or not there."""


class NoAnswer(EvidenceUnavailable):
    """Storage was waited for in vain; who asks again at once waits again."""


class Bucket:
    """The objects `PREFIX/ab/ab12…` of a bucket, laid out as the files of an `EvidenceStore` are.

    Any thread may use it. A forked process may not: s3fs has a thread of its own.

    Args:
        name: of the bucket.
        prefix: of the objects' names, without slashes at its ends; may be empty.
        reached: endpoint and credentials.
        patience_s: see `PATIENCE_S`; `slowest`: see `SLOWEST`.
    """

    def __init__(
        self,
        name: str,
        prefix: str,
        reached: ObjectStorage,
        *,
        patience_s: float = PATIENCE_S,
        slowest: float = SLOWEST,
    ) -> None:
        self._name = name
        self._start = f"{prefix}/" if prefix else ""
        self._shown = f"s3://{name}/{self._start}"
        self._patience_s = patience_s
        self._slowest = slowest
        self._s3 = S3FileSystem(
            endpoint_url=reached.endpoint,
            key=reached.key.get_secret_value() if reached.key else None,
            secret=reached.secret.get_secret_value() if reached.secret else None,
            client_kwargs={"region_name": reached.region} if reached.region else {},
            config_kwargs={
                "connect_timeout": patience_s / 2,
                "read_timeout": patience_s + _BUFFERED / slowest,
                "retries": {"mode": "standard", "total_max_attempts": 2},
                "s3": {"addressing_style": reached.addressing},
                # Storage of other makers than Amazon refuses what it did not know in 2024.
                "request_checksum_calculation": "when_required",
                "response_checksum_validation": "when_required",
            },
            use_listings_cache=False,
            skip_instance_cache=True,
        )
        self._s3.retries = 1

    def look(self) -> None:
        """See whether the bucket is there.

        Raises:
            EvidenceUnavailable: it is not, does not answer or refuses us.
        """
        try:
            self._ask(self._s3.call_s3, "head_bucket", Bucket=self._name)
        except FileNotFoundError as error:
            raise self._no_bucket() from error

    def put(self, digest: str, content: bytes) -> None:
        """Store these bytes under their digest, whole or not at all; again if they are there.

        Their SHA-256 goes with them, and S3 refuses what does not fit it. Storage that does not
        answer with this hash does not know of it: from there, the object is read back.

        Raises:
            EvidenceUnavailable: they are not stored, or something else was.
        """
        checksum = b64encode(bytes.fromhex(digest)).decode()
        try:
            answer = self._ask(
                self._s3.pipe_file,
                self._path(digest),
                content,
                size=len(content),
                chunksize=_ONE_PUT,
                ChecksumAlgorithm="SHA256",
                ChecksumSHA256=checksum,
            )
        except FileNotFoundError as error:
            raise self._no_bucket() from error
        if (answer or {}).get("ChecksumSHA256") == checksum:
            return
        seen = hashlib.sha256()
        for piece in self.pieces(digest):
            seen.update(piece)
        if seen.hexdigest() != digest:
            raise EvidenceUnavailable(
                f"{self._shown}: gives back other bytes for {digest} than it was given; see to "
                "that storage and the network before it"
            )

    def pieces(self, digest: str) -> Iterator[bytes]:
        """Yield the bytes of this digest, unchecked.

        Raises:
            EvidenceMissing: there is no such object.
            EvidenceUnavailable: it cannot be had now.
        """
        path, start = self._path(digest), 0
        while True:
            end = start + PIECE
            try:
                piece = self._ask(self._s3.cat_file, path, size=PIECE, start=start, end=end)
            except FileNotFoundError:
                raise EvidenceMissing(f"no evidence is stored under {digest}") from None
            except _PastTheEnd:
                return
            yield piece
            if len(piece) != PIECE:
                return
            start = end

    def delete(self, digest: str) -> None:
        """Remove the object; one that is not there is removed already.

        Raises:
            EvidenceUnavailable: it cannot be removed now.
        """
        try:
            self._ask(self._s3.rm_file, self._path(digest))
        except FileNotFoundError:
            return

    def list(self) -> Iterator[Stored]:
        """Yield the objects that are named by a hash, a page in memory at a time.

        Raises:
            EvidenceUnavailable: they cannot be listed now.
        """
        asked: dict[str, Any] = {"Bucket": self._name, "Prefix": self._start}
        while True:
            try:
                page = self._ask(self._s3.call_s3, "list_objects_v2", **asked)
            except FileNotFoundError as error:
                raise self._no_bucket() from error
            for found in page.get("Contents", ()):
                folder, _, name = found["Key"].removeprefix(self._start).partition("/")
                if is_digest(name) and folder == name[:2]:
                    yield Stored(name, found["Size"], found["LastModified"].astimezone(UTC))
            if not page.get("IsTruncated"):
                return
            asked["ContinuationToken"] = page["NextContinuationToken"]

    def _path(self, digest: str) -> str:
        return f"{self._name}/{self._start}{digest[:2]}/{digest}"

    def _ask(self, call: Callable[..., Any], *given: Any, size: int = 0, **more: Any) -> Any:
        """What storage answers.

        Raises:
            FileNotFoundError: there is no such object.
            _PastTheEnd: of a range.
            EvidenceUnavailable: anything else.
        """
        try:
            return call(*given, timeout=self._patience_s + size / self._slowest, **more)
        except Exception as error:
            code = _code(error)
            if code == "NoSuchBucket":
                raise self._no_bucket() from error
            if code == "InvalidRange":
                raise _PastTheEnd from error
            if isinstance(error, FileNotFoundError):
                raise
            raise self._unavailable(error) from error

    def _no_bucket(self) -> EvidenceUnavailable:
        return EvidenceUnavailable(
            f"{self._shown}: there is no such bucket; create it, or correct storage.evidence"
        )

    def _unavailable(self, error: Exception) -> EvidenceUnavailable:
        """What to do about an error. Of the library's own words, which may name a user, none."""
        if isinstance(error, TimeoutError | ConnectTimeoutError | ReadTimeoutError):
            return NoAnswer(
                f"{self._shown}: does not answer in time; see whether that storage runs and the "
                "network reaches it"
            )
        if isinstance(error, PermissionError | NoCredentialsError):
            told = printable(str(error))[:200]
            return EvidenceUnavailable(
                f"{self._shown}: refuses ({told}); correct s3.key and s3.secret, or AWS_"
                "ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and let them get, put, list and delete"
            )
        why = _code(error) or type(error).__name__
        return EvidenceUnavailable(
            f"{self._shown}: cannot be used ({printable(why)}); see whether that storage runs and "
            "the network reaches it, and whether storage.s3 is right"
        )


class _PastTheEnd(EvidenceError):  # noqa: N818 - no error
    """A range begins where the object ends."""


def _code(error: BaseException) -> str:
    """S3's code of an error; empty where it was none of S3's."""
    answer = getattr(error.__cause__, "response", None) or {}
    return str(answer.get("Error", {}).get("Code", ""))
