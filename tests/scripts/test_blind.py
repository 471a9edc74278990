"""A process whose engine failed for good exits non-zero, so that a supervisor starts it again."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

BLIND = """
import sys
import vision.engines
import vision.loop.restarts
from tests.vision.eyes import Eyes

class Lost(Eyes):
    def warm_up(self):
        raise RuntimeError("CUDA error: device lost")

vision.engines.open_engine = lambda _: Lost()
vision.loop.restarts.PAUSES_S = (0.0, 0.0, 0.0)
from scripts.streetwarden import main
main()
"""


@pytest.mark.parametrize("command", [["watch"], ["serve", "--port", "0"]], ids=["watch", "serve"])
def test_a_process_that_sees_nothing_exits_non_zero(tmp_path: Path, command: list[str]) -> None:
    picture = tmp_path / "gate.png"
    cv2.imwrite(str(picture), np.full((96, 160, 3), 90, np.uint8))
    site = tmp_path / "site.yaml"
    site.write_text(
        f"site: {{name: East}}\ncameras:\n  - {{id: gate, source: {picture}, zones: "
        "[{name: pavement, watch: [street_vending]}]}\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", BLIND, command[0], str(site), *command[1:]],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert result.returncode == 1, result.stderr
    last = result.stderr.strip().splitlines()[-1]
    assert last.startswith("streetwarden: Engine eyes failed again after 3 restarts")
    assert "No camera is looked at any more" in last
    assert result.stderr.count("Traceback") == 1, "of the failure, once for all restarts"


@pytest.mark.parametrize("command", [["watch"], ["serve", "--port", "0"]], ids=["watch", "serve"])
def test_workers_without_an_engine_end_as_one_process_does(
    tmp_path: Path, command: list[str]
) -> None:
    for name in ("gate", "yard"):
        cv2.imwrite(str(tmp_path / f"{name}.png"), np.full((96, 160, 3), 90, np.uint8))
    site = tmp_path / "site.yaml"
    site.write_text(
        "site: {name: East}\nworkers: 2\nmodel: {engine: onnx, device: cuda}\ncameras:\n"
        "  - {id: gate, source: gate.png}\n  - {id: yard, source: yard.png}\n"
    )
    result = subprocess.run(
        [sys.executable, "-m", "scripts.streetwarden", command[0], str(site), *command[1:]],
        check=False,
        capture_output=True,
        text=True,
        timeout=240,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert result.returncode == 1, result.stderr
    last = result.stderr.strip().splitlines()[-1]
    assert last.startswith("streetwarden: Device 'cuda' was asked for")
    assert "started again" not in last
    assert "Traceback" not in result.stderr
