"""Rotation: a new key for a site; old and new vouch for each other, so old records stay good."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from api.errors import SiteKeyError
from api.records.site_chain import enter_key, in_force, lock_head, next_file
from api.records.site_key import SiteKey
from api.storage.database import Database
from vision import durable


def rotate(database: Database, key_file: Path, *, lost: bool = False) -> SiteKey:
    """Make a new key, put it into force from the next record on, and forget the old private key.

    A server that runs meanwhile signs with the new key from then on. If this is cut off, the old
    key or the new one is in force, never none.

    Args:
        database: the site's.
        key_file: where its key lies.
        lost: the key in force is not to be had any more: nothing old vouches for the new key.

    Raises:
        SiteKeyError: the key in force cannot be used, or can be although it is said to be lost.
        DatabaseUnavailable: nothing was changed.
    """
    waiting = next_file(key_file)
    with database.write() as session:
        head = lock_head(session)
        if head.key is None:
            raise SiteKeyError(f"{key_file}: there is no key yet; the first start makes it")
        old = _usable(key_file, head.key) if lost else in_force(key_file, head.key)
        if lost and old is not None:
            raise SiteKeyError(f"{key_file}: the key is not lost; leave out --lost")
        waiting.unlink(missing_ok=True)
        new = SiteKey.make(waiting)
        enter_key(session, head, new, old)
    if lost:
        with suppress(FileNotFoundError):  # whatever it is, it is not ours to delete
            key_file.replace(key_file.with_name(f"{key_file.name}.unusable"))
    with suppress(FileNotFoundError):  # a running server was quicker
        waiting.replace(key_file)
    durable.sync_folder(key_file.parent)
    return new


def _usable(key_file: Path, fingerprint: str) -> SiteKey | None:
    try:
        return in_force(key_file, fingerprint)
    except SiteKeyError:
        return None
