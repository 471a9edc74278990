"""Failures of gateways: why a camera that lies behind one gives no picture.

SourceUnavailable
├── PlatformDown      the platform itself: nobody asks it for a while
├── DeviceOffline     the device is not registered there now
├── ChannelUnknown    the platform has no such device or channel
└── NoStream          the stream was asked for and never came, or leads where it may not
SourceRefused
└── TokenRefused      the platform refuses the user, key or secret

Each begins with the gateway's name and these words, and holds no credential.
"""

from __future__ import annotations

from vision.errors import SourceRefused, SourceUnavailable, StreetwardenError
from vision.printable import printable
from vision.sources.address import redact_any

_LONGEST = 160
"""Characters of what a platform says that are passed on."""


class PlatformDown(SourceUnavailable):
    """The platform does not answer, or not as one."""


class DeviceOffline(SourceUnavailable):
    """The platform says that the device is not there now."""


class ChannelUnknown(SourceUnavailable):
    """The platform knows no such device or channel; it may register later."""


class NoStream(SourceUnavailable):
    """The stream was asked for, and no picture came of it."""


class TokenRefused(SourceRefused):
    """The platform refuses what it is asked with."""


class NotOffered(StreetwardenError):  # noqa: N818 - a limit of the platform, not a fault
    """This kind of platform has no such thing."""


def quoted(said: object) -> str:
    """What a platform says, to be passed on: short, harmless, without credentials."""
    text = printable(" ".join(str(said).split()))
    # Cut last: of half an address nobody can tell that it holds a password.
    return redact_any(text)[:_LONGEST] or "nothing more"
