"""followed: a city that follows its site file, as a server does (`api.setup.following`)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from api.setup.following import Following
from api.setup.history import History
from api.setup.site_file import SiteFile
from api.site_in_force import SiteInForce
from api.storage.database import Database
from scripts.city.city import City
from vision.view.preset_finder import PresetFinder


@contextmanager
def followed(
    city: City, path: Path, database: Database, in_force: SiteInForce
) -> Iterator[Following]:
    """Have a city watch by what the file says, whoever changes it, until this is left.

    A file with mistakes changes nothing, and the log says what is wrong; so it does of parts that
    count from the next start.
    """
    file = SiteFile(path, PresetFinder)
    following = Following(file, History(database, file.identity), in_force, city.apply)
    following.start()
    try:
        yield following
    finally:
        following.stop()
