"""Validation pictures, which training must never see: neither the files nor near copies of them."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from datasets.errors import LabelError
from datasets.importers import Sample, decoded
from datasets.likeness import likeness, near, stacked


class HeldOut:
    """Knows validation pictures by their bytes and by their looks."""

    def __init__(self, pictures: Iterable[Path]) -> None:
        self._names: dict[str, Path] = {}
        looks, self._seen = [], []
        for picture in pictures:
            data = picture.read_bytes()
            self._names.setdefault(hashlib.sha256(data).hexdigest(), picture)
            try:
                looks.append(likeness(decoded(data, picture)))
            except LabelError:  # it is named where it is merged; its hash is held out all the same
                continue
            self._seen.append(picture)
        self._looks = stacked(looks)

    def fault(self, sample: Sample, *, by_looks: bool) -> str | None:
        """Says why a picture must not be trained on, or nothing where it may.

        Args:
            sample: The picture.
            by_looks: Whether to compare looks too, not only bytes.
        """
        if sample.sha256 in self._names:
            return (
                f"{sample.picture}: is the validation picture {self._names[sample.sha256]}. Not "
                "trained on; take it out of one of the two."
            )
        alike = near(stacked([sample.likeness]), self._looks) if by_looks else ()
        for _, row, bits in alike:
            return (
                f"{sample.picture}: looks like the validation picture {self._seen[row]} ({bits} of "
                "64 bits differ). Not trained on; take it out of one of the two."
            )
        return None
