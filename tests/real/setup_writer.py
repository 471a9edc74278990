"""Changes a site file and stops halfway: `setup_writer.py FILE DATABASE before|after`."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from api.access.roles import Principal, Role
from api.setup.setup import Setup
from api.setup.site_file import SiteFile
from api.site_in_force import SiteInForce
from api.storage.database import Database
from vision.site.file import load_site


def stopped(*_given: object) -> None:
    print("here", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    path, address, where = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    database = Database.open(address)
    setup = Setup.of(database, SiteInForce(load_site(path)), SiteFile(path), None, follows=True)
    who = Principal("u1", "Li", Role.ADMIN)
    part, _ = setup.cameras.get(who, "gate")
    if where == "before":  # the row is there, the file is not written
        SiteFile.write = stopped  # type: ignore[method-assign,assignment]
    else:  # the file is written, the row does not know
        write = SiteFile.write

        def then_stopped(*given: object) -> None:
            write(*given)  # type: ignore[arg-type]
            stopped()

        SiteFile.write = then_stopped  # type: ignore[method-assign,assignment]
    setup.cameras.change(who, "gate", part.version, {"analyse_fps": 7})
