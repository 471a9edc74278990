"""The outbox worker alone in a process, so that a test can kill it."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

from api.delivery.breaker import Pace
from api.delivery.retry import RetryPolicy
from api.delivery.worker import Outbox
from api.records.site_chain import SiteChain
from api.storage.database import Database
from vision.site import Site

if __name__ == "__main__":
    site = Site.model_validate_json(Path(sys.argv[1]).read_text(encoding="utf-8"))
    database = Database.open(site.storage.database)
    SiteChain.open(database, site.storage.key_file)
    outbox = Outbox(
        database,
        site,
        retry=RetryPolicy(waits=(timedelta(milliseconds=100),) * 500, jitter=0.5),
        pace=Pace(first=timedelta(milliseconds=50), longest=timedelta(milliseconds=400)),
        # Much longer than an attempt takes, on a machine with other work too.
        lease=timedelta(seconds=5),
    )
    print("ready", flush=True)
    outbox.run()
