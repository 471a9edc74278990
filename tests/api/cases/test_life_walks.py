"""Random walks of cases through the real app: none ever reaches a state that the table forbids."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import Select, select

from api.access.roles import Role
from api.cases.stages import OUTCOMES, Outcome, Stage
from api.cases.steps import Step
from api.delivery.outcome import Outcome as Sent
from api.delivery.outcome import Result
from api.delivery.queue import DeliveryQueue
from api.delivery.retry import RetryPolicy
from api.http.app import create_app
from api.storage.tables import CaseRow, DeliveryRow
from tests.api.cases.test_stages import TABLE
from tests.api.cases.test_step_desk import ALL, body
from tests.api.http.test_webhook_routes import Asleep
from tests.api.world import (
    BIN,
    NOON,
    ROOF,
    SECRET,
    World,
    cleared,
    make_event,
    make_site,
    make_world,
    served,
)

TICKS = dict.fromkeys(("authentic", "clear", "complete", "accurate"), True)
CONFIRM = {"decision": "confirm", "checks": TICKS}
REJECT = {"decision": "reject", "reason": "false_positive"}
STEPS = [s for (_, s) in TABLE if s not in {"silence", "inhibit", "release"}]
STEPS = sorted({s for s in STEPS if s not in {"confirm", "confirm_first", "reject"}})
STEPS.remove("reassign")  # after it the case is another division's: `test_reassign.py`
PEOPLE = {"li": Role.REVIEWER, "wang": Role.REVIEWER, "zhao": Role.OFFICER, "admin": Role.ADMIN}
DECIDED = {"confirm": "confirmed", "reject": "rejected"}


class House:
    """One site, served, for all walks; a bin needs one reviewer, a structure two."""

    world: World
    http: httpx.Client
    keys: dict[str, str]
    cases = 0


@pytest.fixture(scope="module", autouse=True)
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    hook = {"name": "main", "url": "http://127.0.0.1:9/", "secret": SECRET, "stages": ALL}
    review = {"undo": "60s", "second": {"kinds": ["illegal_structure"]}}
    site = make_site(tmp_path_factory.mktemp("walks"), hook, review=review)
    House.world = world = make_world(site)
    House.keys = {name: world.keys.create(name, role).key for name, role in PEOPLE.items()}
    app = create_app(site, world.database, world.evidence, outbox=Asleep(world.database, site))
    with (
        served(app) as address,
        httpx.Client(base_url=address, trust_env=False, timeout=60) as House.http,
    ):
        yield
    world.database.close()


class Life(RuleBasedStateMachine):
    """One case, four people, the camera and the receiver; `stage` is what the table says."""

    @initialize(second=st.booleans())
    def begin(self, second: bool) -> None:
        self.world, self.http, self.keys = House.world, House.http, House.keys
        House.cases += 1
        # Another zone: no case is a sighting of an earlier walk's.
        self.what = {"zone": f"zone {House.cases}", **(ROOF if second else BIN)}
        self.event = make_event(**self.what)
        self.case_id = self.world.intake.take(self.event, [])
        self.second, self.first, self.stage = second, "", "pending_review"
        self.decided_by, self.sent, self.gone, self.logged = "", False, False, 1
        self.outcome: str | None = None

    def ask(self, who: str, path: str, json: object) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.keys[who]}"}
        return self.http.post(f"/v1/cases/{self.case_id}/{path}", json=json, headers=headers)

    @rule(who=st.sampled_from(sorted(PEOPLE)), decision=st.sampled_from([CONFIRM, REJECT]))
    def decide(self, who: str, decision: dict[str, object]) -> None:
        step = str(decision["decision"])
        answer = self.ask(who, "review", decision)
        possible = (self.stage, step) in TABLE
        if self.stage == "second_review" and who == self.first:
            possible = False
        assert answer.status_code == (200 if possible else 409), answer.text
        if not possible:
            return
        if step == "confirm" and self.second and self.stage != "second_review":
            step, self.first = "confirm_first", who
        self.stage = TABLE[self.stage, step][0]
        self.decided_by, self.logged = who, self.logged + 1

    @rule(
        who=st.sampled_from(sorted(PEOPLE)),
        step=st.sampled_from(STEPS),
        outcome=st.sampled_from(sorted(set(Outcome) - {"withdrawn", "overturned"})),
    )
    def take(self, who: str, step: str, outcome: str) -> None:
        before = self.case()
        given = body(step, **({"outcome": outcome} if step == "close" else {}))
        answer = self.ask(who, "steps", given)
        to, roles = TABLE.get((self.stage, step), (None, set()))
        if to is not None and PEOPLE[who] not in roles:
            assert answer.status_code == 403, answer.text
            return
        if to is None or not self.fits(who, step, outcome, before):
            assert answer.status_code == 409, answer.text
            return
        assert answer.status_code == 200, answer.text
        if step == "close":
            self.outcome = outcome
        self.outcome = {"withdraw": "withdrawn", "overturn": "overturned"}.get(step, self.outcome)
        self.stage, self.logged = to, self.logged + 1
        if step == "give_grace" and self.gone:
            self.corrected()

    def corrected(self) -> None:
        """In grace and seen gone: the program looks again and closes it."""
        self.stage, self.outcome, self.logged = "closed", "corrected", self.logged + 2

    def fits(self, who: str, step: str, outcome: str, before: CaseRow) -> bool:
        """What the flags of the case, and who decided it, allow besides the table."""
        overturned = self.outcome == "overturned"
        return {
            "accept": lambda: self.stage == "reobserved",  # no matter lets it come before
            "close": lambda: outcome in OUTCOMES.get(Stage(self.stage), ()),
            "undo": lambda: (
                not self.sent and (PEOPLE[who] is not Role.REVIEWER or who == self.decided_by)
            ),
            # Of a structure the register of permits is asked first.
            "notice": lambda: not self.second or before.permit_check is not None,
            "supervise": lambda: before.supervised_at is None,
            "end_supervision": lambda: before.supervised_at is not None,
            "appeal": lambda: before.appealed_at is None and not overturned,
            "uphold": lambda: before.appealed_at is not None,
            "overturn": lambda: not overturned,
        }.get(step, lambda: True)()

    @rule()
    def deliver(self) -> None:
        """The receiver accepts what is due; what can be undone is not due yet."""
        with self.world.database.write() as session:
            for row in session.scalars(self.deliveries()):
                row.next_attempt_at = row.created_at
        queue = DeliveryQueue(self.world.database, self.world.site.calendar, "worker")
        while (claim := queue.claim("main")) is not None:
            self.sent = True
            assert self.stage not in {"pending_review", "second_review", "rejected"}
            queue.settle(claim, Sent(Result.DELIVERED, status=200), RetryPolicy())
            if self.stage == "confirmed":
                self.stage, self.logged = "emitted", self.logged + 1

    @rule(again=st.booleans())
    def look(self, again: bool) -> None:
        """The camera sees it gone, or it is there again."""
        open_ = self.stage not in {"rejected", "closed"}
        if not again:
            self.world.intake.take(cleared(self.event), [])
            self.logged += not self.gone
            if not self.gone and self.stage == "grace":
                self.corrected()
            self.gone = True
            return
        later = make_event(at=NOON + timedelta(days=1), **self.what)
        if open_ and not self.gone:
            assert self.world.intake.take(later, []) == self.case_id
            self.logged += 1

    def deliveries(self) -> Select[DeliveryRow]:
        return select(DeliveryRow).where(DeliveryRow.case_id == self.case_id)

    def case(self) -> CaseRow:
        with self.world.database.read() as session:
            return session.get_one(CaseRow, self.case_id)

    @invariant()
    def it_is_where_the_table_says(self) -> None:
        if not hasattr(self, "world"):
            return
        case = self.world.read(self.case_id)
        assert case.stage == self.stage
        assert case.outcome == self.outcome
        assert (case.outcome is not None) == (case.stage is Stage.CLOSED)
        assert len(case.log) == self.logged, "each step once, nothing for what was refused"
        assert case.log[-1].stage == self.stage
        with self.world.database.read() as session:
            told = list(session.scalars(self.deliveries()))
        if self.stage in {"pending_review", "second_review", "silenced", "rejected"}:
            assert told == [], "nothing leaves of what no person confirms"

    def teardown(self) -> None:
        if hasattr(self, "world"):  # what waits still is no later walk's
            with self.world.database.write() as session:
                for row in session.scalars(self.deliveries().where(DeliveryRow.attempts == 0)):
                    session.delete(row)


Life.TestCase.settings = settings(
    max_examples=6,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestLife = Life.TestCase
assert set(STEPS) <= set(Step)
