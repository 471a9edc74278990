"""Codes of divisions: what is one, how they are shortened, what lies in what."""

from __future__ import annotations

import pytest

from tests.api.world import make_site
from vision.registers.divisions import (
    Division,
    DivisionNames,
    Level,
    at_level,
    canonical,
    level_of,
    lies_in,
    lineage,
)
from vision.site.file import load_site

STREET = "421303001"


@pytest.mark.parametrize(
    ("written", "code", "level"),
    [
        ("42", "42", Level.PROVINCE),
        ("420000", "42", Level.PROVINCE),
        ("421300", "4213", Level.CITY),
        ("421303", "421303", Level.DISTRICT),
        ("421303000000", "421303", Level.DISTRICT),
        ("421303100", "421303100", Level.STREET),  # its last zeros are its own
        ("421303001000", STREET, Level.STREET),
        ("421303001002", "421303001002", Level.COMMUNITY),
        ("441900003", "441900003", Level.STREET),  # of a city without districts
        ("E09000033", "E09000033", None),
        ("e09000033", "E09000033", None),
    ],
)
def test_a_code_is_shortened_to_what_it_names(written: str, code: str, level: Level | None) -> None:
    assert canonical(written) == code
    assert canonical(code) == code
    assert level_of(code) is level


@pytest.mark.parametrize(
    "wrong", ["", "4", "421", "42130", "42130300", "00", "000000", "东区", "4２"]
)
def test_what_is_no_code_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="is no division"):
        canonical(wrong)


def test_what_lies_in_what() -> None:
    assert lineage("421303001002") == ["42", "4213", "421303", STREET, "421303001002"]
    assert lineage("E1") == ["E1"]
    assert lineage("") == []
    assert at_level("421303001002", Level.CITY) == "4213"
    assert at_level("4213", Level.STREET) == "4213", "wider than a street: itself"
    assert at_level("E1", Level.PROVINCE) == "E1"
    for code in lineage(STREET):
        assert lies_in(STREET, [code])
    for beside in ("43", "4212", "421304", "421303002", "421303001002"):
        assert not lies_in(STREET, [beside])


def test_a_division_is_called_what_the_register_says() -> None:
    names = DivisionNames(
        [
            Division(code="421300", zh="随州市", en="Suizhou"),
            Division(code="421303", zh="曾都区", en="Zengdu"),
            Division(code=STREET, zh="西城街道"),
        ]
    )
    assert [names.name(one, "zh") for one in lineage(STREET)] == [
        "",
        "随州市",
        "曾都区",
        "西城街道",
    ]
    assert (names.name("421303", "en"), names.name(STREET, "en")) == ("Zengdu", "西城街道")
    assert names.name("42", "zh") == ""


def test_a_site_file_takes_codes_as_they_are_printed_and_refuses_others(tmp_path) -> None:  # type: ignore[no-untyped-def]
    listed = [{"code": "421300", "zh": "随州市"}, {"code": "421321", "zh": "随县"}]
    site = make_site(tmp_path, divisions=listed, division="421303001000")
    assert site.division_of(site.cameras[0]) == STREET
    assert site.known_divisions == {"4213", "421321", "421303", STREET}
    file = tmp_path / "site.yaml"
    written = """
site: {{name: Here, division: "421303"}}
divisions: [{{code: "{code}", zh: 甲}}, {{code: "4213", zh: 乙}}]
cameras: [{{id: gate, source: gate.mp4}}]
"""
    for code, said in (("42130", "is no division"), ("421300", "are listed twice")):
        file.write_text(written.format(code=code), encoding="utf-8")
        with pytest.raises(Exception, match=said):
            load_site(file)
