"""Distillation (learning without forgetting): a teacher preserves what the start weights know.

Hard pre-labels lose what a teacher is unsure of, and say of everything else that it is nothing.
Here the teacher looks at each training picture as it was augmented, and the classes that both know
are held to its scores in every cell of the grid (Li and Hoiem, "Learning without Forgetting",
2016). Ultralytics' own `distill_model` compares features through projectors that first have to be
learned, and knows no classes: it would also hold back those that are new.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from models import runtime
from models.checkpoint import read_checkpoint
from models.errors import TrainingError

runtime.settle()


class Distillation:
    """A detector's loss, and beside it how far it is from its teacher on the classes they share.

    Both must have the same grid: YOLO11, YOLO26 and their like, of any width. Of two heads the one
    that gives an object many boxes is held, and with it the neck: the other is trained behind it,
    on features that it does not change. A teacher is no part of the network it teaches, and is not
    saved with it.
    """

    def __init__(self, model: Any, teacher: Path, classes: Sequence[str], gain: float) -> None:
        """Reads the teacher.

        Args:
            model: The network that is trained, on its device.
            teacher: A detector's `.pt` file.
            classes: Names of the classes to hold, known to both.
            gain: Weight of the distance, on the scale of the loss of classes.

        Raises:
            ModelError: The teacher cannot be read.
            TrainingError: One of the two does not know a class, or their grids differ.
        """
        # A resumed network with two heads has one already, which weighs them by the epoch.
        self._own = getattr(model, "criterion", None) or model.init_criterion()
        taught: Any = read_checkpoint(teacher).model
        self._ours = _indices(classes, model.names, "The data")
        self._theirs = _indices(classes, taught.names, f"The teacher {teacher.name}")
        if not torch.equal(model.stride, taught.stride):
            raise TrainingError(
                "Teacher and network do not share a grid: distillation is for YOLO11, YOLO26 and "
                "their like. Leave `distill` out, or choose another teacher."
            )
        like = next(model.parameters())
        # Left alone, a network with two heads answers, and keeps when it is fused, only the other.
        taught.model[-1].end2end = False
        self._teacher = taught.fuse(verbose=False).eval()
        self._teacher.to(like.device, memory_format=torch.channels_last)
        self._gain = gain * model.args.cls

    def __call__(
        self, preds: dict[str, Any], batch: dict[str, Any]
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """Returns the losses, each times the pictures of the batch, and what to print of them."""
        losses, items = self._own(preds, batch)
        with torch.no_grad():
            wanted = self._teacher(batch["img"])[1]["scores"][:, self._theirs].float()
        given = preds.get("one2many", preds)["scores"][:, self._ours].float()
        kept = self._gain * distance(given, wanted)
        whole = torch.cat([losses, kept[None] * len(batch["img"])])
        return whole, {**items, "distill_loss": kept.detach()}

    def update(self) -> None:
        """An epoch is over: a network with two heads weighs them anew (ultralytics' `E2ELoss`)."""
        if hasattr(self._own, "update"):
            self._own.update()


def distance(given: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Returns how far scores are from a teacher's: the Kullback-Leibler divergence of each, summed.

    It is divided by the sum of the teacher's scores, as ultralytics divides its loss of classes by
    the sum of its targets, so that a picture full of people weighs no more than one with a few.

    Args:
        given: The network's scores before the sigmoid, any shape.
        wanted: The teacher's, before the sigmoid, the same shape.
    """
    seen = wanted.sigmoid()
    crossed = binary_cross_entropy_with_logits(given, seen, reduction="sum")
    least = binary_cross_entropy_with_logits(wanted, seen, reduction="sum")
    return (crossed - least) / seen.sum().clamp(min=1)


def _indices(classes: Sequence[str], names: dict[int, str], whose: str) -> list[int]:
    known = {name: index for index, name in names.items()}
    missing = [name for name in classes if name not in known]
    if missing:
        raise TrainingError(
            f"{whose} knows no class {', '.join(missing)}. Correct `distill` in the recipe."
        )
    return [known[name] for name in classes]
