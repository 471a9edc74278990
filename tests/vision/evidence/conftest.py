"""Evidence stores to test: a folder, and a real S3 server's bucket."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.s3_server import BUCKET, PATIENCE_S, Link, reached
from vision.evidence.bucket import Bucket
from vision.evidence.spooled_store import SpooledStore
from vision.evidence.store import EvidenceStore

Make = Callable[[Path], EvidenceStore]


@pytest.fixture
def in_bucket(line: Link) -> Make:
    """Make a store whose files are moved on to the server, over the link."""

    def make(root: Path, patience_s: float = PATIENCE_S) -> EvidenceStore:
        bucket = Bucket(BUCKET, "site", reached(line.url), patience_s=patience_s, slowest=2.0**24)
        return SpooledStore(root, bucket)

    return make


class Uploaded(SpooledStore):
    """A spooled store as it is when it has had time: what is put is in the bucket at once."""

    def put(self, content: bytes) -> str:
        digest = super().put(content)
        self.upload()
        return digest


@pytest.fixture(params=["folder", "waiting", "bucket"])
def make_store(request: pytest.FixtureRequest) -> Make:
    """Make a store: a folder's; one whose files wait; one whose files are in a bucket."""
    if request.param == "folder":
        return EvidenceStore
    server = request.getfixturevalue("s3")
    kind = SpooledStore if request.param == "waiting" else Uploaded
    return lambda root: kind(
        root, Bucket(BUCKET, "site", reached(server.url), patience_s=PATIENCE_S)
    )
