"""Turns reviewed cases into training pictures: what a person confirmed, and what they refuted.

A case keeps one box, of the place that its rule watched (of a market the hull of its stalls), not
what the detector saw there. So the labels written here are a start: look at them on contact sheets
and correct them before you train.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

BY_SUBTYPE = {"exposed_garbage": "garbage", "standing_garbage": "garbage"}
"""Sub-types that are seen as another class than their kind mostly is."""
BY_KIND = {
    "street_vending": "stall",
    "overflowing_bin": "overflowing_bin",
    "illegal_structure": "structure",
    "dirty_truck": "truck",
}
"""The class that a case's box most likely holds."""
CLASSES = tuple(dict.fromkeys((*BY_KIND.values(), *BY_SUBTYPE.values())))
REFUTABLE = {"street_vending", "overflowing_bin"}
"""Kinds of which a false positive says that the class is not there. A structure that is legal is a
structure, and a truck that is clean a truck: there the rule was wrong, not the detector."""
THERE = {"permitted"}
"""Reasons to reject a case which say that the thing is there."""

Case = Mapping[str, Any]
"""A case as the HTTP API gives it (`CaseView`)."""
Read = Callable[[str], bytes]
"""Gives a stored picture by its SHA-256; raises LookupError with a reason where it may not."""


@dataclass(slots=True)
class Report:
    """What an export of cases did.

    Attributes:
        pictures: Written; several cases may stand in one.
        confirmed: Cases that a person confirmed.
        permitted: Cases that a person rejected, but whose thing is there.
        refuted: Cases of something that a person said is not there.
        left_out: A sentence per reviewed case that taught nothing.
    """

    pictures: int = 0
    confirmed: int = 0
    permitted: int = 0
    refuted: int = 0
    left_out: list[str] = field(default_factory=list)


def export_cases(
    cases: Iterable[Case], read: Read, out: Path, *, originals: bool = False
) -> Report:
    """Writes a YOLO folder (`images/`, `labels/`, `data.yaml`) and `boxes.jsonl`.

    A confirmed case gives its frame with the boxes of all confirmed cases that stood in it then. A
    false positive gives its frame without the class, and a line in `boxes.jsonl` that says it was
    looked for. The rest is named.

    Args:
        cases: All cases, also those that wait: a frame that shows one of them refutes nothing.
        read: Reads a stored picture.
        out: Folder to write.
        originals: Whether to take originals; else their masked derivatives. Those teach nothing of
            people and plates, who are no more than blocks of colour in them.
    """
    for part in ("images", "labels"):
        (out / part).mkdir(parents=True, exist_ok=True)
    everything, report, written = list(cases), Report(), set[str]()
    checked: dict[str, tuple[set[str], list[list[str | float]]]] = {}
    for case in everything:
        if case["review"] is None:
            continue
        if case["kind"] not in BY_KIND:
            report.left_out.append(
                f"{case['case_id']}: another package brings its kind {case['kind']}, and nothing "
                "here says what its box holds. Left out."
            )
            continue
        reason = _silent(case, everything)
        picture = _frame(case, "original" if originals else "masked")
        try:
            if reason or picture is None:
                raise LookupError(reason or "it has no picture of the moment it was confirmed")  # noqa: TRY301
            data = read(picture["sha256"])
        except LookupError as error:
            report.left_out.append(f"{case['case_id']}: {error.args[0]}. Left out.")
            continue
        boxes = [[_seen_as(other), *other["box"]] for other in _beside(case, everything)]
        digest = _write(out, data, picture["captured_at"], boxes)
        written.add(digest)
        if case["review"]["decision"] == "confirm":
            report.confirmed += 1
        elif _is_there(case):
            report.permitted += 1
        else:
            report.refuted += 1
            classes, _ = checked.setdefault(digest, (set(), boxes))
            classes.add(_seen_as(case))
    report.pictures = len(written)
    _describe(out, checked)
    return report


def _is_there(case: Case) -> bool:
    review = case["review"]
    return bool(review) and (review["decision"] == "confirm" or review["reason"] in THERE)


def _silent(case: Case, everything: Sequence[Case]) -> str | None:
    """Why a reviewed case says nothing about its picture, or nothing where it does."""
    if _is_there(case):
        return None
    reason, kind = case["review"]["reason"], case["kind"]
    if reason != "false_positive":
        return f"rejected as {reason}, which says nothing of what is in the picture"
    if kind not in REFUTABLE:
        return f"a false positive of {kind} was the rule's, the detector may have been right"
    others = (one for one in _beside(case, everything, unsure=True) if one["kind"] == kind)
    if any(_seen_as(one) == _seen_as(case) for one in others):
        return "another case of this kind stands in the picture"
    return None


def _beside(case: Case, everything: Sequence[Case], *, unsure: bool = False) -> list[Case]:
    """Cases that stood before the same camera when the case's picture was taken.

    Args:
        case: The case; among the answer where it is there.
        everything: All cases.
        unsure: Whether those that nobody has reviewed count too.
    """
    picture = _frame(case, "original")
    if picture is None:
        return []
    at = datetime.fromisoformat(picture["captured_at"])
    return [
        other
        for other in everything
        if other["camera"] == case["camera"]
        and other["kind"] in BY_KIND
        and (_is_there(other) or (unsure and other["review"] is None))
        and datetime.fromisoformat(other["when"]["first_seen"]) <= at
        and at <= datetime.fromisoformat(other["when"]["last_seen"])
    ]


def _frame(case: Case, role: str) -> Mapping[str, Any] | None:
    """The picture, of this role, of the moment at which the rule confirmed the case."""
    items = [
        item for item in case["evidence"] if item["role"] == role and item["moment"] == "confirmed"
    ]
    return min(items, key=lambda item: str(item["captured_at"]), default=None)


def _seen_as(case: Case) -> str:
    return BY_SUBTYPE.get(case["subtype"]) or BY_KIND[case["kind"]]


def _write(out: Path, data: bytes, captured_at: str, boxes: Sequence[Sequence[Any]]) -> str:
    digest = sha256(data).hexdigest()
    suffix = ".png" if data.startswith(b"\x89PNG") else ".jpg"
    # The date first: a split by a pattern can keep the pictures of one day together.
    stem = f"{captured_at[:10]}_{digest[:16]}"
    (out / "images" / f"{stem}{suffix}").write_bytes(data)
    rows = (
        f"{CLASSES.index(name)} {(x1 + x2) / 2:.6f} {(y1 + y2) / 2:.6f} {x2 - x1:.6f} "
        f"{y2 - y1:.6f}\n"
        for name, x1, y1, x2, y2 in boxes
    )
    (out / "labels" / f"{stem}.txt").write_text("".join(rows))
    return digest


def _describe(out: Path, checked: Mapping[str, tuple[set[str], list[list[str | float]]]]) -> None:
    lines = (
        {
            "picture": digest,
            "source": "cases",
            "checked": sorted(classes),
            "boxes": [box for box in boxes if box[0] in classes],
        }
        for digest, (classes, boxes) in checked.items()
    )
    (out / "boxes.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    with (out / "data.yaml").open("w", encoding="utf-8") as file:
        YAML(typ="safe").dump({"names": dict(enumerate(CLASSES))}, file)
