"""One engine for many processes: the server that owns it, and the client that is an `Engine`."""

from vision.engine_server.address import EngineAddress
from vision.engine_server.process import EngineServerProcess, Phase, ServerState
from vision.engine_server.served_engine import ServedEngine
from vision.engine_server.status_page import ServerCounts

__all__ = [
    "EngineAddress",
    "EngineServerProcess",
    "Phase",
    "ServedEngine",
    "ServerCounts",
    "ServerState",
]
