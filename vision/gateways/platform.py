"""Platform: what a gateway of any kind is asked, and the nouns of its answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from vision.site.gateway import Target


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream that a platform has started for us.

    Attributes:
        url: where it is read. May hold credentials.
        own: what the platform needs to be told to let it go; empty where it needs nothing.
    """

    url: str = field(repr=False)
    own: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Device:
    """A device of a platform: a camera, recorder or lower platform.

    Attributes:
        id: 20 digits by GB/T 28181, else what the platform calls it.
        channels: how many it has; None where the platform does not say.
    """

    id: str
    name: str
    online: bool
    maker: str = ""
    channels: int | None = None


@dataclass(frozen=True, slots=True)
class Channel:
    """One picture of a device.

    Attributes:
        source: what a camera's `source` says to be this channel.
        turns: its camera can be turned; None where nobody says.
    """

    id: str
    name: str
    online: bool
    source: str
    turns: bool | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """A direction that a camera remembers; `number` is what it is called by."""

    number: str
    name: str


class Platform(Protocol):
    """What every kind of gateway is asked. Any thread may ask; each call waits for the network.

    Raises, all of them:
        PlatformDown, TokenRefused: the platform as a whole.
        DeviceOffline, ChannelUnknown, NoStream: this device or channel.
        NotOffered: it has no such thing.
    """

    def ask(self, target: Target) -> Stream:
        """Have it start a stream."""
        ...

    def let_go(self, target: Target, stream: Stream) -> None:
        """Have it end a stream that `ask` started, unless somebody else watches it."""
        ...

    def devices(self) -> list[Device]:
        """Every device it knows."""
        ...

    def channels(self, device: str) -> list[Channel]:
        """Those of one device."""
        ...

    def presets(self, target: Target) -> list[Point]:
        """The directions that a camera remembers."""
        ...

    def call_preset(self, target: Target, number: str) -> None:
        """Turn a camera to one of them."""
        ...
