"""Key pictures: registers a drone's pictures to an earlier one, to compensate its own motion.

In a moving camera's picture, standing objects move as driving ones do; registered to one picture of
the same ground, they stand. Each picture is registered to the key picture itself, not to the one
before, so that small errors do not accumulate into a path.
"""

from __future__ import annotations

from vision.frames import Pixels
from vision.look import Laid
from vision.view.registration import Registration


class KeyPictures:
    """Registers each picture to the latest key picture; one that does not match is the next."""

    def __init__(self) -> None:
        self._registration = Registration()
        self._number = 0

    def lay(self, picture: Pixels) -> Laid | None:
        """Return the registration; None if the picture has too few features.

        Args:
            picture: H×W×3 uint8 BGR.
        """
        matrix = self._registration.to_reference(picture)
        if matrix is None:
            self._registration = Registration()
            self._number += 1
            matrix = self._registration.to_reference(picture)
        return None if matrix is None else Laid(self._number, matrix)
