from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from vision.errors import StreetwardenError
from vision.workers.lease import Leases

HOLD = """
import sys
from pathlib import Path
from vision.workers.lease import Leases
held = Leases(Path(sys.argv[1]), ["gate"])
print("held", flush=True)
sys.stdin.read()
"""


def test_a_camera_is_one_processs_until_that_has_ended(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert holder.stdout is not None
    assert holder.stdin is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(StreetwardenError, match=rf"camera gate .* \({holder.pid}\)"):
        Leases(tmp_path, ["yard", "gate"], patience_s=0)
    yard = Leases(tmp_path, ["yard"], patience_s=0)  # what could be had was given back
    holder.kill()
    holder.wait()
    holder.stdin.close()
    holder.stdout.close()
    gate = Leases(tmp_path, ["gate"], patience_s=0)
    with pytest.raises(StreetwardenError, match=f"{os.getpid()}"):
        Leases(tmp_path, ["gate"], patience_s=0)
    gate.release()
    Leases(tmp_path, ["gate"], patience_s=0).release()
    yard.release()


def test_a_folder_that_takes_no_lock_is_told(tmp_path: Path) -> None:
    (tmp_path / "leases").write_text("no folder")
    with pytest.raises(StreetwardenError, match="cannot be locked"):
        Leases(tmp_path / "leases", ["gate"])


def test_a_lease_that_is_taken_later_leaves_those_that_are_held(tmp_path: Path) -> None:
    held = Leases(tmp_path, ["gate"], patience_s=0)
    another = Leases(tmp_path, ["yard"], patience_s=0)
    with pytest.raises(StreetwardenError, match="camera yard"):
        held.add(["gate", "north", "yard"])
    for mine in ("gate", "north"):
        with pytest.raises(StreetwardenError, match=f"camera {mine}"):
            another.add([mine])
    another.release()
    held.add(["gate", "north", "yard"])
    with pytest.raises(StreetwardenError, match="camera yard"):
        Leases(tmp_path, ["yard"], patience_s=0)
    held.release()
