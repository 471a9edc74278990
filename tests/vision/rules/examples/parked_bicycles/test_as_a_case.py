"""From the rule to people: the case, what receivers get, what the public reads, its paper."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from api.access.roles import Role
from api.cases.schemas import CaseDetail
from api.delivery.adapters.words import Placeholders
from api.evidence.words import matter, passes
from api.http.app import create_app
from tests.api.world import CONFIRM, World, make_site, make_world, served
from tests.scenarios.perfect import PerfectEyes
from tests.scenarios.player import Player
from tests.vision.rules.examples.parked_bicycles.stories import POST, counts
from tests.vision.rules.plug_in import forget
from vision.episodes import EpisodeEvent, EpisodeStage
from vision.kinds import catalogue
from vision.rules.record import Record
from vision.rules.replay import replay

KIND = "parked_bicycles"


@pytest.fixture(scope="module")
def confirmed() -> EpisodeEvent:
    """Three bicycles that stood for half an hour."""
    [story] = [story for story in counts() if story.name == "three-stay"]
    events = Player(story, PerfectEyes()).play_all()
    [event] = [e for e in events if e.episode.stage is EpisodeStage.CONFIRMED]
    return event


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    zone = {"name": POST.zone, "watch": [KIND], "settings": {KIND: {"own": {"count": 2}}}}
    camera = {"id": POST.camera, "source": "x.mp4", "zones": [zone]}
    folder = tmp_path_factory.mktemp("world")
    made = make_world(make_site(folder, cameras=[camera]))
    yield made
    made.database.close()


def test_the_decision_can_be_made_again(confirmed: EpisodeEvent) -> None:
    assert confirmed.record is not None
    assert replay(Record.from_json(confirmed.record)).same
    together, stayed, *_ = confirmed.episode.why
    assert together.zh.startswith("区域内同时停放3辆（判定标准：不少于3辆），其中自行车3辆；")
    assert together.en.startswith("3 stand in the zone at once (rule: 3), bicycles: 3; nobody")
    assert stayed.data["dwell_s"] == 1800


def test_people_and_systems_are_told_of_it_like_of_ours(
    world: World, confirmed: EpisodeEvent
) -> None:
    case_id = world.take(confirmed)
    case = world.review(case_id, CONFIRM)
    assert [(c.scheme, c.code) for c in case.codes] == [("GB/T 30428.2-2013", "0410")]
    assert case.why[0].code == "parked_bicycles_together"
    with served(create_app(world.site, world.database, world.evidence)) as address:
        headers = {"Authorization": f"Bearer {world.key(Role.ADMIN)}"}
        with httpx.Client(base_url=address, headers=headers, timeout=60) as http:
            kinds = {kind["name"]: kind for kind in http.get("/v1/kinds").json()["items"]}
            assert kinds[KIND]["zh"] == "非机动车乱停放"
            settings = http.get("/v1/kinds").json()["settings"]
            assert settings[KIND]["own"] == {"count": 3}
            [row] = http.get("/v1/cases", params={"kind": KIND}).json()["items"]
            assert row["subtype"] == "bicycles"
            services = http.get("/open311/v2/services.json").json()
            assert f"{KIND}-bicycles" in {one["service_code"] for one in services}
            [request] = http.get("/open311/v2/requests.json").json()
            assert request["service_code"] == f"{KIND}-bicycles"
            csv = http.get("/v1/cases.csv", params={"kind": KIND, "language": "zh"}).text
            assert "自行车乱停放" in csv
            package = http.get(f"/v1/cases/{case_id}/package")
            assert package.status_code == 200


def test_a_case_outlives_the_package(
    world: World, confirmed: EpisodeEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = world.review(world.take(confirmed), CONFIRM)
    assert _told(case)["matter"] == "自行车乱停放"
    assert not passes(KIND)
    with monkeypatch.context() as removed:
        removed.setattr("vision.kinds.entry_points", lambda **_: ())
        forget()
        assert KIND not in {kind.name for kind in catalogue().kinds}
        assert _told(case)["matter"] == KIND
        assert matter(KIND, "bicycles") == f"{KIND} bicycles"
        with served(create_app(world.site, world.database, world.evidence)) as address:
            headers = {"Authorization": f"Bearer {world.key(Role.ADMIN)}"}
            with httpx.Client(base_url=address, headers=headers, timeout=60) as http:
                assert http.get(f"/v1/cases/{case.case_id}").json()["kind"] == KIND
                assert http.get(f"/v1/cases/{case.case_id}/package").status_code == 200
    forget()


def _told(case: CaseDetail) -> Placeholders:
    return Placeholders(case.model_dump(mode="json"), "Asia/Shanghai", "zh")
