import json
from pathlib import Path

import pytest

from models import find
from models.errors import TrainingError
from models.training import record as records
from models.training import run as training
from models.training.curves import write_losses
from models.training.recipe import read_recipe
from models.training.run import train

RECIPE = "seed: 7\nstages:\n  - {name: one, settings: {epochs: 2, imgsz: 64, device: cpu}}\n"


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "recipe.yaml"
    path.write_text(RECIPE)
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rows = [
        {"picture": f"{number:064x}"[::-1], "part": part}
        for number, part in ((1, "train"), (1, "train"), (2, "train"), (3, "val"))
    ]
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def _fresh(recipe: Path, data: Path, weights: Path) -> dict[str, object]:
    loaded = read_recipe(recipe)
    return records.new_record(loaded, recipe, loaded.stages[0], find(weights), data)


def test_a_record_says_how_and_from_what(recipe: Path, data: Path, tiny_weights: Path) -> None:
    record = _fresh(recipe, data, tiny_weights)
    folder = data.parent / "one" / "weights"
    folder.mkdir(parents=True)
    rows = "epoch,time,train/box_loss\n1,10,3\n2,25,2\n3,12,1.5\n"  # resumed after the second
    (folder.parent / "results.csv").write_text(rows)
    records.write_record(folder, record)
    read = records.read_record(folder)
    assert read is not None
    assert (read["epochs"], read["seconds"], read["finished"]) == (3, 37, False)
    assert read["recipe"]["text"] == RECIPE
    assert read["settings"]["seed"] == 7
    assert read["data"]["pictures"] == 2
    assert read["start"]["sha256"] == find(tiny_weights).sha256
    assert str(data.parent) not in (folder / records.FILE).read_text()
    write_losses(folder.parent / "results.csv", folder / "loss.png")
    assert (folder / "loss.png").read_bytes().startswith(b"\x89PNG")


def test_a_resumed_run_counts_all_its_time(recipe: Path, data: Path, tiny_weights: Path) -> None:
    record = _fresh(recipe, data, tiny_weights)
    folder = data.parent / "one" / "weights"
    folder.mkdir(parents=True)
    results = folder.parent / "results.csv"
    assert records.rows_written(results) == 0
    results.write_text("epoch,time\n1,10\n")
    record["resumed"] = [records.rows_written(results)]
    # Its first epoch took longer than all that was before, so the time does not fall.
    results.write_text("epoch,time\n1,10\n2,15\n3,26\n")
    records.write_record(folder, record)
    assert (record["epochs"], record["seconds"]) == (3, 36)
    del record["resumed"]  # as records were before
    records.write_record(folder, record)
    assert record["seconds"] == 26


def test_each_run_of_a_stage_notes_where_it_went_on(
    recipe: Path,
    data: Path,
    tiny_weights: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "runs" / "one"
    runs = iter([("epoch,time\n1,10\n", KeyboardInterrupt), ("2,15\n3,26\n", None)])

    def train_stage(*_: object, **__: object) -> tuple[Path, None]:
        rows, stopped = next(runs)
        with (folder / "results.csv").open("a") as file:
            file.write(rows)
        (folder / "weights" / "last.pt").write_bytes(tiny_weights.read_bytes())
        if stopped:
            raise stopped
        return folder / "weights" / "last.pt", None

    monkeypatch.setattr(training, "train_stage", train_stage)
    monkeypatch.setattr(training, "_epochs_saved", lambda _: 0)
    monkeypatch.setattr(training, "write_losses", lambda *_: None)
    with pytest.raises(KeyboardInterrupt):
        train(recipe, find(tiny_weights), data, tmp_path / "runs")
    train(recipe, find(tiny_weights), data, tmp_path / "runs", resume=True)
    record = records.read_record(folder / "weights")
    assert record is not None
    assert (record["epochs"], record["seconds"], record["resumed"]) == (3, 36, [1])


def test_the_list_of_pictures_grows_from_weights_to_weights(
    data: Path, tiny_weights: Path, tmp_path: Path
) -> None:
    start = tmp_path / "start" / "last.pt"
    start.parent.mkdir()
    start.write_bytes(tiny_weights.read_bytes())
    (start.parent / records.PICTURES).write_text("00000000000000ff\n")
    records.write_pictures(tmp_path / "out", find(start), data)
    listed = (tmp_path / "out" / records.PICTURES).read_text().split()
    assert listed == ["00000000000000ff", "1000000000000000", "2000000000000000"]


def test_shipped_weights_bring_their_list(data: Path, tmp_path: Path) -> None:
    records.write_pictures(tmp_path / "out", find("streetwarden-n"), data)
    assert len((tmp_path / "out" / records.PICTURES).read_text().split()) > 1000


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"settings": {"epochs": 9}}, r"settings \(.*epochs"),
        ({"start": {"sha256": "x"}}, "start"),
        ({"data": {}}, "data"),
    ],
)
def test_a_stage_does_not_go_on_as_another(
    recipe: Path, data: Path, tiny_weights: Path, other: dict[str, object], said: str
) -> None:
    record = _fresh(recipe, data, tiny_weights)
    records.check_same(record, dict(record))
    with pytest.raises(TrainingError, match=rf"another {said}.*--out"):
        records.check_same({**record, **other}, record)


def test_a_run_that_was_begun_is_not_overwritten(
    recipe: Path, data: Path, tiny_weights: Path, tmp_path: Path
) -> None:
    (tmp_path / "runs" / "one" / "weights").mkdir(parents=True)
    with pytest.raises(TrainingError, match=r"'one' already.*--resume"):
        train(recipe, find(tiny_weights), data, tmp_path / "runs")


def test_broken_records_and_manifests_are_named(
    recipe: Path, data: Path, tiny_weights: Path
) -> None:
    (data / records.FILE).write_text("{")
    with pytest.raises(TrainingError, match=r"training\.json"):
        records.read_record(data)
    (data / "manifest.jsonl").write_text("{}")
    with pytest.raises(TrainingError, match=r"manifest\.jsonl.*merge"):
        _fresh(recipe, data, tiny_weights)
