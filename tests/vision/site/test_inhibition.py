"""Inhibition in the site file: ours where nothing is said, wrong names refused."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from vision.site import Site
from vision.site.inhibition import SHIPPED_INHIBIT, Inhibition

RULE = {
    "source": {"kind": "illegal_structure"},
    "target": {"kind": "overflowing_bin", "subtype": "exposed_garbage"},
    "within": "same_zone",
}


def test_a_structure_inhibits_the_garbage_on_its_site_but_no_bin():
    site = Site.model_validate({"site": {"name": "Zengdu"}})
    assert site.inhibit == SHIPPED_INHIBIT
    met = {
        subtype
        for rule in site.inhibit
        for subtype in ("exposed_garbage", "standing_garbage", "bin_overflow")
        if rule.target.matches("overflowing_bin", subtype)
    }
    assert met == {"exposed_garbage", "standing_garbage"}
    assert Site.model_validate(site.model_dump(mode="json")) == site
    assert Site.model_validate({"site": {"name": "Zengdu"}, "inhibit": []}).inhibit == ()


@pytest.mark.parametrize(
    ("within", "metres"), [("50m", 50), ("7.5 m", 7.5), (30, 30), ("same_zone", "same_zone")]
)
def test_within(within, metres):
    assert Inhibition.model_validate(RULE | {"within": within}).within == metres


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"within": "near"}, "write same_zone"),
        ({"within": "0m"}, "write same_zone"),
        ({"within": "2000m"}, "up to 1000m"),
        ({"within": "-5m"}, "write same_zone"),
        ({"target": {"kind": "overflowing_bin", "subtype": "garbage"}}, "no sub-type"),
        ({"target": {"kind": "garbage"}}, "is no kind"),
        ({"target": {"kind": "illegal_structure"}}, "cannot inhibit itself"),
    ],
)
def test_a_rule_that_cannot_work_is_refused_in_words(change, said):
    with pytest.raises(ValidationError, match=said):
        Inhibition.model_validate(RULE | change)
