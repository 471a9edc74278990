"""A site that a city cannot watch is refused with what to change."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import psutil
import pytest

from scripts import streetwarden
from scripts.city.fitness import check_site
from vision.errors import SiteError
from vision.site import Site

POSTGRES = "postgresql+psycopg://somebody:secret@db.example/cases"


def site(source: str = "rtsp://10.0.0.5/1", **storage: object) -> Site:
    told = {"database": POSTGRES, "evidence": "s3://evidence/city", "data": "var", **storage}
    return Site.model_validate(
        {"site": {"name": "city"}, "storage": told, "cameras": [{"id": "one", "source": source}]}
    )


@pytest.mark.parametrize(
    ("made", "machines", "why"),
    [
        (site(database="sqlite:///var/cases.db"), 1, "name a PostgreSQL in storage.database"),
        (site(evidence="var/evidence"), 3, "name a bucket in storage.evidence"),
        (site(source="0"), 2, "camera one is a device of one machine"),
        (site(source="/dev/video0"), 3, "camera one is a device of one machine"),
        (site().model_copy(update={"cameras": ()}), 1, "no camera"),
    ],
    ids=["SQLite", "folder", "device", "path of a device", "no camera"],
)
def test_what_cannot_outlive_a_machine_is_refused(made: Site, machines: int, why: str) -> None:
    with pytest.raises(SiteError, match=re.escape(why)) as refused:
        check_site(made, machines)
    assert "secret" not in str(refused.value)


def test_one_machine_may_have_its_evidence_in_a_folder() -> None:
    check_site(site(evidence="var/evidence"), 1)
    check_site(site(), 3)


def test_without_ray_the_command_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "site.yaml"
    file.write_text(
        f"site: {{name: city}}\nstorage: {{database: '{POSTGRES}', evidence: 's3://evidence/city'}}\n"
        "cameras: [{id: one, source: 'rtsp://10.0.0.5/1'}]\n"
    )
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.setattr(sys, "argv", ["streetwarden", "city", str(file)])
    with pytest.raises(SystemExit, match="1"):
        streetwarden.main()
    assert "pip install 'streetwarden[city]'" in capsys.readouterr().err


def test_where_no_cluster_runs_it_says_how_to_start_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "site.yaml"
    file.write_text(
        f"site: {{name: city}}\nstorage: {{database: '{POSTGRES}', evidence: 's3://evidence/city'}}\n"
        "cameras: [{id: one, source: 'rtsp://10.0.0.5/1'}]\n"
    )
    if any(process.name() == "gcs_server" for process in psutil.process_iter()):
        pytest.skip("a Ray cluster runs on this machine, and would be found")
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["streetwarden", "city", str(file)])
    with pytest.raises(SystemExit, match="1"):
        streetwarden.main()
    assert "ray start --head" in capsys.readouterr().err
