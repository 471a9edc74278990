"""A city on paper: the simulation by what was measured, and the plan by the command's own words."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scripts.bench.city.box import Kind, simulate
from scripts.bench.city.inputs import Box, City, Measured
from scripts.bench.city.plan import known, plan, tables
from scripts.streetwarden import app
from vision.errors import SiteError

PLAN = Path(__file__).parents[2] / "scripts/deploy/city.md"


@pytest.fixture(scope="module")
def measured() -> Measured:
    return Measured.read(None, "measured.yaml")


@pytest.fixture(scope="module")
def city() -> City:
    return City.read(None, "city.yaml")


def test_the_plan_on_paper_is_what_the_command_prints(measured: Measured, city: City) -> None:
    checked = known(measured)
    for name, held, _, simulated in checked:
        assert simulated == pytest.approx(held, rel=0.11), name
    made = plan(city, measured)
    assert tables(made, checked) in PLAN.read_text(encoding="utf-8")
    # By hand: the cores of a box, by what a look of the mix takes them.
    looks = sum(g.cameras * g.looks_s for g in city.groups) / city.cameras
    crowd = 1 + 0.5 * sum(g.cameras * g.looks_s * g.crowded for g in city.groups) / (
        city.cameras * looks
    )
    by_hand = city.box.cores / looks / (0.043 + 0.0046 * crowd)
    assert made.per_box == pytest.approx(by_hand, rel=0.05)
    assert (made.boxes - 1) * made.per_box >= city.cameras, "one may be gone"


def test_what_is_too_much_is_late_and_what_is_least_is_full(measured: Measured) -> None:
    box = Box(cores=2, gpus=0, workers=1, memory_gb=8, link_gbit_s=1)
    quiet, crowd = Kind("1080p", 1.0), Kind("1080p", 1.0, 1.5)
    few, many = simulate(box, [quiet] * 8, measured), simulate(box, [quiet] * 30, measured)
    assert few.held
    assert few.cores == pytest.approx(8 * 0.1156 / 2, rel=0.05)
    assert not many.held
    assert many.cores > 0.97
    assert many.made < 0.7
    assert not simulate(box, [crowd] * 16, measured).held
    # With cores to spare one process is full by its interpreter, and two make twice as much.
    large = Box(cores=64, gpus=1, workers=1, memory_gb=128, link_gbit_s=10)
    one = simulate(large, [quiet] * 400, measured)
    two = simulate(large.model_copy(update={"workers": 2}), [quiet] * 400, measured)
    assert one.interpreters > 0.97
    assert not one.held
    assert two.held


def test_other_numbers_make_another_plan_and_a_wrong_file_says_so(
    tmp_path: Path, measured: Measured, city: City
) -> None:
    small = tmp_path / "city.yaml"
    small.write_text(
        """box: {cores: 2, gpus: 0, workers: 1, memory_gb: 2, link_gbit_s: 1}
groups: [{name: all, cameras: 100, stream: 360p, looks_s: 1, crowded: 0, cases_day: 3}]
spare: 0
peak: 1
hours: 10
reviewer_hours: 6
clip_s: 0
kept_days: 10
""",
        encoding="utf-8",
    )
    done = CliRunner().invoke(app, ["bench", "city", "--city", str(small)])
    assert done.exit_code == 0, done.output
    assert "**100 cameras**, 300 cases a day" in done.output
    assert "| evidence | 1 GB a day, 0.0 TB for 10 days | 2 MB a case" in done.output
    no_cases = small.read_text(encoding="utf-8").replace("cases_day: 3", "cases_day: 0")
    small.write_text(no_cases, encoding="utf-8")
    with pytest.raises(SiteError, match="greater than 0"):
        City.read(small, "city.yaml")
    small.write_text("box: {cores: 0}", encoding="utf-8")
    with pytest.raises(SiteError, match=r"city\.yaml in scripts/bench/city shows the form"):
        City.read(small, "city.yaml")
    with pytest.raises(SiteError, match="No such file"):
        Measured.read(tmp_path / "none.yaml", "measured.yaml")


def test_batches_are_no_larger_than_was_measured(measured: Measured) -> None:
    box = Box(cores=64, gpus=1, workers=4, memory_gb=128, link_gbit_s=10)
    one = {1: measured.gpu.batch_ms[1]}
    gpu = measured.gpu.model_copy(update={"batch_ms": one})
    alone = simulate(box, [Kind("360p", 1.0)] * 100, measured.model_copy(update={"gpu": gpu}))
    assert not alone.held  # one at a time, 76 a second are the most
    assert alone.device > 0.97
    assert simulate(box, [Kind("360p", 1.0)] * 100, measured).held


@pytest.mark.parametrize(
    ("taken_out", "why"),
    [
        (r'    "360p": \{value: 16, .*\n', "360p is missing"),
        (r"    (1|16|64|256): \{.*\n", "batch_ms"),
    ],
)
def test_a_measured_file_that_is_not_whole_says_what_is_missing(
    tmp_path: Path, taken_out: str, why: str
) -> None:
    whole = (files("scripts.bench.city") / "measured.yaml").read_text(encoding="utf-8")
    part = re.sub(taken_out, "", whole)
    assert part != whole
    file = tmp_path / "measured.yaml"
    file.write_text(re.sub(r"batch_ms: .*\n  look", "batch_ms: {}\n  look", part))
    with pytest.raises(SiteError, match=why):
        Measured.read(file, "measured.yaml")
