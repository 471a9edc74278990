"""Whatever is sent, the API answers as its OpenAPI document says, on a real PostgreSQL too."""

from __future__ import annotations

from tests.api.http.fuzzed import example_site, fuzz
from tests.api.world import make_world


def test_the_api_keeps_its_promises_on_postgresql(new_database, tmp_path):
    world = make_world(example_site(tmp_path), new_database())
    try:
        found = fuzz(world, tmp_path, seed=2, examples=10)
    finally:
        world.database.close()
    assert not found, found
