"""Key pictures: where the picture of a camera that flies lies in an earlier one of its own.

What stands moves through its picture as what drives does. Laid over one picture of the same ground,
it stands. Each picture is laid over the key picture itself, not over the one before, so that small
errors do not add up to a way.
"""

from __future__ import annotations

from vision.frames import Pixels
from vision.look import Laid
from vision.view.registration import Registration


class KeyPictures:
    """Lays each picture over the latest key picture; one that does not fit becomes the next."""

    def __init__(self) -> None:
        self._registration = Registration()
        self._number = 0

    def lay(self, picture: Pixels) -> Laid | None:
        """How it lies; None where the picture has too little to be laid over.

        Args:
            picture: H×W×3 uint8 BGR.
        """
        matrix = self._registration.to_reference(picture)
        if matrix is None:
            self._registration = Registration()
            self._number += 1
            matrix = self._registration.to_reference(picture)
        return None if matrix is None else Laid(self._number, matrix)
