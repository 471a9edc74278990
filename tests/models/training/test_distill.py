from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from models.checkpoint import read_checkpoint
from models.errors import TrainingError
from models.training.distill import Distillation, distance
from models.training.network import build
from models.training.recipe import read_recipe
from models.training.stage import train_stage

GAINS = SimpleNamespace(box=7.5, cls=0.5, dfl=1.5)
EMPTY = {"batch_idx": torch.zeros(0), "cls": torch.zeros(0), "bboxes": torch.zeros(0, 4)}


def _student(weights: Path) -> Any:
    """The network of the weights, but for the last layer of its classes: that knows nothing."""
    model: Any = read_checkpoint(weights).model
    for branch in model.model[-1].cv3:
        torch.nn.init.zeros_(branch[-1].weight)
        torch.nn.init.constant_(branch[-1].bias, -4.0)
    model.args = GAINS
    return model.train()


def test_the_distance_is_nothing_for_the_same_scores() -> None:
    wanted = torch.tensor([[-3.0, 0.0, 4.0]])
    assert distance(wanted.clone(), wanted).item() == pytest.approx(0, abs=1e-6)
    # one score of a half, where the teacher has 0.98: KL in nats over the teacher's 0.98
    assert distance(torch.tensor([0.0]), torch.tensor([4.0])).item() == pytest.approx(
        0.6931 - 0.0901, rel=2e-3
    )


def test_only_the_classes_asked_for_go_to_the_teacher(tiny_weights: Path) -> None:
    student = _student(tiny_weights)
    lesson = Distillation(student, tiny_weights, ["truck"], gain=2.0)
    batch = {**EMPTY, "img": torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(1))}
    given = student(batch["img"])
    own, _ = student.init_criterion()(given, batch)
    losses, first = lesson(given, batch)
    assert torch.equal(losses[:3], own)
    assert losses[3].item() == pytest.approx(2 * first["distill_loss"].item(), rel=1e-4)

    losses[3].backward()
    heads = [branch[-1] for branch in student.model[-1].cv3]
    for head in heads:
        rows = head.weight.grad.abs().sum((1, 2, 3))
        assert rows[2] > 0
        assert rows[0] == rows[1] == 0
    steps = torch.optim.Adam([p for head in heads for p in head.parameters()], lr=0.05)
    for _ in range(20):
        steps.zero_grad()
        losses, last = lesson(student(batch["img"]), batch)
        losses[3].backward()
        steps.step()
    assert last["distill_loss"] < 0.5 * first["distill_loss"]


def test_of_two_heads_the_one_with_many_boxes_is_held(tiny_weights: Path) -> None:
    modern, _ = build("yolo26n.yaml", read_checkpoint(tiny_weights).model)
    modern.args = SimpleNamespace(**vars(GAINS), epochs=3)
    modern.train()
    lesson = Distillation(modern, tiny_weights, ["truck"], gain=2.0)
    batch = {**EMPTY, "img": torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(1))}
    given = modern(batch["img"])
    losses, items = lesson(given, batch)
    assert items["distill_loss"] > 0
    losses[-1].backward()
    head = modern.model[-1]
    assert all(branch[-1].weight.grad[2].abs().sum() > 0 for branch in head.cv3)
    assert all(branch[-1].weight.grad.abs().sum() == 0 for branch in head.one2one_cv3)

    modern.zero_grad()
    before = lesson(modern(batch["img"]), batch)[0][:-1].sum()
    lesson.update()
    lesson.update()
    after = lesson(modern(batch["img"]), batch)[0][:-1].sum()
    assert before.item() != pytest.approx(after.item(), rel=1e-3), "epochs weigh the heads anew"


def test_what_does_not_fit_is_said(tiny_weights: Path, tmp_path: Path) -> None:
    student = _student(tiny_weights)
    with pytest.raises(TrainingError, match=r"data knows no class stall"):
        Distillation(student, tiny_weights, ["stall"], 1.0)
    student.names = {0: "person", 1: "bin", 2: "stall"}
    with pytest.raises(TrainingError, match=r"teacher tiny\.pt knows no class stall"):
        Distillation(student, tiny_weights, ["stall"], 1.0)
    student.stride = student.stride * 2
    with pytest.raises(TrainingError, match="do not share a grid"):
        Distillation(student, tiny_weights, ["person"], 1.0)

    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("stages: [{name: a, settings: {}, distill: {classes: [person]}}]")
    (tmp_path / "data.yaml").touch()
    with pytest.raises(TrainingError, match="--teacher"):
        train_stage(read_recipe(recipe), "a", tiny_weights, tmp_path, tmp_path)
