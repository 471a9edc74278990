"""One stage: one run of ultralytics' trainer, resumable."""

import time
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import torch
from torch import nn
from ultralytics.models.yolo.detect import DetectionTrainer
from ultralytics.nn.tasks import DetectionModel
from ultralytics.utils.torch_utils import strip_optimizer, unwrap_model

from models import runtime
from models.errors import TrainingError
from models.training.distill import Distillation
from models.training.network import Fitted, adapt_classes, build
from models.training.recipe import Recipe

runtime.settle()

Say = Callable[[str], None]
SAY_EVERY_S = 20.0
"""Time between two lines of progress, in seconds."""


class StageTrainer(DetectionTrainer):
    """Ultralytics' trainer, with the starting head kept but for its last layer.

    Attributes:
        architecture: Network to build instead of the starting one; set before training.
        fitted: How much of it came from the starting weights; none where nothing was built.
    """

    architecture: str | None = None
    fitted: Fitted | None = None

    def get_model(
        self,
        cfg: Any = None,  # noqa: ARG002 - the signature is ultralytics'
        weights: nn.Module | None = None,
        verbose: bool = True,  # noqa: ARG002
    ) -> Any:
        """Returns the starting network for this data's classes."""
        if not isinstance(weights, DetectionModel):
            raise TrainingError("Training needs starting weights: give a detector's .pt file.")
        model: Any = deepcopy(weights).float()
        if self.architecture is not None and not self.resume:
            model, self.fitted = build(self.architecture, model)
        names = {int(key): str(value) for key, value in self.data["names"].items()}
        return adapt_classes(model, names).to(memory_format=torch.channels_last)

    def preprocess_batch(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Lays the pictures out as the network is: convolutions are a fifth faster so on a CPU.

        Ultralytics' own `channels_last` speaks of prediction only.
        """
        batch = super().preprocess_batch(batch)
        batch["img"] = batch["img"].contiguous(memory_format=torch.channels_last)
        return batch

    def validate(self) -> tuple[dict[str, float], None]:
        """Skips validation: it is done once, per source, by `models.evaluation`."""
        return dict(self.metrics or {}), None

    def final_eval(self) -> None:
        """Strips the optimizer from the finished weights."""
        strip_optimizer(self.last)


class Progress:
    """Reports a stage's progress now and then."""

    def __init__(self, name: str, say: Say) -> None:
        self._name = name
        self._say = say
        self._batches = 0
        self._began = self._said = time.monotonic()

    def follow(self, trainer: StageTrainer) -> None:
        """Receives the trainer's epochs and batches."""
        trainer.add_callback("on_train_epoch_start", self.epoch)
        trainer.add_callback("on_train_batch_end", self.batch)

    def epoch(self, _: Any) -> None:
        """A new epoch begins."""
        self._batches = 0
        self._began = time.monotonic()

    def batch(self, trainer: Any) -> None:
        """A batch is done."""
        self._batches += 1
        now, whole = time.monotonic(), len(trainer.train_loader)
        if now - self._said < SAY_EVERY_S and self._batches < whole:
            return
        self._said = now
        each = (now - self._began) / self._batches
        left = each * (whole - self._batches + whole * (trainer.epochs - trainer.epoch - 1))
        losses = " ".join(f"{k.split('/')[-1]} {float(v):.3f}" for k, v in trainer.tloss.items())
        self._say(
            f"{self._name}: epoch {trainer.epoch + 1} of {trainer.epochs}, batch {self._batches} "
            f"of {whole}, {losses}, {each:.2f} s a batch, about {left / 60:.0f} min left"
        )


def train_stage(
    recipe: Recipe,
    name: str,
    start: Path,
    data: Path,
    out: Path,
    *,
    teacher: Path | None = None,
    resume: bool = False,
    say: Say = print,
    saved: Callable[[], None] = lambda: None,
) -> tuple[Path, Fitted | None]:
    """Runs one stage.

    Args:
        recipe: From `read_recipe`.
        name: The stage's name.
        start: Weights to start from.
        data: Folder made by `datasets.merge`.
        out: Folder for the runs.
        teacher: Weights that a stage with `distill` is held to.
        resume: Resume from the stage's own `last.pt`.
        say: Receives progress, a line at a time.
        saved: Called after each epoch, when its weights are on the disk.

    Returns:
        The stage's `last.pt`, without the optimizer once all epochs are done; how much of a newly
        built network came from the starting weights.

    Raises:
        TrainingError: No such stage or data, no teacher that fits, or settings that ultralytics
            refuses.
    """
    stage = recipe.stage(name)
    described = data / "data.yaml"
    if not described.is_file():
        raise TrainingError(
            f"No data description {described}. Make it with `streetwarden data merge`."
        )
    if stage.distill and teacher is None:
        raise TrainingError(f"Stage {name!r} distils: give its teacher with --teacher WEIGHTS.")
    last = out / name / "weights" / "last.pt"
    settings = {
        **recipe.common,
        **stage.settings,
        "model": str(last if resume else start),
        "resume": str(last) if resume else False,
        "data": str(described),
        "save_dir": str(out.absolute() / name),  # not where a run that was moved once lay
        "exist_ok": True,
        "seed": recipe.seed,
    }
    settings["device"] = device_of(settings)
    try:
        trainer = StageTrainer(overrides=settings)
    except (SyntaxError, TypeError, ValueError) as error:
        raise TrainingError(
            f"Stage {name!r} cannot be run: {error}. Correct its settings."
        ) from error
    trainer.architecture = stage.model
    # Choosing the CPU made ultralytics set one thread less than there are cores.
    trainer.add_callback("on_train_start", lambda _: torch.set_num_threads(recipe.threads))
    if stage.distill and teacher is not None:
        trainer.add_callback("on_train_start", _taught(teacher, **stage.distill.model_dump()))
    Progress(name, say).follow(trainer)
    trainer.add_callback("on_model_save", lambda _: saved())
    trainer.train()  # type: ignore[no-untyped-call]
    return last, trainer.fitted


def _taught(teacher: Path, classes: list[str], gain: float) -> Callable[[Any], None]:
    def attach(trainer: Any) -> None:
        # After the running mean of the weights was set up, which would copy the teacher too.
        model: Any = unwrap_model(trainer.model)
        model.criterion = Distillation(model, teacher, classes, gain)

    return attach


def device_of(settings: dict[str, Any]) -> str:
    """Returns the device that settings ask for, `auto` and nothing resolved."""
    asked = str(settings.get("device") or "auto")
    if asked != "auto":
        return asked
    return "0" if torch.cuda.is_available() else "cpu"
