"""Setup: all desks of one site's file, and what follows it."""

from __future__ import annotations

from dataclasses import dataclass

from api.setup.camera_desk import CameraDesk
from api.setup.change_desk import ChangeDesk
from api.setup.following import Apply, Following
from api.setup.history import History
from api.setup.pen import Pen
from api.setup.register_desk import RegisterDesk
from api.setup.site_file import SiteFile
from api.site_in_force import SiteInForce
from api.storage.database import Database


@dataclass(frozen=True, slots=True)
class Setup:
    """The desks; `file` and `following` are None where the site was made without a file."""

    cameras: CameraDesk
    registers: RegisterDesk
    changes: ChangeDesk
    file: SiteFile | None
    following: Following | None

    @classmethod
    def of(
        cls,
        database: Database,
        in_force: SiteInForce,
        file: SiteFile | None,
        apply: Apply | None,
        *,
        follows: bool,
    ) -> Setup:
        """Put it together; see `Following`."""
        history = History(database, file.identity) if file is not None else None
        following = (
            Following(file, history, in_force, apply, follows=follows)
            if file is not None and history is not None
            else None
        )
        pen = Pen(file, history, following)
        return cls(
            CameraDesk(in_force, pen),
            RegisterDesk(pen),
            ChangeDesk(database, in_force, pen),
            file,
            following,
        )
