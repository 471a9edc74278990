"""A merge recipe: which labelled sets, under which class names, how many of their pictures."""

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from datasets.brought import brought_classes
from datasets.errors import RecipeError

KINDS = Path(__file__).resolve().parent / "kinds.yaml"


class Source(BaseModel):
    """One labelled set in a recipe.

    Attributes:
        name: How it is called in reports and file names.
        path: YOLO folder, relative to the data folder (or the rendered one).
        root: Which of the two.
        part: Where its pictures go.
        classes: Class id in the label files to class name; empty where the id is to be ignored.
            Where absent, what the `data.yaml` in the folder or above it says.
        take: How many pictures, drawn by the recipe's seed; all where absent.
        repeat: How often each picture is listed, to give a small set weight.
        turn: Each repetition of a picture is turned a right angle further.
        tile: Pictures larger than this are cut into squares of this side, in pixels.
        prelabel: Classes to fill in from the pre-labels.
        undecided: Class to the classes that its labels may mean as well, in a set that only says
            *vehicle*, say: where the teacher sees one of them in the same place, it is that one.
        fixed_camera: All pictures show one place, so likeness says nothing of them; only a file
            that a validation source holds too is left out.
        licence: As its publisher states it.
        about: What the pictures show and where they come from, in a line.
    """

    model_config = ConfigDict(extra="forbid")

    name: str
    path: str
    root: Literal["data", "rendered"] = "data"
    part: Literal["train", "val"] = "train"
    classes: dict[int, str | None] = {}
    take: int | None = None
    repeat: int = 1
    turn: bool = False
    tile: int | None = None
    prelabel: list[str] = []
    undecided: dict[str, list[str]] = {}
    fixed_camera: bool = False
    licence: str = ""
    about: str = ""

    @property
    def named(self) -> set[str]:
        """All classes that the source speaks of."""
        instead = {name for names in self.undecided.values() for name in names}
        return self.labelled | set(self.undecided) | instead | set(self.prelabel)

    @property
    def labelled(self) -> set[str]:
        """Classes that the set's own labels give."""
        return {name for name in self.classes.values() if name} - set(self.undecided)


class Recipe(BaseModel):
    """A merge recipe.

    Attributes:
        seed: Of the draw.
        teacher: Teacher's class name to ours.
        threshold: Teacher's score from which a pre-label is used.
        sources: What is merged.
    """

    model_config = ConfigDict(extra="forbid")

    seed: int = 0
    teacher: dict[str, str] = {}
    threshold: float = 0.5
    sources: list[Source]


@cache
def class_names(kinds: Path = KINDS) -> tuple[str, ...]:
    """Returns the detector's classes in the order of their ids; those of other packages last."""
    ours = tuple(entry["name"] for entry in YAML(typ="safe").load(kinds)["classes"])
    return (*ours, *brought_classes())


def read_recipe(path: Path) -> Recipe:
    """Reads a recipe and checks its class names.

    Raises:
        RecipeError: Unreadable, misspelt, or a class that `kinds.yaml` does not have.
    """
    try:
        recipe = Recipe.model_validate(YAML(typ="safe").load(path))
    except (OSError, YAMLError) as error:
        raise RecipeError(f"Recipe {path} cannot be read: {error}. Correct it.") from error
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()
        )
        raise RecipeError(f"Recipe {path} cannot be used: {faults}. Correct it.") from error
    names = [source.name for source in recipe.sources]
    if len({*names, "train", "val"}) < len(names) + 2:
        raise RecipeError(
            f"Recipe {path} has two sources of one name, or one called train or val. Rename it."
        )
    known = set(class_names())
    used = {name for source in recipe.sources for name in source.named}
    unknown = (used | set(recipe.teacher.values())) - known
    if unknown:
        raise RecipeError(
            f"Recipe {path} names classes that kinds.yaml does not have: "
            f"{', '.join(sorted(unknown))}. Correct the names."
        )
    return recipe
