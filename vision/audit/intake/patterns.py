"""Patterns: expands `photos/**/*.jpg` where the shell did not, as within quotes or on Windows."""

from __future__ import annotations

from collections.abc import Iterator
from glob import has_magic
from pathlib import Path

from vision.files import exists, is_folder
from vision.sources.listing import machine_made, natural


def is_pattern(path: Path) -> bool:
    """Whether a path is a pattern; a file that is called `a[1].jpg` is that file."""
    return has_magic(str(path)) and not exists(path)


def expand(pattern: Path, leave_out: Path) -> Iterator[tuple[Path, str]]:
    """What a pattern matches, in natural order, each with the name that the report gives it.

    `*`, `?`, `[ab]` and `**` mean what they mean in a shell: capitals differ, what is hidden is
    passed over, and `**` goes through folders but not through links.

    Args:
        pattern: relative or absolute.
        leave_out: a folder whose content never matches (resolved).

    Yields:
        A file, or a folder of which nothing below is yielded again; and its name, the last part of
        the path before the first wildcard and the way from there.
    """
    plain = next(i for i, part in enumerate(pattern.parts) if has_magic(part))
    root = Path(*pattern.parts[:plain])
    asked_hidden = any(part.startswith(".") for part in pattern.parts[plain:])
    folders = set[Path]()
    found = set(root.glob(str(Path(*pattern.parts[plain:]))))
    for path in sorted(found, key=lambda one: [natural(part) for part in one.parts]):
        below = path.relative_to(root)
        hidden = any(part.startswith(".") or machine_made(part) for part in below.parts)
        if (hidden and not asked_hidden) or not folders.isdisjoint(path.parents):
            continue
        if path.resolve() == leave_out or leave_out in path.resolve().parents:
            continue
        if is_folder(path):
            folders.add(path)
        yield path, str(Path(root.resolve().name) / below)
