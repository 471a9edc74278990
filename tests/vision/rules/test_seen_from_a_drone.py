"""What a drone's pose changes: places, permits, and the record of both."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from tests.vision.rules.conftest import surveyed
from vision.detections import make_detections
from vision.frames import Clock, Frame
from vision.geo import DronePose, LocalPlane
from vision.kinds import catalogue
from vision.rules import CameraRules
from vision.rules.looks import as_row, from_row
from vision.rules.record import Record
from vision.rules.replay import replay

PLANE = LocalPlane(113.38, 31.71)
ABOVE = DronePose(
    lon=113.38, lat=31.71, altitude_m=100.0, yaw=0.0, pitch=-90.0, fov=70.0, width=100, height=100
)
STALL = (0.45, 0.45, 0.55, 0.55)
SETTINGS = {"dwell": "3s", "looks": 3, "clear": "5s"}


def square(east: float, north: float, half: float = 5.0) -> list[tuple[float, float]]:
    corners = ((-half, -half), (half, -half), (half, half), (-half, half))
    return [PLANE.degrees(east + e, north + n) for e, n in corners]


def permitted(*place: float, **parts: object) -> dict[str, object]:
    return {"permits": [{"name": "market", "polygon_wgs84": square(*place), **parts}]}


def shifted(pose: DronePose, east: float) -> DronePose:
    return replace(pose, lon=PLANE.degrees(east, 0)[0])


def seen(scene, poses, box=STALL, **parts):
    s = scene("street_vending", **({"camera": {"type": "drone"}} | SETTINGS | parts))
    for t, pose in enumerate(poses):
        s.look(t, [("stall", box, 0.9)], pose=pose)
    return s


def test_an_episode_is_where_the_pose_says(scene):
    (confirmed,) = seen(scene, [ABOVE] * 6).confirmed()
    where = confirmed.episode.where
    assert where == ABOVE.position(0.5, 0.55)
    assert where.method == "drone_pose"


def test_a_pose_goes_before_the_camera_s_ground(scene):
    points = [(u, v, 113 + u / 1000, 31 - v / 1000) for u in (0.1, 0.9) for v in (0.1, 0.9)]
    camera = {"camera": {"type": "drone", "ground": points}}
    (confirmed,) = seen(scene, [ABOVE] * 6, **camera).confirmed()
    assert confirmed.episode.where.method == "drone_pose"
    (confirmed,) = seen(scene, [None] * 6, **camera).confirmed()
    assert confirmed.episode.where.method == "homography"


def test_what_a_look_does_not_show_stays_where_it_was(scene):
    """The drone flies on and tells no pose for a while; the stall is missed, then seen again."""
    s = seen(scene, [ABOVE] * 6)
    known = s.events[-1].episode.where
    away = shifted(ABOVE, 500)
    s.look(6, [], pose=away)
    s.look(7, [("stall", STALL, 0.9)], pose=None)
    (place,) = s.rule._places
    assert place.episode.where == known
    for t in range(8, 15):
        s.look(t, [], pose=away)
    assert s.stages()[-1] == "confirmed", "who has flown away cannot say that it is gone"
    for t in range(15, 22):
        s.look(t, [], pose=ABOVE)
    assert s.stages()[-1] == "cleared"
    assert s.events[-1].episode.where == known


def test_from_a_moving_drone_the_box_of_the_look_counts(scene):
    """A tenth of its width a second is 14 m over the ground: a box of the past is elsewhere."""
    s = scene("street_vending", camera={"type": "drone"}, **SETTINGS)
    width = 2 * 100 * np.tan(np.radians(35))
    for t in range(6):
        u = 0.2 + 0.02 * t
        box = (u, 0.4, u + 0.2, 0.5)
        s.look(t, [("stall", box, 0.9)], pose=shifted(ABOVE, -0.02 * t * width))
    where = s.confirmed()[0].episode.where
    assert PLANE.metres(where.lon, where.lat)[0] == pytest.approx((0.3 - 0.5) * width, abs=0.1)


def test_nothing_is_told_of_the_horizon(scene):
    (confirmed,) = seen(scene, [replace(ABOVE, pitch=0.0)] * 6).confirmed()
    assert confirmed.episode.where is None


def test_a_permit_on_the_map_protects_who_is_seen_from_a_drone(scene):
    # Half a look's foot below the middle: 7 m south of the drone.
    assert seen(scene, [ABOVE] * 9, site=permitted(0, -7)).events == []
    (confirmed,) = seen(scene, [ABOVE] * 9, site=permitted(60, 60)).confirmed()
    assert confirmed.episode.why[0].data == {"permits": 1, "names": ["market"]}


def test_a_permit_holds_wherever_the_drone_flies(scene):
    path = [shifted(ABOVE, east) for east in (0, 8, 16, 24, 32, 40)]
    away = [(0.5 - east / 140 - 0.05, 0.45, 0.5 - east / 140 + 0.05, 0.55)
            for east in (0, 8, 16, 24, 32, 40)]  # fmt: skip
    s = scene("street_vending", camera={"type": "drone"}, site=permitted(0, -7), **SETTINGS)
    for t, (pose, box) in enumerate(zip(path, away, strict=True)):
        s.look(t, [("stall", box, 0.9)], pose=pose)
    assert s.events == []


def test_what_the_pose_may_be_off_by_counts_in_favour(scene):
    beside = permitted(17, -7)  # its edge is 12 m east of the foot
    assert seen(scene, [ABOVE] * 6, site=beside).confirmed() != []
    unsure = replace(ABOVE, deviations=replace(ABOVE.deviations, position_m=6.0))
    assert seen(scene, [unsure] * 6, site=beside).events == []


def test_a_keep_out_strip_counts_only_where_it_is_sure(scene):
    strip = {"keep_out_wgs84": [square(0, -7, half=3.0)]}
    assert seen(scene, [ABOVE] * 6, site=permitted(0, -7, **strip)).events == []
    exact = dict.fromkeys(("position_m", "altitude_m", "terrain_m", "yaw", "pitch"), 0.01)
    sure = replace(ABOVE, deviations=replace(ABOVE.deviations, **exact, roll=0.01, picture=0.0))
    assert seen(scene, [sure] * 6, site=permitted(0, -7, **strip)).confirmed() != []


def test_where_nobody_can_tell_any_permit_counts(scene):
    level = replace(ABOVE, pitch=0.0)
    assert seen(scene, [level] * 6, site=permitted(500, 900)).events == []
    night = permitted(500, 900, hours=["Mon-Sun 00:00-01:00"])
    assert seen(scene, [level] * 6, site=night).confirmed() != [], "none is in force"


@pytest.mark.parametrize("poses", [[None] * 6, [ABOVE, None] * 3], ids=["none", "some"])
def test_without_a_pose_any_permit_on_the_map_counts(scene, poses):
    """Nobody copied the .SRT file: the drone may be above the market."""
    market = permitted(0, -7)
    assert seen(scene, poses, site=market).events == []
    night = permitted(0, -7, hours=["Mon-Sun 00:00-01:00"])
    (confirmed,) = seen(scene, poses, site=night).confirmed()
    assert confirmed.episode.why[0].data == {"permits": 1, "names": ["market"]}


def test_a_fixed_camera_without_ground_sees_no_permit_on_the_map(scene):
    fixed = {"camera": {"type": "cctv"}, "site": permitted(0, -7)}
    (confirmed,) = seen(scene, [None] * 6, **fixed).confirmed()
    assert "permits" not in confirmed.episode.why[0].data


def test_a_structure_laid_over_the_first_look_is_where_this_look_shows_it(scene):
    s = scene("illegal_structure", camera={"type": "drone"}, learn="2s", dwell="3s", looks=2)
    old, new = (0.1, 0.1, 0.2, 0.2), (0.6, 0.6, 0.7, 0.7)
    for t in range(3):
        here = surveyed(np.eye(3).tolist())
        s.look(t, [("structure", old, 0.9)], pose=ABOVE, known=here)
    width = 2 * 100 * np.tan(np.radians(35))
    to_reference = [[1.0, 0.0, 0.2], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    here = shifted(ABOVE, 0.2 * width)
    for t in range(3, 9):
        boxes = [("structure", (x1 - 0.2, y1, x2 - 0.2, y2), 0.9) for x1, y1, x2, y2 in (old, new)]
        s.look(t, boxes, pose=here, known=surveyed(to_reference))
    (confirmed,) = s.confirmed()
    where = confirmed.episode.where
    expected = ABOVE.position(0.65, 0.65)
    assert PLANE.metres(where.lon, where.lat) == pytest.approx(
        PLANE.metres(expected.lon, expected.lat), abs=0.1
    )
    assert confirmed.frame.pose == here


def detected(*boxes):
    names = catalogue().class_names
    return make_detections(
        np.array(boxes, np.float32).reshape(-1, 4) * 100,
        np.full(len(boxes), 0.9, np.float32),
        np.full(len(boxes), names.index("stall"), np.int64),
        names,
    )


def frame(seconds, pose):
    at = datetime(2026, 11, 20, 8, tzinfo=UTC) + timedelta(seconds=seconds)
    return Frame(np.zeros((100, 100, 3), np.uint8), "cam", at, seconds, Clock.MEDIA, pose=pose)


def test_the_record_of_a_decision_has_the_pose(scene):
    made = scene("street_vending", camera={"type": "drone"}, site=permitted(60, 60), **SETTINGS)
    rules = CameraRules([made.rule], model={})
    events = []
    for t in range(6):
        pose = replace(shifted(ABOVE, 0.1 * t), fov=70 + t / 3)
        events += rules.look(frame(t, pose), detected(STALL))
    (confirmed,) = [e for e in events if e.record is not None]
    verdict = replay(Record.from_json(confirmed.record))
    assert verdict.same, verdict.differs
    assert verdict.again.where == confirmed.episode.where
    assert verdict.again.where.method == "drone_pose"


def test_a_row_keeps_a_pose_exactly():
    deviations = replace(ABOVE.deviations, position_m=10 / 3, fov=1.1)
    pose = replace(shifted(ABOVE, 1 / 3), yaw=-0.1, deviations=deviations)
    row = json.loads(json.dumps(as_row(frame(0, pose), detected())))
    assert from_row(row, "cam")[0].pose == pose
    assert from_row(as_row(frame(0, None), detected()), "cam")[0].pose is None
