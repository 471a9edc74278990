"""Registers: the city's permits and assets, as one rule looks them up."""

from __future__ import annotations

from datetime import datetime

from vision.episodes import NormBox, Reason
from vision.frames import Frame
from vision.geo.position import Position
from vision.hours import turns
from vision.registers.assets import Asset, AssetRegister
from vision.registers.permits import Line, PermitRegister
from vision.rules.context import Context
from vision.rules.reasons import at_asset, unpermitted


class Registers:
    """The permits and assets that concern one kind in one zone."""

    def __init__(self, context: Context, kind: str) -> None:
        camera, preset = context.camera.id, context.zone.preset
        self._context = context
        self._permits = PermitRegister(
            context.permits,
            kind=kind,
            camera=camera,
            preset=preset,
            ground=context.ground,
            moves=context.camera.moves,
        )
        self._assets = AssetRegister(context.assets, kind=kind, camera=camera, preset=preset)

    def look(self, frame: Frame) -> None:
        """Set the frame that the next lookups refer to."""
        self._permits.view = frame.pose or self._context.ground

    def permits(self, foot: Line, at: datetime) -> bool:
        """Whether a permit covers an object on this ground line of the picture at this moment."""
        local = at.astimezone(self._context.timezone)
        return self._permits.covering(foot, local, self._context.holidays) is not None

    @property
    def permitting(self) -> bool:
        """Whether any permit may apply here."""
        return bool(self._permits.permits)

    def turns(self, after: datetime, until: datetime) -> list[datetime]:
        """Return the moments (UTC) in an interval at which a permit may have started or ended."""
        return turns(self._permits.times, after, until, self._context.timezone)

    def asset(self, box: NormBox, where: Position | None) -> Asset | None:
        """Return the asset at this box or position; see `AssetRegister.at`."""
        return self._assets.at(box, where)

    def reasons(self, asset: Asset | None) -> list[Reason]:
        """Reasons: that no permit covers it, if there are any, and which asset it is at."""
        names = [permit.name for permit in self._permits.permits]
        uncovered = [unpermitted(names)] if names else []
        return uncovered + ([at_asset(asset)] if asset is not None else [])
