"""A reviewer hides what the detector missed: new derivatives, the original untouched."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import httpx
import numpy as np
import pytest

from api.access.roles import Role
from tests.api.world import CONFIRM, World, make_event, store_pictures
from vision.evidence import EvidenceRole

HEAD = [0.25, 0.25, 0.25, 0.25]


def of(case: dict[str, Any], role: str) -> dict[str, Any]:
    (found,) = (item for item in case["evidence"] if item["role"] == role)
    return dict(found)


def pixels(http: httpx.Client, digest: str) -> np.ndarray:
    answer = http.get(f"/v1/media/{digest}")
    assert answer.status_code == 200, answer.text
    decoded = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    return decoded


@pytest.fixture
def reviewer(client: Any) -> httpx.Client:
    made: httpx.Client = client(Role.REVIEWER)
    return made


@pytest.mark.parametrize("named_by", ["original", "masked", "annotated"])
def test_more_is_hidden_in_every_derivative(
    world: World, reviewer: httpx.Client, named_by: str
) -> None:
    path = f"/v1/cases/{world.case()}"
    before = reviewer.get(path).json()
    request = {"picture": of(before, named_by)["sha256"], "boxes": [HEAD], "note": "a face"}
    after = reviewer.post(f"{path}/masks", json=request).json()
    assert of(after, "original") == of(before, "original")
    height, width = 90, 160
    inside = np.s_[24:44, 42:78]
    for role in ("masked", "annotated"):
        old, new = of(before, role), of(after, role)
        assert new["sha256"] != old["sha256"]
        assert (new["of"], new["moment"]) == (old["of"], old["moment"])
        kept = world.evidence.read(old["sha256"])
        was = cv2.imdecode(np.frombuffer(kept, np.uint8), cv2.IMREAD_COLOR)
        now = pixels(reviewer, new["sha256"])
        assert now.shape == was.shape == (height, width, 3)
        # Noise before; a few flat blocks now. Elsewhere it is as it was, but for the JPEG.
        assert was[inside].std() > 40
        assert now[inside].std() < 30
        outside = np.abs(now[60:, :].astype(int) - was[60:, :].astype(int))
        assert outside.mean() < 12
        # Who has the old link gets the new picture, and is told which it is.
        answer = reviewer.get(f"/v1/media/{old['sha256']}")
        assert answer.headers["content-location"] == new["sha256"]
    entry = after["log"][-1]
    assert (entry["action"], entry["reason"]) == ("masked", "a face")
    assert set(entry["data"]["replaces"]) == {of(before, r)["sha256"] for r in REPLACED}
    assert set(entry["data"]["evidence"]) == {of(after, r)["sha256"] for r in REPLACED}


REPLACED = ("masked", "annotated")


def test_masks_add_up(world: World, reviewer: httpx.Client) -> None:
    path = f"/v1/cases/{world.case()}"
    original = of(reviewer.get(path).json(), "original")["sha256"]
    for box in (HEAD, [0.7, 0.7, 0.2, 0.2]):
        request = {"picture": original, "boxes": [box]}
        assert reviewer.post(f"{path}/masks", json=request).status_code == 200
    now = pixels(reviewer, original)
    assert now[24:44, 42:78].std() < 30
    assert now[65:80, 115:140].std() < 30


def test_receivers_are_told_of_what_is_shown_now(world: World, reviewer: httpx.Client) -> None:
    case = world.case()
    before = reviewer.get(f"/v1/cases/{case}").json()
    request = {"picture": of(before, "original")["sha256"], "boxes": [HEAD]}
    reviewer.post(f"/v1/cases/{case}/masks", json=request)
    shown = world.review(case, CONFIRM)
    assert {item.sha256 for item in shown.evidence}.isdisjoint(
        of(before, role)["sha256"] for role in REPLACED
    )


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ({"picture": "0" * 64, "boxes": [HEAD]}, 404),
        ({"boxes": []}, 422),
        ({"boxes": [[0.5, 0.5, 0.0, 0.1]]}, 422),
        ({"boxes": [[0.5, 0.5, 1.4, 0.6]]}, 422),
        ({"boxes": [HEAD] * 51}, 422),
    ],
)
def test_what_cannot_be_masked_changes_nothing(
    world: World, reviewer: httpx.Client, request_: dict[str, Any], status: int
) -> None:
    path = f"/v1/cases/{world.case()}"
    before = reviewer.get(path).json()
    request = {"picture": of(before, "original")["sha256"], **request_}
    assert reviewer.post(f"{path}/masks", json=request).status_code == status
    assert reviewer.get(path).json() == before


def test_the_subjects_plate_is_for_who_decides_and_each_look_is_logged(
    world: World, client: Any
) -> None:
    event = make_event(kind="dirty_truck", subtype="spill")
    original, masked, annotated = store_pictures(world.evidence, event)
    content = store_pictures(world.evidence, make_event())[0]
    subject = replace(masked, sha256=content.sha256, role=EvidenceRole.SUBJECT)
    world.intake.take(event, [original, masked, annotated, subject])
    path = f"/v1/media/{subject.sha256}"
    for role in (Role.VIEWER, Role.AUDITOR):
        answer = client(role).get(path)
        assert answer.headers["content-location"] == masked.sha256
    answer = client(Role.REVIEWER).get(path)
    assert answer.headers["content-location"] == subject.sha256
    assert answer.headers["cache-control"] == "no-store"
    answer = client(Role.OFFICER).get(path, params={"reason": "complaint 4711"})
    assert answer.headers["content-location"] == subject.sha256
    assert [look.reason for look in looks(world)] == ["review", "complaint 4711"]


def looks(world: World) -> list[Any]:
    from sqlalchemy import select

    from api.storage.tables import AccessRow

    with world.database.read() as session:
        return list(session.scalars(select(AccessRow).order_by(AccessRow.id)))
