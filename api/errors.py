"""Errors of the API, all under `vision.errors.CaseError`.

CaseError
├── DatabaseUnavailable   the database cannot be read or written now: full disk, lock, no server
│                         (a StorageUnavailable too: who stores waits)
├── IllegalStep           the case's stage does not allow this step
├── UnknownCase           no case has this id, or the key does not see it
└── EgressRefused         a webhook's address lies in a network that the site does not allow
"""

from __future__ import annotations

from vision.errors import CaseError, StorageUnavailable

__all__ = ["CaseError", "DatabaseUnavailable", "EgressRefused", "IllegalStep", "UnknownCase"]


class DatabaseUnavailable(CaseError, StorageUnavailable):  # noqa: N818 - a state
    """The database cannot do its work now; nothing of the transaction was kept."""


class IllegalStep(CaseError):  # noqa: N818
    """The case stands where this step is not allowed."""


class UnknownCase(CaseError):  # noqa: N818
    """No case has this id, as far as the asking key may see."""


class EgressRefused(CaseError):  # noqa: N818
    """The receiver's name leads to an address that the site file does not allow."""
