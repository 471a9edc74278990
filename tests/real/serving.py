"""A server of a site without cameras, whose end can be made to hang: `serving.py ROOT DATABASE …`.

Options: a receiver's port; `--hangs` and `--fails` beside the requests, `--stuck` behind them;
`--patient`: the end by force is far away; `--patience=S` with a database.
"""

import logging
import signal
import sys
import threading
from pathlib import Path

from api.http import app as app_module
from api.http import background
from api.http.app import create_app
from api.http.ending import Ending, leave
from api.http.server import listen, serve
from api.records.site_chain import SiteChain
from api.storage.answering import Answering
from api.storage.database import Database
from tests.api.world import SECRET, make_site
from vision.evidence import EvidenceStore

root, address, *options = sys.argv[1:]
logging.basicConfig(level=logging.WARNING)
ports = [option for option in options if option.isdigit()]
hooks = [
    {
        "name": "main",
        "url": f"http://127.0.0.1:{port}/",
        "secret": SECRET,
        "allow": ["127.0.0.0/8"],
    }
    for port in ports
]
for option in options:
    if option.startswith("--patience="):
        Answering.shipped_patience_s = float(option.partition("=")[2])


class Hangs:
    def start(self) -> None: ...
    def stop(self) -> None:
        threading.Event().wait()


class Fails:
    def start(self) -> None: ...
    def stop(self) -> None:
        raise KeyError("a bug at the end")


def stuck() -> None:
    if "--patient" in options:
        print("stopping", flush=True)
    threading.Event().wait()


if "--hangs" in options:
    background.STOP_S = 1.0
    app_module.running = lambda parts: background.running([*parts, Hangs(), Fails()])  # type: ignore[assignment]

site = make_site(Path(root), *hooks)
listener = listen("127.0.0.1", 0)
database = Database.open(address)
SiteChain.open(database, site.storage.key_file)
print(listener.getsockname()[1], flush=True)
within = {"within_s": 1.0} if "--stuck" in options and "--patient" not in options else {}
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_DFL)  # nohup and a shell's & ignore some
with Ending(**within).on_signals() as ending:
    app = create_app(site, database, EvidenceStore(Path(root) / "evidence"))
    serve(app, listener, ending=ending)
    if "--stuck" in options:
        stuck()
database.close()
print("closed in good order", flush=True)
leave(0)
