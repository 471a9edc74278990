"""GbId: the 20-digit id that GB/T 28181 gives to a device or a channel.

Source: GB/T 28181-2022, appendix E (appendix D of 2016), coding rule A. The same ids are what
GB/T 30428 and GB/T 47678 registers of city cameras carry where a camera is in a video network.
"""

from __future__ import annotations

import re
from typing import Annotated, Self

from pydantic import AfterValidator

from vision.mistakes.wrong import wrong

_DIGITS = re.compile(r"[0-9]{20}")
_BLIND = frozenset(("133", "134", "135", "136", "137", "140", "141", "142", "143", "215", "216"))
"""Peripherals and groups that have no picture: displays, alarms, sound, barriers, doors."""


class GbId(str):
    """20 digits and what they say.

    Raises:
        ValueError: they are not 20 digits.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        """Checked."""
        if not _DIGITS.fullmatch(text):
            raise ValueError(wrong("gb_id_form", text=text[:40]))
        return super().__new__(cls, text)

    @property
    def type_code(self) -> str:
        """What it is: digits 11 to 13."""
        return self[10:13]

    @property
    def has_picture(self) -> bool:
        """Whether a stream can be asked of it; users and outer servers (300 and up) have none."""
        return "100" <= self.type_code < "300" and self.type_code not in _BLIND


def channel_id(text: str) -> GbId:
    """The id of a channel.

    Raises:
        ValueError: it is no id, or one of something that has no picture.
    """
    found = GbId(text)
    if not found.has_picture:
        raise ValueError(wrong("gb_id_type", text=text, type=found.type_code))
    return found


ChannelId = Annotated[str, AfterValidator(channel_id)]
"""A channel's id, as a field of the site file."""
