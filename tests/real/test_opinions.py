"""Two servers that ask a model about one queue, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.wrappers import Response

from api.opinions.asker import Asker
from api.storage.tables import OpinionCountRow, OpinionRow
from tests.api.opinions.model import YES, Model, model, said
from tests.api.world import CONFIRM, World, make_site, make_world
from tests.real import postgres

CASES = 12
SPILL = {"kind": "dirty_truck", "subtype": "spill"}


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    address = None
    if request.param == "postgresql":
        address = postgres.new_database(request.getfixturevalue("cluster"))
    made = make_world(make_site(tmp_path), address)
    with closing(made.database):
        yield made


@pytest.fixture
def there() -> Iterator[Model]:
    with model() as made:
        yield made


def test_two_servers_ask_about_each_case_once_and_about_two_at_a_time(
    world: World, there: Model
) -> None:
    both = threading.Barrier(2)

    def answer(_body: dict[str, Any]) -> Response:
        both.wait(20)  # neither has its answer before the other has asked
        return said(YES)

    there.answer = answer
    cases = [world.case(**SPILL) for _ in range(CASES)]
    decided = world.case(**SPILL)
    world.review(decided, CONFIRM)
    servers = [
        Asker(world.database, world.evidence, world.site, there.settings()) for _ in range(2)
    ]
    with ThreadPoolExecutor(2) as pool:
        for _ in range(CASES // 2):
            assert list(pool.map(lambda one: one.step(), servers)) == [True, True]
        assert list(pool.map(lambda one: one.step(), servers)) == [False, False]
    seen = Counter(sha256(picture).hexdigest() for picture in there.pictures)
    assert set(seen.values()) == {1}
    told = {case: world.read(case) for case in cases}
    assert {one.opinion.picture for one in told.values() if one.opinion} == set(seen)
    for one in told.values():
        assert [entry.action for entry in one.log] == ["opened", "opinion"]
    with world.database.read() as session:
        counts = {row.result: row.count for row in session.scalars(select(OpinionCountRow))}
        states = session.scalars(select(OpinionRow.state)).all()
    assert counts == {"asked": CASES, "yes": CASES}
    assert states == ["answered"] * CASES
