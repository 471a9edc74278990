"""A process that owns a server and is killed: `python owner.py` prints its address and process."""

from __future__ import annotations

import sys

from tests.vision.engine_server.painted import open_painted
from vision.engine_server import EngineServerProcess, ServedEngine
from vision.model_choice import ModelChoice

if __name__ == "__main__":
    server = EngineServerProcess(ModelChoice(), opener=open_painted)
    server.start()
    assert server.wait_until_ready(120)
    engine = ServedEngine(server.address)
    print(server.address.name, server.state.process, flush=True)
    sys.stdin.read()
