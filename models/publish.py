"""Turns a training run's `last.pt` into a weight file to ship: the network in 16-bit floats alone.

A run's own file also holds the optimizer, the settings and the folders of the machine it ran on.
"""

import argparse
from pathlib import Path
from typing import Any

import torch

from models.catalogue import file_sha256
from models.checkpoint import read_checkpoint

KEPT_ARGUMENTS = ("imgsz", "task")


def publish(run: Path, out: Path) -> str:
    """Writes a weight file to ship.

    Args:
        run: A checkpoint of a training run.
        out: File to write.

    Returns:
        SHA-256 of the written file, for the catalogue.

    Raises:
        UnreadableWeightsError: The checkpoint is damaged.
    """
    model: Any = read_checkpoint(run).model
    kept = {name: model.args[name] for name in KEPT_ARGUMENTS if name in model.args}
    model.args = kept
    model.criterion = None
    for name in ("pt_path", "yaml_file"):
        model.__dict__.pop(name, None)
    model.yaml = {key: value for key, value in model.yaml.items() if key != "yaml_file"}
    model.half().requires_grad_(requires_grad=False)
    torch.save({"model": model, "train_args": kept, "license": "AGPL-3.0-only"}, out)
    return file_sha256(out)


def main() -> None:
    """`python -m models.publish RUN.pt OUT.pt`: prints the SHA-256."""
    parser = argparse.ArgumentParser(prog="python -m models.publish", description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    print(publish(args.run, args.out))


if __name__ == "__main__":
    main()
