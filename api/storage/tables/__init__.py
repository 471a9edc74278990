"""Tables of the case database; `api/storage/migrations` creates them, a test compares the two."""

from api.storage.tables.access import KeyRow, MediaAccessRow, PurgeRow
from api.storage.tables.base import Base, UtcTime
from api.storage.tables.cases import CaseRow, EvidenceRow, LogRow, ReviewRow, SightingRow
from api.storage.tables.deliveries import AttemptRow, DeliveryRow, PrunedAttemptsRow, ReceiverRow
from api.storage.tables.records import ChainRow, RecordRow, SiteKeyRow, TimeStampRow

__all__ = [
    "AttemptRow",
    "Base",
    "CaseRow",
    "ChainRow",
    "DeliveryRow",
    "EvidenceRow",
    "KeyRow",
    "LogRow",
    "MediaAccessRow",
    "PrunedAttemptsRow",
    "PurgeRow",
    "ReceiverRow",
    "RecordRow",
    "ReviewRow",
    "SightingRow",
    "SiteKeyRow",
    "TimeStampRow",
    "UtcTime",
]
