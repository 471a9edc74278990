"""Losses over epochs, as a picture."""

import csv
from pathlib import Path

from matplotlib.figure import Figure


def write_losses(results: Path, file: Path) -> None:
    """Draws the training losses of a stage.

    Args:
        results: Ultralytics' `results.csv`.
        file: PNG to write.
    """
    with results.open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    losses = [key for key in rows[0] if key.startswith("train/")]
    figure = Figure(figsize=(3 * len(losses), 2.6), layout="constrained")
    panels = figure.subplots(1, len(losses), squeeze=False)[0]
    for panel, key in zip(panels, losses, strict=True):
        panel.plot([int(r["epoch"]) for r in rows], [float(r[key]) for r in rows], marker=".")
        panel.set(title=key.removeprefix("train/"), xlabel="epoch")
        panel.grid(alpha=0.3)
    figure.savefig(file, dpi=80)
