"""Opinions: what became of the questions to a model, and whether people decided as it said."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    Metric,
    SummaryMetricFamily,
)
from sqlalchemy.orm import Session

from api.cases.opinion import Answer
from api.opinions.counts import Result, agreement, counted, queued


def opinions(session: Session) -> Iterator[Metric]:
    """Nothing where no model was ever asked."""
    found = counted(session)
    if not found[Result.ASKED][0]:
        return
    for result, said in (
        (Result.ASKED, "Times that the model was asked about a case"),
        (Result.FAILED, "Times that it gave no answer in the form"),
        (Result.GIVEN_UP, "Cases that it is asked about no more without an answer"),
    ):
        counter = CounterMetricFamily(f"streetwarden_opinions_{result.value}", said)
        counter.add_metric([], found[result][0])
        yield counter
    took = SummaryMetricFamily(
        "streetwarden_opinion_seconds", "Time that answers took, by answer", labels=["answer"]
    )
    for answer in Answer:
        many, ms = found[Result(answer.value)]
        took.add_metric([answer.value], many, ms / 1000)
    waiting = GaugeMetricFamily(
        "streetwarden_opinions_waiting", "Cases in review that the model is still to be asked about"
    )
    waiting.add_metric([], queued(session))
    agreed = GaugeMetricFamily(
        "streetwarden_opinion_cases",
        "Cases by the model's answer and what people decided, as it stands now",
        labels=["answer", "decision"],
    )
    for (answer, decision), count in agreement(session).items():
        agreed.add_metric([answer.value, decision], count)
    yield from (took, waiting, agreed)
