"""Audit: a batch of photos in, one report out; resumable; a single photo gives suspicions only."""

from vision.audit.auditor import Auditor, Progress
from vision.audit.findings import Finding, find
from vision.audit.folder import AuditFolder
from vision.audit.intake import Item, Problem, take_in
from vision.audit.records import Report
from vision.audit.report import compose, publish

__all__ = [
    "AuditFolder",
    "Auditor",
    "Finding",
    "Item",
    "Problem",
    "Progress",
    "Report",
    "compose",
    "find",
    "publish",
    "take_in",
]
