"""Trains the detector in stages by a recipe, with ultralytics' trainer underneath.

A stage starts from the starting weights, or from what the stage before it left, and leaves
`last.pt` (resumable) in its own folder. The classification head keeps the starting weights' width,
so that a class which they know by the same name (person, car, truck, …) starts as they left it,
and only new classes start from nothing.
"""

import argparse
import math
from copy import deepcopy
from pathlib import Path
from typing import Any

import torch
from pydantic import BaseModel, ConfigDict, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from torch import nn
from ultralytics.models.yolo.detect import DetectionTrainer
from ultralytics.nn.tasks import DetectionModel
from ultralytics.utils.torch_utils import strip_optimizer

from models import runtime
from models.errors import TrainingError

runtime.settle()

PRIOR_OBJECTS = 5
"""Objects expected per 640 px picture, for the first bias of a new class (ultralytics
`Detect.bias_init`)."""


class Stage(BaseModel):
    """One run of the trainer.

    Attributes:
        name: Folder of the run.
        settings: Passed to ultralytics' trainer as they are.
    """

    model_config = ConfigDict(extra="forbid")

    name: str
    settings: dict[str, Any]


class Recipe(BaseModel):
    """A training recipe.

    Attributes:
        seed: Of shuffling and augmentation.
        threads: Threads of the CPU backend.
        common: Settings of every stage.
        stages: In order.
    """

    model_config = ConfigDict(extra="forbid")

    seed: int = 0
    threads: int = 2
    common: dict[str, Any] = {}
    stages: list[Stage]


class StageTrainer(DetectionTrainer):
    """Ultralytics' trainer, with the starting head kept but for its last layer."""

    def get_model(
        self,
        cfg: Any = None,  # noqa: ARG002 - the signature is ultralytics'
        weights: nn.Module | None = None,
        verbose: bool = True,  # noqa: ARG002
    ) -> Any:
        """Returns the starting network for this data's classes."""
        if not isinstance(weights, DetectionModel):
            raise TrainingError("Training needs starting weights: give a detector's .pt file.")
        names = {int(key): str(value) for key, value in self.data["names"].items()}
        return adapt_classes(deepcopy(weights).float(), names)

    def validate(self) -> tuple[dict[str, float], None]:
        """Skips validation: it is done once, per source, by `models.evaluate`."""
        return {}, None

    def final_eval(self) -> None:
        """Strips the optimizer from the finished weights."""
        strip_optimizer(self.last)


def adapt_classes(model: Any, names: dict[int, str]) -> Any:
    """Gives a detector other classes; those with a name it knows keep their weights.

    Args:
        model: Changed in place.
        names: Class id to name.
    """
    old = {name: index for index, name in model.names.items()}
    if old == {name: index for index, name in names.items()}:
        return model
    head = model.model[-1]
    for branch, stride in zip(head.cv3, head.stride, strict=True):
        last = branch[-1]
        fresh: Any = nn.Conv2d(last.in_channels, len(names), 1)
        nn.init.normal_(fresh.weight, std=0.01)
        prior = math.log(PRIOR_OBJECTS / len(names) / (640 / float(stride)) ** 2)
        nn.init.constant_(fresh.bias, prior)
        with torch.no_grad():
            for index, name in names.items():
                if name in old:
                    fresh.weight[index] = last.weight[old[name]]
                    fresh.bias[index] = last.bias[old[name]]
        branch[-1] = fresh
    head.nc = model.nc = len(names)
    head.no = len(names) + 4 * head.reg_max
    model.yaml["nc"] = len(names)
    model.names = names
    return model


def read_recipe(path: Path) -> Recipe:
    """Reads a training recipe.

    Raises:
        TrainingError: Unreadable or misspelt.
    """
    try:
        return Recipe.model_validate(YAML(typ="safe").load(path))
    except (OSError, YAMLError) as error:
        raise TrainingError(f"Recipe {path} cannot be read: {error}. Correct it.") from error
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()
        )
        raise TrainingError(f"Recipe {path} cannot be used: {faults}. Correct it.") from error


def train_stage(
    recipe: Recipe, name: str, start: Path, data: Path, out: Path, *, resume: bool = False
) -> Path:
    """Runs one stage.

    Args:
        recipe: From `read_recipe`.
        name: The stage's name.
        start: Weights to start from.
        data: Folder made by `datasets.merge`.
        out: Folder for the runs.
        resume: Go on from the stage's own `last.pt`.

    Returns:
        The stage's `last.pt`, without the optimizer once all epochs are done.

    Raises:
        TrainingError: No such stage or data.
    """
    stage = next((stage for stage in recipe.stages if stage.name == name), None)
    if stage is None:
        known = ", ".join(stage.name for stage in recipe.stages)
        raise TrainingError(f"The recipe has no stage {name!r}. Choose one of: {known}.")
    described = data / "data.yaml"
    if not described.is_file():
        raise TrainingError(f"No data description {described}. Make it with `datasets.merge`.")
    last = out / name / "weights" / "last.pt"
    settings = {
        **recipe.common,
        **stage.settings,
        "model": str(last if resume else start),
        "resume": str(last) if resume else False,
        "data": str(described),
        "project": str(out.absolute()),
        "name": name,
        "exist_ok": True,
        "seed": recipe.seed,
    }
    trainer = StageTrainer(overrides=settings)
    # Choosing the CPU made ultralytics set one thread less than there are cores.
    trainer.add_callback("on_train_start", lambda _: torch.set_num_threads(recipe.threads))
    trainer.train()  # type: ignore[no-untyped-call]
    return last


def main() -> None:
    """`python -m models.train RECIPE --stage NAME --start FILE --data DIR --out DIR [--resume]`."""
    parser = argparse.ArgumentParser(prog="python -m models.train", description=__doc__)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--stage", required=True)
    parser.add_argument("--start", type=Path, required=True, help="weights to start from")
    parser.add_argument("--data", type=Path, required=True, help="folder made by datasets.merge")
    parser.add_argument("--out", type=Path, required=True, help="folder for the runs")
    parser.add_argument("--resume", action="store_true", help="go on from the stage's last.pt")
    args = parser.parse_args()
    recipe = read_recipe(args.recipe)
    print(train_stage(recipe, args.stage, args.start, args.data, args.out, resume=args.resume))


if __name__ == "__main__":
    main()
