"""Law: what a case's matter asks for before a step, as guards and as they were when it was made.

The matter is the listing of the jurisdiction that was frozen in the case (`legal_basis`): a listing
that changes later changes no case. A case without a matter is a lead, and is corrected first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.access.roles import Principal
from api.cases.legal_use import PENALTY_EVIDENCE
from api.cases.stages import Stage
from api.storage.tables import CaseRow
from vision.kinds import catalogue

_UNCORRECTED = frozenset({Stage.EMITTED, Stage.NOTICED})


def matter(case: CaseRow) -> Mapping[str, Any]:
    """The matter that the case falls under, as its listing was; empty where there is none."""
    return (case.legal_basis or {}).get("matter") or {}


def corrected_first(case: CaseRow, _by: Principal | str) -> str | None:
    """Guard: an order to correct came before, unless the matter needs none.

    Administrative Penalty Law of China, article 28: with a penalty comes an order to correct; what
    a jurisdiction puts first is its listing's.
    """
    if Stage(case.stage) not in _UNCORRECTED:
        return None
    if matter(case).get("correct_first", True):
        return (
            "the order to correct comes first in this matter: take notice, give_grace and "
            "reobserve before accept"
        )
    if case.legal_use != PENALTY_EVIDENCE:
        return (
            f"its pictures are no penalty evidence ({case.legal_use_reason}), so the order to "
            "correct comes first: take notice, give_grace and reobserve before accept"
        )
    return None


def legally_reviewed(case: CaseRow, _by: Principal | str) -> str | None:
    """Guard: of a major case, a legal review that agrees is recorded (article 58)."""
    if not matter(case).get("major", False):
        return None
    if case.legal_review is None:
        return "this matter is major: record the legal review first (step legal_review)"
    if not case.legal_review["approved"]:
        return (
            f"the legal review {case.legal_review['document_no']} does not approve it; record one "
            "that does (step legal_review), or close the case otherwise"
        )
    return None


def permit_checked(case: CaseRow, _by: Principal | str) -> str | None:
    """Guard: where the kind needs it, a person has asked the register of permits."""
    asks = any(kind.permit_check for kind in catalogue().kinds if kind.name == case.kind)
    if not asks or case.permit_check is not None:
        return None
    return (
        "it is suspected only, until the register of permits was asked: record the answer first "
        "(step permit_check)"
    )
