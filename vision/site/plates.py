"""Plates: whether the plates of trucks that cases are about are read, and whose trucks they are."""

from __future__ import annotations

from vision.fields import Part


class Plates(Part):
    """What is done with number plates: nothing, unless the site says so.

    `read`: the plate of the truck that a case is about is read (the extra `plates`). `companies` is
    the path of a CSV file, the register of companies' trucks; see `vision.registers.companies`.
    """

    read: bool = False
    companies: str | None = None
