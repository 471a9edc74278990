"""A setup that somebody proposes is read as a site file's is, and says where it is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from vision.site import Site
from vision.site.proposal import ProposalRefused, proposed

CORNER = [[0, 0], [0.5, 0], [0.5, 0.5], [0, 0.5]]
CROSSED = [[0, 0], [1, 1], [1, 0], [0, 1]]
PIXELS = [[0, 0], [640, 0], [1, 1]]
ZONE = {"name": "corner", "polygon": CORNER, "watch": ["overflowing_bin"]}
PERMIT = {"name": "p", "kinds": ["overflowing_bin"], "camera": "gate", "polygon": CORNER}
OF_BIN = "settings/overflowing_bin"
GROUND = [[0, 1, 113, 31], [1, 1, 113.001, 31], [1, 0, 113.001, 31.001], [0, 0, 113, 31.001]]


@pytest.fixture(scope="module")
def site() -> Site:
    presets = [{"name": name, "picture": f"{name}.jpg"} for name in ("east", "west")]
    drawn = [ZONE | {"name": name, "preset": name} for name in ("east", "west")]
    return Site.model_validate(
        {
            "site": {"name": "t"},
            "storage": {"database": "sqlite:///x.db"},
            "defaults": {"overflowing_bin": {"looks": 7}, "street_vending": {"looks": 5}},
            "permits": [PERMIT],
            "cameras": [
                {"id": "gate", "source": "gate.mp4", "zones": [ZONE | {"name": "old"}]},
                {"id": "dome", "source": "dome.mp4", "presets": presets, "zones": drawn},
            ],
            "webhooks": [
                {
                    "name": "hook",
                    "url": "https://main.example/in",
                    "secret": "whsec_c3RyZWV0d2FyZGVuLXRlc3Qtc2VjcmV0LTEyMw==",
                    "cameras": ["gate"],
                }
            ],
        }
    )


@pytest.mark.parametrize(
    ("given", "at", "says"),
    [
        ({"zones": [{"name": "a"}]}, "zones/0/watch", "is required; add it"),
        ({"zones": [ZONE | {"polygon": CROSSED}]}, "zones/0/polygon", "crosses itself"),
        ({"zones": [ZONE | {"polygon": PIXELS}]}, "zones/0/polygon/1/0", "no fraction"),
        ({"zones": [ZONE | {"watch": ["noise"]}]}, "zones/0/watch/0", "no kind"),
        ({"zones": [ZONE | {"hours": ["Mon 25:00"]}]}, "zones/0/hours", "Mon"),
        ({"zones": [ZONE | {"settings": {"overflowing_bin": {"dwell": "1e400s"}}}]},
         f"zones/0/{OF_BIN}/dwell", "1e400s"),
        ({"zones": [ZONE, ZONE]}, "", "share a name"),
        ({"zones": [ZONE | {"preset": "gate"}]}, "", "no preset"),
        ({"zones": [5]}, "zones/0", "settings of its own"),
        ({"ground": [[0, 0, 113, 31]] * 3}, "ground", "give at least 4"),
        ({"ground": [[0, 0, 113, 31]] * 4}, "ground", "replace one"),
        ({"privacy": [[[0, 0], [1, 1]]]}, "privacy/0", "give at least 3"),
        ({"presets": [{"name": "new"}]}, "presets/0/picture", "required"),
        ({"presets": [5]}, "presets/0", "settings of its own"),
        ({"permits": [{"name": "p"}]}, "permits/0", "nowhere"),
        ({"permits": [PERMIT | {"camera": "nobody"}]}, "", "no camera is called"),
        ({"settings": {"noise": {}}}, "settings/noise", "no kind"),
        ({"settings": {"overflowing_bin": {"looks": 0}}}, f"{OF_BIN}/looks", "1"),
    ],
)  # fmt: skip
def test_what_no_site_file_may_say_has_its_place(
    site: Site, given: dict[str, Any], at: str, says: str
) -> None:
    with pytest.raises(ProposalRefused) as refused:
        proposed(site, site.cameras[0], given)
    [(where, what)] = refused.value.mistakes
    assert "/".join(map(str, where)) == at
    assert says in what


def test_all_mistakes_are_told_at_once(site: Site) -> None:
    given = {"zones": [5], "permits": [{}], "settings": {"noise": {}}}
    with pytest.raises(ProposalRefused) as refused:
        proposed(site, site.cameras[0], given)
    assert {where[0] for where, _ in refused.value.mistakes} == set(given)


def test_what_is_not_given_stays_and_the_site_is_not_changed(site: Site) -> None:
    before = site.model_dump_json()
    assert proposed(site, site.cameras[0], {}) == site
    settings = {"overflowing_bin": {"looks": 3}}
    made = proposed(
        site,
        site.cameras[0],
        {"zones": [ZONE], "ground": GROUND, "permits": [], "settings": settings},
    )
    gate, dome = made.cameras
    assert [zone.name for zone in gate.zones] == ["corner"]
    assert gate.homography is not None
    assert dome == site.cameras[1]
    assert made.permits == ()
    assert {kind: s.looks for kind, s in made.defaults.items()} == {
        "overflowing_bin": 3,
        "street_vending": 5,
    }
    assert (gate.source, made.webhooks) == ("gate.mp4", site.webhooks)
    assert site.model_dump_json() == before
    assert proposed(made, gate, {"ground": None}).cameras[0].ground is None


def test_a_preset_keeps_its_picture(site: Site) -> None:
    given = {"presets": [{"name": "east", "privacy": [CORNER]}, {"name": "west"}]}
    dome = proposed(site, site.cameras[1], given).cameras[1]
    assert [(p.picture, len(p.privacy)) for p in dome.presets] == [("east.jpg", 1), ("west.jpg", 0)]
