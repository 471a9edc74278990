"""Serving: a busy port is said first, and every end is in good order."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from api.errors import CaseError
from api.http.app import create_app
from api.http.ending import Ending
from api.http.server import console_address, listen, serve

SERVER = """
import signal
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit
from api.http.app import create_app
from api.http.background import REQUEST_WORKERS
from api.cases.store import CaseStore
from api.storage.database import Database
from api.http.server import listen, serve
from vision.evidence.store import EvidenceStore
from vision.site import Site
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_DFL)  # nohup and a shell's & ignore some
root = Path(sys.argv[1])
listener = listen("127.0.0.1", 0)
site = Site.for_sources(["0"], root)
database = Database.open(site.storage.database)
print(listener.getsockname()[1], flush=True)
serve(create_app(site, database, EvidenceStore(root / "evidence")), listener)
database.close()
print("closed in good order", flush=True)
"""


def test_a_busy_port_is_said_with_the_next_step():
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(CaseError, match=rf"127.0.0.1:{port}.*--port"):
            listen("127.0.0.1", port)
        assert console_address(listener, "sw_x") == f"http://127.0.0.1:{port}/#key=sw_x"


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_of_all_addresses_one_is_told_that_others_can_reach(host):
    with listen(host, 0) as listener:
        told = urlsplit(console_address(listener, "sw_x"))
        assert told.hostname not in {"0.0.0.0", "::", None}
        socket.create_connection((told.hostname, told.port)).close()


def test_without_a_network_the_loopback_is_told(monkeypatch):
    def nowhere(*_: object) -> None:
        raise OSError(101, "Network is unreachable")

    with listen("0.0.0.0", 0) as listener:
        monkeypatch.setattr(socket, "socket", nowhere)
        assert urlsplit(console_address(listener, "sw_x")).hostname == "127.0.0.1"


@pytest.mark.parametrize(
    ("host", "port", "said"),
    [
        ("no.such.host.invalid", 0, "no address of this machine"),
        ("192.0.2.1", 0, "cannot be listened on"),  # RFC 5737: nobody's
        ("127.0.0.1", 99999, "port 99999 does not exist"),
    ],
)
def test_an_address_of_somewhere_else_is_said(host, port, said):
    with pytest.raises(CaseError, match=said):
        listen(host, port)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_the_server_in_good_order(tmp_path: Path, number: int):
    with subprocess.Popen(
        [sys.executable, "-c", SERVER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        answer = httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=30, trust_env=False)
        assert answer.json() == {"alive": True}
        os.kill(process.pid, number)
        assert process.stdout.read().strip() == "closed in good order"
    assert process.returncode == 0


def test_serving_ends_when_the_pipeline_is_blind(world):
    """Nobody sends a signal: what ended is the inference loop."""
    app = create_app(world.site, world.database, world.evidence)
    listener, ends, answered = listen("127.0.0.1", 0), threading.Event(), []

    def ask() -> None:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/healthz"
        answered.append(httpx.get(address, timeout=30, trust_env=False).status_code)
        ends.set()

    asking = threading.Thread(target=ask)
    asking.start()
    ending = Ending()
    ending.when(ends)
    serve(app, listener, ending=ending)
    asking.join()
    listener.close()
    assert answered == [200]
