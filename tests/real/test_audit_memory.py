"""The memory of a real audit, over a zip that a few kilobytes make as large as pictures may be."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
SIDE = 14_000
"""196 million pixels, the most that are read at all."""
MOST = 2 << 30
"""Bytes, PyTorch and OpenVINO included, which take half of it; with eight it was 8.6 GB."""


MEASURED = """
import sys
from scripts.streetwarden import main
try:
    main()
finally:
    print(open("/proc/self/status").read(), file=sys.stderr)
"""
# The kernel counts into a child's `ru_maxrss` what its parent held when it started it, and a whole
# test run holds more than the bound; `VmHWM` is the program's own.


@pytest.fixture(scope="module")
def bombs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four JPEGs and a PNG, of a few thousand bytes in all; decoded side by side, 2.5 GB."""
    path = tmp_path_factory.mktemp("bombs") / "bombs.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for number in range(4):
            shade = Image.new("RGB", (SIDE, SIDE - number), (90 + number, 90, 90))
            data = io.BytesIO()
            shade.save(data, "JPEG")
            archive.writestr(f"{number}.jpg", data.getvalue())
        data = io.BytesIO()
        Image.new("L", (SIDE, SIDE)).save(data, "PNG")
        archive.writestr("grey.png", data.getvalue())
    assert path.stat().st_size < 100_000
    return path


def test_small_jpegs_do_not_take_the_machine(bombs: Path, tmp_path: Path) -> None:
    command = ("audit", str(bombs), "--out", str(tmp_path / "out"), "--json")
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *command],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    summary = json.loads(done.stdout)
    assert (summary["pictures"], summary["not_audited"]) == (5, 0)
    (peak,) = re.findall(r"^VmHWM:\s+(\d+) kB$", done.stderr, re.MULTILINE)
    assert int(peak) * 1024 < MOST
