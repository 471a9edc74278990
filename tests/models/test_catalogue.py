import os
import shutil
from pathlib import Path

import pytest
import torch
from ruamel.yaml import YAML

from models import catalogue, find, names
from models.errors import (
    CatalogueError,
    MissingWeightsError,
    TamperedWeightsError,
    UnknownModelError,
    UnreadableWeightsError,
)

KINDS = Path(catalogue.__file__).parents[1] / "datasets" / "kinds.yaml"


@pytest.fixture
def listed(tmp_path: Path, tiny_weights: Path) -> Path:
    """A catalogue with one entry, its file beside it."""
    (tmp_path / "weights").mkdir()
    shutil.copy(tiny_weights, tmp_path / "weights" / "tiny.pt")
    entry = {
        "file": "tiny.pt",
        "sha256": catalogue.file_sha256(tiny_weights),
        "version": "1",
        "task": "detect",
        "classes": ["person", "bin", "truck"],
        "image_size": 320,
        "threshold": 0.4,
        "card": "tiny.md",
    }
    path = tmp_path / "catalogue.yaml"
    YAML(typ="safe").dump({"version": 1, "models": {"tiny": entry}}, path)
    return path


def test_finds_a_listed_model(listed: Path) -> None:
    entry = find("tiny", catalogue=listed)
    assert entry.classes == ("person", "bin", "truck")
    assert (entry.image_size, entry.threshold, entry.task) == (320, 0.4, "detect")
    assert entry.sha256 == catalogue.file_sha256(entry.path)


def test_refuses_a_listed_file_with_one_changed_bit(listed: Path) -> None:
    file = listed.parent / "weights" / "tiny.pt"
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    with pytest.raises(TamperedWeightsError, match=r"tiny.*SHA-256.*Restore"):
        find("tiny", catalogue=listed)


def test_says_which_listed_file_is_missing(listed: Path) -> None:
    (listed.parent / "weights" / "tiny.pt").unlink()
    with pytest.raises(MissingWeightsError, match=r"tiny\.pt"):
        find("tiny", catalogue=listed)


def test_unknown_name_lists_the_known_ones(listed: Path) -> None:
    with pytest.raises(UnknownModelError, match=r"'huge'.*tiny"):
        find("huge", catalogue=listed)


@pytest.mark.parametrize("text", ["models: [", "models: {tiny: {file: tiny.pt}}", "[]", ""])
def test_broken_catalogue_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "catalogue.yaml"
    path.write_text(text)
    with pytest.raises(CatalogueError, match=r"catalogue\.yaml"):
        find("tiny", catalogue=path)


def test_own_file_brings_its_classes(tiny_weights: Path) -> None:
    entry = find(tiny_weights)
    assert entry.name == "tiny"
    assert entry.classes == ("person", "bin", "truck")
    assert entry.image_size == 320


@pytest.mark.parametrize("content", [b"", b"not weights at all", b"PK\x03\x04 broken zip"])
def test_own_file_that_is_no_weight_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.pt"
    path.write_bytes(content)
    with pytest.raises(UnreadableWeightsError, match=r"broken\.pt"):
        find(path)


def test_truncated_own_file(tmp_path: Path, tiny_weights: Path) -> None:
    path = tmp_path / "short.pt"
    path.write_bytes(tiny_weights.read_bytes()[:-4096])
    with pytest.raises(UnreadableWeightsError, match=r"short\.pt.*damaged"):
        find(path)


class _Hostile:
    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.mark),)


def test_a_pickle_that_runs_code_is_refused(tmp_path: Path) -> None:
    path, mark = tmp_path / "hostile.pt", tmp_path / "ran"
    torch.save({"model": _Hostile(mark)}, path)
    with pytest.raises(UnreadableWeightsError, match=r"hostile\.pt"):
        find(path)
    assert not mark.exists()


def test_every_shipped_model_is_whole() -> None:
    entries = [find(name) for name in names()]
    assert sum(entry.path.stat().st_size for entry in entries) <= 12e6
    for entry in entries:
        assert entry.card is not None
        assert entry.sha256 in entry.card.read_text()


def test_shipped_classes_are_those_of_kinds() -> None:
    kinds = YAML(typ="safe").load(KINDS)
    classes = tuple(item["name"] for item in kinds["classes"])
    for entry in map(find, names()):
        if entry.task == "detect":
            assert entry.classes == classes
        else:
            assert entry.classes == tuple(v for vs in kinds["attributes"].values() for v in vs)
