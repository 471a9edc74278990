"""Errors of the API, all under `vision.errors.CaseError`.

CaseError
├── DatabaseUnavailable   the database cannot be read or written now: full disk, lock, no server
│   │                     (a StorageUnavailable too: who stores waits)
│   └── TookTooLong       it was stopped so that others are served; ask for less
├── IllegalStep           the case does not allow this step now
├── StepForbidden         it does, but not to this key's role
├── CaseClaimed           somebody else holds the case to decide on it
├── UnknownCase           no case has this id, or the key does not see it
├── UnknownMedia          no case that the key sees holds this picture
├── PurgedMedia           its time was over by the site's retention
├── NotConfirmed          no person has confirmed the case, so it leaves in no package but officers'
├── PackageTooLarge       the case has more evidence than one package can hold
├── SignInFailed          user name or password is wrong, or what an identity provider said
├── SignInWaits           too many failed sign-ins; wait
├── ProviderUnavailable   the identity provider does not answer
├── AccountTaken          another user has this name
├── UnknownAccount        no user or key has this id
├── BackupError           a backup cannot be made, or restored to there
├── SiteKeyError          the file with the site's key cannot be used; the message says what to do
├── TimeStampError        a time stamp cannot be had, or does not hold
├── NoSiteFile            the server was started without a site file, so there is none to change
├── SiteFileWrong         somebody left mistakes in the site file; these are mended first
├── SiteFileUnwritable    the site file cannot be written; the message says what to do
├── SetupRefused          with this change the site file would have mistakes
├── SetupForbidden        this part of the setup is changed by others
├── ChangedMeanwhile      somebody else has changed it since it was read
├── CannotUndo            another change of the site file stands in between, or there is nothing
├── UnknownCamera         no camera has this id, or the key does not see it
├── UnknownChange         no change of the site file has this number, or the key does not see it
├── OriginalRefused       the key's role may not see originals
├── UnknownAudit          no audit has this id, or no file or picture of it
├── AuditTooLarge         a file, or an audit as a whole, is larger than is taken
├── AuditNoRoom           the disk has no room for it beside the evidence of cases
├── GeoReportError        what GeoReport v2 answers with an error of its own form
└── EgressRefused         an address lies in a network that the site does not allow for what is sent
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from api.words.said import Mistaken
from vision.errors import CaseError, StorageUnavailable

__all__ = [
    "AccountTaken",
    "AuditNoRoom",
    "AuditTooLarge",
    "BackupError",
    "CannotUndo",
    "CaseClaimed",
    "CaseError",
    "ChangedMeanwhile",
    "DatabaseUnavailable",
    "EgressRefused",
    "GeoReportError",
    "IllegalStep",
    "NoSiteFile",
    "NotConfirmed",
    "OriginalRefused",
    "PackageTooLarge",
    "ProviderUnavailable",
    "PurgedMedia",
    "SetupForbidden",
    "SetupRefused",
    "SignInFailed",
    "SignInWaits",
    "SiteFileUnwritable",
    "SiteFileWrong",
    "SiteKeyError",
    "StepForbidden",
    "TimeStampError",
    "TookTooLong",
    "UnknownAccount",
    "UnknownAudit",
    "UnknownCamera",
    "UnknownCase",
    "UnknownChange",
    "UnknownMedia",
]


class DatabaseUnavailable(CaseError, StorageUnavailable):  # noqa: N818 - a state
    """The database cannot do its work now; nothing of the transaction was kept."""


class TookTooLong(DatabaseUnavailable):
    """The database was at it for longer than `api.storage.engine.LONGEST_S`, and was stopped."""


class IllegalStep(CaseError):  # noqa: N818
    """The case stands where this step is not allowed.

    Attributes:
        possible: the steps that its stage allows, each with who may take it.
    """

    def __init__(self, message: str, possible: Mapping[str, Sequence[str]] | None = None) -> None:
        super().__init__(message)
        self.possible = possible


class StepForbidden(CaseError):  # noqa: N818
    """The case's stage allows this step to others than the asking key's role."""


class CaseClaimed(CaseError):  # noqa: N818
    """Somebody else holds the case for some minutes, to decide on it."""


class SignInFailed(CaseError):  # noqa: N818
    """Nobody was signed in; what was wrong is not told."""


class SignInWaits(CaseError):  # noqa: N818
    """Too many sign-ins have failed, or are being looked at.

    Attributes:
        wait_s: whole seconds until the next try is heard.
    """

    def __init__(self, message: str, wait_s: int) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class ProviderUnavailable(CaseError):  # noqa: N818
    """The identity provider does not answer, or not as one."""


class AccountTaken(CaseError):  # noqa: N818
    """Another user has this name."""


class UnknownAccount(CaseError):  # noqa: N818
    """No user or key has this id."""


class SiteKeyError(CaseError):
    """The file with the site's key is missing, unreadable, open to others or not the right one."""


class BackupError(CaseError):
    """A backup cannot be made or used as it was asked for; nothing half is left in its place."""


class TimeStampError(CaseError):
    """The time-stamp authority does not answer as it should, or its stamp does not hold."""


class UnknownCase(CaseError):  # noqa: N818
    """No case has this id, as far as the asking key may see."""


class UnknownMedia(CaseError):  # noqa: N818
    """No case that the asking key may see holds this picture."""


class PurgedMedia(CaseError):  # noqa: N818
    """This picture has been purged."""


class NotConfirmed(CaseError):  # noqa: N818
    """No person has confirmed the case, so nothing of it may be sent or published."""


class PackageTooLarge(CaseError):  # noqa: N818
    """The case has more evidence than one package can hold."""


class OriginalRefused(CaseError):  # noqa: N818
    """Only the original is there, or was asked for, and the key's role may not see originals."""


class EgressRefused(CaseError):  # noqa: N818
    """A name leads to an address that the site file does not allow for what is sent there."""


class NoSiteFile(CaseError):  # noqa: N818
    """The server was started without a site file, so there is none to change."""


class SiteFileWrong(CaseError):  # noqa: N818
    """The site file has mistakes or cannot be read, so nothing can be built on it.

    Attributes:
        mistakes: where in the file each is, and what to write instead.
    """

    def __init__(self, message: str, mistakes: Sequence[Mistaken] = ()) -> None:
        super().__init__(message)
        self.mistakes = tuple(mistakes)


class SiteFileUnwritable(CaseError):  # noqa: N818
    """The site file cannot be written now; it is as it was."""


class SetupRefused(CaseError):  # noqa: N818
    """With this change the site file would have mistakes; nothing was written.

    Attributes:
        mistakes: where in what was given each is, and what to write instead.
    """

    def __init__(self, message: str, mistakes: Sequence[Mistaken] = ()) -> None:
        super().__init__(message)
        self.mistakes = tuple(mistakes)


class SetupForbidden(CaseError):  # noqa: N818
    """The asking key's role or scope may not change this part of the setup."""


class ChangedMeanwhile(CaseError):  # noqa: N818
    """Somebody else has changed it since the version that this change was made for."""


class CannotUndo(CaseError):  # noqa: N818
    """Another change of the site file stands in between, or there is nothing to undo."""


class UnknownCamera(CaseError):  # noqa: N818
    """No camera has this id, as far as the asking key may see."""


class UnknownChange(CaseError):  # noqa: N818
    """No change of the site file has this number, as far as the asking key may see."""


class UnknownAudit(CaseError):  # noqa: N818 - as the other unknown things
    """No audit has this id, or the audit has no such file."""


class AuditTooLarge(CaseError):  # noqa: N818 - what it is
    """A file, or an audit as a whole, is larger than is taken."""


class AuditNoRoom(CaseError):  # noqa: N818 - a state
    """The disk has no room for it: what is left is for the evidence of cases."""


class GeoReportError(CaseError):
    """A request that GeoReport v2 refuses; `code` is the HTTP status and the error's code.

    `headers` go with it.
    """

    def __init__(
        self, code: int, description: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(description)
        self.code = code
        self.headers = dict(headers or {})
