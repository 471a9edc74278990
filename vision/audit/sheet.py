"""Sheet: what a person answered about a sample of pictures, and what follows for recall."""

from __future__ import annotations

from typing import Literal

from vision.audit.place import Record


class Answer(Record):
    """Of one picture, known by its bytes: whether it shows a violation; `kind` says which."""

    sha256: str
    answer: Literal["violation", "none", "unsure"]
    kind: str = ""


class Sheet(Record):
    """A sampling sheet that was filled in, as `sampling.html` saves it.

    `audit` is the mark of the pictures that the sample was drawn from, see `checking.Sample`.
    """

    schema_version: Literal["streetwarden.audit.checked/1"] = "streetwarden.audit.checked/1"
    audit: str
    answers: tuple[Answer, ...]


class Recall(Record):
    """How many of the photos with a violation the model marked, by a sample; see `checking.recall`.

    `share` lies in `interval` with a probability of at least 95 %. `unflagged` photos have no
    finding, of which `checked` were looked at and `missed` showed a violation; `flagged` have some,
    of which `judged` were looked at and `right` truly show one. `misses` is the estimate of photos
    with a violation that have no finding.
    """

    share: float
    interval: tuple[float, float]
    unflagged: int
    checked: int
    missed: int
    missed_by_kind: dict[str, int]
    flagged: int
    judged: int
    right: int
    unsure: int
    misses: float
