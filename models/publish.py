"""Turns a training run's `last.pt` into a weight file to ship: the network in 16-bit floats alone.

A run's own file also holds the optimizer, the settings and the folders of the machine it ran on.
Runs that followed one another can be averaged: what the later one learned and the earlier one still
knew meet half-way (Wortsman et al., "Model soups", 2022). Runs far apart only spoil each other.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from models.catalogue import file_sha256
from models.checkpoint import read_checkpoint
from models.errors import TrainingError

KEPT_ARGUMENTS = ("imgsz", "task")


def publish(run: Path, out: Path, others: Sequence[tuple[Path, float]] = ()) -> str:
    """Writes a weight file to ship.

    Args:
        run: A checkpoint of a training run.
        out: File to write.
        others: Checkpoints to average with it, each with its share; the rest is `run`'s.

    Returns:
        SHA-256 of the written file, for the catalogue.

    Raises:
        UnreadableWeightsError: A checkpoint is damaged.
        TrainingError: Networks or classes differ, or the shares leave nothing for `run`.
    """
    model: Any = read_checkpoint(run).model
    if others:
        _average(model, others)
    kept = {name: model.args[name] for name in KEPT_ARGUMENTS if name in model.args}
    model.args = kept
    model.criterion = None
    for name in ("pt_path", "yaml_file"):
        model.__dict__.pop(name, None)
    model.yaml = {key: value for key, value in model.yaml.items() if key != "yaml_file"}
    model.half().requires_grad_(requires_grad=False)
    torch.save({"model": model, "train_args": kept, "license": "AGPL-3.0-only"}, out)
    return file_sha256(out)


def _average(model: Any, others: Sequence[tuple[Path, float]]) -> None:
    rest = 1 - sum(share for _, share in others)
    if rest <= 0 or any(share <= 0 for _, share in others):
        raise TrainingError("Shares must be above 0 and add up to less than 1.")
    total = {name: rest * tensor.double() for name, tensor in model.state_dict().items()}
    for path, share in others:
        other: Any = read_checkpoint(path).model
        state = other.state_dict()
        shapes = {name: tensor.shape for name, tensor in state.items()}
        if other.names != model.names or shapes != {k: v.shape for k, v in total.items()}:
            raise TrainingError(
                f"{path} is another network, or has other classes: average its own."
            )
        for name, tensor in state.items():
            total[name] += share * tensor.double()
    model.load_state_dict({name: tensor.float() for name, tensor in total.items()})


def main() -> None:
    """`python -m models.publish RUN.pt OUT.pt [--with OTHER.pt SHARE]`: prints the SHA-256."""
    parser = argparse.ArgumentParser(prog="python -m models.publish", description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--with", dest="others", action="append", nargs=2, default=[],
                        metavar=("OTHER", "SHARE"))  # fmt: skip
    args = parser.parse_args()
    print(publish(args.run, args.out, [(Path(path), float(share)) for path, share in args.others]))


if __name__ == "__main__":
    main()
