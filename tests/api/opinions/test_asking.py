"""Cases are asked about behind everybody's back: what is kept of it, and what it never does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update
from werkzeug.wrappers import Response

from api.access.roles import Principal, Role
from api.cases.queue import Narrowed, QueueDesk
from api.cases.ranking import Because
from api.cases.requests import MaskRequest
from api.cases.schemas import CaseData
from api.delivery.breaker import Pace
from api.evidence.hand_masks import MaskDesk
from api.evidence.retention import Purge
from api.evidence.scope import Scope
from api.evidence.verify import verify
from api.http.app import create_app
from api.opinions.asker import Asker
from api.opinions.endpoint import Blame, Failure
from api.opinions.prompt import Prompts
from api.opinions.pruning import KEPT, rules
from api.opinions.queue import GIVEN_UP, MISFITS, RETRY, OpinionQueue, State
from api.records.check import SiteCheck
from api.records.head_file import HeadFile
from api.storage.pruning import prune
from api.storage.tables import CaseRow, DeliveryRow, EvidenceRow, OpinionRow
from tests.api.evidence.packing import pack, taken_apart
from tests.api.opinions.model import NO, UNSURE, YES, Model, model, said
from tests.api.opinions.test_endpoint import status
from tests.api.world import (
    CONFIRM,
    GARBAGE,
    REJECT,
    ROOF,
    SECRET,
    World,
    make_site,
    make_world,
    served,
)
from vision.evidence import EvidenceRole
from vision.kinds import catalogue
from vision.site.retention import Retention

SPILL = {"kind": "dirty_truck", "subtype": "spill"}
LI = Principal("li", "Li", Role.REVIEWER)
EAGER = Pace(most=1, failures=3, first=timedelta(0), longest=timedelta(0))
"""Lets a test ask again at once."""


@pytest.fixture(scope="module")
def one_model() -> Iterator[Model]:
    with model() as made:
        yield made


@pytest.fixture
def there(one_model: Model) -> Model:
    one_model.says, one_model.answer = YES, None
    one_model.bodies.clear()
    return one_model


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    hook = {"name": "city", "url": "http://127.0.0.1:9/", "secret": SECRET}
    hook |= {"stages": ["confirmed", "rejected", "cleared", "ended"]}
    review = {"undo": "0s", "second": {"kinds": ["illegal_structure"]}}
    made = make_world(make_site(tmp_path, hook, review=review))
    with closing(made.database):
        yield made


def asker(world: World, there: Model, pace: Pace = EAGER, **more: Any) -> Asker:
    settings = there.settings(**more)
    return Asker(world.database, world.evidence, world.site, settings, pace=pace)


def masked(world: World, case: str) -> str:
    found = [e for e in world.read(case).evidence if e.role is EvidenceRole.MASKED]
    return found[0].sha256


def row(world: World, case: str) -> OpinionRow | None:
    with world.database.read() as session:
        return session.get(OpinionRow, case)


def change(world: World, case: str, **values: object) -> None:
    with world.database.write() as session:
        session.execute(update(OpinionRow).where(OpinionRow.case_id == case).values(**values))


def due(world: World, case: str) -> None:
    change(world, case, next_attempt_at=datetime.now(UTC))


def test_what_was_asked_and_answered_is_kept_beside_the_case_and_in_its_log(world, there):
    case = world.case(**GARBAGE)
    one = asker(world, there)
    assert one.step()
    assert not one.step(), "once"
    assert there.pictures == [world.evidence.read(masked(world, case))]
    (body,) = there.bodies
    prompt = body["messages"][0]["content"][1]["text"]
    question = catalogue().kind("overflowing_bin").subtype("exposed_garbage").question
    assert question is not None
    assert question.en in prompt
    sent = json.dumps(body["messages"][0]["content"][1]) + body["model"]
    seen = world.read(case)
    for fact in (case, seen.camera, seen.zone, seen.where.address, seen.kind, seen.subtype):
        assert fact not in sent
    told = seen.opinion
    assert told is not None
    assert (told.answer, told.why, told.model) == ("yes", "a bag lies beside the bin", "qwen-vl")
    assert told.picture == masked(world, case)
    assert told.host in there.url
    entry = seen.log[-1]
    assert (entry.action, entry.actor, entry.reason) == ("opinion", "second opinion", told.why)
    assert entry.data["second_opinion"] == told.model_dump(mode="json") | {
        "prompt": prompt,
        "asked_model": "small-vl",
        "held": True,
    }
    checked = SiteCheck(world.database, HeadFile(world.site.storage.key_file))
    assert list(checked.findings()) == []


@pytest.mark.parametrize("answer", [YES, NO, UNSURE])
def test_no_answer_takes_a_step_or_tells_anybody(world, there, answer):
    there.says = answer
    waiting, second, half = world.case(**SPILL), world.case(**SPILL), world.case(**ROOF)
    world.review(half, CONFIRM)
    before = {case: world.read(case) for case in (waiting, second, half)}
    assert before[half].stage == "second_review"
    one = asker(world, there)
    while one.step():
        pass
    for case, was in before.items():
        now = world.read(case)
        assert now.opinion is not None
        changed = {"opinion", "log"}
        assert now.model_dump(exclude=changed) == was.model_dump(exclude=changed)
        assert now.log[:-1] == was.log
        assert (now.log[-1].action, now.log[-1].stage) == ("opinion", was.stage)
    with world.database.read() as session:
        assert session.scalars(select(DeliveryRow)).all() == []
    # What people decide is told as ever, without it.
    world.review(waiting, CONFIRM)
    world.review(second, REJECT)
    with world.database.read() as session:
        bodies = session.scalars(select(DeliveryRow.body)).all()
    assert len(bodies) == 2
    assert not any("opinion" in body or "bag lies" in body for body in bodies)
    assert "opinion" not in CaseData.model_fields


def test_answers_order_the_queue_and_hide_nothing(world, there):
    yes, unsure, unasked, no = (world.case(**SPILL, score=0.5) for _ in range(4))
    one, words = asker(world, there), {yes: YES, unsure: UNSURE, no: NO}
    queue = OpinionQueue(world.database, "aside", ["dirty_truck"], timedelta(seconds=5))
    queue.fill()
    change(world, unasked, state=State.GIVEN_UP.value)
    for case in (yes, unsure, no):  # in the order of their ids
        there.says = words[case]
        assert one.step()
    page = QueueDesk(world.database, world.site).page(LI, Narrowed(), 9)
    # Of those alike the one that was made first, some milliseconds before the next.
    assert [item.case_id for item in page.items] == [yes, unsure, unasked, no]
    ranks = {item.case_id: item.rank for item in page.items}
    assert [ranks[case].value for case in (yes, unsure, unasked, no)] == [17, 13, 13, 9]
    assert Because.OPINION_YES in ranks[yes].because
    assert Because.OPINION_NO in ranks[no].because
    assert page.total == 4


def test_a_case_that_was_decided_is_not_asked_about(world, there):
    decided, waits, undone = (world.case(**SPILL) for _ in range(3))
    one = asker(world, there)
    queue = OpinionQueue(world.database, "aside", ["dirty_truck"], timedelta(seconds=5))
    queue.fill()
    queue.fill()
    world.review(decided, CONFIRM)
    world.review(undone, REJECT)
    assert one.step()
    assert not one.step()
    told = {case: world.read(case).opinion for case in (decided, waits, undone)}
    assert [case for case, opinion in told.items() if opinion] == [waits]


def test_one_that_is_decided_while_it_is_asked_about_keeps_its_stage_and_the_answer(world, there):
    case = world.case(**SPILL)

    def answer(_body: object) -> Response:
        world.review(case, REJECT)
        return said(YES)

    there.answer = answer
    assert asker(world, there).step()
    seen = world.read(case)
    assert seen.stage == "rejected"
    assert [entry.action for entry in seen.log][-2:] == ["rejected", "opinion"]
    assert seen.log[-1].stage == "rejected"
    assert seen.opinion is not None


def test_suppressed_cases_and_other_kinds_are_not_asked_about(world, there):
    world.case(**ROOF)
    garbage = world.case(**GARBAGE)
    with world.database.write() as session:
        session.execute(update(CaseRow).where(CaseRow.id == garbage).values(stage="silenced"))
    assert not asker(world, there, kinds=["overflowing_bin", "dirty_truck"]).step()
    assert there.bodies == []


def test_a_site_asks_in_its_language_and_its_own_words(world, there, tmp_path):
    chinese = make_site(tmp_path, site={"name": "曾都", "language": "zh"})
    own = {"dirty_truck": "车脏吗？", "dirty_truck/spill": "路面有没有遗撒？"}
    prompts = Prompts(chinese, there.settings(questions=own))
    spill = prompts.of("dirty_truck", "spill")
    mud = prompts.of("dirty_truck", "mud_on_wheels")
    stall = prompts.of("street_vending", "stall")
    assert spill is not None
    assert mud is not None
    assert stall is not None
    assert "路面有没有遗撒？" in spill.text
    assert "车脏吗？" in mud.text
    assert "摊位" in stall.text
    assert '{"answer": "yes"' in stall.text
    assert prompts.of("dirty_truck", "gone") is None
    assert prompts.without == ()


def test_every_shipped_sub_type_has_a_question_in_both_languages():
    for kind in catalogue().kinds:
        for sub in kind.subtypes:
            asked = sub.question or kind.question
            assert asked is not None, f"{kind.name}/{sub.name}"
            assert asked.zh.endswith("？")
            assert asked.en.endswith("?")


def test_what_was_masked_more_is_what_is_sent(world, there):
    case = world.case(**GARBAGE)
    original = next(e for e in world.read(case).evidence if e.role is EvidenceRole.ORIGINAL)
    before = masked(world, case)
    desk = MaskDesk(world.database, world.evidence)
    hidden = MaskRequest(picture=original.sha256, boxes=[(0.1, 0.1, 0.5, 0.5)])
    desk.add(LI, case, hidden)
    assert asker(world, there).step()
    told = world.read(case).opinion
    assert told is not None
    assert told.picture != before
    assert there.pictures == [world.evidence.read(told.picture)]


def test_without_a_masked_picture_nothing_is_sent(world, there):
    purged, lost = world.case(**SPILL), world.case(**SPILL)
    with world.database.write() as session:
        gone = update(EvidenceRow).where(EvidenceRow.case_id == purged)
        session.execute(gone.values(purged_at=datetime.now(UTC)))
    digest = masked(world, lost)
    (world.evidence.root / digest[:2] / digest).unlink()
    one = asker(world, there)
    while one.step():
        pass
    assert there.bodies == []
    for case in (purged, lost):
        assert row(world, case).state == State.GIVEN_UP


def test_an_endpoint_that_is_down_is_asked_again_later_and_its_cases_are_not_lost(world, there):
    case = world.case(**SPILL)
    there.answer = lambda _: status(503)
    one = asker(world, there)
    for times in range(1, MISFITS + 3):
        assert one.step()
        waits = row(world, case)
        assert (waits.state, waits.failures, waits.owner) == (State.WAITING, times, None)
        assert waits.next_attempt_at > datetime.now(UTC) + timedelta(seconds=25)
        assert not one.step(), "not before it is due"
        due(world, case)
    assert one.problem == f"{there.url.split('/')[2]} answered 503"
    there.answer = None
    assert one.step()
    assert one.problem is None
    assert world.read(case).opinion is not None


def test_after_a_day_it_is_given_up(world, there):
    case = world.case(**SPILL)
    there.answer = lambda _: status(401)
    one = asker(world, there)
    assert one.step()
    change(world, case, created_at=datetime.now(UTC) - GIVEN_UP)
    due(world, case)
    assert one.step()
    due(world, case)
    assert row(world, case).state == State.GIVEN_UP
    assert not one.step()
    assert world.read(case).opinion is None
    assert QueueDesk(world.database, world.site).total(LI) == 1, "it waits for people as before"
    longest = sum((RETRY.wait(n) for n in range(1, len(RETRY.waits) + 1)), timedelta())
    assert longest > GIVEN_UP, "time ends it"


def test_a_model_that_cannot_keep_to_the_form_is_asked_so_often(world, there):
    case = world.case(**SPILL)
    there.says = "It is certainly a truck."
    one = asker(world, there)
    for _ in range(MISFITS):
        assert one.step()
        due(world, case)
    assert not one.step()
    assert len(there.bodies) == MISFITS
    assert row(world, case).state == State.GIVEN_UP
    assert "is not JSON" in row(world, case).error


def test_however_many_wait_one_that_is_down_is_hardly_called(world, there):
    for _ in range(9):
        world.case(**SPILL)
    there.answer = lambda _: status(401)
    one = asker(world, there, Pace(most=1, failures=3, first=timedelta(hours=1)))
    for _ in range(30):
        one.step()
    assert len(there.bodies) == 3


def test_retry_after_is_for_all_cases(world, there):
    world.case(**SPILL)
    second = world.case(**SPILL)
    there.answer = lambda _: status(429, Retry_After="3000")
    one = asker(world, there, Pace(most=1, longest_asked=timedelta(hours=1)))
    assert one.step()
    there.answer = None
    assert not one.step()
    assert world.read(second).opinion is None
    first = world.database
    with first.read() as session:
        latest = max(session.scalars(select(OpinionRow.next_attempt_at)))
    assert latest > datetime.now(UTC) + timedelta(minutes=45)


def test_a_lease_that_is_over_settles_nothing(world, there):
    case = world.case(**SPILL)
    slow, other = (
        OpinionQueue(world.database, name, ["dirty_truck"], timedelta(seconds=5))
        for name in ("slow", "other")
    )
    slow.fill()
    claim = slow.take()
    assert claim is not None
    assert other.take() is None, "while it is held"
    due(world, case)
    assert other.take() == claim, "when its lease is over"
    slow.failed(claim, Failure(Blame.ENDPOINT, "too late"))
    slow.give_up(claim, "too late")
    assert (row(world, case).owner, row(world, case).failures) == ("other", 0)
    other.failed(claim, Failure(Blame.STOPPED, "ends"))
    assert (row(world, case).owner, row(world, case).failures) == (None, 0)
    change(world, case, next_attempt_at=datetime.now(UTC) + timedelta(days=400))
    assert other.take() == claim, "a clock that was wrong then holds back nothing"


def test_no_picture_is_kept_longer_for_it(world, there):
    case = world.case(**SPILL)
    assert asker(world, there).step()
    opened = world.read(case).log[0].at
    life = Retention(undecided=timedelta(days=10))
    over = Purge(world.database, world.evidence, life, now=lambda: opened + timedelta(days=10))
    assert over.run().taken == 3


def test_what_the_receivers_copy_holds_is_without_it(world, there):
    case = world.case(**GARBAGE)
    assert asker(world, there).step()
    world.review(case, CONFIRM)
    for scope, there_is in ((Scope.OFFICER, True), (Scope.RECEIVER, False), (Scope.PUBLIC, False)):
        path, _ = pack(world, case, scope, name=f"{scope}.zip")
        holds = b"a bag lies beside" in b"".join(taken_apart(path).values())
        assert holds is there_is, scope
        assert verify(path).holds, scope


def test_the_queue_forgets_what_is_over_and_no_count_falls(world, there):
    done, waits = world.case(**SPILL), world.case(**SPILL)
    one = asker(world, there)
    assert one.step()
    assert one.step()
    world.review(done, CONFIRM)
    later = datetime.now(UTC) + KEPT + timedelta(days=1)
    dropped = world.case(**SPILL)
    OpinionQueue(world.database, "aside", ["dirty_truck"], timedelta(seconds=5)).fill()
    world.review(dropped, REJECT)
    assert prune(world.database, rules(), datetime.now(UTC)) == {"questions to a model": 1}
    assert row(world, dropped) is None
    assert prune(world.database, rules(), later) == {"questions to a model": 1}
    assert row(world, done) is None
    assert row(world, waits) is not None
    assert world.read(done).opinion is not None
    assert not one.step()


def test_it_is_in_the_metrics(world, there, client):
    first, second = world.case(**SPILL), world.case(**SPILL)
    one = asker(world, there)
    http = client(Role.VIEWER)
    assert "streetwarden_opinion" not in http.get("/metrics").text, "nobody was asked"
    for says in (YES, NO):
        there.says = says
        one.step()
    world.review(first, REJECT)
    world.review(second, REJECT)
    there.says = "nonsense"
    world.case(**SPILL)
    one.step()
    lines = http.get("/metrics").text.splitlines()
    for line in (
        "streetwarden_opinions_asked_total 3.0",
        "streetwarden_opinions_failed_total 1.0",
        "streetwarden_opinions_waiting 1.0",
        'streetwarden_opinion_seconds_count{answer="yes"} 1.0',
        'streetwarden_opinion_seconds_count{answer="unsure"} 0.0',
        'streetwarden_opinion_cases{answer="yes",decision="rejected"} 1.0',
        'streetwarden_opinion_cases{answer="no",decision="rejected"} 1.0',
        'streetwarden_opinion_cases{answer="yes",decision="confirmed"} 0.0',
    ):
        assert line in lines, line


def test_a_server_asks_by_itself_and_tells_when_it_cannot(world, there, tmp_path):
    asked = threading.Semaphore(0)

    def answer(_body: object) -> Response:
        asked.release()
        return said(YES) if len(there.bodies) < 3 else status(401)

    there.answer = answer
    cases = [world.case(**SPILL) for _ in range(4)]
    settings = {"url": there.url, "model": "small-vl", "key": "sk-very-secret"}
    site = make_site(tmp_path, second_opinion=settings)
    headers = {"Authorization": f"Bearer {world.key(Role.ADMIN)}"}
    with (
        served(create_app(site, world.database, world.evidence)) as address,
        httpx.Client(base_url=address, headers=headers, trust_env=False, timeout=60) as http,
    ):
        for _ in range(4):  # when it asks for the fourth, the third has failed
            assert asked.acquire(timeout=20)
        told = http.get(f"/v1/cases/{cases[0]}").json()
        assert told["opinion"]["answer"] == "yes"
        assert told["log"][-1]["action"] == "opinion"
        listed = http.get("/v1/queue").json()["items"]
        assert [item["case_id"] for item in listed] == cases
        answer = http.get("/readyz")
        checks = {check["name"]: check for check in answer.json()["checks"]}
        assert answer.status_code == 200
        assert checks["second opinion"]["ready"] is False
        assert "401; see the key" in checks["second opinion"]["detail"]
        assert "sk-very-secret" not in answer.text
