"""A camera's admissibility file over HTTP."""

from __future__ import annotations

import hashlib
from pathlib import Path

import httpx

from api.access.roles import Role
from api.http.app import create_app
from tests.api.cases.test_legal_use import FILE
from tests.api.world import make_site, make_world, served
from vision.registers.admissibility import Admissibility


def test_it_shows_the_file_what_it_lacks_today_and_no_path(tmp_path: Path) -> None:
    document = tmp_path / "review.pdf"
    document.write_bytes(b"%PDF reviewed")
    acts = FILE | {
        "legal_review": FILE["legal_review"] | {"document": str(document)},
        "sign": None,
        "valid": "2020-01-01/2099-12-31",
        "technical_review": FILE["technical_review"] | {"until": "2099-12-31"},
    }
    site = make_site(tmp_path)
    filed, bare = site.cameras
    filed = filed.model_copy(update={"admissibility": Admissibility.model_validate(acts)})
    world = make_world(site.model_copy(update={"cameras": (filed, bare)}))
    app = create_app(world.site, world.database, world.evidence)
    headers = {"Authorization": f"Bearer {world.key(Role.VIEWER)}"}
    with (
        served(app) as address,
        httpx.Client(base_url=address, headers=headers, trust_env=False, timeout=60) as http,
    ):
        answer = http.get("/v1/cameras/gate/admissibility")
        nothing = http.get("/v1/cameras/yard/admissibility").json()
        assert http.get("/v1/cameras/nobody/admissibility").status_code == 404
    world.database.close()
    shown = answer.json()
    assert (shown["camera"], shown["complete"]) == ("gate", False)
    assert [words["en"] for words in shown["missing"]] == [
        "admissibility file: sign at the place is missing"
    ]
    review = shown["file"]["legal_review"]
    assert (review["by"], review["document"]) == ("Legal office", "review.pdf")
    assert review["sha256"] == hashlib.sha256(b"%PDF reviewed").hexdigest()
    assert shown["file"]["sign"] is None
    assert str(tmp_path) not in answer.text
    assert (nothing["file"], nothing["complete"]) == (None, False)
    assert "no admissibility file" in nothing["missing"][0]["en"]
