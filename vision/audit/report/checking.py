"""Checking: a random sample of pictures for a person's eyes, and what it says of recall."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError
from scipy.special import betaincinv

from vision.audit.records import Picture, Report
from vision.audit.sheet import Answer, Recall, Sheet
from vision.errors import PictureError
from vision.files import read_file

UNFLAGGED, FLAGGED = 60, 30
"""Pictures in a sample (ours): ten minutes of a person. If 60 show nothing missed, at most 6 %
of all do (Clopper and Pearson's interval, 95 %, two-sided)."""
_DOUBT = 0.05
_MOST_BYTES = 2**20


@dataclass(frozen=True, slots=True)
class Sample:
    """Pictures drawn at random; the same audit draws the same ones.

    Attributes:
        audit: mark of the pictures it was drawn from and of what looked at them.
        unflagged, flagged: pictures without and with findings, in the order drawn.
    """

    audit: str
    unflagged: tuple[Picture, ...]
    flagged: tuple[Picture, ...]

    @property
    def hashes(self) -> frozenset[str]:
        """Of all of them."""
        return frozenset(p.record.sha256 for p in (*self.unflagged, *self.flagged) if p.record)


def draw(report: Report) -> Sample:
    """Draw a sample of a report's photos; looks of videos are not in it.

    A picture's place is the SHA-256 of the audit's mark and of its own hash, which is as good as
    chance: nobody chose it, and it can be drawn again.
    """
    shown = [p for p in report.pictures if p.record is not None]
    everything = sorted(p.record.sha256 for p in shown if p.record)
    text = "\n".join((report.settings.key, *everything))
    audit = hashlib.sha256(text.encode()).hexdigest()[:16]

    def chance(picture: Picture) -> str:
        assert picture.record is not None
        return hashlib.sha256(f"{audit}:{picture.record.sha256}".encode()).hexdigest()

    drawn = sorted(shown, key=chance)
    return Sample(
        audit,
        tuple([p for p in drawn if p.record and not p.record.findings][:UNFLAGGED]),
        tuple([p for p in drawn if p.record and p.record.findings][:FLAGGED]),
    )


def read_sheet(path: Path) -> Sheet:
    """Read a sheet that was filled in.

    Raises:
        PictureError: it cannot be read, or is none.
    """
    try:
        return Sheet.model_validate_json(read_file(path, _MOST_BYTES))
    except (OSError, ValidationError) as error:
        raise PictureError(
            f"{path}: is no sampling sheet that was filled in; save one from sampling.html"
        ) from error


def recall(report: Report, sheet: Sheet) -> Recall | None:
    """What a sheet says of a report's recall, counted in photos.

    With F photos with findings, of which a share p is right, and U without, of which a share m
    shows a violation all the same, recall is F·p / (F·p + U·m); m is what reviews of documents call
    elusion (M. Grossman, G. Cormack, The Grossman-Cormack Glossary of Technology-Assisted Review,
    2013). Intervals of p and m are Clopper and Pearson's (1934), which hold for any number, and
    rather wide ones when drawn without replacement; what was seen itself bounds them too, so a
    sheet on all photos leaves no doubt. Both together are each taken at 97.5 % (Bonferroni). Where
    nobody judged photos with findings, all of them count as right, which flatters recall.
    Unanswered and unsure pictures are taken to be like the others.

    Returns:
        None where no answer tells anything.

    Raises:
        PictureError: the sheet is of other pictures.
    """
    sample = draw(report)
    answers = {answer.sha256: answer for answer in sheet.answers}
    if sheet.audit != sample.audit or not answers.keys() <= sample.hashes:
        raise PictureError(
            "the sampling sheet is of other pictures, another model or other settings: fill in "
            "the sampling.html that lies beside this report"
        )
    without, flagged = _answers(sample.unflagged, answers), _answers(sample.flagged, answers)
    clean = [p for p in report.pictures if p.record is not None and not p.record.findings]
    unflagged, marked = len(clean), report.counts.pictures - len(clean)
    missed = [a for a in without if a.answer == "violation"]
    right = sum(a.answer == "violation" for a in flagged)
    if unflagged and not without:
        return None
    doubt = _DOUBT / 2 if flagged and without else _DOUBT
    m, misses = _share(len(missed), len(without), unflagged, doubt)
    p, true = _share(right, len(flagged), marked, doubt) if flagged else ((1.0, 1.0), marked)
    if not true + misses:
        return None
    low, high = marked * p[0], marked * p[1]
    most, least = unflagged * m[1], unflagged * m[0]
    return Recall(
        share=round(true / (true + misses), 4),
        interval=(
            round(low / (low + most), 4) if low else 0.0,
            round(high / (high + least), 4) if high else 0.0,
        ),
        unflagged=unflagged,
        checked=len(without),
        missed=len(missed),
        missed_by_kind=dict(sorted(Counter(a.kind for a in missed if a.kind).items())),
        flagged=marked,
        judged=len(flagged),
        right=right,
        unsure=sum(a.answer == "unsure" for a in answers.values()),
        misses=round(misses, 1),
    )


def _answers(pictures: Sequence[Picture], answers: dict[str, Answer]) -> list[Answer]:
    given = (answers.get(p.record.sha256) for p in pictures if p.record)
    return [one for one in given if one is not None and one.answer != "unsure"]


def _share(hits: int, trials: int, of: int, doubt: float) -> tuple[tuple[float, float], float]:
    """The interval of a share among `of`, and the number among them that it makes likely."""
    if not of or not trials:
        return (0.0, 0.0), 0.0
    low = float(betaincinv(hits, trials - hits + 1, doubt / 2)) if hits else 0.0
    high = float(betaincinv(hits + 1, trials - hits, 1 - doubt / 2)) if hits < trials else 1.0
    seen, unseen = hits / of, (of - (trials - hits)) / of
    return (max(low, seen), min(high, unseen)), of * hits / trials
