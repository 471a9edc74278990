"""A drone's flight of photos over garbage whose places are known exactly, audited as a user would.

The city is the renderer's, whose camera is exact; what the photos' XMP states is off by what the
project says it may be. Two things are told apart: whether findings are put together rightly,
whatever the weights have found, and what the report lists in the end.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from datasets.renderer.aerial import Ground
from datasets.renderer.bins import dumpster_mesh, garbage_mesh
from datasets.renderer.camera import Camera
from datasets.renderer.mesh import Mesh
from datasets.renderer.raster import Pose
from datasets.renderer.scene import Actor, Scene
from datasets.scenarios.stage import DAY
from tests.vision.flights import camera_of, save_photo, xmp
from vision.audit import AuditFolder, Auditor, Report, compose, publish, take_in
from vision.audit.records import Place
from vision.engines import open_engine
from vision.geo import Ellipse, LocalPlane, PoseDeviations
from vision.site import ModelChoice

TOWN = LocalPlane(113.38, 31.71)
"""Where the renderer's (0, 0) lies; its x is east and its y is north."""
SIZE, FOV = (1280, 960), 71.6  # of 24 mm and 4:3
HEIGHT, PITCH = 22.0, -65.0
SEED = 4
STRIP, STEP = 14.0, 7.0
"""Metres between strips, and between photos of one: each sees some 30 by 25 m, so 5 see a thing."""
BEGAN = datetime(2026, 5, 1, 9, 0)  # noqa: DTZ001 - the drone's local clock
KIND = "overflowing_bin"
"""Of heaps and containers; that a heap is taken for a stall is the weights' mistake."""
Point = tuple[float, float]


@dataclass(frozen=True)
class Flown:
    """A flight's photos, and what is true of them.

    Attributes:
        things: where each stands, metres.
        shown: by photo, the box of each thing in it, pixels.
    """

    folder: Path
    things: list[Point]
    shown: dict[str, dict[int, tuple[float, float, float, float]]]

    def thing(self, photo: str, box: tuple[float, float, float, float]) -> int | None:
        """Which thing a box shows; None if it shows none."""
        mid = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        for number, (x1, y1, x2, y2) in self.shown[photo].items():
            room = 0.5 * max(x2 - x1, y2 - y1)  # a finding takes litter and shadow with it
            if x1 - room < mid[0] < x2 + room and y1 - room < mid[1] < y2 + room:
                return number
        return None


def fly(folder: Path, rng: np.random.Generator, strips: int, along: int) -> Flown:
    """Photos of strips to the north and back, over things some 10 m apart, all more than 6."""
    width, length = (strips - 1) * STRIP, (along - 1) * STEP
    ground = Ground(max(width, length) / 2 + 32, ((True, 4.0, 7.0),), "mixed", 7, 24.0)
    things, standing = list[Point](), list[tuple[Mesh, Pose]]()
    spots = product(
        np.arange(-width / 2 - 9, width / 2 + 10, 10),
        np.arange(-length / 2 - 10, length / 2 + 12, 14),
    )
    for x, y in spots:
        heaps = int(rng.choice((0, 1, 2), p=(0.25, 0.5, 0.25)))
        for beside in range(heaps):
            at = np.array((x, y)) + rng.uniform(-0.5, 0.5, 2) + (0, 7 * beside)
            heap = rng.random() < 0.7
            mesh = garbage_mesh(rng, 7, 0.6) if heap else dumpster_mesh(rng, "overflowing")
            standing.append((mesh, Pose(*at.tolist(), 0, float(rng.uniform(0, 360)))))
            things.append((float(at[0]), float(at[1])))
    shown = {}
    for strip, step in product(range(strips), range(along)):
        north = strip % 2 == 0
        y = (step * STEP - length / 2) * (1 if north else -1)
        back = HEIGHT / np.tan(np.radians(-PITCH)) * (1 if north else -1)
        at = (strip * STRIP - width / 2, y - back, HEIGHT)
        name = f"DJI_{strip * along + step + 1:04}.JPG"
        taken = BEGAN + timedelta(seconds=3 * (strip * along + step))
        camera, packet = written(at, 0.0 if north else 180.0, rng)
        # Anew for each camera, as an actor keeps how it looked to one.
        actors = [Actor.standing(str(n), mesh, pose) for n, (mesh, pose) in enumerate(standing)]
        pixels, boxes = Scene(camera, DAY.light, DAY.weather, ground, actors).frame(0.0)
        save_photo(folder / name, pixels, packet, taken)
        shown[f"{folder.name}/{name}"] = {int(b.actor): b.box for b in boxes}
    return Flown(folder, things, shown)


def written(
    at: tuple[float, float, float], yaw: float, rng: np.random.Generator
) -> tuple[Camera, bytes]:
    """The camera as it is, and what the drone writes of it, off by the deviations shipped."""
    sd = PoseDeviations()
    fov = 2 * np.degrees(np.arctan(np.tan(np.radians(FOV / 2)) * (1 + rng.normal(0, 0.02))))
    level = float(rng.normal(0, sd.roll))
    camera = camera_of(at, yaw, PITCH, fov=float(fov), size=SIZE, level=level)
    east, north = (np.array(at[:2]) + rng.normal(0, sd.position_m, 2)).tolist()
    height = at[2] + rng.normal(0, np.hypot(sd.altitude_m, sd.terrain_m))
    turned, tilted = yaw + rng.normal(0, sd.yaw), PITCH + rng.normal(0, sd.pitch)
    return camera, xmp(TOWN.degrees(east, north), height, turned, tilted, 0.0)


def audit(flown: Flown, out: Path) -> Report:
    engine = open_engine(ModelChoice())
    try:
        with AuditFolder(out) as folder:
            auditor = Auditor(folder, engine, "en")
            pictures, problems = auditor.run(take_in([flown.folder], out))
            report = compose(auditor.started_at, auditor.settings, pictures, problems, folder)
            publish(report, folder)
    finally:
        engine.close()
    assert not report.problems
    return report


@dataclass(frozen=True)
class Measured:
    """What a report got right.

    Attributes:
        inside: for each finding of a thing, whether the thing is in its ellipse; and violations'.
        once: of the things found, how many are one violation.
        pure: of the violations that show things, how many show but one.
        found: things found; `visible`: those whole in some photo.
        true: violations of a thing, the first of each; `listed`: all.
    """

    inside: list[bool]
    inside_together: list[bool]
    once: float
    pure: float
    found: int
    visible: int
    true: int
    listed: int
    stray: int

    def __str__(self) -> str:
        return (
            f"{np.mean(self.inside):.1%} of {len(self.inside)} sightings inside their ellipse, "
            f"{np.mean(self.inside_together):.1%} of {len(self.inside_together)} violations; "
            f"put together: recall {self.once:.3f}, precision {self.pure:.3f}; "
            f"whole: recall {self.found}/{self.visible}, precision {self.true}/{self.listed} "
            f"({self.stray} violations show no thing)"
        )


def measure(flown: Flown, report: Report) -> Measured:
    records = {p.name: p.record for p in report.pictures if p.record}
    inside, together = list[bool](), list[bool]()
    shows = list[Counter[int | None]]()
    for violation in report.violations:
        counted = Counter[int | None]()
        for sighting in violation.sightings:
            finding = records[sighting.picture].findings[sighting.finding]
            thing = flown.thing(sighting.picture, finding.box)
            counted[thing] += 1
            if thing is not None:
                inside.append(covers(finding.place, flown.things[thing]))
        shows.append(counted)
        main = counted.most_common(1)[0][0]
        if main is not None:
            together.append(covers(violation.place, flown.things[main]))
    of_things = [
        counted
        for counted, violation in zip(shows, report.violations, strict=True)
        if violation.kind == KIND and set(counted) - {None}
    ]
    times = Counter(thing for counted in of_things for thing in counted if thing is not None)
    inner = {
        thing
        for boxes in flown.shown.values()
        for thing, (x1, y1, x2, y2) in boxes.items()
        if x1 > 2 and y1 > 2 and x2 < SIZE[0] - 2 and y2 < SIZE[1] - 2
    }
    return Measured(
        inside,
        together,
        sum(n == 1 for n in times.values()) / len(times),
        sum(len(counted) == 1 for counted in of_things) / len(of_things),
        len(inner & set(times)),
        len(inner),
        len({c.most_common(1)[0][0] for c in of_things}),
        len(report.violations),
        sum(set(counted) == {None} for counted in shows),
    )


def covers(place: Place | None, thing: Point) -> bool:
    assert place is not None
    assert place.method == "pose"
    assert place.ellipse is not None
    east, north = TOWN.metres(place.lon, place.lat)
    return Ellipse(*place.ellipse).covers(thing[0] - east, thing[1] - north)


def test_a_flight_s_findings_are_its_things(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    flown = fly(tmp_path / "in", np.random.default_rng(SEED), 2, 5)
    measured = measure(flown, audit(flown, tmp_path / "out"))
    print(measured)
    assert np.mean(measured.inside) >= 0.95
    assert np.mean(measured.inside_together) >= 0.95
    assert measured.once >= 0.95
    assert measured.pure >= 0.95
    assert measured.found >= 0.85 * measured.visible
    assert measured.true >= 0.8 * measured.listed


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_ten_flights_findings_are_their_things(tmp_path: Path) -> None:
    """As above with 240 photos: what one flight shows by luck, ten do not."""
    inside, together, once, pure, found = list[bool](), list[bool](), [], [], []
    for seed in range(10):
        (tmp_path / f"{seed}").mkdir()
        flown = fly(tmp_path / f"{seed}", np.random.default_rng(seed), 3, 8)
        measured = measure(flown, audit(flown, tmp_path / f"out{seed}"))
        print(measured)
        inside += measured.inside
        together += measured.inside_together
        once.append(measured.once)
        pure.append(measured.pure)
        found.append(measured.found / measured.visible)
    print(
        f"{np.mean(inside):.1%} of {len(inside)} sightings and {np.mean(together):.1%} of "
        f"{len(together)} violations inside; put together: recall {np.mean(once):.3f}, "
        f"precision {np.mean(pure):.3f}; things found {np.mean(found):.3f}"
    )
    assert np.mean(inside) >= 0.95
    assert np.mean(together) >= 0.95
    assert np.mean(once) >= 0.9
    assert np.mean(pure) >= 0.9
