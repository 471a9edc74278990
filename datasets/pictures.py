"""Pictures: finds the picture that an export names, by the longest common path end.

Exports are made on another machine, under other folders, often on Windows; pictures of several
cameras have one name each. A label on another camera's picture is worse than none, so where two
pictures fit equally, or two labels fit one picture, it is an error that names both.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

from datasets.errors import LabelError
from datasets.exported import Exported, Items
from datasets.importers import PICTURES

EXACTLY = 1 << 16
"""The fit of a picture that lies exactly where the export says, beside its file."""


class Pictures:
    """The pictures below a folder, by name."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._by_stem: dict[str, list[Path]] = {}
        self._others: dict[str, Path] = {}
        for path in sorted(p for p in root.rglob("*") if p.is_file()):
            stem = _folded(path.stem)
            if path.suffix.lower() in PICTURES:
                self._by_stem.setdefault(stem, []).append(path)
            else:
                self._others.setdefault(_folded(path.name), path)

    def named(self, called: str, beside: Path) -> tuple[Path, int]:
        """Finds a picture by the path that an export gives, and how much of it agrees.

        Args:
            called: The path, with slashes or backslashes.
            beside: Folder that it may be meant from.

        Raises:
            LookupError: None fits, or two fit equally.
        """
        parts = _parts(called)
        if not parts:
            raise LookupError("it has no name; export it again")
        stem = Path(parts[-1]).stem
        found = [p for p in self._by_stem.get(_folded(stem), []) if _same(p.name, parts[-1])]
        exact = beside.joinpath(*parts)
        if exact in found:
            return exact, EXACTLY
        return self._best([(path, _common(parts, path.parts)) for path in found], parts[-1])

    def labelled_by(self, file: Path, *called: str) -> tuple[Path, int]:
        """Finds the picture of a label file that is one picture's, as VOC's are.

        Its place counts, `cam1/a.xml` beside or across from `cam1/a.jpg`, and what it says itself.

        Args:
            file: The label file.
            called: The names that it gives, each a path or only its end.

        Raises:
            LookupError: None fits, or two fit equally.
        """
        own = file.with_suffix("").parts
        ends = [parts for parts in map(_parts, called) if parts]
        stems = {_folded(file.stem), *(_folded(Path(parts[-1]).stem) for parts in ends)}
        fits = []
        for path in sorted({path for stem in stems for path in self._by_stem.get(stem, [])}):
            placed = _common(own, path.with_suffix("").parts)
            told = max((_common(parts, path.parts) for parts in ends), default=0)
            if placed or told:
                fits.append((path, placed + told))
        return self._best(fits, ends[0][-1] if ends else file.stem)

    def _best(self, fits: Sequence[tuple[Path, int]], name: str) -> tuple[Path, int]:
        if not fits:
            other = self._others.get(_folded(name))
            if other is not None:
                raise LookupError(
                    f"{other} is of a kind that is not trained on; export it as JPEG or PNG"
                )
            raise LookupError(f"no picture below {self._root} has this name; add it")
        most = max(fit for _, fit in fits)
        best = [path for path, fit in fits if fit == most]
        if len(best) > 1:
            raise LookupError(
                f"{best[0]} and {best[1]} fit equally well; export it with the pictures' folders "
                "in their names, or import each folder by itself"
            )
        return best[0], most


def once(items: Iterable[Exported | LabelError]) -> Items:
    """Items, each picture in one of them at most: where two speak of it, the one that fits best."""
    everything = list(items)
    claims: dict[Path, list[Exported]] = {}
    for item in everything:
        if isinstance(item, Exported):
            claims.setdefault(item.picture, []).append(item)
    for item in everything:
        fault = _rival(item, claims[item.picture]) if isinstance(item, Exported) else None
        yield fault or item


def _rival(item: Exported, claims: Sequence[Exported]) -> LabelError | None:
    others = [one for one in claims if one is not item and one.fit >= item.fit]
    if not others:
        return None
    return LabelError(
        f"{item.where}: the only picture of its name is {item.picture}, of which {others[0].where} "
        "speaks too. Passed over; add its picture, or label each picture once."
    )


def _parts(called: str) -> tuple[str, ...]:
    pieces = called.replace("\\", "/").split("/")
    return tuple(piece for piece in pieces if piece not in {"", ".", ".."})


def _common(parts: Sequence[str], path: Sequence[str]) -> int:
    """How many parts agree from the end; `strict` would be wrong, one path is the longer."""
    count = 0
    for one, other in zip(reversed(parts), reversed(path), strict=False):
        if not _same(one, other):
            break
        count += 1
    return count


def _same(one: str, other: str) -> bool:
    return _folded(one) == _folded(other)


def _folded(name: str) -> str:
    """Windows tells no case apart; macOS writes letters and accents apart (NFD)."""
    return unicodedata.normalize("NFC", name).casefold()
