from pathlib import Path

import torch

from models import find
from models.catalogue import file_sha256
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
