"""Record: the inputs of a decision, so that it can be replayed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter

from vision.episodes import Episode
from vision.registers.assets import Asset
from vision.registers.permits import Permit
from vision.rules.context import Context
from vision.rules.looks import Row
from vision.site import Camera, Zone
from vision.site.rule_settings import RuleSettings

FORMAT = "streetwarden.decision.v1"
RULES_VERSION = "6"
"""Incremented with every change that may change a decision."""
MEDIA_TYPE = "application/vnd.streetwarden.decision+json"

_EPISODE = TypeAdapter(Episode)
_OF_CAMERA = {"id", "type", "analyse_fps", "place", "ground"}  # the source is private


@dataclass(frozen=True, slots=True)
class Record:
    """A decision with all of its inputs.

    Attributes:
        context: the kind, zone and settings at that time.
        model: name, version and SHA-256 of the weights.
        before: the rule's state before the first of the looks.
        looks: the looks that it saw, see `vision.rules.looks`.
        episode: its decision at the last of them.
        rules: the version of the rules.
    """

    context: Context
    kind: str
    model: Mapping[str, str]
    before: Any
    looks: tuple[Row, ...]
    episode: Episode
    rules: str = RULES_VERSION

    def to_json(self) -> bytes:
        """As UTF-8 text."""
        context = self.context
        record = {
            "format": FORMAT,
            "rules": self.rules,
            "model": dict(self.model),
            "kind": self.kind,
            "camera": context.camera.model_dump(mode="json", include=_OF_CAMERA),
            "zone": context.zone.model_dump(mode="json"),
            "settings": context.settings.model_dump(mode="json"),
            "threshold": context.threshold,
            "timezone": context.timezone.key,
            "permits": [permit.model_dump(mode="json") for permit in context.permits],
            "assets": [  # the register is private: only the asset of this decision
                asset.model_dump(mode="json")
                for asset in context.assets
                if asset.id == self.episode.asset
            ],
            "holidays": sorted(day.isoformat() for day in context.holidays),
            "before": self.before,
            "looks": self.looks,
            "episode": _EPISODE.dump_python(self.episode, mode="json"),
        }
        return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def from_json(cls, content: bytes) -> Record:
        """Read what `to_json` wrote.

        Raises:
            ValueError: it is no such record, or of a later format.
        """
        try:
            stored = json.loads(content)
            if stored["format"] != FORMAT:
                raise ValueError(f"format {stored['format']!r}, this version reads {FORMAT}")
            camera = Camera(source="-", **stored["camera"])
            context = Context(
                camera=camera,
                zone=Zone.model_validate(stored["zone"]),
                settings=RuleSettings.model_validate(stored["settings"]),
                threshold=float(stored["threshold"]),
                timezone=ZoneInfo(stored["timezone"]),
                ground=camera.homography,
                permits=tuple(Permit.model_validate(permit) for permit in stored["permits"]),
                assets=tuple(Asset.model_validate(asset) for asset in stored.get("assets", ())),
                holidays=frozenset(date.fromisoformat(day) for day in stored["holidays"]),
            )
            return cls(
                context=context,
                kind=stored["kind"],
                model=stored["model"],
                before=stored["before"],
                looks=tuple(stored["looks"]),
                episode=_EPISODE.validate_python(stored["episode"]),
                rules=stored["rules"],
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a record of a decision ({error!r})") from error
