from pathlib import Path

import pytest
import torch

from models.checkpoint import read_checkpoint
from models.errors import TrainingError
from models.training.network import adapt_classes, build
from models.training.recipe import read_recipe
from models.training.stage import train_stage


def test_a_known_class_keeps_its_weights(tiny_weights: Path) -> None:
    old = read_checkpoint(tiny_weights).model
    model = adapt_classes(
        read_checkpoint(tiny_weights).model, {0: "stall", 1: "truck", 2: "person", 3: "plate"}
    )
    before, after = old.model[-1].cv3[0][-1], model.model[-1].cv3[0][-1]
    assert torch.equal(after.weight[1], before.weight[2])
    assert torch.equal(after.weight[2], before.weight[0])
    assert after.bias[0] < -3  # a new class starts as rare
    with torch.inference_mode():
        assert model(torch.rand(1, 3, 64, 64))[0].shape[1] == 4 + 4


def test_same_classes_change_nothing(tiny_weights: Path) -> None:
    model = read_checkpoint(tiny_weights).model
    head = model.model[-1].cv3[0][-1]
    assert adapt_classes(model, dict(model.names)).model[-1].cv3[0][-1] is head


def test_misspelt_recipe_is_named(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text("stages: [{name: a, setings: {}}]")
    with pytest.raises(TrainingError, match=r"recipe\.yaml.*settings"):
        read_recipe(path)


def test_unknown_stage_and_missing_data(tmp_path: Path, tiny_weights: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text("stages: [{name: real, settings: {epochs: 1}}]")
    recipe = read_recipe(path)
    with pytest.raises(TrainingError, match=r"'reel'.*real"):
        train_stage(recipe, "reel", tiny_weights, tmp_path, tmp_path)
    with pytest.raises(TrainingError, match=r"data\.yaml"):
        train_stage(recipe, "real", tiny_weights, tmp_path, tmp_path)


def test_another_architecture_takes_over_what_fits(tiny_weights: Path) -> None:
    start = read_checkpoint(tiny_weights).model
    model, fitted = build("yolo26n.yaml", start)
    assert 300 < fitted.tensors < fitted.of
    mine, theirs = model.state_dict(), start.state_dict()
    assert torch.equal(mine["model.2.cv1.conv.weight"], theirs["model.2.cv1.conv.weight"])
    adapt_classes(model, {0: "stall", 1: "truck"})
    with torch.inference_mode():
        many = model.train()(torch.rand(1, 3, 64, 64))
    assert {scores.shape[1] for scores in (many[k]["scores"] for k in ("one2many", "one2one"))} == {
        2
    }


def test_an_architecture_that_nobody_knows(tiny_weights: Path) -> None:
    with pytest.raises(TrainingError, match=r"yolo99x\.yaml.*yolo26n\.yaml"):
        build("yolo99x.yaml", read_checkpoint(tiny_weights).model)
