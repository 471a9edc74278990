"""Run: trains all stages of a recipe in order; a stopped run resumes where it was."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ultralytics.nn.tasks import load_checkpoint
from ultralytics.utils import DEFAULT_CFG
from ultralytics.utils.torch_utils import strip_optimizer

from models import runtime
from models.catalogue import ModelEntry, find
from models.errors import TrainingError
from models.training import record as records
from models.training.curves import write_losses
from models.training.recipe import Recipe, Stage, read_recipe
from models.training.stage import Say, train_stage

runtime.settle()


def train(
    recipe_file: Path,
    start: ModelEntry,
    data: Path,
    out: Path,
    *,
    teacher: ModelEntry | None = None,
    stage: str | None = None,
    resume: bool = False,
    say: Say = print,
) -> Path:
    """Trains by a recipe.

    Beside each stage's weights lie `training.json` (how they were made) and `pictures.txt` (from
    which pictures), beside its `results.csv` a `loss.png`.

    Args:
        recipe_file: The recipe.
        start: What the first stage starts from.
        data: Folder made by `datasets.merge`.
        out: Folder for the runs, one folder inside per stage.
        teacher: What stages with `distill` are held to.
        stage: Only this stage, from `start`.
        resume: Keep finished stages and resume the one that was stopped.
        say: Receives progress.

    Returns:
        The last stage's weights.

    Raises:
        TrainingError: The recipe, the data or what was begun cannot be used.
    """
    recipe = read_recipe(recipe_file)
    stages = [recipe.stage(stage)] if stage else recipe.stages
    begun = [one.name for one in stages if (out / one.name / "weights").exists()]
    if begun and not resume:
        raise TrainingError(
            f"{out} holds stage {begun[0]!r} already. Go on with --resume, or choose another --out."
        )
    for one in stages:
        fresh = records.new_record(recipe, recipe_file, one, start, data, teacher=teacher)
        weights = out / one.name / "weights"
        known = records.read_record(weights)
        if known is not None:
            records.check_same(known, fresh)
        if known is None or not known["finished"]:
            _run(_Run(recipe, one, start, teacher, data, out), known or fresh, say)
        else:
            say(f"{one.name}: finished before, {known['epochs']} epochs")
        start = find(weights / "last.pt")
    return start.path


@dataclass(frozen=True, slots=True)
class _Run:
    """What one stage is run with."""

    recipe: Recipe
    stage: Stage
    start: ModelEntry
    teacher: ModelEntry | None
    data: Path
    out: Path

    @property
    def folder(self) -> Path:
        return self.out / self.stage.name

    @property
    def weights(self) -> Path:
        return self.folder / "weights"


def _run(run: _Run, record: dict[str, Any], say: Say) -> None:
    epochs = _epochs_saved(run.weights / "last.pt")
    record["resumed"] = [
        *record.get("resumed", []),
        *filter(None, [records.rows_written(run.folder / "results.csv")]),
    ]
    records.write_record(run.weights, record)
    records.write_pictures(run.weights, run.start, run.data)

    def keep() -> None:
        records.write_record(run.weights, record)
        write_losses(run.folder / "results.csv", run.folder / "loss.png")

    def saved() -> None:
        keep()
        # With `time`, ultralytics decides on the way how many there will be.
        of = "" if "time" in settings else f" of {whole}"
        say(f"{run.stage.name}: {record['epochs']}{of} epochs are saved")

    settings = run.recipe.settings(run.stage)
    whole = settings.get("epochs", DEFAULT_CFG.epochs)
    if epochs < whole:
        if epochs:
            say(f"{run.stage.name}: goes on after epoch {epochs}")
        _, fitted = train_stage(
            run.recipe,
            run.stage.name,
            run.start.path,
            run.data,
            run.out,
            teacher=run.teacher.path if run.teacher else None,
            resume=epochs > 0,
            say=say,
            saved=saved,
        )
        if fitted is not None:
            record["fitted"] = {"tensors": fitted.tensors, "of": fitted.of}
            say(f"{run.stage.name}: {fitted.tensors} of {fitted.of} tensors were taken over")
    elif epochs < math.inf:  # stopped after the last epoch, before its optimizer was stripped
        strip_optimizer(run.weights / "last.pt")
    record["finished"] = True
    keep()


def _epochs_saved(last: Path) -> float:
    """Epochs that `last.pt` has seen: 0 where there is none, without end in a finished one."""
    if not last.is_file():
        return 0
    try:
        epoch = int(load_checkpoint(last)[1].get("epoch", -1))
    except Exception as error:  # a dozen types from zipfile, pickle and torch
        raise TrainingError(
            f"{last} cannot be read; perhaps it was being written when the run was stopped "
            f"({error}). Remove {last.parent.parent} and train the stage again."
        ) from error
    return math.inf if epoch < 0 else epoch + 1
