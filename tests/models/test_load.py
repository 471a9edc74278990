from dataclasses import replace
from pathlib import Path

import pytest
import torch

from models import find
from models.errors import UnreadableWeightsError, WrongTaskError
from models.load import load_detector


def test_output_is_boxes_and_scores(tiny_weights: Path) -> None:
    detector = load_detector(find(tiny_weights))
    with torch.inference_mode():
        output = detector(torch.rand(2, 3, 96, 160))
    anchors = sum((96 // s) * (160 // s) for s in (8, 16, 32))
    assert output.shape == (2, 4 + 3, anchors)
    assert output.dtype == torch.float32
    assert output[:, 4:].min() >= 0
    assert output[:, 4:].max() <= 1
    assert detector.stride == 32


def test_is_ready_to_infer(tiny_weights: Path) -> None:
    detector = load_detector(find(tiny_weights))
    assert not detector.training
    assert not any(p.requires_grad for p in detector.parameters())
    assert not any(isinstance(m, torch.nn.BatchNorm2d) for m in detector.modules())


def test_each_picture_is_seen_alone(tiny_weights: Path) -> None:
    detector = load_detector(find(tiny_weights))
    pictures = torch.rand(3, 3, 64, 64)
    with torch.inference_mode():
        together = detector(pictures)
        alone = torch.cat([detector(picture[None]) for picture in pictures])
    assert torch.allclose(together, alone, atol=1e-3)


def test_half_is_half(tiny_weights: Path) -> None:
    detector = load_detector(find(tiny_weights), half=True)
    assert {p.dtype for p in detector.parameters()} == {torch.float16}


def test_other_task_is_refused(tiny_weights: Path) -> None:
    with pytest.raises(WrongTaskError, match="truck_state"):
        load_detector(replace(find(tiny_weights), task="truck_state"))


def test_other_classes_than_listed_are_refused(tiny_weights: Path) -> None:
    with pytest.raises(UnreadableWeightsError, match="other classes"):
        load_detector(replace(find(tiny_weights), classes=("cat",)))
