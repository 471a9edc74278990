"""Adapters of receivers as plug-ins: found by the name that a webhook's `adapter` gives.

Any installed package may bring some: an entry point of the group `streetwarden.adapters` that names
a class. What that class is made of is in `api.delivery.adapters`; this module only checks the site
file against what it says of itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Protocol

from pydantic import BaseModel, ValidationInfo

from vision.errors import SiteError
from vision.mistakes.wrong import said_of, wrong

GROUP = "streetwarden.adapters"
DEFAULT = "cloudevents"
# The default needs no look at the packages that are installed.
_DEFAULT = EntryPoint(DEFAULT, "api.delivery.adapters.cloud_events:CloudEvents", GROUP)


class PlugIn(Protocol):
    """What an adapter's class says of itself; see `api.delivery.adapters.Adapter`."""

    Settings: type[BaseModel]
    events: Iterable[str] | None
    secret: bool

    def __call__(self, settings: BaseModel) -> object:
        """Make one with its settings."""


@cache
def plug_in(name: str) -> PlugIn:
    """The adapter's class.

    Raises:
        SiteError: no installed package brings one of this name, or it cannot be imported.
    """
    found = {DEFAULT: _DEFAULT} | {one.name: one for one in entry_points(group=GROUP)}
    if name not in found:
        raise SiteError(wrong("adapter_unknown", adapter=name, known=sorted(found)))
    try:
        made: PlugIn = found[name].load()
    except Exception as error:
        raise SiteError(
            wrong("adapter_broken", adapter=name, place=found[name].value, why=str(error))
        ) from error
    return made


def known(name: str) -> str:
    """The name, for a field of the site file; ValueError says which there are."""
    try:
        plug_in(name)
    except SiteError as error:
        raise ValueError(said_of(error)) from error
    return name


def settled(given: Any, info: ValidationInfo) -> Any:
    """The settings as the adapter's own model, with each mistake at its place in the file."""
    name = info.data.get("adapter")
    if name is None or isinstance(given, BaseModel):
        return given  # which is told as the mistake of `adapter`
    return plug_in(name).Settings.model_validate(given)
