"""open_store: the evidence store that a site's storage names."""

from __future__ import annotations

from vision.evidence.store import EvidenceStore
from vision.site.storage import ObjectStorage, Storage


def open_store(storage: Storage) -> EvidenceStore:
    """The store to read from, delete from and list; nothing is opened or asked yet.

    What only puts (a recorder) needs no more than `EvidenceStore(storage.files)`: with a bucket,
    the store that was started moves the files on.

    Raises:
        ModuleNotFoundError: a bucket is named, and what reaches it is not installed (extra `s3`).
    """
    if storage.bucket is None:
        return EvidenceStore(storage.files)
    # Only sites with a bucket need what these import.
    from vision.evidence.bucket import Bucket  # noqa: PLC0415
    from vision.evidence.spooled_store import SpooledStore  # noqa: PLC0415

    return SpooledStore(storage.files, Bucket(*storage.bucket, storage.s3 or ObjectStorage()))
