"""Evidence for a bucket: nothing is lost while storage is slow, away, lying or refuses us."""

from __future__ import annotations

import hashlib
import logging
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.s3_server import BUCKET, IMPATIENCE_S, PATIENCE_S, Link, S3Server, reached
from vision.errors import EvidenceError, EvidenceMissing, EvidenceUnavailable
from vision.evidence import EvidenceStore, open_store
from vision.evidence import spooled_store as spooled_store_module
from vision.evidence.bucket import Bucket, NoAnswer
from vision.evidence.spooled_store import SpooledStore
from vision.site import Storage

CONTENTS = [str(n).encode() * 3000 for n in range(5)]
BIG = bytes(range(256)) * 2**14  # 4 MiB: more than the buffers of a connection take


def name(content: bytes) -> str:
    digest = hashlib.sha256(content).hexdigest()
    return f"site/{digest[:2]}/{digest}"


def named(*contents: bytes) -> dict[str, bytes]:
    return {name(content): content for content in contents}


@pytest.fixture
def store(in_bucket, tmp_path) -> SpooledStore:
    return in_bucket(tmp_path / "spool")


@pytest.fixture
def impatient(in_bucket, tmp_path) -> SpooledStore:
    """The same store, as one has it that gives up soon."""
    return in_bucket(tmp_path / "spool", IMPATIENCE_S)


def test_what_is_uploaded_leaves_the_disk_and_goes_with_its_checksum(store, s3, line):
    digest = store.put(b"picture")
    assert (store.waiting, s3.objects()) == (1, {})
    store.upload()
    assert (store.waiting, s3.objects()) == (0, named(b"picture"))
    assert b"x-amz-checksum-sha256" in bytes(line.carried).lower()
    with pytest.raises(EvidenceMissing):
        store.path(digest)
    before = len(line.carried)
    store.upload()
    assert len(line.carried) == before, "nothing waits, so nobody is asked"


def test_several_processes_put_and_one_uploads(store, s3, tmp_path):
    for content in CONTENTS:
        EvidenceStore(tmp_path / "spool").put(content)
    store.upload()
    assert s3.objects() == named(*CONTENTS)


AWAY: dict[str, Callable[[Link], None]] = {
    "refused": lambda line: setattr(line, "away", True),
    "silent": lambda line: setattr(line, "stalls", True),
    "reset while it takes the file": lambda line: setattr(line, "resets_after", 2**16),
}


@pytest.mark.parametrize("how", AWAY)
def test_away_and_back(store, impatient, s3, line, how):
    known = store.put(BIG)
    store.upload()
    AWAY[how](line)
    new = store.put(BIG + b"new")
    with pytest.raises(EvidenceUnavailable, match=r"s3://evidence/site/: .*network"):
        impatient.upload()
    assert s3.objects() == named(BIG), "no half of it is there"
    assert store.read(new) == BIG + b"new", "a case can be made, and shown, meanwhile"
    if how != "reset while it takes the file":  # which hinders nobody who reads
        with pytest.raises(EvidenceUnavailable, match="s3://evidence/site/"):
            impatient.read(known)
    line.away = line.stalls = False
    line.resets_after = None
    store.upload()
    assert (store.waiting, s3.objects()) == (0, named(BIG, BIG + b"new"))


def test_slow_is_waited_for(store, s3, line):
    line.chunk_s = 0.03  # 64 KiB
    digest = store.put(BIG)
    store.upload()
    assert s3.objects() == named(BIG)
    assert store.read(digest) == BIG


def test_who_reads_while_it_is_silent_is_not_kept_waiting_twice(store, impatient, line):
    digest = store.put(b"picture")
    store.upload()
    line.stalls = True
    with pytest.raises(NoAnswer, match="does not answer in time"):
        impatient.read(digest)
    assert "does not answer in time" in impatient.problem
    line.stalls = False
    store._silent = impatient._silent[0], float("inf")
    with pytest.raises(EvidenceUnavailable, match="does not answer in time"):
        store.read(digest)
    assert bytes(line.carried).count(b"GET ") <= 1, "nobody was asked again"
    store._silent = impatient._silent[0], 0.0  # that was long ago
    assert store.read(digest) == b"picture"
    assert store.problem is None


def test_storage_that_knows_no_checksums_is_read_back(store, s3, line):
    """What answers with the checksum has compared it (Amazon's does; moto believes us)."""
    line.swaps_down = b"x-amz-checksum-sha256", b"x-our-checksum-sha256"
    line.swaps_up = b"a picture", b"a pictuRe"
    store.put(b"a picture of a stall")
    with pytest.raises(EvidenceUnavailable, match="gives back other bytes"):
        store.upload()
    assert store.waiting == 1
    line.swaps_up = b"", b""
    store.upload()
    assert s3.objects() == named(b"a picture of a stall")


def test_an_altered_object_is_noticed(store, s3):
    digest = store.put(b"picture")
    store.upload()
    s3.client().put_object(Bucket=BUCKET, Key=name(b"picture"), Body=b"pictuRe")
    with pytest.raises(EvidenceError, match="altered"):
        store.read(digest)


def test_a_file_that_was_altered_while_it_waited_is_kept_and_the_others_go(store, s3):
    for content in CONTENTS:
        store.put(content)
    store.path(hashlib.sha256(CONTENTS[2]).hexdigest()).write_bytes(b"other")
    with pytest.raises(EvidenceError, match="altered while it waited"):
        store.upload()
    assert s3.objects() == named(*CONTENTS[:2], *CONTENTS[3:])
    assert store.waiting == 1


def test_credentials(s3, tmp_path):
    right = s3.ask_for_credentials()
    wrong = reached(s3.url, key=right.key.get_secret_value(), secret="no-such-secret")
    refused = SpooledStore(tmp_path, Bucket(BUCKET, "site", wrong, patience_s=PATIENCE_S))
    digest = refused.put(b"picture")
    for use in (refused.upload, lambda: list(refused.list()), lambda: refused.delete(digest)):
        with pytest.raises(EvidenceUnavailable, match=r"refuses \(.*\); correct s3\.key") as told:
            use()
        assert "no-such-secret" not in str(told.value)
    assert refused.waiting == 1
    store = SpooledStore(tmp_path, Bucket(BUCKET, "site", right, patience_s=PATIENCE_S))
    store.upload()
    assert (store.waiting, store.read(digest)) == (0, b"picture")


def test_credentials_of_the_environment(s3, tmp_path, monkeypatch):
    right = s3.ask_for_credentials()
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3.url)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", right.key.get_secret_value())
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", right.secret.get_secret_value())
    store = open_store(Storage(evidence=f"s3://{BUCKET}/site", data=str(tmp_path)))
    digest = store.put(b"picture")
    store.upload()
    assert store.read(digest) == b"picture"
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    nobody = open_store(Storage(evidence=f"s3://{BUCKET}/site", data=str(tmp_path)))
    with pytest.raises(EvidenceUnavailable, match="refuses"):
        nobody.read(digest)


def test_a_missing_bucket(s3, tmp_path):
    store = SpooledStore(tmp_path, Bucket("evidense", "", reached(s3.url), patience_s=PATIENCE_S))
    digest = store.put(b"picture")
    uploaded = hashlib.sha256(b"other").hexdigest()
    for use in (
        store.upload,
        lambda: list(store.list()),
        lambda: store.delete(digest),
        lambda: store.read(uploaded),
    ):
        with pytest.raises(EvidenceUnavailable, match="no such bucket; create it"):
            use()
    assert store.read(digest) == b"picture"
    s3.client().create_bucket(Bucket="evidense")
    store.upload()
    assert store.read(digest) == b"picture"


def test_list_goes_through_all_pages_and_tells_each_once(store, s3):
    direct = s3.client()
    there = {hashlib.sha256(str(n).encode()).hexdigest() for n in range(35)}
    for digest in there:
        direct.put_object(Bucket=BUCKET, Key=f"site/{digest[:2]}/{digest}", Body=b"x")
    for other in ("site/readme", f"site/00/{'f' * 64}", f"elsewhere/aa/{'a' * 64}"):
        direct.put_object(Bucket=BUCKET, Key=other, Body=b"somebody's")
    waits = store.put(b"1")  # is in both
    found = [stored.sha256 for stored in store.list()]
    assert waits in there
    assert len(found) == len(there), "of four pages"
    assert sorted(found) == sorted(there)


def test_what_is_deleted_while_it_goes_up_stays_deleted(store, in_bucket, tmp_path, s3, line):
    """The lock: whoever deletes waits for the upload, and deletes what it has made."""
    digest = store.put(BIG)
    line.stalls = True
    up = threading.Thread(target=store.upload)
    up.start()
    other = in_bucket(tmp_path / "spool")  # as another process has it
    gone = threading.Thread(target=other.delete, args=(digest,))
    gone.start()
    line.stalls = False
    up.join()
    gone.join()
    assert (s3.objects(), store.waiting) == ({}, 0)


@pytest.fixture
def busy(monkeypatch) -> None:
    """The thread does not pause."""
    monkeypatch.setattr(spooled_store_module, "_EVERY_S", 0.01)
    monkeypatch.setattr(spooled_store_module, "_RETRY_S", 0.01)


def test_the_thread_uploads_tells_what_is_wrong_and_goes_on(store, s3, line, busy, caplog):
    rounds = threading.Condition()
    original = store._round

    def told() -> None:
        original()
        with rounds:
            rounds.notify_all()

    store._round = told
    line.away = True
    with caplog.at_level(logging.WARNING):
        store.start()
        store.put(b"picture")
        with rounds:
            assert rounds.wait_for(lambda: store.problem is not None, 60)
    assert "cannot be used" in store.problem
    ours = [r for r in caplog.records if r.name.startswith("vision")]
    assert len(ours) == 1, "one of each kind a minute"
    line.away = False
    with rounds:
        assert rounds.wait_for(lambda: store.waiting == 0 and store.problem is None, 60)
    assert s3.objects() == named(b"picture")
    store.stop()
    last = SpooledStore(store.root, store._bucket)
    store.put(b"the last")
    last._ending.set()
    last._run()
    assert s3.objects() == named(b"picture", b"the last"), "what waits goes up before it ends"


def test_the_thread_sees_a_bucket_that_went_while_nothing_was_to_be_stored(store, line):
    store._round()
    assert store.problem is None
    line.away = True
    store._round()
    assert store.problem is None, "it does not look at each round"
    store._looked_at = float("-inf")
    store._round()
    assert "cannot be used" in store.problem
    line.away = False
    store._round()
    assert store.problem is None


def test_stop_does_not_wait_for_a_bucket_that_is_away(store, line):
    line.away = True
    store.put(b"picture")
    store._round()
    line.away, carried = False, len(line.carried)
    store._ending.set()
    store._run()
    assert store.waiting == 1
    assert len(line.carried) == carried, "it was away when it was last asked"


KILLED = """
import sys
from pathlib import Path
from tests.s3_server import storage
from vision.evidence import open_store
store = open_store(storage(Path(sys.argv[1]), sys.argv[2]))
for n in range(5):
    store.put(str(n).encode() * 3000)
store.put(bytes(range(256)) * 2**14)
print("put", flush=True)
store.upload()
"""


def test_killed_while_it_uploads(s3: S3Server, line: Link, tmp_path: Path):
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path), line.url], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "put\n"
    assert line.started.wait(60)
    process.kill()
    process.wait()
    process.stdout.close()
    store = SpooledStore(
        tmp_path / "spool", Bucket(BUCKET, "site", reached(s3.url), patience_s=PATIENCE_S)
    )
    everything = [*CONTENTS, BIG]
    assert all(store.read(hashlib.sha256(c).hexdigest()) == c for c in everything)
    whole = named(*everything)
    assert s3.objects().items() <= whole.items(), "nothing half is there"
    store.upload()
    assert (s3.objects(), store.waiting) == (whole, 0)
