"""A demo camera with its evidence in S3, which is away while the cases are made.

Shipped weights, real video, a real S3 server; the pictures come out of the bucket in the end.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import httpx
import pytest

from api.access.keys import KeyStore
from api.access.roles import Role
from api.cases.intake import CaseIntake, DetectorInfo
from api.delivery.events import Announcer
from api.http.app import create_app
from api.records.site_chain import SiteChain
from api.storage.database import Database
from scripts.watching import make_pipeline
from tests.api.world import served
from tests.s3_server import Link, S3Server, storage
from vision.engines import open_engine
from vision.evidence import open_store
from vision.site import Site
from vision.site.file import load_site


@pytest.fixture
def site(demo_root: Path, tmp_path: Path, line: Link) -> Site:
    whole = load_site(demo_root / "site.yaml")
    corner = next(c for c in whole.cameras if c.id == "bin-corner")
    cameras = (corner.model_copy(update={"pace": "fast"}),)
    return whole.model_copy(
        update={"cameras": cameras, "storage": storage(tmp_path / "here", line.url)}
    )


def test_cases_are_made_while_storage_is_away_and_shown_from_it_when_it_is_back(
    site: Site, s3: S3Server, line: Link, tmp_path: Path
) -> None:
    (tmp_path / "here").mkdir()
    database, engine = Database.open(site.storage.database), open_engine(site.model)
    SiteChain.open(database, site.storage.key_file)
    entry = engine.model
    detector = DetectorInfo(entry.name, entry.version, entry.sha256, entry.threshold)
    intake = CaseIntake(database, site, detector, Announcer(site).announce)
    pipeline, evidence = make_pipeline(site, engine, [intake.take]), open_store(site.storage)
    line.away = True
    evidence.start()
    pipeline.start()
    try:
        assert pipeline.wait(timeout=240)
    finally:
        pipeline.stop()
        evidence.stop()
    assert pipeline.problem is None, "storage that is away keeps nobody waiting"
    assert (s3.objects(), pipeline.quarantined) == ({}, 0)
    line.away = False

    again = open_store(site.storage)  # as after a restart
    again.upload()  # which its thread does
    assert again.waiting == 0
    elsewhere = open_store(storage(tmp_path / "elsewhere", line.url))  # another server's
    headers = {"Authorization": f"Bearer {KeyStore(database).create('t', Role.OFFICER).key}"}
    with (
        served(create_app(site, database, elsewhere)) as address,
        httpx.Client(base_url=address, headers=headers, timeout=60) as client,
    ):
        case = client.get("/v1/cases").json()["items"][0]["case_id"]
        stored = client.get(f"/v1/cases/{case}").json()["evidence"]
        assert {item["role"] for item in stored} >= {"masked", "annotated"}
        assert {f"site/{i['sha256'][:2]}/{i['sha256']}" for i in stored} <= s3.objects().keys()
        for item in stored:
            shown = client.get(f"/v1/media/{item['sha256']}", params={"reason": "test of S3"})
            assert hashlib.sha256(shown.content).hexdigest() == item["sha256"]
    database.close()
