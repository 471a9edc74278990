"""On the map: where on the ground a picture's point lies, how sure that is, and in which cell."""

from vision.places.coordinates import Crs, convert
from vision.places.drone_pose import DronePose, PoseDeviations
from vision.places.ellipse import Ellipse
from vision.places.errors import NoGround, PlaceError
from vision.places.ground import Ground
from vision.places.plane import LocalPlane
from vision.places.position import Method, Position
from vision.registers.grid import Cell, UnitGrid

__all__ = [
    "Cell",
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
    "UnitGrid",
    "convert",
]
