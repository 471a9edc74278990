"""Classes that installed packages of kinds bring, with names for what their own weights see.

What such a package names, and in which order its classes follow ours, is as `vision.kinds` says.
"""

from collections.abc import Iterator
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

from ruamel.yaml import YAML


def brought_classes() -> Iterator[str]:
    """Their names, in the order of their ids."""
    for brought in sorted(entry_points(group="streetwarden.kinds"), key=lambda one: one.name):
        found = find_spec(brought.module.partition(".")[0])
        if found is not None and found.origin is not None:
            file = Path(found.origin).parent.joinpath(*brought.module.split(".")[1:], brought.attr)
            for entry in YAML(typ="safe").load(file).get("classes", []):
                yield entry["name"]
