"""Kinds of violation and their codes, read from `datasets/kinds.yaml`.

The file is data that a site may correct; nothing in code repeats what it says. It is read as a
packaged file, so `vision` imports no code of `datasets`.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from importlib.resources import files
from importlib.util import find_spec
from math import ceil
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from ruamel.yaml import YAML

from vision.errors import SiteError

GROUP = "streetwarden.kinds"
"""Entry points of other packages that bring kinds."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DetectorClass(_Strict):
    """A class of object that a detector sees; its place in the list is its id.

    Classes of one `group` are one object that changes its class from look to look.
    """

    name: str
    zh: str
    en: str
    group: str | None = None


class Question(_Strict):
    """What a vision-language model is asked of a picture, to be answered by yes or no."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class Reliability(_Strict):
    """How a reader's single readings that charge something were right on held-out pictures.

    Attributes:
        found: pictures that it read so, of the `such` that are so.
        such: pictures that are so.
        wrong: pictures that it read so, of the `others` that are not so.
        others: pictures that are not so.
    """

    found: int = Field(ge=0)
    such: int = Field(ge=0)
    wrong: int = Field(ge=0)
    others: int = Field(ge=0)

    @model_validator(mode="after")
    def _is_a_share(self) -> Self:
        if self.found > self.such or self.wrong > self.others:
            raise ValueError("found are some of such, wrong are some of others")
        return self

    @property
    def precision(self) -> float:
        """Chance that the next such reading is right, by Laplace's rule of succession.

        In a mix like that of the pictures measured. One half where it never read so: few pictures
        say little, and it then counts for little.
        """
        return (self.found + 1) / (self.found + self.wrong + 2)


class Subtype(_Strict):
    """A sub-type of a kind, with its matter code in each standard that has one.

    `settings` are the kind's, where they differ for what a zone says is of this sub-type. `read` is
    how reliably it is read, where that is measured on single pictures. `question` stands for the
    kind's.
    """

    name: str
    zh: str
    en: str
    codes: dict[str, str]
    settings: dict[str, str | int | float] = {}
    read: Reliability | None = None
    question: Question | None = None

    def looks(self, right: int) -> int:
        """How many looks have to say so for `right` of them to be right, as far as is measured."""
        return right if self.read is None else ceil(right / self.read.precision)


class Kind(_Strict):
    """A kind of violation: what a rule decides.

    Attributes:
        seen_as: classes that a detector sees of it.
        seen_with: further classes from which its rule tells more of it.
        place: what one violation of it is, see `kinds.yaml`.
        reach: least and most metres between two sightings of one violation, on the ground; None
            for what passes.
        needs: what has to be made out of a camera's pictures for its rule.
        permit_check: a person has to ask the register of permits before anybody is told of it.
        only_in_zones: it means nothing where no zone is drawn, as what may stand on a road and not
            on a pavement; a camera without zones, and an audit, do not look for it.
        settings: what its rule waits for, in the site file's words.
        question: for a second opinion on sub-types that have none of their own; None: not asked.
    """

    name: str
    zh: str
    en: str
    seen_as: tuple[str, ...]
    seen_with: tuple[str, ...] = ()
    place: Literal["zone", "spot", "pass"]
    reach: tuple[float, float] | None = None
    needs: tuple[Literal["registration", "key_pictures", "truck_state"], ...] = ()
    permit_check: bool = False
    only_in_zones: bool = False
    settings: dict[str, str | int | float | dict[str, float]]
    question: Question | None = None
    subtypes: tuple[Subtype, ...]

    @model_validator(mode="after")
    def _reaches(self) -> Self:
        """What stays somewhere is seen by several cameras; what passes is never seen again."""
        if (self.reach is None) != (self.place == "pass"):
            raise ValueError(
                f"{self.name}: write reach: [least, most] in metres for a kind whose place is zone "
                "or spot, and none for one that passes"
            )
        if self.reach is not None and not 0 < self.reach[0] <= self.reach[1]:
            raise ValueError(f"{self.name}: reach is [least, most] in metres, the lesser first")
        return self

    def subtype(self, name: str) -> Subtype:
        """The sub-type of this name; KeyError if the kind has none such."""
        for subtype in self.subtypes:
            if subtype.name == name:
                return subtype
        raise KeyError(f"{self.name} has no sub-type {name!r}")


class Catalogue(_Strict):
    """The whole of `kinds.yaml`."""

    version: int
    classes: tuple[DetectorClass, ...]
    attributes: dict[str, tuple[str, ...]]
    standards: dict[str, dict[str, object]]
    kinds: tuple[Kind, ...]

    def kind(self, name: str) -> Kind:
        """The kind of this name; KeyError if there is none."""
        for kind in self.kinds:
            if kind.name == name:
                return kind
        raise KeyError(f"no kind is called {name!r}; see datasets/kinds.yaml")

    def group_of(self, class_name: str) -> str:
        """What a class is tracked with: its group's name, or its own."""
        for known in self.classes:
            if known.name == class_name:
                return known.group or known.name
        return class_name  # of a user's own model

    @property
    def class_names(self) -> tuple[str, ...]:
        """Detector classes in id order."""
        return tuple(c.name for c in self.classes)


@cache
def catalogue() -> Catalogue:
    """The shipped catalogue and the kinds that other packages bring; read once.

    A package brings kinds by an entry point of the group `streetwarden.kinds`. Its value names a
    module and a YAML file beside it, with a list `kinds` like ours: `parked_bicycles:kinds.yaml`.
    It may have `classes` of its own weights, too; their ids follow ours, by entry points' names.
    No code of the package is imported, which may import ours, and ours asks for this early.

    Raises:
        SiteError: there is no such file.
        pydantic.ValidationError: such a file does not describe kinds.
    """
    yaml = YAML(typ="safe")
    shipped = yaml.load(files("datasets").joinpath("kinds.yaml").read_text(encoding="utf-8"))
    for brought in sorted(entry_points(group=GROUP), key=lambda one: one.name):
        described = yaml.load(_described(brought).read_text(encoding="utf-8"))
        shipped["classes"] += described.get("classes", [])
        shipped["kinds"] += described["kinds"]
    return Catalogue.model_validate(shipped)


def _described(brought: EntryPoint) -> Path:
    """The file that an entry point names."""
    found = find_spec(brought.module.partition(".")[0])
    if found is not None and found.origin is not None:
        file = Path(found.origin).parent.joinpath(*brought.module.split(".")[1:], brought.attr)
        if file.is_file():
            return file
    raise SiteError(
        f"the installed package that brings the kind {brought.name} names {brought.value} as its "
        "description, and there is no such file; install it anew, or remove it"
    )
