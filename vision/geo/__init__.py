"""Geo: georeferencing: the ground position of a point of a picture, with its error."""

from vision.geo.carried_pose import CarriedPose
from vision.geo.coordinates import Crs, convert
from vision.geo.drone_pose import DronePose, PoseDeviations
from vision.geo.ellipse import Ellipse
from vision.geo.errors import NoGround, PlaceError
from vision.geo.ground import Ground
from vision.geo.plane import LocalPlane
from vision.geo.position import Method, Position

__all__ = [
    "CarriedPose",
    "Crs",
    "DronePose",
    "Ellipse",
    "Ground",
    "LocalPlane",
    "Method",
    "NoGround",
    "PlaceError",
    "PoseDeviations",
    "Position",
    "convert",
]
