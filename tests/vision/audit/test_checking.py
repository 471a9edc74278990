"""The sampling sheet: what is drawn, and what its answers say of recall."""

from __future__ import annotations

import random

import pytest

from tests.vision.audit.reporting import finding, picture, report
from vision.audit.report.checking import FLAGGED, UNFLAGGED, draw, read_sheet, recall
from vision.audit.sheet import Answer, Sheet
from vision.errors import PictureError


def audited(clean: int, flagged: int):
    shown = [picture(f"clean {n}") for n in range(clean)]
    return report(*shown, *(picture(f"flagged {n}", finding()) for n in range(flagged)))


def filled(of, missed=0, wrong=None, unsure=0) -> Sheet:
    """A sheet in which so many pictures show something missed, and so many findings are wrong."""
    sample = draw(of)
    answers = [
        Answer(
            sha256=one.record.sha256,
            answer="violation" if n < missed else "unsure" if n < missed + unsure else "none",
            kind="street_vending" if n < missed else "",
        )
        for n, one in enumerate(sample.unflagged)
    ]
    if wrong is not None:
        answers += [
            Answer(sha256=one.record.sha256, answer="none" if n < wrong else "violation")
            for n, one in enumerate(sample.flagged)
        ]
    return Sheet(audit=sample.audit, answers=tuple(answers))


def test_the_same_audit_draws_the_same_sample_whatever_its_order() -> None:
    one, shown = audited(200, 90), [*audited(200, 90).pictures]
    random.Random(1).shuffle(shown)
    again, more = draw(report(*shown)), draw(report(*shown, picture("one more")))
    assert again == draw(one)
    assert (len(again.unflagged), len(again.flagged)) == (UNFLAGGED, FLAGGED)
    assert not any(p.record.findings for p in again.unflagged)
    assert more.audit != again.audit, "another sample for other pictures"


def test_recall_and_its_interval() -> None:
    """Clopper and Pearson's 95 % intervals of 0, 3 of 60: 0 to 5.96 %, 1.04 to 13.92 %."""
    of = audited(600, 40)
    clean, some = recall(of, filled(of)), recall(of, filled(of, missed=3))
    assert clean is not None
    assert clean.share == 1.0
    assert clean.interval == (pytest.approx(40 / (40 + 600 * 0.0596), abs=1e-3), 1.0)
    assert some is not None
    assert (some.missed, some.checked, some.missed_by_kind) == (3, 60, {"street_vending": 3})
    assert some.misses == 30
    assert some.share == pytest.approx(40 / 70, abs=1e-4)
    expected = 40 / (40 + 600 * 0.1392), 40 / (40 + 600 * 0.0104)
    assert some.interval == pytest.approx(expected, abs=2e-3)


def test_findings_that_a_person_denied_do_not_count() -> None:
    of = audited(600, 40)
    judged = recall(of, filled(of, missed=3, wrong=15))
    assert judged is not None
    assert (judged.judged, judged.right) == (FLAGGED, 15)
    assert judged.share == pytest.approx(20 / (20 + 30), abs=1e-4)
    taken_as_right = recall(of, filled(of, missed=3))
    assert taken_as_right is not None
    assert judged.interval[0] < taken_as_right.interval[0]


def test_the_interval_holds_the_truth() -> None:
    """Of 100 audits with 8 % missed and 70 % of findings right, drawn anew, in at least 95."""
    rng, held = random.Random(5), 0
    for trial in range(100):
        clean = [picture(f"{trial} clean {n}") for n in range(200)]
        flagged = [picture(f"{trial} flagged {n}", finding()) for n in range(60)]
        truth = {p.record.sha256 for p in (*rng.sample(clean, 16), *rng.sample(flagged, 42))}
        of = report(*clean, *flagged)
        answers = tuple(
            Answer(sha256=sha, answer="violation" if sha in truth else "none")
            for sha in sorted(draw(of).hashes)
        )
        found = recall(of, Sheet(audit=draw(of).audit, answers=answers))
        assert found is not None
        held += found.interval[0] <= 42 / 58 <= found.interval[1]
    assert held >= 95


def test_a_sheet_on_all_pictures_leaves_no_doubt() -> None:
    of = audited(12, 6)
    found = recall(of, filled(of, missed=2, wrong=1))
    assert found is not None
    assert found.interval == (found.share, found.share) == (0.7143, 0.7143)


def test_answers_that_tell_nothing_tell_nothing() -> None:
    of = audited(12, 6)
    assert recall(of, Sheet(audit=draw(of).audit, answers=())) is None
    assert recall(of, filled(of, unsure=12)) is None
    found = recall(of, filled(of, unsure=4))
    assert found is not None
    assert (found.checked, found.unsure) == (8, 4)
    nothing = audited(12, 0)
    assert recall(nothing, filled(nothing)) is None, "nothing to find, so no share of it"


def test_a_sheet_of_another_audit_is_refused(tmp_path) -> None:
    sheet = filled(audited(12, 6))
    with pytest.raises(PictureError, match="of other pictures"):
        report(*audited(12, 7).pictures, checked=sheet)
    path = tmp_path / "checked.json"
    path.write_text(sheet.model_dump_json(), encoding="utf-8")
    assert read_sheet(path) == sheet
    path.write_text('{"answers": []}', encoding="utf-8")
    with pytest.raises(PictureError, match="no sampling sheet"):
        read_sheet(path)
