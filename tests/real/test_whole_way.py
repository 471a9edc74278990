"""The whole way on the demo site, over HTTP: a stall is seen, reviewed, told, and then gone.

Rendered video, shipped weights, real readers, rules, evidence and case store; a person by the API.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import cv2
import httpx
import numpy as np

from api.access.keys import KeyStore
from api.access.roles import Role
from api.cases.intake import CaseIntake, DetectorInfo
from api.delivery.events import Announcer
from api.http.app import create_app
from api.records.site_chain import SiteChain
from api.storage.database import Database
from models import find
from scripts.watching import make_pipeline
from tests.api.world import served
from vision.engines import open_engine
from vision.episodes import EpisodeEvent, EpisodeStage
from vision.evidence import EvidenceItem, EvidenceStore
from vision.registers.matters import Matter
from vision.site import Site, Storage
from vision.site.file import load_site

MATTER = {
    "kind": "street_vending",
    "basis": "演示条例 第三十六条",
    "correct_first": True,
    "grace": "2 working_hour",
    "deadlines": {"emitted": "2 working_hour"},
}
TICKS = dict.fromkeys(("authentic", "clear", "complete", "accurate"), True)
WAIT_S = 240


@dataclass
class Street:
    """The market of the demo, watched, and the API beside it."""

    http: httpx.Client
    confirmed: Event
    go_on: Event
    watching: Any

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        answer = self.http.post(f"/v1/cases{path}", json=body)
        assert answer.status_code == 200, answer.text
        case: dict[str, Any] = answer.json()
        return case


@contextmanager
def watched(demo_root: Path, root: Path) -> Iterator[Street]:
    demo = load_site(demo_root / "site.yaml")
    camera = next(c for c in demo.cameras if c.id == "market-street")
    site: Site = demo.model_copy(
        update={
            "cameras": (camera.model_copy(update={"pace": "fast"}),),
            "matters": (Matter.model_validate(MATTER),),
            "storage": Storage(
                database=f"sqlite:///{root / 'cases.db'}", evidence=str(root / "evidence")
            ),
        }
    )
    database = Database.open(site.storage.database)
    SiteChain.open(database, site.storage.key_file)
    model = find(site.model.name)
    detector = DetectorInfo(model.name, model.version, model.sha256, model.threshold)
    intake = CaseIntake(database, site, detector, Announcer(site).announce)
    confirmed, go_on = Event(), Event()

    def sink(event: EpisodeEvent, items: Sequence[EvidenceItem]) -> None:
        """The clip is read fast: the stall's leaving is taken in when a person has acted."""
        if event.episode.stage is EpisodeStage.CLEARED:
            assert go_on.wait(WAIT_S)
        if intake.take(event, items) is not None:
            confirmed.set()

    pipeline = make_pipeline(site, open_engine(site.model), [sink])
    key = KeyStore(database).create("Officer Li", Role.OFFICER).key
    app = create_app(site, database, EvidenceStore(Path(site.storage.evidence)), watch=pipeline)
    pipeline.start()
    try:
        with (
            served(app) as address,
            httpx.Client(
                base_url=address,
                headers={"Authorization": f"Bearer {key}"},
                trust_env=False,
                timeout=60,
            ) as http,
        ):
            yield Street(http, confirmed, go_on, pipeline)
    finally:
        go_on.set()
        pipeline.stop()
        database.close()


def test_from_the_detection_to_the_picture_that_shows_it_corrected(
    demo_root: Path, tmp_path: Path
) -> None:
    with watched(demo_root, tmp_path) as street:
        assert street.confirmed.wait(WAIT_S), street.watching.status()
        [waiting] = street.http.get("/v1/cases").json()["items"]
        case = waiting["case_id"]
        assert (waiting["kind"], waiting["stage"]) == ("street_vending", "pending_review")

        reviewed = street.post(f"/{case}/review", decision="confirm", checks=TICKS)
        assert reviewed["stage"] == "confirmed"
        handed = street.post(f"/{case}/steps", step="emit", data={"to": "案件系统"})
        assert handed["deadline"]["stage"] == "emitted"
        early = street.http.post(f"/v1/cases/{case}/steps", json={"step": "accept"})
        assert early.status_code == 409
        assert "order to correct comes first" in early.json()["detail"]
        told = {
            "said": "请立即撤离盲道上的摊位。",
            "at": datetime.now(UTC).isoformat(),
            "where": "market-street",
            "way": "loudspeaker",
            "gateway": "horn-3",
            "answer": "马上走",
        }
        street.post(f"/{case}/steps", step="notice", data=told)
        grace = street.post(f"/{case}/steps", step="give_grace")
        assert grace["stage"] == "grace"
        assert grace["deadline"]["unit"] == "working_hour"
        assert datetime.fromisoformat(grace["deadline"]["at"]) > datetime.now(UTC) + timedelta(
            hours=1
        )

        street.go_on.set()
        assert street.watching.wait(WAIT_S)
        street.watching.stop()
        closed = street.http.get(f"/v1/cases/{case}").json()
        assert (closed["stage"], closed["outcome"]) == ("closed", "corrected")
        assert [entry["action"] for entry in closed["log"]] == [
            *("opened", "confirmed", "emitted", "noticed", "grace"),
            *("cleared", "reobserved", "closed"),
        ]
        people = {entry["action"]: entry["actor"] for entry in closed["log"]}
        assert people["noticed"] == people["grace"] == "Officer Li"
        assert people["reobserved"] == people["closed"] == "streetwarden"
        assert closed["deadline"] is None
        before, after = (picture(street.http, closed, m) for m in ("confirmed", "cleared"))
        assert before.shape == after.shape
        left, top, right, bottom = closed["box"]
        height, width = before.shape[:2]
        there = np.s_[
            int(top * height) : int(bottom * height), int(left * width) : int(right * width)
        ]
        changed = np.abs(before[there].astype(int) - after[there]).mean()
        assert changed > 10, "where the stall stood, there is the street"
        assert set(closed["log"][-2]["data"]["shown_by"]) == {
            item["sha256"] for item in closed["evidence"] if item["moment"] == "cleared"
        }


def picture(http: httpx.Client, case: dict[str, Any], moment: str) -> np.ndarray:
    """The masked picture of a moment, by its link; its hash is what the case says."""
    [item] = [e for e in case["evidence"] if (e["moment"], e["role"]) == (moment, "masked")]
    answer = http.get(item["href"])
    assert hashlib.sha256(answer.content).hexdigest() == item["sha256"]
    pixels = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    return pixels
