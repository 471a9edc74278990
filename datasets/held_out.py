"""Validation pictures, which training must never see: neither the files nor near copies of them."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from datasets.errors import LabelError
from datasets.importers import Sample, decoded
from datasets.likeness import Album, Thumbnail, thumbnail


class HeldOut:
    """Knows validation pictures by their bytes and by their looks."""

    def __init__(self, pictures: Iterable[Path]) -> None:
        self._names: dict[str, Path] = {}
        looks: list[Thumbnail] = []
        self._seen: list[Path] = []
        for picture in pictures:
            data = picture.read_bytes()
            self._names.setdefault(hashlib.sha256(data).hexdigest(), picture)
            try:
                looks.append(thumbnail(decoded(data, picture)))
            except LabelError:  # it is named where it is merged; its hash is held out all the same
                continue
            self._seen.append(picture)
        self._looks = Album(looks)

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
        for number, agreement in self._looks.copies(sample.thumbnail) if by_looks else ():
            return (
                f"{sample.picture}: looks like the validation picture {self._seen[number]} "
                f"(agreement {agreement:.2f}). Not trained on; take it out of one of the two."
            )
        return None
