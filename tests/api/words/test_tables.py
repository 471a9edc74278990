"""The API's tables of words: whole, in both languages, used, and filled with what there is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import get_args

import pytest

import api
from api.access.roles import Role
from api.callbacks.standing import State
from api.cases.parts import Checks, PermitCheck
from api.cases.receipt import remark
from api.cases.stages import Outcome, Rejection, Stage
from api.cases.step_desk import _SAID
from api.cases.steps import PROGRAM, Step
from api.cases.view import PLATE_ACTIONS
from api.setup.site_file import _WHY
from api.words.catalogue import CATALOGUE
from api.words.invalid import INVALID
from api.words.invalid import OURS as OF_REQUESTS
from api.words.legal_reasons import LEGAL_REASONS
from api.words.log_reasons import LOG_REASONS
from api.words.problems import PROBLEMS
from api.words.said import LISTS, Said, say
from api.words.vocabulary import VOCABULARY
from vision.episodes import EndedBy
from vision.evidence import EvidenceRole
from vision.frames import Clock
from vision.gap import GapCause
from vision.geo import Method
from vision.mistakes.wrong import WRONG
from vision.pipeline.unseen import UNSEEN
from vision.registers.admissibility import ACTS, VALID
from vision.registers.working_calendar import Unit
from vision.sentence import FORMS
from vision.site.mistakes import LIMITS

ROOT = Path(api.__file__).parent
_OF_MODELS = ("instant", "rejection", "checks", "number", "plate")
_OF_SETUP = ("setup", "preset")
OURS = {code for code in OF_REQUESTS if code.startswith((*_OF_MODELS, *_OF_SETUP))}
"""Of `INVALID`, those that we say; the others are pydantic's."""
SILENT = {
    "BackupError": "of commands",
    "SiteKeyError": "of commands; over HTTP it is told as site_key_busy",
    "TimeStampError": "of the stamper, which logs it",
    "EgressRefused": "of the outbox, which keeps it with the delivery",
    "HandshakeRefused": "of the outbox",
    "GeoReportError": "has the form of its specification",
    "DatabaseUnavailable": "over HTTP it is told as database_busy: it names paths",
    "TookTooLong": "over HTTP it is told as took_too_long",
}
"""Errors whose own text reaches nobody who asks over HTTP."""
OF_COMMANDS = {"http/server.py", "cases/intake.py", "cases/new_case.py", "cases/log.py"}
"""Where a CaseError is one of a command or of the pipeline."""
SAYING = {
    *("CannotUndo", "ChangedMeanwhile", "NoSiteFile", "SetupForbidden", "SetupRefused"),
    *("SiteFileUnwritable", "SiteFileWrong", "UnknownCamera", "UnknownChange"),
    *("AccountTaken", "CaseClaimed", "CaseError", "IllegalStep", "NotConfirmed", "OriginalRefused"),
    *("AuditNoRoom", "AuditTooLarge", "UnknownAudit"),
    *("PackageTooLarge", "ProviderUnavailable", "PurgedMedia", "Refusal", "SignInFailed"),
    *("SignInWaits", "StepForbidden", "UnknownAccount", "UnknownCase", "UnknownMedia"),
}


def sources() -> Iterator[tuple[str, ast.Module]]:
    for file in sorted(ROOT.rglob("*.py")):
        yield str(file.relative_to(ROOT)), ast.parse(file.read_text(encoding="utf-8"))


def said() -> list[tuple[str, str, set[str]]]:
    """Every `say("code", name=…)` of the API: where, the code, the names of its values."""
    found = []
    for where, tree in sources():
        imports = (node for node in tree.body if isinstance(node, ast.ImportFrom))
        if not any(node.module == "api.words.said" for node in imports):
            continue  # what it calls so is its own
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _called(node) == "say":
                (code,) = node.args
                assert isinstance(code, ast.Constant), f"{where}:{node.lineno}: no literal code"
                names = {keyword.arg for keyword in node.keywords}
                assert None not in names, f"{where}:{node.lineno}: ** hides the values"
                found.append((f"{where}:{node.lineno}", str(code.value), {n for n in names if n}))
    return found


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else ""


@pytest.mark.parametrize("name", CATALOGUE)
def test_each_is_in_both_languages(name: str) -> None:
    for code, sentence in CATALOGUE[name].items():
        assert re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", code), "snake_case, for it stays"
        zh, en = (re.sub(r"\{[^}]*\}", "", text) for text in (sentence.zh, sentence.en))
        assert re.search("[\u4e00-\u9fff]", zh), code
        assert re.search("[a-z]", en), code
        assert not re.search("[\u3000-\u303f\uff00-\uffef\u4e00-\u9fff]", en), code
        half_width_or_space = r"[,;:()!?] |[\u4e00-\u9fff] +[\u4e00-\u9fff\d]"
        assert not re.search(half_width_or_space, zh), code
        forms = sentence.placeholders("zh") | sentence.placeholders("en")
        assert {form for form in forms.values() if form} <= FORMS | set(LISTS), code


def test_a_problem_says_in_chinese_what_to_do_next() -> None:
    for code, sentence in PROBLEMS.items():
        assert re.search("请|无需|须|见|可", sentence.zh), code


def test_every_code_is_said_somewhere() -> None:
    codes = {code for _, code, _ in said()}
    told = {"invalid", "refused"}  # by `api.http.problems`, with another text
    assert codes - set(PROBLEMS) - set(LOG_REASONS) == OURS
    assert set(LOG_REASONS) - codes == set(UNSEEN), "unused"
    assert set(PROBLEMS) - codes - told == set(), "unused"


def test_sentences_use_the_values_that_are_given() -> None:
    for where, code, given in said():
        sentence = PROBLEMS.get(code) or LOG_REASONS.get(code) or INVALID[code]
        wanted = set(sentence.placeholders("zh")) | set(sentence.placeholders("en"))
        assert wanted <= given, where


def test_sentences_of_single_values_use_limits_of_ours() -> None:
    for code in set(OF_REQUESTS) - OURS:
        sentence = INVALID[code]
        assert set(sentence.placeholders("zh")) == set(sentence.placeholders("en")) <= LIMITS


def test_no_code_says_two_things() -> None:
    assert not set(OF_REQUESTS) & set(WRONG)
    assert not set(PROBLEMS) & set(INVALID)
    assert not set(LOG_REASONS) & {*PROBLEMS, *INVALID}
    assert not set(LISTS) & {"reasons", "problems", "invalid"}


def test_every_error_that_is_answered_has_a_code() -> None:
    """Its text is `say(…)`, or a variable or call that is one: never a text of its own."""
    for where, tree in sources():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or where in OF_COMMANDS:
                continue
            name = _called(node)
            texts = node.args[1:2] if name == "Refusal" else node.args[:1]
            if name in SAYING:
                assert texts, f"{where}:{node.lineno}: {name} says nothing"
                assert not isinstance(texts[0], ast.Constant | ast.JoinedStr), (
                    f"{where}:{node.lineno}: {name} has a text without a code; use say()"
                )


def test_every_error_class_is_known_here() -> None:
    tree = ast.parse((ROOT / "errors.py").read_text(encoding="utf-8"))
    classes = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    assert classes | {"CaseError", "Refusal", "HandshakeRefused"} == SAYING | set(SILENT)


MEMBERS: Mapping[str, set[str]] = {
    "stages": set(Stage),
    "outcomes": set(Outcome),
    "rejections": set(Rejection),
    "decisions": {"confirm", "reject"},
    "checks": set(Checks.model_fields),
    "steps": set(Step),
    "roles": {*Role, PROGRAM},
    "legal_uses": {"lead_only", "penalty_evidence"},
    "permit_checks": set(get_args(PermitCheck.model_fields["result"].annotation)),
    "units": set(Unit),
    "clocks": set(Clock),
    "methods": set(get_args(Method)),
    "moments": {"opened", "best", "confirmed", "cleared", "ended", "reobserved", "origin"},
    "evidence": set(EvidenceRole),
    "ended_by": {"cleared", *EndedBy},
    "gaps": set(GapCause),
    "obstacles": set(_WHY.values()),
    "log": {
        *(stage for stage in Stage if stage is not Stage.PENDING_REVIEW),
        *_SAID.values(),
        *("opened", "sighted", "reopened", "supplemented", "cleared", "ended"),
        *("confirmed_first", "disagreed", "taken_over", "released", "numbered", "unseen"),
        *("notice", "notice_failed", "held", "hold_released", "masked", "purged", "opinion"),
        "received",
        *PLATE_ACTIONS,
        *(f"callback_{state}" for state in State if state is not State.APPLIED),
    },
}


@pytest.mark.parametrize("name", VOCABULARY)
def test_a_list_has_every_value_and_no_other(name: str) -> None:
    assert set(VOCABULARY[name]) == MEMBERS[name]


def test_every_action_that_is_logged_by_a_word_has_one() -> None:
    logged = {
        node.args[2].value
        for _, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and _called(node) == "enter"
        and isinstance(node.args[2], ast.Constant)
    }
    assert logged >= {"numbered", "taken_over", "unseen"}
    assert logged <= set(VOCABULARY["log"])
    assert remark.__doc__, "whose words are `Adapter.logged`, and that with `_failed`"


def test_a_reason_that_the_program_gives_is_never_a_plain_text() -> None:
    """A log entry's reason is a person's own words, or has a code."""
    for where, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _called(node) in {"enter", "remark"}:
                reasons = (k.value for k in node.keywords if k.arg == "reason")
                texts = (n for reason in reasons for n in ast.walk(reason))
                assert not any(
                    isinstance(n, ast.JoinedStr)
                    or (isinstance(n, ast.Constant) and " " in str(n.value))
                    for n in texts
                ), f"{where}:{node.lineno}: the reason has no code; use say()"


def test_what_the_law_asks_has_a_reason_each() -> None:
    lacks = {f"lacks_{act}" for act in (VALID, *ACTS)}
    others = {"admissible", "matter_not_listed", "device_not_filed", "file_time"}
    assert set(LEGAL_REASONS) == lacks | others


def test_what_is_said_knows_its_code_and_is_harmless() -> None:
    text = say("case_unknown", case="SW-1\u202e\n")
    assert isinstance(text, Said)
    assert (text.code, text.params) == ("case_unknown", {"case": "SW-1\\u202e\\x0a"})
    assert str(text) == (
        "no case 'SW-1\\u202e\\x0a' is known to this key; list the cases to find it"
    )
    with pytest.raises(KeyError):
        say("case_unknown")
    with pytest.raises(KeyError):
        say("no_such_code")
