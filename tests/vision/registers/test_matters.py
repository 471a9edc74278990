from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from vision.errors import SiteError
from vision.registers.admissibility import Admissibility
from vision.registers.matters import matter_of
from vision.registers.working_calendar import Term, Unit
from vision.site import Site
from vision.site.file import load_site

SITE = """
site: {name: East, holidays: [2026-10-01/2026-10-07]}
working: {hours: ["Mon-Fri 09:00-17:00"], exchanged: [2026-10-10]}
matters:
  - {kind: street_vending, basis: "Regulation, article 36", grace: 2 working_hour}
  - {kind: street_vending, subtype: shop_outside, basis: "Regulation, article 37",
     penalty_evidence: true, correct_first: false}
cameras:
  - id: gate
    source: gate.mp4
    admissibility:
      legal_review: {by: Legal office, on: 2026-01-05, document: review.pdf}
      technical_review: {by: Institute, on: 2026-01-10, until: 2026-06-30}
      sign: {by: Street office, on: 2026-01-12}
      published: {by: Bureau, on: 2026-01-15}
      valid: 2026-01-20/2027-01-19
"""


def load(folder: Path, text: str = SITE) -> Site:
    (folder / "review.pdf").write_bytes(b"%PDF")
    file = folder / "site.yaml"
    file.write_text(text, encoding="utf-8")
    return load_site(file)


def test_the_narrower_matter_comes_first(tmp_path: Path) -> None:
    matters = load(tmp_path).matters
    whole = matter_of(matters, "street_vending", "roaming_vendor")
    narrow = matter_of(matters, "street_vending", "shop_outside")
    assert whole is not None
    assert narrow is not None
    assert (whole.penalty_evidence, whole.correct_first) == (False, True)
    assert whole.grace == Term(2, Unit.WORKING_HOUR)
    assert (narrow.basis, narrow.penalty_evidence) == ("Regulation, article 37", True)
    assert matter_of(matters, "overflowing_bin", "bin") is None


@pytest.mark.parametrize(
    ("day", "lacks"),
    [
        (date(2026, 1, 19), ["valid"]),
        (date(2026, 1, 20), []),
        (date(2026, 6, 30), []),
        (date(2026, 7, 1), ["technical_review"]),
        (date(2027, 1, 20), ["valid", "technical_review"]),
    ],
)
def test_a_file_is_complete_on_a_day(tmp_path: Path, day: date, lacks: list[str]) -> None:
    filed = load(tmp_path).cameras[0].admissibility
    assert filed is not None
    assert filed.missing(day) == lacks


def test_what_is_not_filed_is_missing() -> None:
    empty = Admissibility.model_validate({"valid": "2026-01-01/2026-12-31"})
    assert len(empty.missing(date(2026, 5, 1))) == 4


def test_documents_are_found_beside_the_site_file(tmp_path: Path) -> None:
    filed = load(tmp_path).cameras[0].admissibility
    assert filed is not None
    assert filed.documents == {"legal_review": str(tmp_path / "review.pdf")}


@pytest.mark.parametrize(
    ("wrong", "right", "line", "says"),
    [
        ("review.pdf", "gone.pdf", 9, "is no file; correct its path"),
        ("until: 2026-06-30", "until: 2025-06-30", 13, "before 2026-01-10"),
        ("subtype: shop_outside, ", "", 4, "two matters are about street_vending;"),
        ("subtype: shop_outside", "subtype: shop", 6, "street_vending has no sub-type 'shop'"),
        ("grace: 2 working_hour", "grace: 2h", 5, "write for example `4 working_hour`"),
        ('hours: ["Mon-Fri 09:00-17:00"]', "hours: []", 3, "hours is empty"),
        ('basis: "Regulation, article 36"', 'basis: ""', 5, "basis"),
    ],
)
def test_mistakes_are_told_with_their_line(
    tmp_path: Path, wrong: str, right: str, line: int, says: str
) -> None:
    assert wrong in SITE
    with pytest.raises(SiteError, match=says) as error:
        load(tmp_path, SITE.replace(wrong, right, 1))
    assert f":{line}:" in str(error.value)


def test_deadlines_are_terms_of_stages(tmp_path: Path) -> None:
    timed = SITE.replace("grace: 2 working_hour", "deadlines: {emitted: 2 working_hour}", 1)
    [matter, _] = load(tmp_path, timed).matters
    assert matter.deadlines == {"emitted": Term(2, Unit.WORKING_HOUR)}
    assert matter.terms == (Term(2, Unit.WORKING_HOUR),)
    kept = matter.model_dump(mode="json")["deadlines"]
    assert kept == {"emitted": "2 working_hour"}, "as a case keeps it"


@pytest.mark.parametrize(
    ("deadlines", "says"),
    [
        ("{grace: 2 working_hour}", "emitted"),
        ("{closed: 2 working_hour}", "emitted"),
        ("{emitted: 2h}", "write for example `4 working_hour`"),
    ],
)
def test_other_deadlines_are_refused(tmp_path: Path, deadlines: str, says: str) -> None:
    wrong = SITE.replace("grace: 2 working_hour", f"deadlines: {deadlines}", 1)
    with pytest.raises(SiteError, match=says):
        load(tmp_path, wrong)


def test_a_term_that_the_calendar_never_ends_is_refused(tmp_path: Path) -> None:
    never = SITE.replace("grace: 2 working_hour", "grace: 9999 working_hour", 1)
    never = never.replace("Mon-Fri 09:00-17:00", "Mon 09:00-10:00", 1)
    with pytest.raises(SiteError, match=r"9999 working_hour.*too few working hours"):
        load(tmp_path, never)
