"""Address: classifies a camera's `source` and redacts its credentials.

A stream's address may carry a user's name and password, and cameras are lax about how: passwords
hold `@`, `/` or `:` unescaped, tokens travel in the query. `Address.url` is the strict form that
FFmpeg needs, `Address.shown` the form for people, and `redact` cleans any text on its way to a
log, a status or an error.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from vision.files import exists, is_folder
from vision.printable import printable

PICTURE_SUFFIXES = frozenset(
    (
        *(".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".webp", ".bmp", ".tif", ".tiff"),
        *(".gif", ".avif", ".heic", ".heif", ".hif", ".jp2", ".j2k"),
    )
)
"""File names that are read as single pictures: what Pillow decodes, and HEIF by libheif."""

_HIDDEN = "***"
# Bounded, and not from the start of a word: of hostile texts each place is looked at once.
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,30})://([^\s'\"<>]*)")
_SECRET_SETTING = re.compile(
    r"(?i)((?:password|passwd|passphrase|pwd|pass|token|secret|api_?key|auth|signature|sig)=)"
    r"[^&\s'\"<>]+"
)
# Query settings of cameras that hold no credentials; every other value is redacted.
_HARMLESS = frozenset(
    (
        *("channel", "ch", "subtype", "stream", "streamtype", "profile", "camera"),
        *("transport", "transportmode", "unicast", "proto"),
        *("codec", "videocodec", "resolution", "fps", "compression"),
    )
)
_PUBLIC_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.%]+\]|localhost|[\w-]+(?:\.[\w-]+)+)(?::\d{1,5})?")


class SourceKind(StrEnum):
    """What an address points at."""

    RTSP = "rtsp"
    RTMP = "rtmp"
    HTTP = "http"
    HLS = "hls"
    STREAM = "stream"
    """An MPEG transport stream that a drone or its ground station sends, over UDP or TCP."""
    FILE = "file"
    FOLDER = "folder"
    PICTURE = "picture"
    DEVICE = "device"
    GATEWAY = "gateway"
    """A camera of a platform, which is asked for its stream: `vision.gateways`."""
    UNKNOWN = "unknown"
    """A scheme that is not read, such as `ftp://`."""


_SCHEMES = {
    "rtsp": SourceKind.RTSP,
    "rtsps": SourceKind.RTSP,
    "rtmp": SourceKind.RTMP,
    "rtmps": SourceKind.RTMP,
    "http": SourceKind.HTTP,
    "https": SourceKind.HTTP,
    "gb28181": SourceKind.GATEWAY,
    "onvif": SourceKind.GATEWAY,
    "zlm": SourceKind.GATEWAY,
    "udp": SourceKind.STREAM,
    "tcp": SourceKind.STREAM,
}
_STREAMS = frozenset(
    (SourceKind.RTSP, SourceKind.RTMP, SourceKind.HLS, SourceKind.STREAM, SourceKind.GATEWAY)
)
_NETWORK = _STREAMS | {SourceKind.HTTP}
_LIVE = _STREAMS | {SourceKind.DEVICE}


@dataclass(frozen=True, slots=True)
class Address:
    """A classified source address.

    Attributes:
        kind: what it points at.
        url: what FFmpeg opens: the path of a file or device, or the URL with its user and password
            percent-encoded. Holds credentials.
        shown: the same without credentials, for people.
        secrets: every spelling of the credentials; none of them may ever be printed.
    """

    kind: SourceKind
    url: str
    shown: str
    secrets: tuple[str, ...] = ()

    @property
    def network(self) -> bool:
        """Whether it is reached over a network, and may therefore come back by itself."""
        return self.kind in _NETWORK

    @property
    def live(self) -> bool:
        """Whether it is a live source. An HTTP address must be opened to know for sure."""
        return self.kind in _LIVE

    @property
    def path(self) -> Path:
        """The path of a file, folder or device."""
        return Path(self.url)


_DIGITS = 3
"""Of a device's number, at most."""


def parse_address(source: str) -> Address:
    """Classify a camera's `source`. Never fails: what cannot be read is `SourceKind.UNKNOWN`.

    A password is best written percent-encoded. Written plainly with `@`, `/`, `?` or `#` in it, the
    user part is taken to end at the first `@` that a host (dotted name, IP or localhost) follows.
    """
    scheme, separator, rest = source.partition("://")
    if not separator:
        return _local(source)
    scheme = scheme.lower()
    if scheme == "file":
        return _local(unquote(rest, errors="surrogateescape"))
    user_info, place = _split_user(rest)
    kind = _SCHEMES.get(scheme, SourceKind.UNKNOWN)
    if kind is SourceKind.HTTP and urlsplit(f"{scheme}://{place}").path.lower().endswith(".m3u8"):
        kind = SourceKind.HLS
    if user_info is None:
        url = f"{scheme}://{place}"
    else:
        name, colon, password = user_info.partition(":")
        url = f"{scheme}://{_encoded(name)}{colon}{_encoded(password)}@{place}"
    return Address(kind, url, _shown(scheme, rest), _secrets(user_info, place))


def as_text(source: str) -> str:
    """A source as a site can hold it: a path that is no UTF-8 becomes a `file://` address."""
    if source.isprintable() or "://" in source:
        return source
    return f"file://{quote(os.fsencode(source))}"


def redact(text: str, address: Address | str) -> str:
    """`text` without the credentials of `address`, in whatever spelling, nor any other's."""
    if isinstance(address, str):
        address = parse_address(address)
    text = text.replace(address.url, address.shown)
    text = redact_any(text)
    for secret in sorted(address.secrets, key=len, reverse=True):
        text = text.replace(secret, _HIDDEN)
    return text


def redact_any(text: str) -> str:
    """`text` with the credentials of every URL in it hidden, and whatever `password=` names."""
    text = _URL.sub(lambda match: _shown(match[1], match[2]), text)
    return _SECRET_SETTING.sub(rf"\1{_HIDDEN}", text)


def _local(source: str) -> Address:
    if source.isdecimal() and len(source) <= _DIGITS and not exists(Path(source)):
        source = f"/dev/video{int(source)}"
    path = Path(source)
    with suppress(RuntimeError):  # `~nobody/`, of a user who is not there
        path = path.expanduser()
    if source.startswith("/dev/"):
        kind = SourceKind.DEVICE
    elif is_folder(path):
        kind = SourceKind.FOLDER
    elif path.suffix.lower() in PICTURE_SUFFIXES:
        kind = SourceKind.PICTURE
    else:
        kind = SourceKind.FILE
    return Address(kind, str(path), printable(str(path)))


def _split_user(rest: str) -> tuple[str | None, str]:
    """Split what follows `://` into the user part, None where there is none, and the rest."""
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "@" not in authority and re.fullmatch(r"\[.*\](:\d*)?|[^:]*(:\d*)?", authority):
        return None, rest
    ats = [i for i, c in enumerate(rest) if c == "@"]
    for i in ats:
        host = re.split(r"[/?#]", rest[i + 1 :], maxsplit=1)[0]
        if _PUBLIC_HOST.fullmatch(host):
            return rest[:i], rest[i + 1 :]
    inside = authority.rfind("@")
    i = inside if inside >= 0 else max(ats, default=-1)
    return (rest[:i], rest[i + 1 :]) if i >= 0 else (None, rest)


def _shown(scheme: str, rest: str) -> str:
    """A URL for people: user part, unknown query values and stream keys hidden."""
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    _, place = _split_user(rest)
    # Cut at the last @ of all where a password may reach that far: rather hide too much.
    hides_user = "@" in rest and ("@" in authority or ":" in authority)
    if hides_user:
        place = rest.rpartition("@")[2]
    place, _, _ = place.partition("#")
    place, question, query = place.partition("?")
    if scheme.lower().startswith("rtmp") and place.count("/") > 1:
        place = f"{place.rpartition('/')[0]}/{_HIDDEN}"
    place = _SECRET_SETTING.sub(rf"\1{_HIDDEN}", place)
    shown = "&".join(_shown_setting(setting) for setting in query.split("&"))
    user = f"{_HIDDEN}@" if hides_user else ""
    return f"{scheme}://{user}{place}{question}{shown}"


def _shown_setting(setting: str) -> str:
    name, equals, _ = setting.partition("=")
    if name.lower() in _HARMLESS:
        return setting
    return f"{name}={_HIDDEN}" if equals else (_HIDDEN if name else "")


def _secrets(user_info: str | None, place: str) -> tuple[str, ...]:
    found: set[str] = set()
    if user_info is not None:
        password = user_info.partition(":")[2]
        for plain in (user_info, password):
            found |= {plain, unquote(plain), _encoded(plain), quote(unquote(plain), safe="")}
    query = place.partition("?")[2].partition("#")[0]
    for setting in query.split("&"):
        name, _, value = setting.partition("=")
        if name.lower() not in _HARMLESS:
            found |= {value, unquote(value)}
    # Some cameras take the password in the path: rtsp://host/user=admin&password=…&channel=1
    found |= {match[0][len(match[1]) :] for match in _SECRET_SETTING.finditer(place)}
    # One or two characters are no secret by themselves, and hiding them garbles every text.
    return tuple(sorted(s for s in found if len(s) > 2))


def _encoded(part: str) -> str:
    """Percent-encoded once, whether it came so or plainly."""
    return quote(unquote(part), safe="")
