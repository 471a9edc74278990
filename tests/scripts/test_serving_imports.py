"""What a server imports that has its converted models: nothing that makes, draws or measures."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from vision.engines import open_engine
from vision.engines.truck_state import open_truck_state
from vision.site import ModelChoice

NEVER = {"ultralytics", "matplotlib", "psutil", "pandas"}
"""Packages of making, drawing and measuring. All are installed where the tests run."""

SERVE = """
import json, sys
from pathlib import Path

import numpy as np

from api.http.app import create_app
from api.storage.database import Database
from scripts.watching import make_pipeline
from vision.engines import open_engine
from vision.engines.truck_state import open_truck_state
from vision.evidence import EvidenceStore
from vision.site import Camera, ModelChoice, Site, SiteInfo, Storage, Zone

import scripts.commands.serve, scripts.commands.watch

folder = Path(sys.argv[1])
site = Site(
    site=SiteInfo(name="s"),
    storage=Storage(database=f"sqlite:///{folder}/cases.db", evidence=str(folder / "evidence")),
    model=ModelChoice(device="cpu"),
    cameras=(
        Camera(
            id="gate",
            source="none.mp4",
            zones=(Zone(name="a", polygon=((0, 0), (1, 0), (1, 1)), watch=("dirty_truck",)),),
        ),
    ),
)
engine = open_engine(site.model)
pixels = np.full((200, 300, 3), 90, np.uint8)
engine.infer([pixels])
trucks = open_truck_state({"gate"}, device="cpu")
trucks._classifier.read([pixels])
pipeline = make_pipeline(site, engine, [])
database = Database.open(site.storage.database)
create_app(site, database, EvidenceStore(folder / "evidence"), watch=pipeline)
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


@pytest.fixture(scope="module")
def warm() -> None:
    """The user's cache holds both models, converted: opened once here, as a server would."""
    choice = ModelChoice(device="cpu")
    open_engine(choice).close()
    open_truck_state({"gate"}, device="cpu")


def test_serving_with_a_warm_cache_imports_nothing_that_makes_or_draws(
    warm: None, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SERVE, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    imported = set(json.loads(done.stdout.splitlines()[-1]))
    assert imported >= {"torch", "fastapi"}, "it was served"
    assert not imported & NEVER
