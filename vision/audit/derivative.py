"""The picture that a report shows: smaller, people and plates masked, the finding drawn in."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Literal

import cv2
import numpy as np

from vision.audit.findings import Finding
from vision.detections import Detections, class_names, make_detections, pick
from vision.errors import PictureError
from vision.evidence.annotate import annotate
from vision.evidence.masking import mask
from vision.frames import Pixels
from vision.kinds import catalogue

LONGEST = 1600
"""Pixels of the derivative's longer side: enough to judge by, small enough to send."""
_JPEG_QUALITY = 88


def derive(
    pixels: Pixels,
    detections: Detections,
    findings: Sequence[Finding],
    threshold: float,
    language: Literal["zh", "en"],
) -> bytes:
    """A JPEG of at most 1600 px with every person and plate masked and the findings drawn in.

    Args:
        pixels: H×W×3 BGR, the original.
        detections: all that the engine reported: what is too weak to decide on is still masked.
        findings: found among the detections that reach `threshold`, in their order.
        threshold: lowest score drawn.
        language: of the labels.

    Raises:
        PictureError: the picture cannot be encoded.
    """
    height, width = pixels.shape[:2]
    scale = min(1.0, LONGEST / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = pixels if scale == 1 else cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    scaled = copy(detections)
    scaled.xyxy = np.asarray(detections.xyxy, np.float32) * scale
    masked = mask(np.asarray(small, np.uint8), scaled)
    labels = _labels(sure(detections, threshold), findings, language)
    drawn = annotate(masked, sure(scaled, threshold), list(labels), list(labels.values()))
    return _jpeg(drawn)


def overview(pixels: Pixels, detections: Detections, boxes: Sequence[Sequence[float]]) -> bytes:
    """A JPEG of a large picture scaled down, masked, a numbered box for each finding.

    Args:
        pixels: H×W×3 BGR, as small as it is to be shown.
        detections: all that the engine reported, in pixels of `pixels`.
        boxes: of the findings, xyxy in the same pixels, in the order of their numbers, from 1.

    Raises:
        PictureError: the picture cannot be encoded.
    """
    masked = mask(pixels, detections)
    numbers = np.arange(len(boxes))
    hulls = make_detections(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.ones(len(boxes), np.float32),
        np.zeros(len(boxes), np.int64),
        ("finding",),
    )
    return _jpeg(annotate(masked, hulls, numbers.tolist(), [str(n + 1) for n in numbers]))


def _jpeg(drawn: Pixels) -> bytes:
    done, jpeg = cv2.imencode(".jpg", drawn, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    if not done:
        height, width = drawn.shape[:2]
        raise PictureError(f"its derivative of {width}×{height} cannot be encoded as JPEG")
    return jpeg.tobytes()


def sure(detections: Detections, threshold: float) -> Detections:
    """The detections that score at least `threshold`, in their order."""
    if len(detections) == 0:
        return detections
    return pick(detections, np.asarray(detections.confidence) >= threshold)


def _labels(
    detections: Detections, findings: Sequence[Finding], language: Literal["zh", "en"]
) -> dict[int, str]:
    """A label per detection that a finding is about: what it is, or a truck's state, and score."""
    classes = {c.name: c.zh if language == "zh" else c.en for c in catalogue().classes}
    names, labels = class_names(detections), dict[int, str]()
    for finding in findings:
        state = catalogue().kind(finding.kind).subtype(finding.subtype)
        for index in finding.focus:
            text = classes.get(str(names[index]), str(names[index]))
            score = float(np.asarray(detections.confidence)[index])
            if finding.kind == "dirty_truck":
                text, score = state.zh if language == "zh" else state.en, finding.score
            text = f"{text} {round(score, 4):.0%}"  # as the records round it
            labels[index] = f"{labels[index]} · {text}" if index in labels else text
    return labels
