"""HeadFile: number and hash of the site's last record, in a file beside the key.

A chain cannot show by itself that its last records were taken away. This file can, as long as who
took them from the database does not write here too. It is not synced to the disk with each record:
after a power cut it may name an earlier one, which is true as well.
"""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import NamedTuple

from api.errors import SiteKeyError
from vision import durable


class Noted(NamedTuple):
    """The last record: whose, its number and hash."""

    site: str
    no: int
    hash: str

    def contradicts(self, head: Noted) -> bool:
        """Whether a chain with this head cannot have had the noted record."""
        if self.site != head.site:
            return False
        return head.no < self.no or (head.no == self.no and head.hash != self.hash)


class HeadFile:
    """Keeps the head beside this key file; safe to use by many threads."""

    def __init__(self, key_file: Path) -> None:
        self.path = key_file.with_name(f"{key_file.name}.head")
        self._lock = threading.Lock()
        self._noted: Noted | None = None
        self._kept = False

    def compare(self, head: Noted) -> str | None:
        """Say in words if the database's head contradicts what was noted.

        From then on nothing more is noted: the file is the proof, until somebody takes it away.
        """
        with self._lock:
            if self._kept or self._noted is None or not self._noted.contradicts(head):
                return None
            self._kept = True
            return (
                f"{self.path}: knows the site's record {self._noted.no}, and the database ends "
                f"with {head.no} or has another one there: records were taken from its end, or an "
                "older backup was restored. Find out why, then move that file away and restart"
            )

    def load(self) -> None:
        """Begin with what is noted in the file.

        Raises:
            SiteKeyError: it cannot be read.
        """
        self._noted = self.read()

    def keep(self, head: Noted) -> None:
        """Note the last record, unless a later one is noted already.

        Raises:
            OSError: it cannot be written.
        """
        with self._lock:
            known = self._noted
            if self._kept or (known is not None and known.contradicts(head)):
                return  # another thread was quicker
            durable.write(self.path, json.dumps(head._asdict()).encode(), sync=False)
            self._noted = head

    def read(self) -> Noted | None:
        """The last record that was noted; None if there is none.

        Raises:
            SiteKeyError: it is there and cannot be read.
        """
        try:
            held = json.loads(self.path.read_bytes())
            return Noted(str(held["site"]), int(held["no"]), str(held["hash"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SiteKeyError(
                f"{self.path}: the number of the last record cannot be read ({error}); restore it "
                "from your backup, or delete it: then records that were taken away from the end "
                "are not noticed until the next one is written"
            ) from error
