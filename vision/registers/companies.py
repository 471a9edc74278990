"""Companies: whose truck a plate is, by the register that a city keeps of its muck trucks."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from vision.errors import SiteError
from vision.mistakes.wrong import wrong
from vision.plates.grammar import normal

_PLATE = frozenset({"plate", "号牌号码", "车牌号", "车牌号码", "车牌"})
_COMPANY = frozenset({"company", "企业", "企业名称", "单位", "单位名称", "公司"})
MOST_BYTES = 16 << 20
LONGEST = 200
"""Characters of a company's name."""


@dataclass(frozen=True, slots=True)
class CompanyRegister:
    """Companies by plate."""

    by_plate: Mapping[str, str]

    @classmethod
    def load(cls, path: Path) -> CompanyRegister:
        """Read a CSV file (UTF-8, or GB 18030 as Chinese spreadsheets write it).

        Its first line names the columns, of which `plate` (号牌号码) and `company` (企业名称) are
        read.

        Raises:
            SiteError: it cannot be read, or a line of it; it says which.
        """
        lines = _lines(path)
        head = [name.strip().lower() for name in lines[0][1]] if lines else []
        places = [
            next((n for n, name in enumerate(head) if name in names), None)
            for names in (_PLATE, _COMPANY)
        ]
        if places[0] is None or places[1] is None:
            raise SiteError(wrong("companies_head", file=path.name))
        found: dict[str, str] = {}
        for line, row in lines[1:]:
            if not any(cell.strip() for cell in row):
                continue
            written, company = (
                row[n].strip() if n < len(row) else "" for n in places if n is not None
            )
            plate = normal(written)
            if plate is None:
                text = written[:20]
                raise SiteError(wrong("companies_plate", file=path.name, line=line, text=text))
            if not 1 <= len(company) <= LONGEST:
                raise SiteError(wrong("companies_name", file=path.name, line=line, most=LONGEST))
            if found.setdefault(plate, company) != company:
                raise SiteError(wrong("companies_twice", file=path.name, line=line))
        return cls(found)

    def of(self, plate: str | None) -> str | None:
        """The company whose truck has this plate; None where the register has none."""
        return self.by_plate.get(plate) if plate is not None else None


def _lines(path: Path) -> list[tuple[int, list[str]]]:
    """Rows, each with the number of the line that it ends in."""
    rows = csv.reader(io.StringIO(_text(path), newline=""), strict=True)
    try:
        return [(rows.line_num, row) for row in rows]
    except csv.Error as error:
        why = f"{rows.line_num}: {error}"
        raise SiteError(wrong("companies_unreadable", file=path.name, why=why)) from error


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise SiteError(wrong("companies_large", file=path.name, most=MOST_BYTES >> 20))
        content = path.read_bytes()
    except OSError as error:
        raise SiteError(
            wrong("companies_unreadable", file=path.name, why=error.strerror or str(error))
        ) from error
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise SiteError(wrong("companies_text", file=path.name))
