"""The rows of audits on both databases: how an audit stands, and what its files may be called."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.audits.state import State
from api.audits.store import AuditStore
from api.errors import CaseError, UnknownAudit
from api.storage.database import Database
from api.words.said import say
from tests.api.world import OFFICER


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AuditStore]:
    if request.param == "postgresql":
        new: Callable[[], str] = request.getfixturevalue("new_database")
        database = Database.open(new())
    else:
        database = Database.open(f"sqlite:///{tmp_path / 'cases.db'}")
    yield AuditStore(database)
    database.close()


def test_an_audit_goes_its_way_once(store: AuditStore) -> None:
    one, other = (store.make(OFFICER, name, "zh").id for name in ("one", "other"))
    assert [row.id for row in store.page(None, 9)] == sorted((one, other), reverse=True)
    assert not store.run(one), "it was not started"
    assert store.queue(one).state == store.queue(one).state == State.QUEUED
    assert store.run(one)
    store.progress(one, {"pictures": {"done": 1}})
    assert store.died(one) == 1
    assert [row.id for row in store.waiting()] == [one]
    assert store.cancel(other).state == State.CANCELLED
    with pytest.raises(CaseError):
        store.queue(other)
    store.end(one, counts={"violations": 2})
    assert store.cancel(one).state == State.DONE, "what is over stays as it is"
    store.end(one, error=say("audit_died", times=3))
    row = store.get(one)
    assert (row.state, row.counts, row.error) == (State.DONE, {"violations": 2}, None)
    assert row.progress == {"pictures": {"done": 1}}
    later = datetime.now(UTC) + timedelta(days=31)
    assert sorted(store.old(later, timedelta(days=30))) == sorted((one, other))
    assert list(store.old(datetime.now(UTC), timedelta(days=30))) == []
    store.forget(one)
    with pytest.raises(UnknownAudit):
        store.get(one)


def test_files_share_no_name_and_no_folder(store: AuditStore) -> None:
    audit = store.make(OFFICER, "one", "en").id
    file = store.add_file(audit, "walk_1/50%.jpg", 2**40 // 64)
    for taken in ("walk_1/50%.jpg", "walk_1", "walk_1/50%.jpg/a.jpg"):
        with pytest.raises(CaseError):
            store.add_file(audit, taken, 1)
    for free in ("walkX1", "walk_1/50.jpg", "walk_1/50%.jpg2"):
        store.add_file(audit, free, 0)
    store.remove_file(audit, file.id)
    store.add_file(audit, "walk_1/50%.jpg", 1)
    assert len(store.files(audit)) == 4
    store.queue(audit)
    with pytest.raises(CaseError):
        store.add_file(audit, "late.jpg", 1)
