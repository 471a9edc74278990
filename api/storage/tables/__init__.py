"""Tables of the case database; `api/storage/migrations` creates them, a test compares the two."""

from api.storage.tables.access import (
    AccessRow,
    KeyRow,
    OidcFlowRow,
    PurgeRow,
    SessionRow,
    SignInRow,
    UserRow,
)
from api.storage.tables.audits import AuditFileRow, AuditRow
from api.storage.tables.base import Base, UtcTime
from api.storage.tables.callbacks import CallbackRow
from api.storage.tables.cases import CaseRow, EvidenceRow, LogRow, ReviewRow, SightingRow
from api.storage.tables.deliveries import (
    AttemptRow,
    DeliveryRow,
    FailingRow,
    PrunedAttemptsRow,
    ReceiverRow,
)
from api.storage.tables.opinions import OpinionCountRow, OpinionRow
from api.storage.tables.records import ChainRow, RecordRow, SiteKeyRow, TimeStampRow
from api.storage.tables.searches import SearchRow
from api.storage.tables.setup import SiteChangeRow
from api.storage.tables.transfers import TransferRow

__all__ = [
    "AccessRow",
    "AttemptRow",
    "AuditFileRow",
    "AuditRow",
    "Base",
    "CallbackRow",
    "CaseRow",
    "ChainRow",
    "DeliveryRow",
    "EvidenceRow",
    "FailingRow",
    "KeyRow",
    "LogRow",
    "OidcFlowRow",
    "OpinionCountRow",
    "OpinionRow",
    "PrunedAttemptsRow",
    "PurgeRow",
    "ReceiverRow",
    "RecordRow",
    "ReviewRow",
    "SearchRow",
    "SessionRow",
    "SightingRow",
    "SignInRow",
    "SiteChangeRow",
    "SiteKeyRow",
    "TimeStampRow",
    "TransferRow",
    "UserRow",
    "UtcTime",
]
