"""Trains the truck-state reader on crops listed in `crops.jsonl` files.

A line is `{"image": path beside the list, "box": pixels or absent, "load": name or null, "dirt":
name or null, "part": "train" or "held_out"}`; a null is not learned from. Every list counts the
same, so that a few hundred real crops are not drowned by thousands of rendered ones.
"""

import argparse
import json
import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional
from torchvision.transforms import v2

from models.checkpoint import read_checkpoint
from models.errors import TrainingError
from models.truck_state import ATTRIBUTES, BACKBONE_LAYERS, TruckNetwork, save, to_tensor

FROZEN_LAYERS = 5
LEARNING_RATE = 1e-3
WEIGHT_DECAY = 1e-2
BATCH = 32
IGNORED = -1
MARGIN = 0.06
LEAST_SIDE = 48
"""Shorter side of a crop in pixels; the pipeline reads no smaller trucks."""


@dataclass(frozen=True, slots=True)
class Crop:
    """One labelled crop.

    Attributes:
        pixels: H×W×3, BGR, scaled down to about twice the network's input.
        labels: Index of the value per attribute, `IGNORED` where it is not known.
        part: `train` or `held_out`.
        source: The list it came from.
    """

    pixels: npt.NDArray[np.uint8]
    labels: tuple[int, ...]
    part: str
    source: str


def read_crops(listing: Path, size: int) -> list[Crop]:
    """Reads the crops of a list into memory.

    Raises:
        TrainingError: The list cannot be read, or a crop in it.
    """
    crops = []
    try:
        rows = [json.loads(line) for line in listing.read_text().splitlines()]
        for number, row in enumerate(rows):
            picture: Any = cv2.imread(str(listing.parent / row["image"]))
            if picture is None:
                raise TrainingError(f"Crop {row['image']} of {listing} is not a readable picture.")
            if "box" in row:
                picture = _cut(picture, row["box"])
            if min(picture.shape[:2]) < LEAST_SIDE:
                continue
            labels = tuple(
                values.index(row[name]) if row.get(name) else IGNORED
                for name, values in ATTRIBUTES.items()
            )
            scale = min(1.0, 2 * size / max(picture.shape[:2]))
            small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            crops.append(Crop(small, labels, row.get("part") or _part(number), listing.parent.name))
    except (OSError, ValueError, KeyError) as error:
        raise TrainingError(
            f"Crop list {listing} cannot be used ({error!r}). Make it again."
        ) from error
    return crops


def _cut(picture: Any, box: list[float]) -> Any:
    """Cuts a box in pixels with a margin, as the pipeline does."""
    x1, y1, x2, y2 = box
    wide, high = MARGIN * (x2 - x1), MARGIN * (y2 - y1)
    top, left = max(0, int(y1 - high)), max(0, int(x1 - wide))
    return picture[top : max(top + 1, int(y2 + high)), left : max(left + 1, int(x2 + wide))]


def _part(number: int) -> str:
    """Holds out every seventh crop of a list that does not say (labels go round by eight)."""
    return "held_out" if number % 7 == 0 else "train"


def train(
    crops: list[Crop], start: Path, *, size: int, epochs: int, per_epoch: int, seed: int
) -> TruckNetwork:
    """Trains on the crops of the part `train`.

    Args:
        crops: From `read_crops`, of all lists.
        start: Detector whose backbone is the start.
        size: Side of the square input, in pixels.
        epochs: Passes.
        per_epoch: Crops drawn per pass, with replacement.
        seed: Of the draw and the augmentation.
    """
    torch.manual_seed(seed)
    network = TruckNetwork()
    detector: Any = read_checkpoint(start).model
    backbone = detector.model[:BACKBONE_LAYERS]
    network.backbone.load_state_dict(backbone.state_dict())
    for layer in network.backbone[:FROZEN_LAYERS]:
        layer.requires_grad_(requires_grad=False)
    chosen = [crop for crop in crops if crop.part == "train"]
    weights = _draw_weights(chosen)
    generator = torch.Generator().manual_seed(seed)
    parameters = [p for p in network.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    steps = epochs * (per_epoch // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=steps)
    for epoch in range(epochs):
        network.train()
        for layer in network.backbone[:FROZEN_LAYERS]:
            layer.eval()  # keeps the batch statistics of the starting weights
        total = 0.0
        for _ in range(per_epoch // BATCH):
            drawn = torch.multinomial(weights, BATCH, replacement=True, generator=generator)
            batch = [chosen[index] for index in drawn.tolist()]
            loss = _loss(network, batch, size)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        print(f"epoch {epoch + 1}/{epochs}: loss {total / (per_epoch // BATCH):.3f}", flush=True)
    return network.eval()


def measure(network: TruckNetwork, crops: list[Crop], size: int) -> dict[str, dict[str, Any]]:
    """Measures balanced accuracy per attribute: the mean, over the values present, of their recall.

    Returns:
        Attribute to `{"balanced_accuracy", "crops", "confusion": {true: {read: count}}}`.
    """
    with torch.inference_mode():
        outputs = [network(to_tensor(crop.pixels, size)[None]) for crop in crops]
    report: dict[str, dict[str, Any]] = {}
    for place, (name, values) in enumerate(ATTRIBUTES.items()):
        confusion: dict[str, Counter[str]] = {}
        for crop, output in zip(crops, outputs, strict=True):
            if crop.labels[place] != IGNORED:
                read = values[int(output[name].argmax())]
                confusion.setdefault(values[crop.labels[place]], Counter())[read] += 1
        recalls = [reads[true] / reads.total() for true, reads in confusion.items()]
        report[name] = {
            "balanced_accuracy": round(sum(recalls) / len(recalls), 3) if recalls else None,
            "crops": sum(reads.total() for reads in confusion.values()),
            "confusion": {true: dict(reads) for true, reads in confusion.items()},
        }
    return report


_AUGMENT = v2.Compose(
    [
        v2.RandomHorizontalFlip(),
        v2.RandomAffine(degrees=8, translate=(0.06, 0.06), scale=(0.85, 1.1), fill=0.45),
        v2.ColorJitter(brightness=0.5, contrast=0.4, saturation=0.25, hue=0.02),
        v2.RandomApply([v2.GaussianBlur(5, (0.3, 2.0))], p=0.4),
    ]
)


def _loss(network: TruckNetwork, batch: list[Crop], size: int) -> torch.Tensor:
    pictures = torch.stack([_AUGMENT(to_tensor(crop.pixels, size)) for crop in batch])
    outputs = network(pictures)
    labels = torch.tensor([crop.labels for crop in batch])
    losses = []
    for place, name in enumerate(ATTRIBUTES):
        known = labels[:, place] != IGNORED
        if known.any():
            losses.append(functional.cross_entropy(outputs[name][known], labels[known, place]))
    return torch.stack(losses).sum()


def _draw_weights(crops: list[Crop]) -> torch.Tensor:
    """Every list counts the same; within one, label combinations by the root of their count."""
    groups = Counter((crop.source, crop.labels) for crop in crops)
    sources: defaultdict[str, float] = defaultdict(float)
    for (source, _), count in groups.items():
        sources[source] += math.sqrt(count)
    return torch.tensor(
        [1 / math.sqrt(groups[c.source, c.labels]) / sources[c.source] for c in crops]
    )


def main() -> None:
    """`python -m models.train_truck_state CROPS.jsonl… --start FILE --out FILE`."""
    parser = argparse.ArgumentParser(prog="python -m models.train_truck_state", description=__doc__)
    parser.add_argument("crops", nargs="+", type=Path, help="crops.jsonl files")
    parser.add_argument("--start", type=Path, required=True, help="detector with the backbone")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--size", type=int, default=192, help="side of the input in pixels")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--per-epoch", type=int, default=1024, help="crops drawn per epoch")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    crops = [crop for listing in args.crops for crop in read_crops(listing, args.size)]
    network = train(
        crops,
        args.start,
        size=args.size,
        epochs=args.epochs,
        per_epoch=args.per_epoch,
        seed=args.seed,
    )
    save(network, args.size, args.out)
    for source in sorted({crop.source for crop in crops}):
        held = [crop for crop in crops if crop.source == source and crop.part == "held_out"]
        print(source, json.dumps(measure(network, held, args.size)))


if __name__ == "__main__":
    main()
