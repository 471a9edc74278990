"""Killed while its site changes: what its memory says fits the site at the next start."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import select

from api.storage.tables import SightingRow
from tests.vision.live import Told, live_bins, site_of, until, zone
from tests.vision.pipeline.site_changer import IN_FORCE, intake_of
from tests.vision.workers.bins import SeesBins, make
from vision.episodes import EpisodeEvent
from vision.evidence import EvidenceItem
from vision.site import Site, Storage

KILLS = int(os.environ.get("STREETWARDEN_KILLS", "1"))
"""How many processes are killed; more by hand."""


@pytest.mark.parametrize("seed", range(KILLS))
def test_a_process_killed_in_the_middle_of_a_change_leaves_nothing_open(
    tmp_path: Path, seed: int
) -> None:
    rng = random.Random(seed)
    with live_bins() as street:
        street.full = {"gate": {11}}
        gate, yard = street.camera("gate", zone("left")), street.camera("yard", zone("left"))
        storage = Storage(database="sqlite://", evidence=str(tmp_path / "evidence"))
        both, without = (
            site_of(tmp_path, *cameras).model_copy(update={"storage": storage})
            for cameras in ((gate, yard), (yard,))
        )
        files = [tmp_path / "both.json", tmp_path / "without.json"]
        for file, site in zip(files, (both, without), strict=True):
            file.write_text(site.model_dump_json())
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.vision.pipeline.site_changer", str(tmp_path), *files],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdout is not None
        for _ in range(rng.randint(2, 4)):
            assert child.stdout.readline() == "leaves\n"
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(rng.uniform(0, 0.05))  # somewhere in the middle of it
        child.kill()
        child.communicate()

        site = Site.model_validate_json((tmp_path / IN_FORCE).read_text())
        database, intake = intake_of(tmp_path, both)
        told = Told()

        def take(event: EpisodeEvent, items: Sequence[EvidenceItem]) -> None:
            intake.take(event, items)
            told(event, items)

        pipeline = make(site, SeesBins(), take)
        intake.end_unwatched(pipeline.held)
        pipeline.start()
        watched = {camera.id for camera in site.cameras}
        until(pipeline.status, lambda now: all(now[name].analysed >= 3 for name in watched))
        street.full = {}
        until(pipeline.status, lambda _: not _open(database))
        pipeline.stop()
        assert pipeline.quarantined == 0
        with database.read() as session:
            sightings = session.scalars(select(SightingRow)).all()
            assert len(sightings) >= 2
            assert {one.ended_by for one in sightings} <= {"unwatched", "cleared"}
        assert pipeline.held == frozenset()
        database.close()


def _open(database: object) -> list[str]:
    with database.read() as session:  # type: ignore[attr-defined]
        return list(
            session.scalars(select(SightingRow.episode_id).where(SightingRow.ended_at.is_(None)))
        )
