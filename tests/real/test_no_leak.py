"""No picture that weights are measured on was trained on."""

import csv
from pathlib import Path

import pytest

from models import find, names
from models.catalogue import CATALOGUE, file_sha256

CARDS = CATALOGUE.parent / "cards"
TRUCK_LABELS = CATALOGUE.parents[1] / "datasets" / "labels" / "truck_state.csv"
DIGITS = 16


@pytest.fixture(scope="module")
def hashes(shared_data: Path) -> dict[str, set[str]]:
    """First digits of the SHA-256 of every picture, by the part that its folder names."""
    return {
        part: {file_sha256(picture)[:DIGITS] for picture in shared_data.glob(f"*/{part}/images/*")}
        for part in ("train", "val")
    }


@pytest.mark.parametrize("name", [name for name in names() if find(name).task == "detect"])
def test_no_validation_picture_was_trained_on(name: str, hashes: dict[str, set[str]]) -> None:
    listed = (CARDS / f"{name}.pictures.txt").read_text().split()
    assert all(len(row) == DIGITS for row in listed)
    assert listed == sorted(set(listed))
    # The list is of the same kind of hash: it knows training pictures that lie here.
    assert len(hashes["train"] & set(listed)) >= 1000
    assert len(hashes["val"]) >= 400
    assert not hashes["val"] & set(listed)


def test_no_validation_picture_is_in_the_truck_readers_training(
    hashes: dict[str, set[str]],
) -> None:
    with TRUCK_LABELS.open(newline="") as file:
        rows = list(csv.DictReader(file))
    trained = {row["picture_sha256"][:DIGITS] for row in rows if row["part"] == "train"}
    held_out = {row["picture_sha256"][:DIGITS] for row in rows if row["part"] != "train"}
    assert hashes["train"] & trained
    assert not hashes["val"] & trained
    assert not held_out & trained
