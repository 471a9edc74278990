"""HeadFile: number and hash of the site's last record, in a file beside the key.

A chain cannot show by itself that its last records were taken away. This file can, as long as who
took them from the database does not write here too. It is not synced to the disk with each record:
after a power cut it may name an earlier one, which is true as well.
"""

from __future__ import annotations

import json
import threading
from pathlib import Path

from api.errors import SiteKeyError
from vision import durable


class HeadFile:
    """Keeps the head beside this key file; safe to use by many threads."""

    def __init__(self, key_file: Path) -> None:
        self.path = key_file.with_name(f"{key_file.name}.head")
        self._lock = threading.Lock()
        self._latest = 0

    def keep(self, site: str, no: int, hash_: str) -> None:
        """Note the last record, unless a later one is noted already.

        Raises:
            OSError: it cannot be written.
        """
        with self._lock:
            if no <= self._latest:
                return
            content = json.dumps({"site": site, "site_no": no, "hash": hash_})
            durable.write(self.path, content.encode(), sync=False)
            self._latest = no

    def read(self) -> tuple[str, int, str] | None:
        """Site, number and hash of the last record that was noted; None if there is none.

        Raises:
            SiteKeyError: it is there and cannot be read.
        """
        try:
            held = json.loads(self.path.read_bytes())
            return str(held["site"]), int(held["site_no"]), str(held["hash"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SiteKeyError(
                f"{self.path}: the number of the last record cannot be read ({error}); restore it "
                "from your backup, or delete it: then records that were taken away from the end "
                "are not noticed until the next one is written"
            ) from error
