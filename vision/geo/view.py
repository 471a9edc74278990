"""View: what places the points of a picture on the map, whichever camera took it."""

from __future__ import annotations

from typing import TypeAlias

from vision.geo.carried_pose import CarriedPose
from vision.geo.drone_pose import DronePose
from vision.geo.ground import Ground

View: TypeAlias = DronePose | CarriedPose | Ground
