"""An audit of real photos on a cluster of three nodes comes to what it comes to on one machine.

`pytest -m soak -s tests/real/test_city_audit.py`; STREETWARDEN_PHOTOS says how many, 1,000 by
default.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from scripts import streetwarden
from tests.real.ray_nodes import ray_cluster, rays_environment

__all__ = ["rays_environment"]

PHOTOS = int(os.environ.get("STREETWARDEN_PHOTOS", "1000"))
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}


def audited(monkeypatch: pytest.MonkeyPatch, photos: Path, out: Path, *more: str) -> float:
    """Run the command; seconds that it took."""
    began = time.monotonic()
    monkeypatch.setattr(
        sys, "argv", ["streetwarden", "audit", str(photos), "--out", str(out), *more]
    )
    with pytest.raises(SystemExit) as ended:
        streetwarden.main()
    assert ended.value.code in {0, None}
    return time.monotonic() - began


def told(out: Path) -> Any:
    """The report without its times."""
    report = json.loads((out / "report.json").read_text("utf-8"))
    report.pop("started_at")
    return report


@pytest.mark.soak
@pytest.mark.filterwarnings(r"ignore::DeprecationWarning:ray\..*")  # of its own settings
@pytest.mark.timeout(3600)
def test_a_cluster_changes_no_result(
    shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = sorted(p for p in shared_data.rglob("*") if p.suffix.lower() in SUFFIXES)
    chosen = random.Random(20).sample(found, min(PHOTOS, len(found)))
    photos = tmp_path / "photos"
    photos.mkdir()
    for number, photo in enumerate(chosen):
        (photos / f"{number:04}{photo.suffix}").symlink_to(photo)
    (photos / "broken.jpg").write_bytes(chosen[0].read_bytes()[:500])
    (photos / "copy.jpg").symlink_to(chosen[1])
    here, there = tmp_path / "here", tmp_path / "there"
    alone = audited(monkeypatch, photos, here)
    with ray_cluster(3, cores=1) as ray:
        spread = audited(monkeypatch, photos, there, "--cluster", ray.address)
    print(f"\n{len(chosen)} photos: {alone:.0f} s alone, {spread:.0f} s on three nodes of a core")
    assert told(there) == told(here)
    pictures = {p.name for p in (here / "pictures").iterdir()}
    assert pictures == {p.name for p in (there / "pictures").iterdir()}
    for name in pictures:
        assert (here / "pictures" / name).read_bytes() == (there / "pictures" / name).read_bytes()
