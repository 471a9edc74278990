from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from scripts.bench.decoders import NVDEC, SCALED, SOFTWARE
from scripts.bench.gpu import ENGINE, GRAPH, LOOP, NETWORK, GpuBench
from scripts.commands.bench import bench
from tests.scripts.bench.test_loop import clip
from vision.errors import EngineError

__all__ = ["clip"]


def test_a_machine_without_a_device_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    failed = CliRunner().invoke(bench, ["gpu"])
    assert failed.exit_code == 1
    assert isinstance(failed.exception, EngineError)
    assert "sees none here" in str(failed.exception)
    assert "--device cpu" in str(failed.exception)


def test_a_cpu_measures_what_it_can(clip: Path) -> None:
    asked = ["gpu", "--device", "cpu", "--size", "160", "--seconds", "0.5", "--rounds", "1"]
    asked += ["--batch", "1", "--batch", "3", "--clip", str(clip), "--streams", "2"]
    done = CliRunner().invoke(bench, [*asked, "--json"], catch_exceptions=False)
    found = json.loads(done.stdout)
    assert found["engine"] == "torch-cpu"
    assert set(found["by_batch"]) == {NETWORK, ENGINE}
    assert GRAPH not in found["by_batch"]
    for values in found["by_batch"].values():
        assert set(values) == {"1", "3"}
        assert all(fps > 0 for fps in values.values())
    assert set(found["by_streams"]) == {SOFTWARE, SCALED, LOOP}
    assert not NVDEC & set(found["by_streams"])
    shown = CliRunner().invoke(bench, asked, catch_exceptions=False)
    assert ENGINE in shown.stdout
    assert SCALED in shown.stdout


def test_the_engine_is_held_against_the_quicker_of_the_networks_ways() -> None:
    by_batch = {NETWORK: {1: 100.0, 64: 900.0}, GRAPH: {1: 500.0, 64: 800.0}, ENGINE: {1: 50.0}}
    by_batch[ENGINE][64] = 450.0
    result = GpuBench("m", "cuda", "torch-cuda", 640, None, by_batch, {}, {})
    assert result.engine_over_network == {1: 0.1, 64: 0.5}
    assert result.as_dict()["engine_over_network"] == {1: 0.1, 64: 0.5}
