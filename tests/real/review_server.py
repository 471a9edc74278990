"""A review server as a process: `review_server.py DATABASE FOLDER`; prints its address."""

from __future__ import annotations

import sys
from pathlib import Path

from api.http.app import create_app
from api.http.server import listen, serve
from api.records.site_chain import SiteChain
from api.storage.database import Database
from tests.api.world import make_site
from vision.evidence.store import EvidenceStore

if __name__ == "__main__":
    address, folder = sys.argv[1], Path(sys.argv[2])
    site = make_site(folder)
    database = Database.open(address)
    SiteChain.open(database, site.storage.key_file)
    listener = listen("127.0.0.1", 0)
    app = create_app(site, database, EvidenceStore(Path(site.storage.evidence)))
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    serve(app, listener)
    database.close()
