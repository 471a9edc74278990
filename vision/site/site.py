"""Site: cameras, zones, rules, storage and receivers of one site, validated.

`vision.site.file` reads it from YAML; `Site.for_sources` makes one of bare sources.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    Field,
    IPvAnyNetwork,
    PrivateAttr,
    SecretStr,
    model_validator,
)

from vision.durations import Duration
from vision.fields import Days, DaysField, Hours, KindName, Part, Polygon, TimeZone
from vision.geo.ground import Ground
from vision.hours import WeeklyHours
from vision.kinds import catalogue
from vision.model_choice import ModelChoice
from vision.registers.assets import Asset
from vision.registers.permits import Permit
from vision.site.flight import Flight
from vision.site.inhibition import SHIPPED_INHIBIT, Inhibition
from vision.site.location import Location
from vision.site.presets import WHOLE, GroundPoints, Preset, check_named, check_presets
from vision.site.rule_settings import RuleSettings, shipped
from vision.site.silences import Silence, check_silences
from vision.site.web_address import LinkStart, WebAddress


class Zone(Part):
    """A polygon in fractions of the picture, the kinds watched in it, and when.

    `valid` are the days, first and last included, on which it is watched at all. `subtypes` says of
    a kind what is seen of it here: `street_vending: shop_outside` before a shop's door. `preset` is
    the one at which it was drawn, of a camera that has any: it is watched only there.
    """

    name: str
    preset: str | None = None
    polygon: Polygon = WHOLE
    watch: Annotated[tuple[KindName, ...], Field(min_length=1)]
    hours: Hours = WeeklyHours()
    valid: DaysField | None = None
    subtypes: dict[KindName, str] = Field(default_factory=dict)
    settings: dict[KindName, RuleSettings] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _subtypes_are_known(self) -> Zone:
        for kind, name in self.subtypes.items():
            known = [subtype.name for subtype in catalogue().kind(kind).subtypes]
            if name not in known:
                raise ValueError(f"{kind} has no sub-type {name!r}; choose from {', '.join(known)}")
        return self

    def watched_at(self, local: datetime, holidays: Collection[date]) -> bool:
        """Whether it is watched at this local time (in the site's zone)."""
        in_force = self.valid is None or local.date() in self.valid
        return in_force and self.hours.includes(local, holidays)


class Camera(Part):
    """One camera, recording or folder of pictures.

    `tiles` is for what flies so high that things are small: the model sees the frame in tiles of
    its input's size as well. What is large already is then seen too near: the demo's survey gained
    a false roof by it.

    `decoder` is what decodes its video; software where the device named is not there.

    `candidate_fps` is the looks per second of a live camera while a rule has a candidate, so that a
    camera with few looks still confirms soon.

    `clip` is how much of a live stream before a case's moments is kept with them, as it was sent.
    Nothing is kept where `privacy` paints something out: it cannot be painted out of what was sent.

    `allow` lists networks to which a camera on the web may lead although they are private, by a
    redirect or a playlist; its own host, and public addresses, it may in any case.

    `flight` is what a drone's own telemetry does not say of where its picture lies. `presets` are
    those of a pan-tilt-zoom camera that zones are drawn at.
    """

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
    source: Annotated[str, Field(min_length=1)]
    allow: tuple[IPvAnyNetwork, ...] = ()
    type: Literal["cctv", "drone", "bodycam", "vehicle"] = "cctv"
    analyse_fps: Annotated[float, Field(gt=0, le=60)] = 1.0
    candidate_fps: Annotated[float, Field(gt=0, le=60)] | None = None
    pace: Literal["realtime", "fast"] = "realtime"
    tiles: bool = False
    decoder: Literal["software", "cuda", "vaapi", "videotoolbox"] = "software"
    place: Location | None = None
    ground: GroundPoints | None = None
    flight: Flight | None = None
    zones: tuple[Zone, ...] = ()
    privacy: tuple[Polygon, ...] = ()
    presets: tuple[Preset, ...] = ()
    clip: Annotated[Duration, Field(le=timedelta(minutes=1))] = timedelta(seconds=10)

    @model_validator(mode="after")
    def _zones_are_told_apart(self) -> Camera:
        names = [z.name for z in self.zones]
        if len(set(names)) != len(names):
            raise ValueError(f"two zones of camera {self.id} share a name; rename one")
        return self

    @model_validator(mode="after")
    def _candidates_are_looked_at_more(self) -> Camera:
        if self.candidate_fps is not None and self.candidate_fps < self.analyse_fps:
            raise ValueError(
                f"camera {self.id}: candidate_fps {self.candidate_fps:g} is less than analyse_fps "
                f"{self.analyse_fps:g}; a candidate is looked at more often, not less"
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
            raise ValueError(
                f"camera {self.id}: `flight` is for a drone; set `type: drone` with it"
            )
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
        """The zones; a camera without any is watched whole, for every kind."""
        return self.zones or (
            Zone(name="whole picture", watch=tuple(k.name for k in catalogue().kinds)),
        )


def _within_a_year(holidays: tuple[Days, ...]) -> tuple[Days, ...]:
    for days in holidays:
        if (days.last - days.first).days > 366:
            raise ValueError(f"{days} are no holidays; write each as at most a year")
    return holidays


class SiteInfo(Part):
    """The site's name, time zone, administrative division code and language.

    `holidays` are the days on which hours that name `Hol` apply.
    `url` is the address under which receivers reach this site; links in webhooks start with it.
    """

    name: str
    url: LinkStart = ""
    timezone: TimeZone = "Asia/Shanghai"
    holidays: Annotated[tuple[DaysField, ...], AfterValidator(_within_a_year)] = ()
    division: str = ""
    language: Literal["zh", "en"] = "zh"

    @property
    def holiday_dates(self) -> frozenset[date]:
        """Every single holiday."""
        return frozenset(day for days in self.holidays for day in days)


class Storage(Part):
    """Where cases and evidence live; relative paths start at the site file's folder."""

    database: str = "sqlite:///var/streetwarden.db"
    evidence: str = "var/evidence"


class Webhook(Part):
    """A receiver of cases. `allow` lists networks it may live in although they are private."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
    url: WebAddress
    secret: SecretStr
    kinds: tuple[Literal["all"] | KindName, ...] = ("all",)
    stages: tuple[Literal["confirmed", "cleared", "ended", "reopened", "rejected"], ...] = (
        "confirmed",
        "cleared",
        "reopened",
    )
    media: Literal["redacted"] = "redacted"
    allow: tuple[IPvAnyNetwork, ...] = ()


class Site(Part):
    """A whole site file, or bare sources: then a camera's id is only its place among them.

    `baseline` and `unit_grid` are paths of GeoJSON files: structures that are known, and the cells
    of the city's unit grid with who answers for them.
    """

    site: SiteInfo
    storage: Storage = Storage()
    model: ModelChoice = ModelChoice()
    defaults: dict[KindName, RuleSettings] = Field(default_factory=dict)
    permits: tuple[Permit, ...] = ()
    assets: tuple[Asset, ...] = ()
    baseline: str | None = None
    unit_grid: str | None = None
    cameras: tuple[Camera, ...] = ()
    webhooks: tuple[Webhook, ...] = ()
    silences: tuple[Silence, ...] = ()
    inhibit: tuple[Inhibition, ...] = SHIPPED_INHIBIT
    _bare: bool = PrivateAttr(default=False)

    @property
    def bare(self) -> bool:
        """Whether it was made of bare sources."""
        return self._bare

    @model_validator(mode="after")
    def _names_are_told_apart(self) -> Site:
        for what, names in (
            ("cameras", [c.id for c in self.cameras]),
            ("webhooks", [w.name for w in self.webhooks]),
        ):
            twice = sorted({n for n in names if names.count(n) > 1})
            if twice:
                raise ValueError(f"{what}: {', '.join(twice)} is used twice; give each its own")
        presets = {camera.id: camera.presets for camera in self.cameras}
        drawn = [
            *((f"permit {p.name!r}", p.camera, p.preset) for p in self.permits),
            *((f"asset {a.id!r}", a.camera, a.preset) for a in self.assets),
        ]
        for what, camera, preset in drawn:
            if camera is not None and camera not in presets:
                raise ValueError(f"{what}: no camera is called {camera!r}")
            check_named(what, preset, presets[camera] if camera is not None else ())
        watched = {c.id: [z.name for z in c.watched_zones] for c in self.cameras}
        check_silences(self.silences, watched, ZoneInfo(self.site.timezone))
        return self

    def rule_settings(self, zone: Zone, kind: str) -> RuleSettings:
        """The settings for one kind in one zone: the zone's, else the site's, else ours."""
        ours = self.kind_settings(kind, zone.subtypes.get(kind))
        return zone.settings.get(kind, RuleSettings()).over(ours)

    def kind_settings(self, kind: str, subtype: str | None = None) -> RuleSettings:
        """The settings for one kind in zones that set none of their own."""
        return self.defaults.get(kind, RuleSettings()).over(shipped(kind, subtype))

    @classmethod
    def for_sources(cls, sources: Sequence[str], root: Path, **camera: Any) -> Site:
        """A site for bare sources: one camera each, watched whole, stored under `root`."""
        made = cls(
            site=SiteInfo(name="Streetwarden"),
            storage=Storage(
                database=f"sqlite:///{root / 'streetwarden.db'}", evidence=str(root / "evidence")
            ),
            cameras=tuple(
                Camera(id=f"camera-{n}", source=source, **camera)
                for n, source in enumerate(sources, start=1)
            ),
        )
        made._bare = True
        return made
