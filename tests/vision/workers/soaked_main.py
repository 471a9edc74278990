"""The main process of a soak: live cameras, workers, a real case store; it says how it goes."""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path
from threading import Event

from api.cases.intake import CaseIntake, DetectorInfo
from api.records.site_chain import SiteChain
from api.storage.database import Database
from tests.vision.workers.bins import build, open_eyes
from vision.site import Site
from vision.workers import Workers


def main() -> None:
    site = Site.model_validate_json(Path(sys.argv[1]).read_text())
    end, model = Event(), open_eyes(site.model).model
    signal.signal(signal.SIGTERM, lambda *_: end.set())
    database = Database.open(site.storage.database)
    SiteChain.open(database, site.storage.key_file)
    detector = DetectorInfo(model.name, model.version, model.sha256, model.threshold)
    intake = CaseIntake(database, site, detector, lambda *_: None)
    evidence = Path(site.storage.evidence)
    made = Workers(
        site,
        model,
        count=2,
        build=build,
        sink=intake.take,
        evidence=evidence,
        memory=evidence.parent / "memory",
        quarantine=evidence.parent / "quarantine",
        opener=open_eyes,
    )
    intake.last_seen = made.last_seen
    intake.end_unwatched(made.held)
    made.start()
    analysed: dict[str, int] = {}
    looked: dict[str, float] = {}
    while not end.wait(0.1):
        for status in made.status():
            if status.analysed > analysed.get(status.camera, 0):
                looked[status.camera] = time.time()
            analysed[status.camera] = status.analysed
        print(json.dumps({"pids": made.pids, "looked": looked}), flush=True)
    made.stop()
    database.close()


if __name__ == "__main__":
    main()
