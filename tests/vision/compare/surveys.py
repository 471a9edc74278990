"""Surveys: photos of a drone that looks straight down on a drawn or photographed ground."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import atan, cos, degrees, hypot, radians, sin, tan
from pathlib import Path

import cv2
import numpy as np
from PIL import ExifTags, Image

from vision.frames import Pixels
from vision.geo.plane import LocalPlane

PLANE = LocalPlane(113.38, 31.71)
"""Where the left upper corner of the ground lies."""
FOCAL = 24.0


@dataclass(frozen=True)
class Survey:
    """What all photos of a flight have in common.

    Attributes:
        metre: metres a pixel of the ground.
        size: of a photo, pixels.
        scale: ground pixels a pixel of the photo.
        off_m, off_yaw: one deviation by which what the photo states is wrong.
    """

    metre: float = 0.2
    size: tuple[int, int] = (1024, 640)
    scale: float = 1.0
    off_m: float = 1.5
    off_yaw: float = 1.0

    @property
    def height_m(self) -> float:
        """From which a photo of a 4:3 sensor, cut, with `FOCAL` shows so much ground."""
        width, height = self.size
        aspect = width / height if width / height <= 1.55 else 4 / 3
        film = hypot(36, 24) * aspect / hypot(aspect, 1)
        half = radians(degrees(atan(film / 2 / FOCAL)))
        return width * self.scale * self.metre / 2 / tan(half)

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Longitude and latitude of a pixel of the ground."""
        return PLANE.degrees(x * self.metre, -y * self.metre)

    def fly(
        self,
        ground: Pixels,
        folder: Path,
        over: Iterable[tuple[float, float, float]],
        *,
        seed: int = 0,
        pose: bool = True,
    ) -> None:
        """Write photos with the middle over (x, y), pixels of the ground, turned to a heading."""
        folder.mkdir(parents=True)
        chance = np.random.default_rng(seed)
        width, height = self.size
        for number, (x, y, yaw) in enumerate(over):
            # A picture's right is east and its up north, turned clockwise by the heading.
            c, s = cos(radians(yaw)) * self.scale, sin(radians(yaw)) * self.scale
            to_ground = np.array([(c, -s, 0), (s, c, 0), (0, 0, 1.0)])
            to_ground[:2, 2] = (x, y) - to_ground[:2, :2] @ (width / 2, height / 2)
            photo = cv2.warpPerspective(
                ground, np.linalg.inv(to_ground), self.size, borderMode=cv2.BORDER_REFLECT_101
            )
            noisy = photo + chance.normal(0, 3, photo.shape)
            east, north = chance.normal(0, self.off_m, 2)
            lon, lat = PLANE.degrees(x * self.metre + east, -y * self.metre + north)
            xmp = (
                '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
                'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
                f'drone-dji:GpsLatitude="{lat:.8f}" drone-dji:GpsLongitude="{lon:.8f}" '
                f'drone-dji:RelativeAltitude="+{self.height_m:.2f}" '
                f'drone-dji:GimbalYawDegree="{yaw + chance.normal(0, self.off_yaw):.2f}" '
                'drone-dji:GimbalPitchDegree="-90.00" drone-dji:GimbalRollDegree="+0.00"'
                "/></rdf:RDF></x:xmpmeta>"
            )
            image = Image.fromarray(noisy.clip(0, 255).astype(np.uint8)[:, :, ::-1].copy())
            exif = Image.Exif()
            exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.FocalLengthIn35mmFilm] = int(FOCAL)
            more = {"xmp": xmp.encode(), "exif": exif} if pose else {}
            image.save(folder / f"DJI_{number:04}.JPG", quality=92, **more)
