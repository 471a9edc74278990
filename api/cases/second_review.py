"""Second review: where the site asks for it, another person has to confirm what one confirmed.

Nothing leaves before. Where the second does not agree, the case goes back to the queue and shows
what both said: the first then rejects it, or confirms it again, and again another has to follow.
"""

from __future__ import annotations

from datetime import datetime

from api.access.roles import Principal
from api.cases.parts import Review
from api.cases.stages import Stage
from api.cases.steps import Step
from api.storage.tables import CaseRow, ReviewRow
from api.words.said import say
from vision.site.review import SecondReviewer


def step_of(rule: SecondReviewer, case: CaseRow, decision: Step) -> Step:
    """The step that a person's decision is: a confirmation may be the first of two."""
    first = decision is Step.CONFIRM and case.stage != Stage.SECOND_REVIEW
    asked = case.kind in rule.kinds or case.legal_use in rule.legal_use
    return Step.CONFIRM_FIRST if first and asked else decision


def keep(case: CaseRow, by: Principal, review: Review) -> None:
    """Keep what one of the two said."""
    said = review.model_dump(exclude={"checks"})
    checks = review.checks.model_dump()
    case.reviews.append(ReviewRow(key_id=by.key_id, checks=checks, **said))


def forget(case: CaseRow, at: datetime) -> None:
    """Forget what was said at this moment; it was undone, and the log has it."""
    case.reviews = [review for review in case.reviews if review.at != at]


def differs(case: CaseRow, by: Principal | str) -> str | None:
    """Guard: the second is another key's holder than the first."""
    if case.stage != Stage.SECOND_REVIEW or not isinstance(by, Principal):
        return None
    first = case.reviews[-1]
    if by.key_id != first.key_id and _name(by.label) != _name(first.reviewer):
        return None
    return say("second_person", by=first.reviewer)


def _name(label: str) -> str:
    return " ".join(label.split()).casefold()
