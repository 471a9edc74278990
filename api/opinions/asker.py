"""Asker: asks the site's model about the cases that wait, one after the other, behind them all."""

from __future__ import annotations

import logging
import os
import secrets
import socket
from datetime import UTC, datetime, timedelta

from api.background_thread import BackgroundThread
from api.cases.opinion import Opinion
from api.delivery.breaker import Breaker, Pace
from api.delivery.outcome import Outcome, Result
from api.errors import DatabaseUnavailable
from api.opinions.endpoint import Blame, Endpoint, Failure, Told
from api.opinions.prompt import Prompt, Prompts
from api.opinions.queue import Claim, OpinionQueue, Shown
from api.storage.database import Database
from vision.errors import EvidenceError, EvidenceUnavailable
from vision.evidence.store import EvidenceStore
from vision.site import Site
from vision.site.second_opinion import SecondOpinion
from vision.throttled_log import ThrottledLog

LOG = logging.getLogger("streetwarden.opinions")
_TROUBLE = ThrottledLog(LOG)
PERIOD_S = 2.0
"""Seconds between looks for cases, while there are none."""
_STOPPING_S = 5.0
PACE = Pace(
    most=1,
    failures=3,
    first=timedelta(seconds=5),
    longest=timedelta(minutes=5),
    longest_asked=timedelta(hours=1),
)
"""One question at a time, and few at an endpoint that is down, however many cases wait."""


class Asker(BackgroundThread):
    """Asks in the background; a question that `stop` finds in flight is asked again later.

    Args:
        database: of the cases.
        evidence: where their pictures are.
        site: for its language.
        settings: of the endpoint.
        period_s: see `PERIOD_S`.
        pace: how an endpoint that fails is treated.

    Attributes:
        problem: why no case is asked about now; None while all is well.
    """

    def __init__(
        self,
        database: Database,
        evidence: EvidenceStore,
        site: Site,
        settings: SecondOpinion,
        *,
        period_s: float = PERIOD_S,
        pace: Pace = PACE,
    ) -> None:
        super().__init__("opinions", within_s=_STOPPING_S)
        self._evidence = evidence
        self._settings = settings
        self._period_s = period_s
        self._prompts = Prompts(site, settings)
        self._endpoint = Endpoint(settings)
        owner = f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"
        self._queue = OpinionQueue(database, owner, self._prompts.kinds, settings.timeout)
        self._breaker = Breaker(pace)
        self.problem: str | None = None

    def step(self) -> bool:
        """Ask about the next case, if there is one and the endpoint is to be asked.

        Raises:
            DatabaseUnavailable: what was asked may be asked again.
        """
        if self._breaker.wait_s() > 0:
            return False
        claim = self._queue.take()
        if claim is None:
            self._queue.fill()  # or another server has meanwhile
            claim = self._queue.take()
        if claim is None:
            return False
        self._about(claim)
        return True

    def _run(self) -> None:
        while not self._stopping.is_set():
            asked = False
            try:
                asked = self.step()
            except DatabaseUnavailable as error:
                _TROUBLE.in_words("cases wait for a second opinion", error)
            except Exception as error:  # noqa: BLE001 - whatever it is, later ones may be asked about
                self.problem = "see the log"
                _TROUBLE.traced("cases wait for a second opinion", error)
            if not asked:
                self._stopping.wait(self._period_s)

    def _about(self, claim: Claim) -> None:
        prompt = self._prompts.of(claim.kind, claim.subtype)
        shown = self._queue.picture(claim)
        if prompt is None or shown is None:
            why = "its sub-type has no question" if prompt is None else "it has no masked picture"
            self._queue.give_up(claim, why)
            return
        try:
            content = self._evidence.read(shown.sha256)
        except EvidenceUnavailable as error:
            self._note(failure := Failure(Blame.EVIDENCE, str(error)))
            self._queue.failed(claim, failure)
            return
        except EvidenceError as error:  # lost or altered: that is told elsewhere
            self._queue.give_up(claim, str(error))
            return
        found = self._ask(content, shown, prompt)
        if isinstance(found, Told):
            self._breaker.note(Outcome(Result.DELIVERED))
            self.problem = None
            self._keep(claim, shown, prompt, found)
            return
        self._note(found)
        self._queue.failed(claim, found)

    def _ask(self, content: bytes, shown: Shown, prompt: Prompt) -> Told | Failure:
        try:
            return self._endpoint.ask(content, shown.media_type, prompt, self._stopping)
        except Exception as error:  # noqa: BLE001 - what an endpoint makes a library raise is its own
            _TROUBLE.traced(f"second opinion of {self._endpoint.host}", error)
            return Failure(Blame.ENDPOINT, f"{self._endpoint.host}: {type(error).__name__}")

    def _note(self, failure: Failure) -> None:
        if failure.blame is Blame.STOPPED:
            return
        self.problem = failure.error
        _TROUBLE.in_words("cases wait for a second opinion", RuntimeError(failure.error))
        if failure.blame is Blame.ANSWER:  # it is there
            self._breaker.note(Outcome(Result.DELIVERED))
        else:
            # A refusal of the key or the model is trouble as much as a 503 is.
            busy = failure.retry_after is not None
            status = failure.status if busy else None
            self._breaker.note(
                Outcome(Result.FAILED, status=status, retry_after=failure.retry_after)
            )

    def _keep(self, claim: Claim, shown: Shown, prompt: Prompt, told: Told) -> None:
        opinion = Opinion(
            answer=told.reply.answer,
            why=told.reply.why,
            model=told.reply.model,
            host=self._endpoint.host,
            picture=shown.sha256,
            prompt_sha256=prompt.sha256,
            ms=told.ms,
            at=datetime.now(UTC),
        )
        more = {"prompt": prompt.text, "asked_model": self._settings.model, "held": told.held}
        self._queue.answered(claim, opinion, more)
