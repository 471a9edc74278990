"""Camera: one camera, recording or folder of pictures, how it is looked at and what is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Field, IPvAnyNetwork, PrivateAttr, model_validator

from vision.durations import Duration
from vision.fields import Part, Polygon
from vision.geo.ground import Ground
from vision.kinds import catalogue
from vision.mistakes.wrong import wrong
from vision.registers.admissibility import Admissibility
from vision.site.carried import Carried
from vision.site.flight import Flight
from vision.site.gateway import Gateway, gateway_for, target_of
from vision.site.gb_id import ChannelId
from vision.site.location import Location
from vision.site.presets import WHOLE, GroundPoints, Preset, check_presets
from vision.site.telemetry_address import parse_telemetry
from vision.site.zone import Zone


class Camera(Part):
    """One camera, recording or folder of pictures.

    `tiles` is for what flies so high that things are small: the model sees the frame in tiles of
    its input's size as well. What is large already is then seen too near: the demo's survey gained
    a false roof by it.

    `decoder` is what decodes its video; software where the device named is not there.

    `candidate_fps` is how often a live camera is looked at while something is being made sure of,
    so that one which is otherwise looked at seldom still decides soon.

    `clip` is how much of a live stream before a case's moments is kept with them, as it was sent,
    `clip_after` how much after its confirmation. Nothing is kept with `clip: 0s`, or where
    `privacy` paints something out: it cannot be painted out of what was sent.

    `allow` lists networks to which a camera on the web may lead although they are private, by a
    redirect or a playlist; its own host, and public addresses, it may in any case.

    `device_id` is the camera's 20-digit id by GB/T 28181; where its `source` names it as a channel
    of a gateway, it need not be written.

    `flight` is what a drone's own telemetry does not say of where its picture lies, `carried` the
    same of a camera that a car or a person carries. `telemetry` is where that of a live one comes
    from which is not inside its stream: `mavlink+udp://0.0.0.0:14550` awaits MAVLink there,
    `nmea+tcp://10.0.0.7:10110` fetches NMEA 0183 from there. `presets` are those of a pan-tilt-zoom
    camera that zones are drawn at.
    """

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
    source: Annotated[str, Field(min_length=1)]
    allow: tuple[IPvAnyNetwork, ...] = ()
    device_id: ChannelId | None = None
    type: Literal["cctv", "drone", "bodycam", "vehicle"] = "cctv"
    analyse_fps: Annotated[float, Field(gt=0, le=60)] = 1.0
    candidate_fps: Annotated[float, Field(gt=0, le=60)] | None = None
    pace: Literal["realtime", "fast"] = "realtime"
    tiles: bool = False
    decoder: Literal["software", "cuda", "vaapi", "videotoolbox"] = "software"
    place: Location | None = None
    ground: GroundPoints | None = None
    flight: Flight | None = None
    carried: Carried | None = None
    telemetry: str | None = None
    zones: tuple[Zone, ...] = ()
    privacy: tuple[Polygon, ...] = ()
    presets: tuple[Preset, ...] = ()
    admissibility: Admissibility | None = None
    clip: Annotated[Duration, Field(le=timedelta(minutes=1))] = timedelta(seconds=10)
    clip_after: Annotated[Duration, Field(le=timedelta(minutes=1))] = timedelta(seconds=10)
    _gateway: Gateway | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _source_names_its_channel(self) -> Camera:
        target = target_of(self.source)
        channel = target.channel if target is not None else None
        if channel is not None and self.device_id not in {None, channel}:
            raise ValueError(wrong("gb_id_differs", channel=channel))
        return self

    @model_validator(mode="after")
    def _zones_are_told_apart(self) -> Camera:
        names = [z.name for z in self.zones]
        if len(set(names)) != len(names):
            raise ValueError(wrong("zones_share_name", camera=self.id))
        return self

    @model_validator(mode="after")
    def _candidates_are_looked_at_more(self) -> Camera:
        if self.candidate_fps is not None and self.candidate_fps < self.analyse_fps:
            candidate, usual = f"{self.candidate_fps:g}", f"{self.analyse_fps:g}"
            raise ValueError(
                wrong("candidate_fps_less", camera=self.id, candidate=candidate, usual=usual)
            )
        return self

    @model_validator(mode="after")
    def _zones_have_their_presets(self) -> Camera:
        zones = {zone.name: zone.preset for zone in self.zones}
        bound = self.ground is not None or bool(self.privacy)
        check_presets(self.presets, zones, kind=self.type, bound=bound)
        return self

    @model_validator(mode="after")
    def _a_drone_flies(self) -> Camera:
        if self.flight is not None and self.type != "drone":
            raise ValueError(wrong("flight_without_drone", camera=self.id))
        return self

    @model_validator(mode="after")
    def _what_is_carried_moves(self) -> Camera:
        carried = self.type in {"vehicle", "bodycam"}
        if self.carried is not None and not carried:
            raise ValueError(wrong("carried_without_carrier", camera=self.id))
        if self.telemetry is None:
            return self
        address = parse_telemetry(self.telemetry)
        if not self.moves or (address.form == "nmea" and not carried):
            raise ValueError(wrong("telemetry_unfit", camera=self.id, form=address.form))
        return self

    @model_validator(mode="after")
    def _ground_is_one(self) -> Camera:
        for view in (self, *(self.at(preset.name) for preset in self.presets)):
            _ = view.homography  # which says what is wrong with the points
        return self

    def at(self, preset: str | None) -> Camera:
        """The camera as one that always stands at this preset: what is drawn there, and no presets.

        At none of them (None) it has no zones, and where any preset paints something out,
        everything is: nobody can tell where that lies now. A camera without presets is itself.
        """
        if not self.presets:
            return self
        hides = any(p.privacy for p in self.presets)
        now: dict[str, Any] = {"privacy": (WHOLE,) if hides else ()}
        for shown in self.presets:
            if shown.name == preset:
                now = {"ground": shown.ground, "privacy": shown.painted_out}
        zones = tuple(zone for zone in self.zones if zone.preset == preset)
        return self.model_copy(update={"presets": (), "zones": zones, **now})

    def without_clips(self) -> Camera:
        """The camera as one that keeps no clips."""
        return self.model_copy(update={"clip": timedelta(0)})

    @property
    def moves(self) -> bool:
        """Whether it flies or is carried, so that its pictures are of one place after the other."""
        return self.type != "cctv"

    @property
    def on_map(self) -> bool:
        """Whether its pictures may lie on the map: it moves, or has `ground` somewhere."""
        return self.moves or bool(self.ground) or any(preset.ground for preset in self.presets)

    def roams(self, preset: str | None) -> bool:
        """Whether it may look at anything on the map while nobody can tell at what.

        It moves, or stands at none of the presets by which it lies there.
        """
        known = {shown.name for shown in self.presets}
        return self.moves or (self.on_map and bool(known) and preset not in known)

    @property
    def gb_id(self) -> str | None:
        """Its 20-digit id by GB/T 28181; None where nobody gave one."""
        target = target_of(self.source)
        return self.device_id or (target.channel if target is not None else None)

    @property
    def gateway(self) -> Gateway | None:
        """The platform that it is asked of; None where it has an address of its own."""
        return self._gateway

    def find_gateway(self, gateways: Sequence[Gateway]) -> None:
        """Be asked of the one of these that its source names, if it names one.

        Raises:
            ValueError: it names one that is not among them, or is of another kind.
        """
        self._gateway = gateway_for(self.source, gateways, camera=self.id)

    @property
    def keeps_clips(self) -> bool:
        """Whether clips of it may be kept: privacy zones cannot be painted out of what was sent."""
        hides = bool(self.privacy) or any(preset.privacy for preset in self.presets)
        return bool(self.clip) and not hides

    @property
    def homography(self) -> Ground | None:
        """From the picture to the map; None where `ground` is not given.

        Its points are in the system of `place`, in WGS 84 where there is none.

        Raises:
            PlaceError: the points cannot be what one camera sees of the ground.
        """
        return (
            Ground.fit(self.ground, self.place.crs if self.place else "WGS84")
            if self.ground
            else None
        )

    @property
    def watched_zones(self) -> tuple[Zone, ...]:
        """The zones; a camera without any is watched whole, for every kind that needs none."""
        kinds = tuple(kind.name for kind in catalogue().kinds if not kind.only_in_zones)
        return self.zones or (Zone(name="whole picture", watch=kinds),)
