"""Case costs: what a case takes in its database and its store, measured on this machine."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import cv2
import numpy as np
from sqlalchemy import func, select, text
from ulid import ULID

from api.cases.intake import CaseIntake
from api.cases.new_case import DetectorInfo
from api.delivery.events import Announcer
from api.errors import CaseError
from api.records.site_chain import SiteChain
from api.storage.database import Database
from api.storage.tables import Base, CaseRow
from vision.detections import make_detections
from vision.episodes import Episode, EpisodeEvent, EpisodeStage, Reason
from vision.evidence import EvidenceItem, EvidenceRole
from vision.frames import Clock, Frame, Pixels
from vision.site import Site

MOMENTS = ("opened", "best", "confirmed")
_WIDTH, _HEIGHT = 1920, 1080
_DETECTOR = DetectorInfo("bench", "0", "0" * 64)
_BEGAN = datetime(2026, 5, 1, 1, tzinfo=UTC)
_AT_ONCE = 200
"""Cases whose time is one number: the median of these is given."""


@dataclass(frozen=True, slots=True)
class CaseBench:
    """What was measured; a case's as `CaseCosts` has it.

    Attributes:
        cases: that were made.
        evidence_mb: None without photos.
    """

    cases: int
    take_ms: float
    rows: float
    database_kb: float
    evidence_mb: float | None


def bench_cases(address: str, folder: Path, photos: Path | None, cases: int = 2000) -> CaseBench:
    """Make so many cases in an empty PostgreSQL database, one after the other.

    Args:
        folder: for the site's key.
        photos: a folder of real pictures, by which the size of evidence is measured.

    Raises:
        CaseError: the database has cases already, or is not PostgreSQL.
    """
    database = Database.open(address)
    try:
        if not database.on_postgresql:
            raise CaseError("a city's cases lie in PostgreSQL: give a postgresql:// address")
        with database.read() as session:
            if session.scalar(select(func.count()).select_from(CaseRow)):
                raise CaseError("this database has cases; give an empty one to measure on")
        site = _site(address, folder)
        SiteChain.open(database, site.storage.key_file)
        intake = CaseIntake(database, site, _DETECTOR, Announcer(site).announce)
        before, took = _held(database), list[float]()
        for start in range(0, cases, _AT_ONCE):
            made = list(_events(site, start, min(start + _AT_ONCE, cases)))
            began = time.perf_counter()
            for event, items in made:
                intake.take(event, items)
            took.append((time.perf_counter() - began) * 1000 / len(made))
        after = _held(database)
    finally:
        database.close()
    rows, size = ((now - then) / cases for now, then in zip(after, before, strict=True))
    sizes = [_evidence(picture) for picture in _pictures(photos)] if photos else []
    return CaseBench(cases, median(took), rows, size / 1024, median(sizes) / 1e6 if sizes else None)


def _held(database: Database) -> tuple[int, int]:
    """Rows of all tables, and bytes of the database."""
    with database.read() as session:
        rows = sum(
            session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.tables.values()
        )
        size = session.scalar(text("SELECT pg_database_size(current_database())"))
    return rows, int(size or 0)


def _site(address: str, folder: Path) -> Site:
    return Site.model_validate(
        {
            "site": {"name": "city"},
            "storage": {
                "database": address,
                "evidence": str(folder / "evidence"),
                "site_key": str(folder / "site.key"),
            },
            "cameras": [
                {
                    "id": f"camera-{number:03}",
                    "source": "none.mp4",
                    "place": {"lon": 113.3 + number / 1e3, "lat": 31.7},
                    "zones": [{"name": "pavement", "watch": ["street_vending"]}],
                }
                for number in range(200)
            ],
        }
    )


def _events(site: Site, first: int, end: int) -> Iterator[tuple[EpisodeEvent, list[EvidenceItem]]]:
    """Stalls, each of another camera or another day, with what a recorder stores of each."""
    pixels = np.zeros((8, 8, 3), np.uint8)
    none = make_detections(
        np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64), ()
    )
    for number in range(first, end):
        camera = site.cameras[number % len(site.cameras)].id
        opened = _BEGAN + timedelta(days=number // len(site.cameras), minutes=number % 600)
        confirmed = opened + timedelta(minutes=5)
        episode = Episode(
            id=str(ULID()), kind="street_vending", subtype="stall", camera=camera,
            zone="pavement", box=(0.2, 0.4, 0.5, 0.8), stage=EpisodeStage.CONFIRMED,
            opened_at=opened, last_seen_at=confirmed, looks=6, score=0.8, clock=Clock.STREAM,
            why=(Reason("stayed 5 min", "停留5分钟", {"dwell_s": 300, "looks": 6}),),
            confirmed_at=confirmed,
        )  # fmt: skip
        items = [
            EvidenceItem(
                sha256=f"{number:060x}{which:04x}", role=role, media_type="image/jpeg",
                size=1, camera=camera, captured_at=confirmed, moment=moment,
                boxes=(episode.box,),
            )
            for which, (moment, role) in enumerate(
                (moment, role)
                for moment in MOMENTS
                for role in (EvidenceRole.ORIGINAL, EvidenceRole.MASKED, EvidenceRole.ANNOTATED)
            )
        ]  # fmt: skip
        frame = Frame(pixels, camera, confirmed, 7, Clock.STREAM)
        yield EpisodeEvent(episode, frame, none, ()), items


def _pictures(photos: Path) -> Iterator[Pixels]:
    """What the folder's photos would be as frames of a 1080p camera: those that are not smaller."""
    for path in sorted(photos.iterdir()):
        picture = cv2.imread(str(path))
        if picture is None or picture.shape[1] < _WIDTH or picture.shape[0] < _HEIGHT:
            continue
        scale = max(_WIDTH / picture.shape[1], _HEIGHT / picture.shape[0])
        whole = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        yield whole[:_HEIGHT, :_WIDTH].astype(np.uint8)


def _evidence(picture: Pixels) -> int:
    """Bytes of a case's pictures: each moment's original (PNG), masked and annotated (JPEG)."""
    original = len(cv2.imencode(".png", picture)[1])
    derived = len(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 90])[1])
    return len(MOMENTS) * (original + 2 * derived)
