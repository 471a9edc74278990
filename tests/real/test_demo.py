"""The demo site, whole: rendered video in, cases out, and they are exactly the truth's.

This is the product in one test: shipped weights, real H.264, real readers, loop, rules, evidence
and case store. The console's part of it is in the `test_console_….py`.
"""

from __future__ import annotations

import zipfile
from collections import Counter
from pathlib import Path

import httpx
import pytest

from api.access.keys import KeyStore
from api.access.roles import Role
from api.cases.intake import CaseIntake, DetectorInfo
from api.delivery.events import Announcer
from api.evidence.verify import verify
from api.http.app import create_app
from api.records.site_chain import SiteChain
from api.storage.database import Database
from datasets.renderer.truth import Truth
from models import find
from scripts.watching import make_pipeline, make_workers
from tests.api.world import served
from tests.real.console import browser
from tests.real.sheet import printed
from vision.engines import open_engine
from vision.evidence import EvidenceStore
from vision.site import Site, Storage
from vision.site.file import load_site

__all__ = ["browser"]

# A look each second, and the first may fall anywhere in it; then detection may miss one.
TOLERANCE_S = 4.0


@pytest.fixture(scope="module")
def truths(demo_root) -> dict[str, Truth]:
    site = load_site(demo_root / "site.yaml")
    return {c.id: Truth.load(Truth.path_for(Path(c.source))) for c in site.cameras}


@pytest.fixture(scope="module", params=[1, 2], ids=["one-process", "two-workers"])
def console(request, demo_root, tmp_path_factory) -> httpx.Client:
    """An API over the case store that one fast watch of the demo filled."""
    root = tmp_path_factory.mktemp("demo")
    site = _fast(load_site(demo_root / "site.yaml"), root)
    database = Database.open(site.storage.database)
    SiteChain.open(database, site.storage.key_file)
    model = find(site.model.name)
    detector = DetectorInfo(model.name, model.version, model.sha256, model.threshold)
    intake = CaseIntake(database, site, detector, Announcer(site).announce)
    pipeline = (
        make_pipeline(site, open_engine(site.model), [intake.take])
        if request.param == 1
        else make_workers(site, model, intake.take, count=request.param)
    )
    pipeline.start()
    try:
        assert pipeline.wait(timeout=240)
    finally:
        pipeline.stop()
    assert pipeline.problem is None
    key = KeyStore(database).create("test", Role.OFFICER).key
    app = create_app(site, database, EvidenceStore(Path(site.storage.evidence)), watch=pipeline)
    with (
        served(app) as address,
        httpx.Client(base_url=address, headers={"Authorization": f"Bearer {key}"}) as client,
    ):
        yield client
    database.close()


def _fast(site: Site, root: Path) -> Site:
    cameras = tuple(c.model_copy(update={"pace": "fast"}) for c in site.cameras)
    storage = Storage(database=f"sqlite:///{root / 'cases.db'}", evidence=str(root / "evidence"))
    return site.model_copy(update={"cameras": cameras, "storage": storage})


def test_demo_holds_every_kind(truths):
    kinds = {v.kind for t in truths.values() for v in t.violations}
    assert kinds == {"street_vending", "overflowing_bin", "dirty_truck", "illegal_structure"}


def test_cases_are_exactly_the_truths_violations(console, truths):
    cases = console.get("/v1/cases", params={"limit": 100}).json()["items"]
    found = Counter((c["camera"], c["kind"], c["subtype"]) for c in cases)
    true = Counter((cam, v.kind, v.subtype) for cam, t in truths.items() for v in t.violations)
    assert found == true


def test_every_case_waits_for_a_person_and_has_pictures(console):
    for listed in console.get("/v1/cases", params={"limit": 100}).json()["items"]:
        case = console.get(f"/v1/cases/{listed['case_id']}").json()
        assert case["stage"] == "pending_review"
        assert case["legal_use"] == "lead_only"
        roles = {e["role"] for e in case["evidence"]}
        assert roles >= {"masked", "annotated"}
        shown = next(e for e in case["evidence"] if e["role"] == "annotated")
        picture = console.get(f"/v1/media/{shown['sha256']}")
        assert picture.headers["content-type"] == "image/jpeg"
        assert picture.content[:2] == b"\xff\xd8"


def test_every_case_has_a_package_that_holds_and_prints_to_one_sheet(console, browser, tmp_path):
    for listed in console.get("/v1/cases", params={"limit": 100}).json()["items"]:
        case = listed["case_id"]
        asked = {"scope": "officer", "reason": "file 4711"}
        answer = console.get(f"/v1/cases/{case}/package", params=asked, timeout=60)
        assert answer.status_code == 200, answer.text
        path = tmp_path / f"{case}.zip"
        path.write_bytes(answer.content)
        verdict = verify(path)
        assert verdict.holds, verdict.findings
        with zipfile.ZipFile(path) as package:
            assert "decision.json" in package.namelist()
            sheet = printed(browser, package.read("report.html").decode())
        assert (sheet.pages, sheet.beyond, sheet.complaints) == (1, [], [])
        assert case in sheet.text
