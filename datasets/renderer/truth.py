"""What is really in a rendered video: boxes per frame, violations with start and end."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from datasets.errors import TruthError

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class TruthBox:
    """One object in one frame.

    Attributes:
        label: Detector class by its name in `kinds.yaml`.
        box: xyxy pixels, tight on the visible silhouette.
        actor: Who it belongs to.
        load: Attribute `load` of a truck, else None.
        dirt: Attribute `dirt` of a truck, else None.
    """

    label: str
    box: Box
    actor: str
    load: str | None = None
    dirt: str | None = None


@dataclass(frozen=True)
class TruthFrame:
    """All objects at `t` seconds from the start of the video."""

    t: float
    boxes: tuple[TruthBox, ...] = ()


@dataclass(frozen=True)
class Violation:
    """One violation as a fact over time.

    Attributes:
        kind: Kind by its name in `kinds.yaml`.
        subtype: Sub-type of that kind.
        zone: Name of the zone it happens in.
        actor: Who does it.
        start: First second.
        end: Last second, None when it lasts beyond the video.
        box: Where, xyxy, normalised to the frame.
    """

    kind: str
    subtype: str
    zone: str
    actor: str
    start: float
    end: float | None
    box: Box


@dataclass(frozen=True)
class Truth:
    """The truth of one video. Times are seconds from its start, boxes pixels of its frames."""

    video: str
    fps: float
    width: int
    height: int
    frames: tuple[TruthFrame, ...] = field(repr=False)
    violations: tuple[Violation, ...] = ()

    @staticmethod
    def path_for(video: Path) -> Path:
        """Where the truth of a video lies: `<name>.truth.json` beside it."""
        return video.with_name(f"{video.stem}.truth.json")

    def save(self, path: Path) -> None:
        """Write as JSON."""
        data = asdict(self)
        for frame in data["frames"]:
            for box in frame["boxes"]:
                box["class"] = box.pop("label")
                box["box"] = [round(v, 2) for v in box["box"]]
        path.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> "Truth":
        """Read a truth file.

        Raises:
            TruthError: The file is missing, is no JSON, or lacks a field.
        """
        try:
            data = json.loads(Path(path).read_text(encoding="utf-8"))
            frames = tuple(
                TruthFrame(f["t"], tuple(_box(b) for b in f["boxes"])) for f in data["frames"]
            )
            violations = tuple(
                Violation(**{**v, "box": _four(v["box"])}) for v in data["violations"]
            )
            return cls(
                data["video"], data["fps"], data["width"], data["height"], frames, violations
            )
        except OSError as error:
            raise TruthError(
                f"Truth file {path} cannot be read: {error.strerror}. Render the video again."
            ) from error
        except (ValueError, KeyError, TypeError) as error:
            raise TruthError(
                f"Truth file {path} is broken ({error!r}). Render the video again."
            ) from error

    def at(self, t: float) -> TruthFrame:
        """The frame shown at `t` seconds."""
        index = min(len(self.frames) - 1, max(0, int(t * self.fps + 1e-6)))
        return self.frames[index]


def _four(values: Any) -> Box:
    x1, y1, x2, y2 = values
    return float(x1), float(y1), float(x2), float(y2)


def _box(data: dict[str, Any]) -> TruthBox:
    return TruthBox(data["class"], _four(data["box"]), data["actor"], data["load"], data["dirt"])
