"""Watch: the protocol through which the API reads the running pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from datetime import datetime
from typing import Protocol

from vision.engine_server import ServerCounts
from vision.evidence import SecondLook
from vision.loop import LoopCounts
from vision.pipeline.live_view import Picture
from vision.pipeline.sight import Sight
from vision.process_status import ProcessStatus
from vision.site import Site
from vision.sources.status import CameraStatus
from vision.trial import Trial


class Watch(Protocol):
    """A running pipeline as the console and the metrics read it; called from any thread."""

    def apply(self, site: Site) -> None:
        """Watch by a changed site from the next look on; an untouched camera does not notice.

        Model, storage and number of workers count from the next start.

        Raises:
            StreetwardenError: something that it names cannot be read or opened; nothing is changed.
        """

    def status(self) -> Sequence[CameraStatus]:
        """How each camera is doing now."""

    def loop(self) -> LoopCounts:
        """What its inference loop has done, and how long that took."""

    @property
    def device_memory(self) -> int | None:
        """Bytes that the engine holds of a device's own memory; None where it has none."""

    def picture(
        self, camera: str, after: int | None = None, wait_s: float = 0.0, *, clean: bool = False
    ) -> Future[Picture | None]:
        """The newest look, masked; see `vision.pipeline.live_view.LiveView.picture`.

        NotWatched, raised or in the future: nobody looks at it now.
        """

    def sight(self, camera: str) -> Sight | None:
        """What a camera sees and its rules have under way; None before the first look.

        Raises:
            NotWatched: nobody looks at it now.
        """

    def try_out(self, camera: str, proposed: Site, preset: str | None = None) -> Future[Trial]:
        """Give the latest looks at a camera to its rules as proposed, and as they are.

        NotWatched, or TrialRuns, where one runs: raised or in the future.
        """

    def look_again(self, camera: str, episode: str, after: datetime) -> SecondLook:
        """Store the newest look at a camera if it was after `after` and shows this episode."""

    @property
    def processes(self) -> Sequence[ProcessStatus]:
        """The processes beside the main one that do the watching; none where it does so itself."""

    @property
    def engine_server(self) -> ServerCounts | None:
        """What the process that owns the engine has done; None where the loop owns it."""

    @property
    def problem(self) -> str | None:
        """What keeps it from looking or storing, in plain words; None while all is well."""

    @property
    def quarantined(self) -> int:
        """Episodes of which something could not be stored; see `vision.pipeline.quarantine`."""
