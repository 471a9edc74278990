"""Adapter: what a plug-in of the group `streetwarden.adapters` is made of.

A plug-in's entry point names a subclass of `Adapter`. Its class attributes say what its settings in
the site file are and which events it takes; the site file is checked against both when it is read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, ClassVar, Protocol

from pydantic import BaseModel

from api.delivery.outcome import Outcome, Result, judged
from vision.errors import EvidenceUnavailable
from vision.fields import Part as SiteFilePart


class Undeliverable(Exception):  # noqa: N818 - a state of the event
    """The event cannot be put into the receiver's form: a dead letter at once, nothing is sent."""


@dataclass(frozen=True, slots=True)
class Part:
    """A file of a multipart body. `content` is read once, in pieces."""

    name: str
    filename: str
    content: BinaryIO
    media_type: str


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request to the receiver.

    `path` is put behind the webhook's `url`. The body is `content` as it is (it is signed if the
    webhook has secrets), or else `form` (URL-encoded; multipart where there are `files`).
    """

    method: str = "POST"
    path: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    content: str | None = None
    form: Mapping[str, str] = field(default_factory=dict)
    files: tuple[Part, ...] = ()


def number_of(said: object) -> str | None:
    """What stands in an answer as a number, if it is one: text or digits."""
    known = isinstance(said, str | int) and not isinstance(said, bool)
    return str(said) if known and said else None


@dataclass(frozen=True, slots=True)
class Answer:
    """A receiver's answer; names of `headers` are in lower case.

    `body` is what the adapter asked to read of it (`Adapter.reads`); empty where that could not be
    read, or was longer.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


class Pictures(Protocol):
    """Pictures of a case, masked derivatives only."""

    def open(self, case_id: str, sha256: str) -> BinaryIO:
        """The picture as a file, from its start.

        Raises:
            Undeliverable: the case has no such masked picture (any more).
            EvidenceUnavailable: it cannot be read now.
        """


class NoPictures:
    """Where a process has no evidence store, such as a ping from the command line."""

    def open(self, case_id: str, sha256: str) -> BinaryIO:
        """Nothing."""
        raise EvidenceUnavailable(f"case {case_id}: {sha256[:12]}… cannot be read in this process")


@dataclass(frozen=True, slots=True)
class Event:
    """An event as it lies in the outbox: its id, its body (a CloudEvent in JSON), pictures."""

    id: str
    body: str
    pictures: Pictures

    @property
    def told(self) -> dict[str, Any]:
        """The CloudEvent."""
        told: dict[str, Any] = json.loads(self.body)
        return told

    @property
    def data(self) -> dict[str, Any]:
        """The case as this receiver may see it; see `api.cases.schemas.CaseData`."""
        data: dict[str, Any] = self.told["data"]
        return data


class Adapter:
    """Turns events into requests and judges the answers. One is made for each worker's receiver.

    Args:
        settings: the webhook's `settings`, an instance of `Settings`.
    """

    class Settings(SiteFilePart):
        """What the site file says under the webhook's `settings`."""

    events: ClassVar[Iterable[str] | None] = None
    """Which `stages` the webhook may name; None for all."""
    secret: ClassVar[bool] = False
    """Whether the webhook needs a `secret`."""
    reads: ClassVar[int] = 0
    """Most bytes of an answer's body that it wants to see."""
    logged: ClassVar[str | None] = None
    """The action under which the case's log keeps how it ended; None where it does not."""

    def __init__(self, settings: BaseModel) -> None:
        self.settings = settings

    def request(self, event: Event) -> Request:
        """The request for an event. It may block: it is called in a thread of this receiver.

        Raises:
            Undeliverable: something is missing that the form needs; says what, in words.
        """
        raise NotImplementedError

    def judge(self, answer: Answer) -> Outcome:
        """What the receiver said: accepted, to be tried again, or refused for good."""
        return judged(answer.status, answer.headers)

    def ping(self, event: Event) -> Request:  # noqa: ARG002 - for those that send it on
        """A request that shows whether the receiver is there and does nothing."""
        return Request(method="HEAD")

    def pinged(self, answer: Answer) -> Outcome:
        """What an answer to `ping` says. Whatever answers below 500, and not 401 or 403, is there.

        A form need not know HEAD: what it says to one is no verdict on the form's own requests.
        """
        if answer.status < 500 and answer.status not in {401, 403}:
            return Outcome(Result.DELIVERED, status=answer.status)
        return judged(answer.status, answer.headers)
