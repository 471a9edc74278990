"""Registers: what the city has on record that decides, or tells more of, what a rule sees."""

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
            drone=context.camera.type == "drone",
        )
        self._assets = AssetRegister(context.assets, kind=kind, camera=camera, preset=preset)

    def look(self, frame: Frame) -> None:
        """What is asked from now on is of this frame."""
        self._permits.view = frame.pose or self._context.ground

    def permits(self, foot: Line, at: datetime) -> bool:
        """Whether what stands on this line of the picture may stand there at this moment."""
        local = at.astimezone(self._context.timezone)
        return self._permits.covering(foot, local, self._context.holidays) is not None

    @property
    def permitting(self) -> bool:
        """Whether there is any permit that what is at hand may have."""
        return bool(self._permits.permits)

    def turns(self, after: datetime, until: datetime) -> list[datetime]:
        """The moments (UTC) between two at which one of the permits may have begun or ended."""
        return turns(self._permits.times, after, until, self._context.timezone)

    def asset(self, box: NormBox, where: Position | None) -> Asset | None:
        """The asset that what is seen there is about; see `AssetRegister.at`."""
        return self._assets.at(box, where)

    def reasons(self, asset: Asset | None) -> list[Reason]:
        """That no permit covers it, where there are any, and at which asset it is."""
        names = [permit.name for permit in self._permits.permits]
        uncovered = [unpermitted(names)] if names else []
        return uncovered + ([at_asset(asset)] if asset is not None else [])
