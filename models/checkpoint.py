"""Reads ultralytics' `.pt` files through its allow-list, and says plainly when a file is none."""

from dataclasses import dataclass
from pathlib import Path

from ultralytics.nn.tasks import DetectionModel, load_checkpoint

from models import runtime
from models.errors import UnreadableWeightsError, WrongTaskError

runtime.settle()


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A detection network as it lies in a file.

    Attributes:
        model: The network, float32, evaluation mode, on the CPU, not fused.
        classes: Class names in output order.
        image_size: Input size in pixels it was trained at; none where the file does not say.
    """

    model: DetectionModel
    classes: tuple[str, ...]
    image_size: int | None


def read_checkpoint(path: Path) -> Checkpoint:
    """Reads a detection checkpoint.

    The unpickler only builds torch and ultralytics layers (`ULTRALYTICS_SAFE_LOAD`, set in
    `models.runtime`).

    Raises:
        UnreadableWeightsError: The file is empty, damaged, no `.pt` file, or holds types off the
            allow-list.
        WrongTaskError: The file holds another kind of model.
    """
    if path.suffix != ".pt":
        raise UnreadableWeightsError(
            f"Weights {path} cannot be read: the name does not end in .pt. Give a PyTorch "
            "checkpoint made by ultralytics."
        )
    try:
        model, saved = load_checkpoint(path)
    except Exception as error:
        # A damaged file surfaces as any of a dozen types from zipfile, pickle and torch.
        raise UnreadableWeightsError(
            f"Weights {path} cannot be read: the file is damaged, or no checkpoint made by "
            f"ultralytics ({_first_line(error)}). Copy the file again, or train or export it again."
        ) from error
    if not isinstance(model, DetectionModel) or model.task != "detect":
        raise WrongTaskError(
            f"Weights {path} hold a model for the task {model.task!r}; a detector is needed. "
            "Give a checkpoint trained with task `detect`."
        )
    size = (saved.get("train_args") or {}).get("imgsz")
    return Checkpoint(
        model=model,
        classes=tuple(str(model.names[index]) for index in sorted(model.names)),
        image_size=size if isinstance(size, int) else None,
    )


def _first_line(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0].removeprefix("ERROR ❌️ ")[:160]
