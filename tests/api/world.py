"""A site, its database and evidence, episode events with small real pictures, a served app."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from fastapi import FastAPI
from pydantic import TypeAdapter
from ulid import ULID

from api.access.keys import KeyStore
from api.access.roles import Principal, Role
from api.access.sessions import SessionStore, csrf_token
from api.access.users import new_user
from api.cases.intake import CaseIntake, DetectorInfo
from api.cases.parts import Checks
from api.cases.requests import ReviewRequest
from api.cases.review import ReviewDesk
from api.cases.schemas import CaseDetail
from api.cases.step_desk import StepDesk
from api.cases.step_requests import StepRequest
from api.cases.store import CaseStore
from api.delivery.events import Announcer
from api.http.server import Server, configured, listen
from api.records.site_chain import SiteChain
from api.storage.database import Database
from vision.detections import make_detections
from vision.episodes import EndedBy, Episode, EpisodeEvent, EpisodeStage, Reason
from vision.evidence import EvidenceItem, EvidenceRole
from vision.evidence.store import EvidenceStore
from vision.frames import Clock, Frame
from vision.geo import LocalPlane, Method, Position
from vision.site import Site

STEP: TypeAdapter[StepRequest] = TypeAdapter(StepRequest)
NOON = datetime(2026, 5, 21, 4, 0, tzinfo=UTC)
DETECTOR = DetectorInfo(model="streetwarden-n", version="0.1", sha256="ab" * 32)
OFFICER = Principal("0", "Officer Li", Role.OFFICER)
TICKS = Checks(authentic=True, clear=True, complete=True, accurate=True)
CONFIRM = ReviewRequest(decision="confirm", checks=TICKS)
REJECT = ReviewRequest(decision="reject", reason="false_positive")
BIN = {"kind": "overflowing_bin", "subtype": "bin_overflow"}
GARBAGE = {"kind": "overflowing_bin", "subtype": "exposed_garbage"}
ROOF = {"kind": "illegal_structure", "subtype": "unauthorised_building"}
SECRET = "whsec_c3RyZWV0d2FyZGVuLXRlc3Qtc2VjcmV0LTEyMw=="


def make_site(
    root: Path,
    *webhooks: dict[str, Any],
    zone: str = "north pavement",
    camera: str = "gate",
    division: str = "",
    **parts: Any,
) -> Site:
    """Two cameras: `gate` (or `camera`) with a place and all kinds, `yard` without a place.

    `division` is the gate's own within the site's.

    With `drones=2` also `drone-1` and `drone-2`; other `parts` are the site file's. Unless they say
    otherwise, a decision cannot be undone and is told at once.
    """
    drones = [
        {"id": f"drone-{n}", "source": f"flight-{n}.mp4", "type": "drone"}
        for n in range(1, parts.pop("drones", 0) + 1)
    ]
    kinds = ["street_vending", "overflowing_bin", "dirty_truck", "illegal_structure"]
    return Site.model_validate(
        {
            "site": {"name": "Zengdu test", "division": "421303", "language": "en"},
            "storage": {
                "database": f"sqlite:///{root / 'cases.db'}",
                "evidence": str(root / "evidence"),
            },
            "cameras": [
                {
                    "id": camera,
                    "source": "gate.mp4",
                    "place": {
                        "lon": 113.38,
                        "lat": 31.71,
                        "address": "Market gate",
                        "grid": "421303001002003",
                        "division": division,
                        "department": {"code": "11421303MB1234567X", "name": "City management"},
                    },
                    "zones": [{"name": zone, "watch": kinds}],
                },
                {"id": "yard", "source": "yard.mp4"},
                *drones,
            ],
            "webhooks": list(webhooks),
            "review": {"undo": "0s"},
            **parts,
        }
    )


def make_event(
    stage: EpisodeStage = EpisodeStage.CONFIRMED, at: datetime = NOON, **changes: Any
) -> EpisodeEvent:
    confirmed = at + timedelta(minutes=5)
    episode = Episode(
        id=str(ULID()),
        kind="street_vending",
        subtype="stall",
        camera="gate",
        zone="north pavement",
        box=(0.2, 0.4, 0.5, 0.8),
        stage=stage,
        opened_at=at,
        last_seen_at=confirmed,
        looks=6,
        score=0.83,
        clock=Clock.STREAM,
        why=(
            Reason("stayed 5 min over 6 looks", "停留5分钟，共6次", {"dwell_s": 300, "looks": 6}),
        ),
        confirmed_at=confirmed,
    )
    episode = replace(episode, **changes)
    pixels = np.full((90, 160, 3), 128, np.uint8)
    frame = Frame(pixels, episode.camera, episode.last_seen_at, 7, Clock.STREAM)
    none = make_detections(
        np.array([[32, 36, 80, 72]], np.float32),
        np.array([0.83], np.float32),
        np.array([0]),
        ("stall",),
    )
    return EpisodeEvent(episode, frame, none, (0,))


def review_desk(database: Database, site: Site) -> ReviewDesk:
    """Where people decide about this site's cases; what they decide goes into its outbox."""
    return ReviewDesk(database, site, Announcer(site).announce)


def step_desk(database: Database, site: Site) -> StepDesk:
    """Where the steps after a decision are taken."""
    announcer = Announcer(site)
    return StepDesk(database, site, announcer.announce, announcer.recall)


def on_map(
    east: float, north: float = 0.0, accuracy: float | None = 4.0, method: Method = "drone_pose"
) -> Position:
    """A position so many metres from the middle of the test's map."""
    lon, lat = LocalPlane(113.38, 31.71).degrees(east, north)
    return Position(lon, lat, "WGS84", accuracy, method)


def cleared(event: EpisodeEvent, after: timedelta = timedelta(minutes=20)) -> EpisodeEvent:
    """The event that ends this one's episode."""
    last = event.episode.last_seen_at + after
    episode = replace(
        event.episode,
        stage=EpisodeStage.CLEARED,
        last_seen_at=last,
        cleared_at=last + timedelta(minutes=2),
        looks=event.episode.looks + 20,
    )
    return replace(event, episode=episode)


def ended(event: EpisodeEvent, after: timedelta = timedelta(minutes=20)) -> EpisodeEvent:
    """The event that ends this one's episode with the hours, although nobody saw it gone."""
    last = event.episode.last_seen_at + after
    episode = replace(
        event.episode,
        stage=EpisodeStage.ENDED,
        last_seen_at=last,
        ended_at=last + timedelta(seconds=5),
        ended_by=EndedBy.HOURS,
    )
    return replace(event, episode=episode)


def store_pictures(store: EvidenceStore, event: EpisodeEvent) -> list[EvidenceItem]:
    """An original, its masked and its annotated derivative, really stored."""
    rng = np.random.default_rng(abs(hash((event.episode.id, event.episode.stage))) % 2**32)
    items: list[EvidenceItem] = []
    original: str | None = None
    for role in (EvidenceRole.ORIGINAL, EvidenceRole.MASKED, EvidenceRole.ANNOTATED):
        picture = rng.integers(0, 255, (90, 160, 3), np.uint8)
        content = cv2.imencode(".jpg", picture)[1].tobytes()
        digest = store.put(content)
        items.append(
            EvidenceItem(
                sha256=digest,
                role=role,
                media_type="image/jpeg",
                size=len(content),
                camera=event.episode.camera,
                captured_at=event.frame.captured_at,
                moment=event.episode.stage.value,
                of=original,
                boxes=() if event.episode.cleared_at else (event.episode.box,),
            )
        )
        original = original or digest
    return items


@dataclass
class World:
    """One site's parts, without a server."""

    site: Site
    database: Database
    evidence: EvidenceStore
    intake: CaseIntake
    keys: KeyStore
    made: dict[str, str] = field(default_factory=dict)

    def take(self, event: EpisodeEvent) -> str:
        """Store pictures of the event and take it; it must become or touch a case."""
        case_id = self.intake.take(event, store_pictures(self.evidence, event))
        assert case_id is not None
        return case_id

    def case(self, **changes: Any) -> str:
        """A new pending case."""
        return self.take(make_event(**changes))

    def read(self, case_id: str, who: Principal = OFFICER) -> CaseDetail:
        """A case with its log, as this key's holder sees it."""
        return CaseStore(self.database, self.site).get(who, case_id)

    def review(self, case_id: str, request: ReviewRequest, who: Principal = OFFICER) -> CaseDetail:
        """A person's decision."""
        return review_desk(self.database, self.site).review(who, case_id, request)

    def step(self, case_id: str, request: dict[str, Any], who: Principal = OFFICER) -> CaseDetail:
        """A step in a case's life."""
        announcer = Announcer(self.site)
        desk = StepDesk(self.database, self.site, announcer.announce, announcer.recall)
        return desk.take(who, case_id, STEP.validate_python(request))

    @property
    def officer(self) -> Principal:
        """The officer who decides where a test names nobody."""
        return OFFICER

    def principal(self, role: Role, **scope: Any) -> Principal:
        """The holder of a new key of this role."""
        found = self.keys.verify(self.key(role, **scope))
        assert found is not None
        return found

    def key(self, role: Role, **scope: Any) -> str:
        """A key of this role."""
        return self.keys.create(f"a {role.value}", role, **scope).key

    def user(self, role: Role, **scope: list[str]) -> str:
        """The id of a new user of this role, who has no password."""
        row = new_user(f"user-{ULID()}".lower(), role, label=f"a {role.value}")
        row.unit = "East squad"
        for name, limit in scope.items():
            setattr(row, name, limit)
        with self.database.write() as session:
            session.add(row)
        return row.id

    def signed_in(self, role: Role, **scope: list[str]) -> dict[str, str]:
        """Headers of a new user's session: its cookie, and what protects it."""
        sessions = SessionStore(self.database, self.site.access)
        secret = sessions.begin(self.user(role, **scope), "127.0.0.1").secret
        return {"Cookie": f"streetwarden={secret}", "X-CSRF-Token": csrf_token(secret)}


def make_world(site: Site, address: str | None = None) -> World:
    """Open the parts of a site."""
    database = Database.open(address or site.storage.database)
    SiteChain.open(database, site.storage.key_file)
    return World(
        site=site,
        database=database,
        evidence=EvidenceStore(Path(site.storage.evidence)),
        intake=CaseIntake(database, site, DETECTOR, Announcer(site).announce),
        keys=KeyStore(database),
    )


@contextmanager
def served(app: FastAPI, port: int = 0) -> Iterator[str]:
    """Serve an app on a free port, or this one, in a thread; gives its address."""
    listener = listen("127.0.0.1", port)
    up = threading.Event()
    server = Server(configured(app))
    startup = server.startup

    async def announced(sockets: Any = None) -> None:
        await startup(sockets=sockets)
        up.set()

    server.startup = announced  # type: ignore[method-assign]
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        assert up.wait(20), "the server did not start"
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
