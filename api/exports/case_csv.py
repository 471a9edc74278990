"""Cases as CSV: a line each, in one language, spreadsheet-safe; made page by page as it is read."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from api.evidence.words import WORDS
from api.storage.tables import CaseRow
from vision.kinds import catalogue
from vision.site import Site
from vision.spreadsheet import BOM, plain

Language = Literal["zh", "en"]
_Cell = str | int | float | None


class CaseCsv:
    """Writes cases for one site, with its times, in one language."""

    def __init__(self, site: Site, language: Language) -> None:
        self._zone = ZoneInfo(site.site.timezone)
        self._english = language == "en"

    def written(self, pages: Iterable[Sequence[CaseRow]]) -> Iterator[bytes]:
        """The file, a piece for its head and for each page."""
        yield BOM + self._lines([[head[self._english] for head, _ in _COLUMNS]])
        for rows in pages:
            yield self._lines([cell(self, row) for _, cell in _COLUMNS] for row in rows)

    def _lines(self, rows: Iterable[Iterable[_Cell]]) -> bytes:
        out = io.StringIO(newline="")
        writer = csv.writer(out)
        writer.writerows([plain(c) if isinstance(c, str) else c for c in row] for row in rows)
        return out.getvalue().encode("utf-8", "replace")

    def _word(self, name: str | None) -> str:
        return "" if name is None else WORDS.get(name, (name, name))[self._english]

    def _kind(self, case: CaseRow) -> str:
        try:
            kind = catalogue().kind(case.kind)
        except KeyError:  # of a package of kinds that is not installed any more
            return case.kind
        return kind.en if self._english else kind.zh

    def _subtype(self, case: CaseRow) -> str:
        try:
            subtype = catalogue().kind(case.kind).subtype(case.subtype)
        except KeyError:
            return case.subtype
        return subtype.en if self._english else subtype.zh

    def _time(self, at: datetime | None) -> str:
        """The site's own, as spreadsheets read it."""
        return "" if at is None else f"{at.astimezone(self._zone):%Y-%m-%d %H:%M:%S}"

    def _decision(self, case: CaseRow) -> str:
        return self._word(case.review["decision"]) if case.review else ""

    def _reason(self, case: CaseRow) -> str:
        return self._word(case.review["reason"]) if case.review else ""


_COLUMNS: tuple[tuple[tuple[str, str], Callable[[CaseCsv, CaseRow], _Cell]], ...] = (
    (("案件编号", "case"), lambda _, case: case.id),
    (("状态", "stage"), lambda to, case: to._word(case.stage)),
    (("处理结果", "outcome"), lambda to, case: to._word(case.outcome)),
    (("类别", "kind"), lambda to, case: to._kind(case)),
    (("细类", "sub-type"), lambda to, case: to._subtype(case)),
    (("事项代码", "codes"), lambda _, case: "; ".join(code["code"] for code in case.codes)),
    (("地点", "address"), lambda _, case: case.address),
    (("单元网格", "grid"), lambda _, case: case.grid),
    (("区划", "division"), lambda _, case: case.division),
    (("摄像机", "camera"), lambda _, case: case.camera),
    (("监测区域", "zone"), lambda _, case: case.zone),
    (("经度", "longitude"), lambda _, case: case.lon),
    (("纬度", "latitude"), lambda _, case: case.lat),
    (("坐标系", "coordinates"), lambda _, case: case.crs or ""),
    (("首次出现", "first seen"), lambda to, case: to._time(case.first_seen_at)),
    (("判定时间", "triggered"), lambda to, case: to._time(case.confirmed_at)),
    (("最后出现", "last seen"), lambda to, case: to._time(case.last_seen_at)),
    (("恢复时间", "gone"), lambda to, case: to._time(case.cleared_at)),
    (("持续时长（秒）", "lasted (s)"), lambda _, case: round(case.dwell_s)),
    (("置信度", "score"), lambda _, case: round(case.score, 3)),
    (("证据用途", "legal use"), lambda to, case: to._word(case.legal_use)),
    (("审核结论", "decision"), lambda to, case: to._decision(case)),
    (("不予采纳原因", "reason"), lambda to, case: to._reason(case)),
    (("审核人", "reviewer"), lambda _, case: case.review["reviewer"] if case.review else ""),
    (("办理时限", "deadline"), lambda to, case: to._time(case.deadline_at)),
    (("任务号", "task number"), lambda _, case: case.task_no or ""),
    (("案卷号", "file number"), lambda _, case: case.file_no or ""),
)
"""Heads in Chinese and English, and what stands below."""
