"""Trains the truck-state reader on crops listed in `crops.jsonl` files.

The lower layers stay as the start has them. What they give for a few augmented views of every crop
is computed once; the upper layers learn from that, in minutes on a CPU. Every list counts the same,
so that a few hundred real crops are not drowned by thousands of rendered ones.
"""

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from torchvision.transforms import v2

from models.catalogue import find
from models.checkpoint import read_checkpoint
from models.truck_crops import IGNORED, Crop, read_crops
from models.truck_measure import measure
from models.truck_network import BACKBONE_LAYERS, TruckNetwork, read_network, save, to_tensor
from models.truck_state import ATTRIBUTES

FROZEN_LAYERS = 7
"""Layers kept as they are: up to the one of stride 16."""
LEARNING_RATE = 1e-3
WEIGHT_DECAY = 2e-2
SMOOTHING = 0.05
"""Label smoothing: one reader labelled, once."""
EVENNESS = 0.5
"""Label combinations are drawn by the root of their count."""
BATCH = 32


def begin(start: str | Path) -> TruckNetwork:
    """Makes the network to start from.

    Args:
        start: Name of a truck reader in the catalogue, to learn on; else a detector's name or
            file, whose backbone is taken and whose heads are new.

    Raises:
        UnknownModelError: It is neither a name nor a file.
    """
    entry = find(start)
    if entry.task == "truck_state":
        return read_network(entry)[0]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)  # new heads are the same each time, whatever ran before
        network = TruckNetwork()
    detector: Any = read_checkpoint(entry.path).model
    network.backbone.load_state_dict(detector.model[:BACKBONE_LAYERS].float().state_dict())
    return network


def train(
    crops: Sequence[Crop],
    start: TruckNetwork,
    *,
    size: int,
    steps: int,
    views: int,
    seeds: Sequence[int],
    rate: float = LEARNING_RATE,
    evenness: float = EVENNESS,
    keep: float = 0.0,
) -> TruckNetwork:
    """Trains on the crops of the part `train`, once per seed.

    Args:
        crops: From `read_crops`, of all lists.
        start: From `begin`; it stays as it is.
        size: Side of the square input, in pixels.
        steps: Batches to learn from.
        views: Augmented views of each crop.
        seeds: Of the draw; the first one's also of the augmentation.
        rate: Highest learning rate.
        evenness: 0 draws every crop of a list equally often, 1 every combination of labels.
        keep: Share of the start's weights in the result, 0..1: it keeps some of what it knew
            (WiSE-FT, Wortsman et al. 2022).

    Returns:
        The mean of the runs' weights (a "soup", Wortsman et al. 2022): of several runs from a
        trained start it is steadier than one, and none has to be chosen.
    """
    torch.manual_seed(seeds[0])
    chosen = [crop for crop in crops if crop.part == "train"]
    maps = _maps(start.backbone[:FROZEN_LAYERS].eval(), chosen, size, views)
    labels = torch.tensor([crop.labels for crop in chosen]).repeat(views, 1)
    learnt = _Learnt(maps, labels, _draw_weights(chosen, evenness).repeat(views))
    runs = [_run(deepcopy(start), learnt, steps, seed, rate) for seed in seeds]
    return _mean([start, *runs], [keep, *[(1 - keep) / len(runs)] * len(runs)])


@dataclass(frozen=True, slots=True)
class _Learnt:
    """What is learned from: maps, the labels of each, and how often each is drawn."""

    maps: torch.Tensor
    labels: torch.Tensor
    weights: torch.Tensor


def _run(network: TruckNetwork, learnt: _Learnt, steps: int, seed: int, rate: float) -> nn.Module:
    torch.manual_seed(seed)
    upper = network.backbone[FROZEN_LAYERS:]
    parameters = [*upper.parameters(), *network.heads.parameters()]
    optimizer = torch.optim.AdamW(parameters, rate, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps)
    generator = torch.Generator().manual_seed(seed)
    upper.train()
    total = 0.0
    for step in range(1, steps + 1):
        drawn = torch.multinomial(learnt.weights, BATCH, replacement=True, generator=generator)
        features = network.drop(upper(learnt.maps[drawn].float()).mean((2, 3)))
        outputs = {name: head(features) for name, head in network.heads.items()}
        loss = _loss(outputs, learnt.labels[drawn])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        total += loss.item()
        if step % 50 == 0:
            print(f"seed {seed}, step {step}/{steps}: mean loss {total / step:.3f}", flush=True)
    return network


def _mean(networks: Sequence[nn.Module], shares: Sequence[float]) -> TruckNetwork:
    """The network whose weights and running statistics are the means of theirs, by shares."""
    states = [network.state_dict() for network in networks]
    pairs = list(zip(shares, states, strict=True))
    mean = {
        name: torch.stack([share * state[name].double() for share, state in pairs])
        .sum(0)
        .to(value.dtype)
        for name, value in states[0].items()
    }
    network = TruckNetwork()
    network.load_state_dict(mean)
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


def _draw_weights(crops: Sequence[Crop], evenness: float) -> torch.Tensor:
    """Every list counts the same; within one, label combinations by their count's power."""
    groups = Counter((crop.source, crop.labels) for crop in crops)
    sources: defaultdict[str, float] = defaultdict(float)
    for (source, _), count in groups.items():
        sources[source] += count ** (1 - evenness)
    return torch.tensor(
        [groups[c.source, c.labels] ** -evenness / sources[c.source] for c in crops]
    )


def main() -> None:
    """`python -m models.train_truck_state CROPS.jsonl… --start FILE --out FILE`."""
    parser = argparse.ArgumentParser(prog="python -m models.train_truck_state", description=__doc__)
    parser.add_argument("crops", nargs="+", type=Path, help="crops.jsonl files")
    parser.add_argument(
        "--start", required=True, help="truck reader in the catalogue, or a detector"
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--size", type=int, default=192, help="side of the input in pixels")
    parser.add_argument("--steps", type=int, default=400, help="batches to learn from")
    parser.add_argument("--views", type=int, default=3, help="augmented views of each crop")
    parser.add_argument("--rate", type=float, default=LEARNING_RATE, help="highest learning rate")
    parser.add_argument(
        "--evenness", type=float, default=EVENNESS, help="1: label combinations drawn equally often"
    )
    parser.add_argument("--keep", type=float, default=0.0, help="share of the start's weights")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1], help="one run each")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    crops = [crop for listing in args.crops for crop in read_crops(listing, args.size)]
    network = train(
        crops,
        begin(args.start),
        size=args.size,
        steps=args.steps,
        views=args.views,
        seeds=args.seeds,
        rate=args.rate,
        evenness=args.evenness,
        keep=args.keep,
    )
    save(network, args.size, args.out)
    for source in sorted({crop.source for crop in crops}):
        held = [crop for crop in crops if crop.source == source and crop.part == "held_out"]
        if held:
            print(source, json.dumps(measure(network, held, args.size)))


if __name__ == "__main__":
    main()
