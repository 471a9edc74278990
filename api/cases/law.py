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
from api.words.said import say
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
        return say("correct_first")
    if case.legal_use != PENALTY_EVIDENCE:
        codes = [reason.get("code") for reason in case.legal_why or ()]
        # A case of before there were codes says it in its own words.
        why = codes if codes and all(codes) else case.legal_use_reason
        return say("no_penalty_evidence", why=why)
    return None


def legally_reviewed(case: CaseRow, _by: Principal | str) -> str | None:
    """Guard: of a major case, a legal review that agrees is recorded (article 58)."""
    if not matter(case).get("major", False):
        return None
    if case.legal_review is None:
        return say("legal_review_missing")
    if not case.legal_review["approved"]:
        return say("legal_review_against", document_no=case.legal_review["document_no"])
    return None


def permit_checked(case: CaseRow, _by: Principal | str) -> str | None:
    """Guard: where the kind needs it, a person has asked the register of permits."""
    asks = any(kind.permit_check for kind in catalogue().kinds if kind.name == case.kind)
    if not asks or case.permit_check is not None:
        return None
    return say("permit_not_checked")
