"""A training recipe: stages and their settings, as a YAML file in git."""

import hashlib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from models.errors import TrainingError


class Distill(BaseModel):
    """What a teacher, given with the command, keeps alive.

    Attributes:
        classes: Names of classes that the teacher and the data share.
        gain: Weight of the distance to the teacher, on the scale of the loss of classes.
    """

    model_config = ConfigDict(extra="forbid")

    classes: list[str] = Field(min_length=1)
    gain: float = Field(default=1.0, gt=0)


class Stage(BaseModel):
    """One run of the trainer.

    Attributes:
        name: Folder of the run.
        model: Architecture to build, one of ultralytics' (`yolo26n.yaml`) or a file; tensors of
            the starting weights that fit by name and shape are taken over. That of the starting
            weights where none.
        distill: What to hold to a teacher's scores; nothing where none.
        settings: Passed to ultralytics' trainer as they are, but for `device: auto`: the first
            CUDA device where there is one, else the CPU.
    """

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=r"^[\w.-]+$")
    model: str | None = None
    distill: Distill | None = None
    settings: dict[str, Any]


class Recipe(BaseModel):
    """A training recipe.

    Attributes:
        seed: Of shuffling and augmentation.
        threads: Threads of the CPU backend.
        common: Settings of every stage.
        stages: In order; each starts from what the one before left.
    """

    model_config = ConfigDict(extra="forbid")

    seed: int = 0
    threads: int = 2
    common: dict[str, Any] = {}
    stages: list[Stage] = Field(min_length=1)

    def stage(self, name: str) -> Stage:
        """Returns a stage by its name.

        Raises:
            TrainingError: There is none.
        """
        for stage in self.stages:
            if stage.name == name:
                return stage
        known = ", ".join(stage.name for stage in self.stages)
        raise TrainingError(f"The recipe has no stage {name!r}. Choose one of: {known}.")

    def settings(self, stage: Stage) -> dict[str, Any]:
        """Returns what makes a stage: all its settings, seed, architecture and distillation."""
        own = {**self.common, **stage.settings, "seed": self.seed, "architecture": stage.model}
        return own | ({"distill": stage.distill.model_dump()} if stage.distill else {})


def read_recipe(path: Path) -> Recipe:
    """Reads a training recipe.

    Raises:
        TrainingError: Unreadable or misspelt.
    """
    try:
        recipe = Recipe.model_validate(YAML(typ="safe").load(path))
    except (OSError, YAMLError) as error:
        raise TrainingError(f"Recipe {path} cannot be read: {error}. Correct it.") from error
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()
        )
        raise TrainingError(f"Recipe {path} cannot be used: {faults}. Correct it.") from error
    names = [stage.name for stage in recipe.stages]
    if len(set(names)) < len(names):
        raise TrainingError(f"Recipe {path} names a stage twice: {', '.join(names)}. Rename one.")
    return recipe


def recipe_sha256(path: Path) -> str:
    """Returns the SHA-256 of a recipe's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
