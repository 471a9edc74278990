"""Trains the truck-state reader on crops listed in `crops.jsonl` files.

The lower layers stay as the start has them. What they give for a few augmented views of every crop
is computed once; the upper layers learn from that, in minutes on a CPU. Every list counts the same,
so that a few hundred real crops are not drowned by thousands of rendered ones.
"""

import argparse
import json
import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from torchvision.transforms import v2

from models.checkpoint import read_checkpoint
from models.truck_crops import IGNORED, Crop, read_crops
from models.truck_measure import measure
from models.truck_network import BACKBONE_LAYERS, TruckNetwork, save, to_tensor
from models.truck_state import ATTRIBUTES

FROZEN_LAYERS = 7
"""Layers kept as they are: up to the one of stride 16."""
LEARNING_RATE = 1e-3
WEIGHT_DECAY = 2e-2
SMOOTHING = 0.05
"""Label smoothing: one reader labelled, once."""
BATCH = 32


def train(
    crops: Sequence[Crop], start: Path, *, size: int, steps: int, views: int, seed: int
) -> TruckNetwork:
    """Trains on the crops of the part `train`.

    Args:
        crops: From `read_crops`, of all lists.
        start: Detector whose backbone is the start.
        size: Side of the square input, in pixels.
        steps: Batches to learn from.
        views: Augmented views of each crop.
        seed: Of the draw and the augmentation.
    """
    torch.manual_seed(seed)
    network = TruckNetwork()
    detector: Any = read_checkpoint(start).model
    network.backbone.load_state_dict(detector.model[:BACKBONE_LAYERS].float().state_dict())
    chosen = [crop for crop in crops if crop.part == "train"]
    maps = _maps(network.backbone[:FROZEN_LAYERS].eval(), chosen, size, views)
    labels = torch.tensor([crop.labels for crop in chosen]).repeat(views, 1)
    weights = _draw_weights(chosen).repeat(views)
    upper = network.backbone[FROZEN_LAYERS:]
    parameters = [*upper.parameters(), *network.heads.parameters()]
    optimizer = torch.optim.AdamW(parameters, LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=steps)
    generator = torch.Generator().manual_seed(seed)
    upper.train()
    total = 0.0
    for step in range(1, steps + 1):
        drawn = torch.multinomial(weights, BATCH, replacement=True, generator=generator)
        features = network.drop(upper(maps[drawn].float()).mean((2, 3)))
        outputs = {name: head(features) for name, head in network.heads.items()}
        loss = _loss(outputs, labels[drawn])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        total += loss.item()
        if step % 50 == 0:
            print(f"step {step}/{steps}: mean loss so far {total / step:.3f}", flush=True)
    return network.eval()


_AUGMENT = v2.Compose(
    [
        v2.RandomHorizontalFlip(),
        v2.RandomAffine(degrees=8, translate=(0.06, 0.06), scale=(0.85, 1.1), fill=0.45),
        v2.ColorJitter(brightness=0.5, contrast=0.4, saturation=0.25, hue=0.02),
        v2.RandomApply([v2.GaussianBlur(5, (0.3, 2.0))], p=0.4),
    ]
)


@torch.inference_mode()
def _maps(lower: nn.Module, crops: Sequence[Crop], size: int, views: int) -> torch.Tensor:
    """What the lower layers give, in 16-bit floats: all crops as they are, then augmented."""
    maps = []
    for view in range(views):
        for start in range(0, len(crops), BATCH):
            squares = [to_tensor(crop.pixels, size) for crop in crops[start : start + BATCH]]
            batch = torch.stack([_AUGMENT(square) if view else square for square in squares])
            maps.append(lower(batch).half())
    return torch.cat(maps).clone()


def _loss(outputs: dict[str, torch.Tensor], labels: torch.Tensor) -> torch.Tensor:
    losses = []
    for place, name in enumerate(ATTRIBUTES):
        known = labels[:, place] != IGNORED
        if known.any():
            losses.append(
                functional.cross_entropy(
                    outputs[name][known], labels[known, place], label_smoothing=SMOOTHING
                )
            )
    return torch.stack(losses).sum()


def _draw_weights(crops: Sequence[Crop]) -> torch.Tensor:
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
    parser.add_argument("--steps", type=int, default=400, help="batches to learn from")
    parser.add_argument("--views", type=int, default=3, help="augmented views of each crop")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    crops = [crop for listing in args.crops for crop in read_crops(listing, args.size)]
    network = train(
        crops, args.start, size=args.size, steps=args.steps, views=args.views, seed=args.seed
    )
    save(network, args.size, args.out)
    for source in sorted({crop.source for crop in crops}):
        held = [crop for crop in crops if crop.source == source and crop.part == "held_out"]
        if held:
            print(source, json.dumps(measure(network, held, args.size)))


if __name__ == "__main__":
    main()
