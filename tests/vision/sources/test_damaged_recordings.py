"""Whatever bytes a recording holds: frames, an end or one of our errors, and never a crash."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

_WORKER = Path(__file__).with_name("fuzz_worker.py")
_COPIES = 16  # of each; about a second


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.ts", "clip.avi"])
def test_damaged_recordings_are_read_or_told(make_video: Callable[..., Path], name: str) -> None:
    codec = "mpeg4" if name.endswith("avi") else "libx264"
    clip = make_video(name, codec=codec, metadata={"title": "market gate", "comment": "camera 1"})
    command = [sys.executable, str(_WORKER), str(clip), str(_COPIES)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    told = done.stdout.splitlines()
    assert len(told) == _COPIES
    assert any("frames" in line for line in told)
