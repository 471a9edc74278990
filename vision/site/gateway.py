"""Gateway: a platform that lends its cameras' streams; and a source that names one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, Self
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, Field, IPvAnyNetwork, SecretStr, model_validator

from vision.fields import Part
from vision.mistakes.wrong import wrong
from vision.site.gb_id import GbId, channel_id
from vision.site.web_address import WebAddress

GatewayKind = Literal["wvp", "zlmediakit", "onvif"]
SCHEMES: dict[str, tuple[GatewayKind, ...]] = {
    "gb28181": ("wvp", "zlmediakit"),
    "zlm": ("zlmediakit",),
    "onvif": ("onvif",),
}
"""What a source behind a gateway begins with, and the kinds of gateway that know it."""
_PULLED = ("rtsp://", "rtsps://", "rtmp://", "rtmps://", "http://", "https://")


def _pulled(url: SecretStr) -> SecretStr:
    if not url.get_secret_value().lower().startswith(_PULLED):
        raise ValueError(wrong("pull_form"))
    return url


def _without_user(url: str) -> str:
    if "@" in urlsplit(url).netloc:
        raise ValueError(wrong("gateway_url_user"))
    return url


def _for_a_header(secret: SecretStr) -> bool:
    """Whether HTTP can carry it in a header."""
    word = secret.get_secret_value()
    return word.isascii() and word.isprintable()


class Pull(Part):
    """A stream that a ZLMediaKit is to pull while it is looked at: its name there, and whence."""

    stream: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}/[A-Za-z0-9_.-]{1,64}$")]
    url: Annotated[SecretStr, AfterValidator(_pulled)]


class Gateway(Part):
    """A platform that cameras are asked of.

    A `wvp` is logged in to with `user` and `password`, or asked with an API key, its `secret`; a
    `zlmediakit` with the `secret` of its configuration; an `onvif` device with `user` and
    `password`. `allow` lists networks in which its streams may lie although they are private: its
    own host, and public addresses, they may in any case. `pulls` are what a ZLMediaKit is to pull
    for `zlm://` cameras; what it has already needs none.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
    kind: GatewayKind
    url: Annotated[WebAddress, AfterValidator(_without_user)]
    user: str = ""
    password: SecretStr | None = None
    secret: SecretStr | None = None
    allow: tuple[IPvAnyNetwork, ...] = ()
    pulls: tuple[Pull, ...] = ()

    @model_validator(mode="after")
    def _can_be_let_in(self) -> Self:
        login = bool(self.user) and self.password is not None
        if self.kind == "wvp" and not login and self.secret is None:
            raise ValueError(wrong("gateway_login"))
        if self.kind == "wvp" and self.secret is not None and not _for_a_header(self.secret):
            raise ValueError(wrong("gateway_api_key"))
        if self.kind == "zlmediakit" and self.secret is None:
            raise ValueError(wrong("gateway_secret"))
        if self.kind != "zlmediakit" and self.pulls:
            raise ValueError(wrong("gateway_pulls"))
        if self.kind == "onvif" and not self.url.lower().startswith("http://"):
            raise ValueError(wrong("gateway_onvif_http"))
        return self


@dataclass(frozen=True, slots=True)
class Target:
    """What a source asks of which gateway.

    Attributes:
        scheme: a key of `SCHEMES`.
        gateway: its name; of an ONVIF device that no gateway is named for, its host and port.
        parts: the ids of device and channel; app and stream; an ONVIF profile, if any.
    """

    scheme: str
    gateway: str
    parts: tuple[str, ...]

    @property
    def channel(self) -> GbId | None:
        """The id of its channel, where it has one by GB/T 28181."""
        return GbId(self.parts[1]) if self.scheme == "gb28181" else None

    def __str__(self) -> str:
        return "/".join(self.parts) or "its first profile"


def target_of(source: str) -> Target | None:
    """What a source asks of a gateway; None where it is one of another kind.

    Raises:
        ValueError: it is one of these, and not whole.
    """
    scheme = source.partition("://")[0].lower()
    if scheme not in SCHEMES or "://" not in source:
        return None
    try:
        at = urlsplit(source)
        whole = bool(at.hostname) and at.port != 0  # which raises where it is none
    except ValueError:
        whole = False
    parts = tuple(unquote(part) for part in at.path.split("/") if part) if whole else ()
    named = at.netloc.rpartition("@")[2] if whole else ""
    device = scheme == "onvif"
    if not named or at.query or at.fragment or (len(parts) > 1 if device else len(parts) != 2):
        raise _misformed(scheme)
    if "@" in at.netloc and not device:
        raise _misformed(scheme)
    if scheme == "gb28181":
        parts = (GbId(parts[0]), channel_id(parts[1]))
    return Target(scheme, named, parts)


def _misformed(scheme: str) -> ValueError:
    if scheme == "gb28181":
        return ValueError(wrong("gb_source_form"))
    if scheme == "zlm":
        return ValueError(wrong("zlm_source_form"))
    return ValueError(wrong("onvif_source_form"))


def gateway_for(source: str, gateways: Sequence[Gateway], *, camera: str) -> Gateway | None:
    """The gateway that a source lies behind; None where it has an address of its own.

    Raises:
        ValueError: there is none of the name, or it is of a kind that does not know such sources.
    """
    target = target_of(source)
    if target is None:
        return None
    found = next((one for one in gateways if one.name == target.gateway), None)
    if found is None and target.scheme == "onvif":
        found = _device_at(source)
    if found is None:
        raise ValueError(wrong("gateway_unknown", camera=camera, gateway=target.gateway))
    if found.kind not in SCHEMES[target.scheme]:
        raise ValueError(
            wrong(
                "gateway_kind",
                camera=camera,
                gateway=found.name,
                kind=found.kind,
                scheme=target.scheme,
            )
        )
    return found


def _device_at(source: str) -> Gateway | None:
    """The ONVIF device that a source names by its host; None where that can only be a name.

    `onvif://user:password@10.0.0.7:8000/Profile_1`; the password percent-encoded.
    """
    at = urlsplit(source)
    host = at.hostname or ""
    if not ("." in host or ":" in host or host == "localhost"):
        return None
    return Gateway(
        name="onvif",
        kind="onvif",
        url=f"http://{at.netloc.rpartition('@')[2]}/onvif/device_service",
        user=unquote(at.username or ""),
        password=SecretStr(unquote(at.password)) if at.password is not None else None,
    )
