"""`streetwarden data`: the whole way on small real files, and what it says of broken ones."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from api.access.roles import Principal, Role
from api.cases.requests import ReviewRequest
from api.storage.tables import AccessRow, EvidenceRow
from scripts.streetwarden import app
from tests.api.world import World, make_site, make_world, review_desk


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(app, ["data", *map(str, words)])


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """A Roboflow export: six photos, two copies of each, one broken picture."""
    root = tmp_path / "export"
    for part in ("train", "valid"):
        for kind in ("images", "labels"):
            (root / part / kind).mkdir(parents=True)
    for photo in range(6):
        coarse = np.random.default_rng(photo).integers(0, 256, (6, 8, 3), np.uint8)
        pixels = cv2.resize(coarse, (80, 60), interpolation=cv2.INTER_CUBIC)
        for copy, changed in (("a", pixels), ("b", np.ascontiguousarray(pixels[:, ::-1]))):
            part = "valid" if photo == 0 and copy == "a" else "train"
            name = f"photo{photo}_jpg.rf.{copy}"
            cv2.imwrite(str(root / part / "images" / f"{name}.png"), changed)
            (root / part / "labels" / f"{name}.txt").write_text(f"{photo % 2} 0.5 0.5 0.2 0.2\n")
    (root / "train" / "images" / "bad.png").write_bytes(b"bad")
    (root / "data.yaml").write_text("names: [bin, rubbish]\n")
    return root


def test_from_an_export_to_a_training_folder(
    run: Callable[..., Result], export: Path, tmp_path: Path
) -> None:
    crossing = run("duplicates", export)
    assert crossing.exit_code == 1
    assert "6 groups in 12 pictures, 1 cross parts" in crossing.output
    (tmp_path / "map.yaml").write_text("bin: bin\nrubbish: garbage\n")
    done = run("import", export, "--format", "roboflow", "--out", "in", "--classes", "map.yaml")
    assert done.exit_code == 0, done.output
    assert "12 pictures, 6 bin, 6 garbage; 1 broken" in done.output
    assert "bad.png" in done.output
    assert run("check", "in").exit_code == 0
    assert run("split", "in", "--out", "sets", "--val", "0.34").exit_code == 0
    apart = run("duplicates", "sets", "--json")
    assert apart.exit_code == 0
    assert [group["crosses"] for group in json.loads(apart.output)] == [False] * 6
    (tmp_path / "recipe.yaml").write_text(
        "sources:\n  - {name: a, path: train}\n  - {name: b, path: val, part: val}\n"
    )
    merged = run("merge", "recipe.yaml", "--data", "sets", "--out", "merged")
    assert merged.exit_code == 0, merged.output
    rows = json.loads(run("stats", "merged", "--json").output)
    assert {(r["source"], r["part"]): r["pictures"] for r in rows if r["class"] == "(all)"} == {
        ("a", "train"): 8, ("b", "val"): 4,
    }  # fmt: skip
    first = json.loads((tmp_path / "merged" / "manifest.jsonl").read_text().splitlines()[0])
    assert first["measured"] == ["bin", "garbage"]
    sheets = run("sheet", "merged", "--out", "sheets", "--class", "bin", "--source", "b")
    assert sheets.exit_code == 0, sheets.output
    assert (tmp_path / "sheets" / "sheet_000.png").is_file()


def test_check_names_faults_and_exits_with_1(
    run: Callable[..., Result], export: Path, tmp_path: Path
) -> None:
    found = run("check", export, "--json")
    assert found.exit_code == 1
    assert [fault["kind"] for fault in json.loads(found.output)] == ["picture", "no_labels"]
    (tmp_path / "names.yaml").write_text("names: [bin]\n")
    (export / "data.yaml").unlink()
    classes = run("check", export, "--names", "names.yaml")
    assert "13 pictures, 8 faults" in classes.output


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("sheet", "export", "--out", "o", "--attribute", "load"), "name=value"),
        (("sheet", "export", "--out", "o", "--attribute", "load=open"), "mark only"),
        (("cases", "site.yaml", "--out", "o", "--originals"), "together"),
        (("cases", "site.yaml", "--out", "o", "--reason", "why"), "together"),
        (("import", "export", "--format", "csv", "--out", "o"), "csv"),
    ],
)
@pytest.mark.usefixtures("export")
def test_options_that_make_no_sense_are_refused(
    run: Callable[..., Result], words: tuple[str, ...], says: str
) -> None:
    answer = run(*words)
    assert answer.exit_code == 2
    assert says in answer.output


@pytest.fixture
def reviewed(tmp_path: Path) -> World:
    """A site file, and its database with a confirmed, a refuted and a waiting case."""
    site = make_site(tmp_path)
    text = json.dumps(site.model_dump(mode="json", exclude_unset=True))
    (tmp_path / "site.yaml").write_text(text)
    world = make_world(site)
    who = Principal("k", "a reviewer", Role.REVIEWER)
    desk = review_desk(world.database, site)
    ticks = {"authentic": True, "clear": True, "complete": True, "accurate": True}
    confirmed, refuted = world.case(), world.case(camera="yard", zone="")
    world.case(kind="overflowing_bin", subtype="bin_overflow")
    desk.review(
        who, confirmed, ReviewRequest.model_validate({"decision": "confirm", "checks": ticks})
    )
    answer = {"decision": "reject", "reason": "false_positive"}
    desk.review(who, refuted, ReviewRequest.model_validate(answer))
    return world


def test_reviewed_cases_become_pictures_masked_unless_asked(
    run: Callable[..., Result], reviewed: World, tmp_path: Path
) -> None:
    with reviewed.database.read() as session:
        roles = {row.sha256: row.role for row in session.scalars(select(EvidenceRow))}

    def exported(folder: str) -> list[str]:
        stems = [path.stem for path in (tmp_path / folder / "images").iterdir()]
        return [role for sha, role in roles.items() for stem in stems if sha[:16] in stem]

    def looks() -> list[AccessRow]:
        with reviewed.database.read() as session:
            return list(session.scalars(select(AccessRow)))

    done = run("cases", "site.yaml", "--out", "masked")
    assert done.exit_code == 0, done.output
    assert "1 confirmed, 1 refuted, 0 left out" in done.output
    assert exported("masked") == ["masked", "masked"]
    assert looks() == []
    again = run(
        "cases", "site.yaml", "--out", "originals", "--originals", "--reason", "training 2026"
    )
    assert again.exit_code == 0, again.output
    assert exported("originals") == ["original", "original"]
    assert [(look.actor, look.reason) for look in looks()] == [
        ("streetwarden data cases", "training 2026")
    ] * 2
    reviewed.database.close()


def test_names_from_outside_drive_no_terminal_and_stop_no_command(
    run: Callable[..., Result], tmp_path: Path
) -> None:
    names = ("a\x1b]0;owned\x07.png", "b\nforged: line.png", os.fsdecode(b"\xff\xfe.png"))
    for part in ("images", "labels"):
        (tmp_path / "in" / part).mkdir(parents=True)
    for number, name in enumerate(names):
        pixels = np.random.default_rng(number).integers(0, 256, (60, 80, 3), np.uint8)
        done, png = cv2.imencode(".png", pixels)
        assert done
        (tmp_path / "in/images" / name).write_bytes(png.tobytes())
        labels = (tmp_path / "in/labels" / name).with_suffix(".txt")
        labels.write_text("0 0.5 0.5 0.2 0.2\n" + "1 5 5 1 1\n" * (number > 0))
    (tmp_path / "in" / "data.yaml").write_text('names: ["bin\\e[31m", "x"]\n')
    recipe = "sources: [{name: a, path: in, classes: {0: bin, 1: null}}]\n"
    (tmp_path / "recipe.yaml").write_text(recipe)
    for words in (
        ("check", "in"),
        ("check", "in", "--json"),
        ("stats", "in"),
        ("import", "in", "--format", "yolo", "--out", "imported"),
        ("duplicates", "in"),
        ("sheet", "in", "--out", "sheets"),
        ("split", "in", "--out", "split"),
        ("merge", "recipe.yaml", "--data", ".", "--out", "merged"),
    ):
        done = run(*words)
        assert done.exception is None or isinstance(done.exception, SystemExit), words
        assert done.output.encode("utf-8").decode().replace("\n", "").isprintable(), words
        assert "\nforged" not in done.output
    assert "udcff" in (tmp_path / "sheets/index.csv").read_text(encoding="utf-8")
