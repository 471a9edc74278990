"""Audit: a batch of photos and videos in, one report out; resumable."""

from vision.audit.auditor import Auditor, Progress
from vision.audit.findings import Finding, find
from vision.audit.folder import AuditFolder
from vision.audit.intake.items import Item, Problem, in_order, parted, take_in
from vision.audit.records import Report
from vision.audit.report.report import compose, publish
from vision.audit.videos.auditing import VideoAuditor, VideoProgress

__all__ = [
    "AuditFolder",
    "Auditor",
    "Finding",
    "Item",
    "Problem",
    "Progress",
    "Report",
    "VideoAuditor",
    "VideoProgress",
    "compose",
    "find",
    "in_order",
    "parted",
    "publish",
    "take_in",
]
