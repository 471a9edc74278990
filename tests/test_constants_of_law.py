"""Constants that carry law or privacy: whoever changes one changes it here too, and says why.

None of these is a matter of taste or speed. A test elsewhere may show what a constant does; this
one only holds that it is still the value that somebody once had a reason for.
"""

from __future__ import annotations

import stat
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

import api.access.backoff
import api.access.keys
import api.access.passwords
import api.cases.law
import api.cases.life
import api.cases.matching
import api.cases.schemas
import api.cases.stages
import api.cases.steps
import api.cases.view
import api.http.guards
import vision.audit.folder
import vision.durable
import vision.evidence.masking
import vision.registers.matters
import vision.site.presets
import vision.site.silences
import vision.sources.reader
from api.access.roles import RIGHTS, Right, Role
from api.cases.stages import Stage
from api.cases.steps import PROGRAM, Step
from vision.detections import make_detections
from vision.evidence import EvidenceStore, mask, paint_privacy
from vision.kinds import catalogue
from vision.site import Webhook
from vision.site.presets import Preset
from vision.site.rule_settings import shipped

HELD: dict[str, tuple[Any, Any, str]] = {
    "masked classes": (
        vision.evidence.masking.MASKED_CLASSES,
        {"person", "plate"},
        "PIPL 26, Video Regulation 22: bystanders and plates are unrecognisable in what leaves",
    ),
    "masked from a score of": (
        vision.evidence.masking.MASKED_FROM,
        0.1,
        (
            "recall before precision: a face left visible is a disclosure, a box too many is none; "
            "far below every threshold at which a thing counts as seen"
        ),
    ),
    "blocks of a masked box": (
        vision.evidence.masking._BLOCKS,
        7,
        "a block is a seventh of the box: a head becomes one or two colours, a plate no characters",
    ),
    "margin of a preset's privacy zones": (
        vision.site.presets.OFF,
        0.12,
        (
            "a camera that stands that far off its preset is still believed to be there; less "
            "margin would show the edge of what must not be shown"
        ),
    ),
    "redacted roles": (
        api.cases.view.REDACTED,
        {"masked", "annotated"},
        "what a receiver or a viewer gets a link to; originals need a reason, which is logged",
    ),
    "mode of private files": (
        vision.durable.PRIVATE,
        0o600,
        "evidence shows people: nobody but the server's own user reads it from the disk",
    ),
    "mode of an audit's report": (
        vision.audit.folder.READABLE,
        0o644,
        "made to be handed on; its pictures are masked",
    ),
    "life of a console session": (
        api.access.keys.SESSION_LIFE,
        timedelta(hours=12),
        "a shift and its handover; a key left in a browser opens nothing the next day",
    ),
    "shortest password": (
        api.access.passwords.SHORTEST,
        12,
        "a short one is guessed however it is hashed; NIST SP 800-63B asks for length alone",
    ),
    "longest wait after failed sign-ins": (
        api.access.backoff.LONGEST_WAIT_S,
        300.0,
        "who guesses is slowed down, and nobody can be locked out of their duty for longer",
    ),
    "longest silence": (
        vision.site.silences.LONGEST,
        timedelta(days=366),
        "a silence that never ends would be a permit that nobody granted",
    ),
    "memory of prior cases": (
        api.cases.matching.MEMORY,
        timedelta(days=365),
        "first or repeated is asked of a year; a person's record is not kept in view for ever",
    ),
    "retry after a refused password": (
        vision.sources.reader.REFUSED_RETRY,
        60.0,
        "cameras lock out who guesses: the police's own access would be locked with ours",
    ),
    "largest body": (
        api.http.guards.LARGEST_BODY,
        64 * 1024,
        "a stranger's request costs no more memory than this",
    ),
    "legal use": (
        get_args(api.cases.schemas.CaseView.model_fields["legal_use"].annotation),
        ("lead_only", "penalty_evidence"),
        (
            "Administrative Penalty Law 41: without a device's admissibility file a picture is a "
            "lead, no proof"
        ),
    ),
    "media that webhooks carry": (
        get_args(Webhook.model_fields["media"].annotation),
        ("redacted", "none"),
        "links and hashes of masked pictures only, or nothing of them",
    ),
    "stages of a person's decision": (
        api.cases.stages.PERSON_CONFIRMED,
        {
            *(Stage.CONFIRMED, Stage.EMITTED, Stage.FILED, Stage.DISPATCHED, Stage.HANDLED),
            *(Stage.VERIFIED, Stage.RETURNED, Stage.NOTICED, Stage.GRACE, Stage.REOBSERVED),
            *(Stage.ACCEPTED, Stage.TRANSFERRED, Stage.CLOSED),
        },
        "nothing is told to a receiver that no person has confirmed",
    ),
    "dwell of a stall": (
        shipped("street_vending").dwell,
        timedelta(minutes=5),
        "the bureaus' practice: who moves on when asked to is not recorded",
    ),
    "dwell before a shop": (
        shipped("street_vending", "shop_outside").dwell,
        timedelta(minutes=10),
        "the bureaus' practice: goods are carried in and out",
    ),
    "looks of a stall": (
        shipped("street_vending").looks,
        3,
        "one picture is no stay",
    ),
}


@pytest.mark.parametrize("name", HELD)
def test_a_constant_that_carries_law_or_privacy_is_what_it_was(name):
    value, expected, why = HELD[name]
    assert value == expected, f"{name}: {why}"


def test_roles_may_what_they_might_and_no_more():
    """Least privilege: originals for who investigates, replay for who runs the site."""
    read, review, over, hold = Right.READ, Right.REVIEW, Right.TAKE_OVER, Right.HOLD
    assert dict(RIGHTS) == {
        Role.VIEWER: {read},
        Role.REVIEWER: {read, review},
        Role.OFFICER: {read, review, over, hold, Right.ORIGINALS, Right.SETUP, Right.AUDITS},
        Role.ADMIN: {
            *(read, review, over, hold),
            *(Right.ORIGINALS, Right.DELIVERIES, Right.REPLAY, Right.ACCESS_LOG, Right.ACCOUNTS),
            *(Right.SETUP, Right.SOURCES, Right.AUDITS),
        },
        Role.RECEIVER: {Right.CALL_BACK},
        Role.AUDITOR: {read, Right.DELIVERIES, Right.ACCESS_LOG},
    }


def test_nothing_leaves_before_a_person_has_confirmed():
    """Three systems: a person decides; the machine only proposes."""
    steps = api.cases.steps.STEPS
    emitting = {stage for (stage, step) in steps if step is Step.EMIT}
    assert emitting == {Stage.CONFIRMED}
    told = api.cases.stages.PERSON_CONFIRMED
    confirming = {(stage, step) for (stage, step), to in steps.items() if to is Stage.CONFIRMED}
    for stage, step in confirming:
        assert PROGRAM not in api.cases.steps.MAY[stage, step]
    # To another division only goes as confirmed what a person has confirmed.
    assert {stage for stage, step in confirming if step is Step.REASSIGN} <= set(told)
    decided = {stage for stage, step in confirming if step is not Step.REASSIGN}
    assert decided == set(api.cases.stages.DECIDABLE)
    entering = {at for (at, _), to in steps.items() if to in told and at not in told}
    assert entering == set(api.cases.stages.DECIDABLE), "no other way leads there"


def test_no_penalty_is_automatic():
    """Art. 41: the program looks again; a person or the case system decides."""
    mine = {(stage, step) for (stage, step), who in api.cases.steps.MAY.items() if PROGRAM in who}
    assert {step for _, step in mine} == {
        *(Step.SILENCE, Step.INHIBIT, Step.RELEASE, Step.EMIT, Step.VERIFY, Step.REOBSERVE),
        Step.CLOSE,
    }
    closing = {stage for stage, step in mine if step is Step.CLOSE}
    assert closing == {Stage.VERIFIED, Stage.REOBSERVED}


def test_nobody_is_told_before_a_person_has_confirmed_and_the_case_system_has_it():
    """Art. 44, 45: a notice is an officer's, of a case that was confirmed; never the program's."""
    steps, may = api.cases.steps.STEPS, api.cases.steps.MAY
    noticing = {stage for (stage, step) in steps if step is Step.NOTICE}
    assert noticing == {Stage.EMITTED}
    assert may[Stage.EMITTED, Step.NOTICE] == {Role.OFFICER, Role.ADMIN, Role.RECEIVER}


def test_what_is_put_first_cannot_be_left_out():
    """Art. 28, 58: an order to correct, a legal review of what is major, a permit asked for."""
    guards = api.cases.life.GUARDS
    law = api.cases.law
    assert set(guards[Step.ACCEPT]) == {
        law.corrected_first,
        law.legally_reviewed,
        law.permit_checked,
    }
    assert law.permit_checked in guards[Step.NOTICE]
    assert {kind.name for kind in catalogue().kinds if kind.permit_check} == {"illegal_structure"}


def test_deadlines_are_of_stages_in_which_somebody_has_to_act():
    named = set(get_args(vision.registers.matters.DeadlineStage))
    idle = {Stage.SILENCED, Stage.INHIBITED, Stage.REJECTED, Stage.CLOSED}
    assert named == set(Stage) - idle - {Stage.GRACE}


def test_every_class_that_shows_a_person_or_a_plate_is_masked():
    """A model that learns another class of people needs it in `MASKED_CLASSES` too."""
    names = {c.name for c in catalogue().classes}
    assert names >= vision.evidence.masking.MASKED_CLASSES
    assert names == {
        *("stall", "parasol", "bin", "overflowing_bin", "garbage", "structure", "truck", "plate"),
        *("person", "car", "bus", "motorcycle", "bicycle", "umbrella"),
    }, "is what the new class shows to be masked?"


@pytest.mark.parametrize("name", sorted(vision.evidence.masking.MASKED_CLASSES))
def test_a_masked_box_has_at_most_seven_blocks_a_side(name):
    pixels = np.random.default_rng(1).integers(0, 255, (210, 210, 3), np.uint8)
    score = np.float32(vision.evidence.masking.MASKED_FROM)
    seen = make_detections(
        np.array([[0, 0, 210, 210]], np.float32), np.array([score]), np.array([0]), (name,)
    )
    assert len(np.unique(mask(pixels, seen).reshape(-1, 3), axis=0)) <= 49


def test_what_privacy_covers_is_painted_out_to_its_very_edge_and_beyond_at_a_preset():
    zone = ((0.4, 0.4), (0.6, 0.4), (0.6, 0.6), (0.4, 0.6))
    white = np.full((100, 100, 3), 255, np.uint8)
    assert (paint_privacy(white, [zone])[40:61, 40:61] == 96).all()
    grown = Preset(name="gate", picture="x.jpg", privacy=(zone,)).painted_out
    painted = paint_privacy(white, grown)
    assert (painted[40 - 12 : 60 + 12, 40 - 12 : 60 + 12] == 96).all()


def test_evidence_is_read_by_nobody_else(tmp_path: Path):
    store = EvidenceStore(tmp_path)
    assert stat.S_IMODE(store.path(store.put(b"a face")).stat().st_mode) == 0o600
