"""An example package as pip builds and installs it, which asks a registry for hatchling."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

import vision.rules

PACKAGE = Path(vision.rules.__file__).parent / "examples" / "parked_bicycles"
SITE = """
site: {name: installed}
cameras:
  - id: metro-b
    source: pictures
    zones:
      - name: metro exit B
        watch: [parked_bicycles]
        subtypes: {parked_bicycles: shared_bicycles}
        settings: {parked_bicycles: {dwell: 30m, own: {count: COUNT}}}
"""
_CHECK = "scripts.streetwarden", "check", "site.yaml", "--json"


@pytest.mark.soak
def test_what_pip_installs_is_found_by_its_entry_points(tmp_path: Path) -> None:
    there = tmp_path / "installed"
    install = "pip", "install", "--no-deps", "--disable-pip-version-check", "--target", str(there)
    subprocess.run([sys.executable, "-m", *install, str(PACKAGE)], check=True, timeout=120)
    (tmp_path / "pictures").mkdir()
    cv2.imwrite(str(tmp_path / "pictures" / "1.jpg"), np.full((96, 160, 3), 90, np.uint8))

    def check(count: str, *paths: Path) -> subprocess.CompletedProcess[str]:
        (tmp_path / "site.yaml").write_text(SITE.replace("COUNT", count))
        path = os.pathsep.join([*map(str, paths), *sys.path])
        return subprocess.run(
            [sys.executable, "-m", *_CHECK],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": path},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    found = check("2", there)
    assert found.returncode == 0, found.stderr
    [kind] = json.loads(found.stdout)["kinds"]
    assert kind["kind"] == "parked_bicycles"
    wrong = check("many", there)
    assert wrong.returncode == 1
    assert "own.count" in wrong.stderr
    without = check("2")
    assert without.returncode == 1
    assert "'parked_bicycles' is no kind" in without.stderr
