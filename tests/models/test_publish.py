from pathlib import Path

import pytest
import torch

from models import find
from models.catalogue import file_sha256
from models.checkpoint import read_checkpoint
from models.errors import TrainingError
from models.load import load_detector
from models.publish import publish


def test_a_published_file_sees_the_same_and_says_nothing_of_its_run(
    tiny_weights: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.pt"
    assert publish(tiny_weights, out) == file_sha256(out)
    assert str(tiny_weights.parent).encode() not in out.read_bytes()
    picture = torch.rand(1, 3, 64, 64)
    with torch.inference_mode():
        before = load_detector(find(tiny_weights))(picture)
        after = load_detector(find(out))(picture)
    assert torch.equal(before, after)


def test_runs_are_averaged_by_their_shares(tiny_weights: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.pt"
    saved = torch.load(tiny_weights, weights_only=False)
    with torch.no_grad():
        for parameter in saved["model"].parameters():
            parameter.add_(1)
    torch.save(saved, other)
    publish(tiny_weights, tmp_path / "out.pt", [(other, 0.25)])
    before = read_checkpoint(tiny_weights).model.state_dict()
    after = read_checkpoint(tmp_path / "out.pt").model.state_dict()
    name = "model.0.conv.weight"
    assert torch.allclose(after[name], before[name] + 0.25, atol=1e-2)
    counted = "model.0.bn.num_batches_tracked"
    assert torch.equal(after[counted], before[counted])


@pytest.mark.parametrize("shares", [[1.0], [-0.1], [0.5, 0.5]])
def test_shares_must_leave_something(
    tiny_weights: Path, tmp_path: Path, shares: list[float]
) -> None:
    with pytest.raises(TrainingError, match="add up to less than 1"):
        publish(tiny_weights, tmp_path / "out.pt", [(tiny_weights, share) for share in shares])


def test_another_network_is_not_averaged(tiny_weights: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="another network"):
        publish(tiny_weights, tmp_path / "out.pt", [(find("streetwarden-n").path, 0.5)])
