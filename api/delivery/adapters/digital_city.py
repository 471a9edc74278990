"""DigitalCity: the form in which a city's digital management platform takes a case (数字城管上报).

The six fields are those that filing needs by GB/T 47678.5-2026, Table 3 (after a second-hand
transcription): matter code and name, department code and name, address, unit-grid code. Pictures
are parts of the same multipart body: one from before, and one from after where there is one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from api.delivery.adapters.adapter import (
    Adapter,
    Answer,
    Event,
    Part,
    Request,
    Undeliverable,
    number_of,
)
from api.delivery.outcome import Outcome, Result, judged
from vision.evidence import EvidenceRole
from vision.evidence.second_look import REOBSERVED
from vision.fields import Part as SiteFilePart

_CALLED = {
    "matter_code": "matter code (事项代码)",
    "matter_name": "matter name (事项名称)",
    "department_code": "department code (主管部门代码)",
    "department_name": "department name (主管部门名称)",
    "address": "address (地址描述)",
    "grid": "unit-grid code (单元网格编码)",
}
_LENGTHS = {"department_code": 18, "grid": 15}
"""Characters; GB 32100 (unified social credit code), GB/T 30428.1 (unit grid)."""
_BEFORE = ("confirmed", "best", "opened")
_AFTER = (REOBSERVED, "cleared")
_FOR_GOOD = {400, 413, 415, 422}
"""Answers by which the form itself is wrong: it is not sent again as it is."""


class Names(SiteFilePart):
    """How the platform calls each field, and each picture's part."""

    matter_code: str = "matter_code"
    matter_name: str = "matter_name"
    department_code: str = "department_code"
    department_name: str = "department_name"
    address: str = "address"
    grid: str = "grid_code"
    case_id: str = "case_id"
    event: str = "event"
    before: str = "before"
    after: str = "after"


class Fallback(SiteFilePart):
    """What is filed where a case itself does not say it: of a camera without a place, mostly."""

    department_code: str = ""
    department_name: str = ""
    address: str = ""
    grid: str = ""


class DigitalCity(Adapter):
    """One multipart form for each event; a platform tells repeated ones by their `webhook-id`."""

    class Settings(SiteFilePart):
        """The platform's own form.

        `scheme` is the standard whose matter codes it takes. `fixed` are fields of its own with
        their values, such as a source's code. Where it answers 200 whatever happens, `accepted` are
        the fields of its JSON answer, with their values, that mean yes. `task_no` is the field of
        that answer with the task's number.
        """

        names: Names = Names()
        fallback: Fallback = Fallback()
        scheme: str = "GB/T 47678.5-2026"
        fixed: dict[str, str] = Field(default_factory=dict)
        accepted: dict[str, str | int | bool] = Field(default_factory=dict)
        task_no: str = "task_no"

    events: ClassVar = ("confirmed", "cleared", "ended", "reopened", "reobserved", "closed")
    reads: ClassVar[int] = 64 * 1024
    settings: Settings

    def request(self, event: Event) -> Request:
        """The form, or Undeliverable with every field that the case lacks."""
        told, data, names = event.told, event.data, self.settings.names
        form = {getattr(names, name): text for name, text in self._fields(data).items()}
        form |= {names.case_id: data["case_id"], names.event: told["type"].split(".")[2]}
        before = _picture(event, data, names.before, _BEFORE)
        if before is None:
            raise Undeliverable(f"case {data['case_id']} has no masked picture from before")
        try:
            after = _picture(event, data, names.after, _AFTER)
        except BaseException:
            before.content.close()
            raise
        files = (before,) if after is None else (before, after)
        return Request(form={**self.settings.fixed, **form}, files=files)

    def _fields(self, data: Mapping[str, Any]) -> dict[str, str]:
        """The six fields.

        Raises:
            Undeliverable: one is missing or has another length than the standard says.
        """
        where = data.get("where") or {}
        department = where.get("department") or {}
        code = next(
            (c for c in data.get("codes") or () if c["scheme"] == self.settings.scheme),
            {"code": "", "name": ""},
        )
        fields = {
            "matter_code": code["code"],
            "matter_name": code["name"],
            "department_code": department.get("code", ""),
            "department_name": department.get("name", ""),
            "address": where.get("address", ""),
            "grid": where.get("grid", ""),
        }
        fields = {
            name: text or getattr(self.settings.fallback, name, "") for name, text in fields.items()
        }
        wrong = [_CALLED[name] for name, text in fields.items() if not text]
        wrong += [
            f"{_CALLED[name]} of {length} characters"
            for name, length in _LENGTHS.items()
            if fields[name] and len(fields[name]) != length
        ]
        if wrong:
            raise Undeliverable(
                f"case {data['case_id']} has no {', no '.join(wrong)}; complete its camera's place "
                "for later cases, or this webhook's settings.fallback, and replay"
            )
        return fields

    def judge(self, answer: Answer) -> Outcome:
        """By the status, and by the fields that mean yes."""
        if answer.status in _FOR_GOOD:
            error = f"the receiver answered {answer.status}: it does not take this form"
            return Outcome(Result.REFUSED, status=answer.status, error=error)
        outcome = judged(answer.status, answer.headers)
        if outcome.result is not Result.DELIVERED:
            return outcome
        said = _answered(answer.body)
        for name, wanted in self.settings.accepted.items():
            if said.get(name) != wanted:
                error = f"the receiver answered {name}={str(said.get(name))[:40]!r}, not {wanted!r}"
                return Outcome(Result.FAILED, status=answer.status, error=error)
        task_no = number_of(said.get(self.settings.task_no))
        return Outcome(Result.DELIVERED, status=answer.status, task_no=task_no)


def _answered(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _picture(
    event: Event, data: Mapping[str, Any], name: str, moments: tuple[str, ...]
) -> Part | None:
    """The masked picture of the first of these moments that there is one of."""
    masked = [e for e in data.get("evidence") or () if e["role"] == EvidenceRole.MASKED.value]
    for moment in moments:
        for item in masked:
            if item["moment"] == moment:
                content = event.pictures.open(data["case_id"], item["sha256"])
                return Part(name, f"{name}.jpg", content, item["media_type"])
    return None
