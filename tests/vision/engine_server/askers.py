"""Clients in processes of their own: `python askers.py ADDRESS CAMERA:HOW…`.

One is forked for each CAMERA:HOW; each line says a camera, its process and what happened. HOW is
`ask`: batch after batch, `right` for each that came back as it should, `lost` for one that the
server could not answer; or `hold`: fills its slots, says so, and never reads an answer.
"""

from __future__ import annotations

import os
import signal
import sys
from itertools import count

from tests.vision.engine_server.painted import code, painted
from vision.engine_server import EngineAddress, ServedEngine
from vision.errors import EngineError


def ask(name: str, camera: int, how: str) -> None:
    engine = ServedEngine(EngineAddress(name))
    if how == "hold":
        engine.submit([painted(camera, n) for n in range(12)])
        tell(camera, "holds")
        signal.pause()
    for start in count(0, 3):
        asked = [(camera, n % 900) for n in range(start, start + 3)]
        try:
            found = engine.infer([painted(*one) for one in asked])
        except EngineError:
            tell(camera, "lost")
        else:
            right = [code(one) for one in found] == asked
            tell(camera, "right" if right else "got another's answer")


def tell(camera: int, what: str) -> None:
    os.write(1, f"{camera} {os.getpid()} {what}\n".encode())


if __name__ == "__main__":
    for role in sys.argv[2:]:
        camera, how = role.split(":")
        if os.fork() == 0:
            ask(sys.argv[1], int(camera), how)
    sys.stdin.read()
    os.killpg(0, signal.SIGKILL)
