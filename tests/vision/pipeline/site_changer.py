"""A process to be killed: it watches a camera that leaves its site and comes back all the time.

    python -m tests.vision.pipeline.site_changer ROOT SITE_WITH SITE_WITHOUT

The site in force is written to ROOT/in_force.json before it is applied, as a site file is. It
prints a line when the camera is about to leave.
"""

from __future__ import annotations

import sys
from pathlib import Path
from threading import Semaphore

from api.cases.intake import CaseIntake, DetectorInfo
from api.records.site_chain import SiteChain
from api.storage.database import Database
from tests.vision.workers.bins import SeesBins, make
from vision import durable
from vision.episodes import EpisodeEvent, EpisodeStage
from vision.site import Site

IN_FORCE = "in_force.json"


def intake_of(root: Path, site: Site) -> tuple[Database, CaseIntake]:
    """The case store of such a site."""
    database = Database.open(f"sqlite:///{root / 'cases.db'}")
    SiteChain.open(database, site.storage.key_file)
    model = SeesBins.model
    detector = DetectorInfo(model.name, model.version, model.sha256, model.threshold)
    return database, CaseIntake(database, site, detector, lambda *_: None)


def main() -> None:
    root = Path(sys.argv[1])
    both, without = (Site.model_validate_json(Path(p).read_text()) for p in sys.argv[2:])
    _, intake = intake_of(root, both)
    confirmed = Semaphore(0)

    def take(event: EpisodeEvent, items: object) -> None:
        intake.take(event, items)  # type: ignore[arg-type]
        if event.episode.stage is EpisodeStage.CONFIRMED:
            confirmed.release()

    pipeline = make(both, SeesBins(), take)
    pipeline.start()
    while True:
        confirmed.acquire(timeout=30)
        print("leaves", flush=True)
        for site in (without, both):
            durable.write(root / IN_FORCE, site.model_dump_json().encode())
            pipeline.apply(site)


if __name__ == "__main__":
    main()
