"""Classes that installed packages of kinds bring, with names for what their own weights see.

What such a package names, and in which order its classes follow ours, is as `vision.kinds` says.
"""

from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path

from ruamel.yaml import YAML

from datasets.errors import RecipeError


def brought_classes() -> Iterator[str]:
    """Their names, in the order of their ids.

    Raises:
        RecipeError: A package names a file that is not there.
    """
    for brought in sorted(entry_points(group="streetwarden.kinds"), key=lambda one: one.name):
        for entry in YAML(typ="safe").load(_described(brought)).get("classes", []):
            yield entry["name"]


def _described(brought: EntryPoint) -> Path:
    """The file that an entry point names."""
    found = find_spec(brought.module.partition(".")[0])
    if found is not None and found.origin is not None:
        file = Path(found.origin).parent.joinpath(*brought.module.split(".")[1:], brought.attr)
        if file.is_file():
            return file
    raise RecipeError(
        f"The installed package that brings the kind {brought.name} names {brought.value} as its "
        "description, and there is no such file. Install it anew, or remove it."
    )
