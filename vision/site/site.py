"""Site: cameras, zones, rules, storage and receivers of one site, validated.

`vision.site.file` reads it from YAML; `Site.for_sources` makes one of bare sources.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PrivateAttr,
    ValidationError,
    model_validator,
)

from vision.durations import Duration
from vision.errors import SiteError
from vision.fields import Days, DaysField, Hours, Part, TimeZone
from vision.hours import parse_hours
from vision.mistakes.wrong import said_of, wrong
from vision.model_choice import ModelChoice
from vision.registers.assets import Asset
from vision.registers.divisions import Division, DivisionNames, MaybeDivision, check_divisions
from vision.registers.matters import Matter, check_matters
from vision.registers.no_keep import NoKeep, NoKeepAreas
from vision.registers.permits import Permit
from vision.registers.working_calendar import WorkingCalendar
from vision.sentence import Said
from vision.site.access import AccessSettings
from vision.site.camera import Camera
from vision.site.console import ConsoleSettings
from vision.site.gateway import Gateway
from vision.site.inhibition import SHIPPED_INHIBIT, Inhibition
from vision.site.open311 import Open311
from vision.site.plates import Plates
from vision.site.presets import check_named
from vision.site.reports import ReportSettings
from vision.site.retention import Retention
from vision.site.review import ReviewSettings
from vision.site.rule_settings import RuleSettings, SettingsByKind, shipped
from vision.site.second_opinion import SecondOpinion
from vision.site.silences import Silence, check_silences
from vision.site.storage import Storage
from vision.site.web_address import LinkStart, WebAddress
from vision.site.webhook import Webhook
from vision.site.zone import Zone

MOST_WORKERS = 256
"""A typing error, not a machine, asks for more."""


def _within_a_year(holidays: tuple[Days, ...]) -> tuple[Days, ...]:
    for days in holidays:
        if (days.last - days.first).days > 366:
            raise ValueError(wrong("holidays_long", days=str(days)))
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
    division: MaybeDivision = ""
    language: Literal["zh", "en"] = "zh"

    @property
    def holiday_dates(self) -> frozenset[date]:
        """Every single holiday."""
        return frozenset(day for days in self.holidays for day in days)


class Working(Part):
    """When the bureau works, for deadlines: its hours, and days worked in exchange for days off.

    Its days off are the site's `holidays`.
    """

    hours: Hours = parse_hours(["Mon-Fri 08:30-12:00", "Mon-Fri 14:00-17:30"])
    exchanged: Annotated[tuple[DaysField, ...], AfterValidator(_within_a_year)] = ()

    @model_validator(mode="after")
    def _works_at_all(self) -> Working:
        if not self.hours.spans:
            raise ValueError(wrong("hours_empty"))
        return self


class TimeStamps(Part):
    """An RFC 3161 authority that stamps the records of cases.

    `ca` is a file with its root's certificate (PEM); `every` is how often it is asked: what happens
    to a case in between is covered by one stamp.
    """

    url: WebAddress
    ca: str
    every: Duration = timedelta(minutes=1)


_ANY_DAY = datetime(2026, 1, 1, tzinfo=UTC)


def _of_workers(given: object) -> object:
    if given == "auto" or (type(given) is int and 1 <= given <= MOST_WORKERS):
        return given
    raise ValueError(wrong("workers_form", most=MOST_WORKERS))


def _twice(names: list[str]) -> list[str]:
    """Those that are used more than once."""
    return sorted({name for name in names if names.count(name) > 1})


def _no_camera(what: str, name: str, camera: str) -> Said:
    return wrong("camera_none_such", what=what, name=name, camera=camera)


class Site(Part):
    """A whole site file, or bare sources: then a camera's id is only its place among them.

    `workers` is how many processes share the cameras; 1: the main process watches them itself.
    `gateways` are platforms that cameras are asked of.
    `matters` is the jurisdiction's listing of kinds, `working` when its bureau works.
    `retention`: how long evidence is kept; without it nothing is ever purged.
    `baseline` and `unit_grid` are paths of GeoJSON files: structures that are known, and the cells
    of the city's unit grid with who answers for them. `divisions`: what divisions are called.
    `no_keep` are areas on the map of which nothing is kept; no clip is, of a camera that moves.
    """

    site: SiteInfo
    storage: Storage = Storage()
    timestamps: TimeStamps | None = None
    model: ModelChoice = ModelChoice()
    workers: Annotated[int | Literal["auto"], BeforeValidator(_of_workers)] = 1
    defaults: SettingsByKind = Field(default_factory=dict)
    permits: tuple[Permit, ...] = ()
    assets: tuple[Asset, ...] = ()
    no_keep: tuple[NoKeep, ...] = ()
    matters: Annotated[tuple[Matter, ...], AfterValidator(check_matters)] = ()
    working: Working = Working()
    baseline: str | None = None
    unit_grid: str | None = None
    gateways: tuple[Gateway, ...] = ()
    divisions: Annotated[tuple[Division, ...], AfterValidator(check_divisions)] = ()
    cameras: tuple[Camera, ...] = ()
    webhooks: tuple[Webhook, ...] = ()
    review: ReviewSettings = ReviewSettings()
    access: AccessSettings = AccessSettings()
    reports: ReportSettings = ReportSettings()
    open311: Open311 = Open311()
    second_opinion: SecondOpinion | None = None
    plates: Plates = Plates()
    console: ConsoleSettings = ConsoleSettings()
    silences: tuple[Silence, ...] = ()
    retention: Retention | None = None
    inhibit: tuple[Inhibition, ...] = SHIPPED_INHIBIT
    _bare: bool = PrivateAttr(default=False)

    @property
    def bare(self) -> bool:
        """Whether it was made of bare sources."""
        return self._bare

    @model_validator(mode="after")
    def _names_are_told_apart(self) -> Site:
        if twice := _twice([c.id for c in self.cameras]):
            raise ValueError(wrong("cameras_twice", names=twice))
        if twice := _twice([w.name for w in self.webhooks]):
            raise ValueError(wrong("webhooks_twice", names=twice))
        presets = {camera.id: camera.presets for camera in self.cameras}
        for hook in self.webhooks:
            if unknown := sorted(set(hook.cameras) - set(presets)):
                raise ValueError(_no_camera("webhook", hook.name, unknown[0]))
        drawn = [
            *(("permit", p.name, p.camera, p.preset) for p in self.permits),
            *(("asset", a.id, a.camera, a.preset) for a in self.assets),
        ]
        for what, name, camera, preset in drawn:
            if camera is not None and camera not in presets:
                raise ValueError(_no_camera(what, name, camera))
            check_named(what, name, preset, presets[camera] if camera is not None else ())
        watched = {c.id: [z.name for z in c.watched_zones] for c in self.cameras}
        check_silences(self.silences, watched, ZoneInfo(self.site.timezone))
        return self

    @model_validator(mode="after")
    def _cameras_know_their_gateways(self) -> Site:
        if twice := _twice([g.name for g in self.gateways]):
            raise ValueError(wrong("gateways_twice", names=twice))
        for camera in self.cameras:
            camera.find_gateway(self.gateways)
        return self

    @model_validator(mode="after")
    def _no_clip_shows_what_is_not_kept(self) -> Site:
        """Nothing can be painted out of what was sent."""
        if self.no_keep:
            kept = (c.without_clips() if c.on_map else c for c in self.cameras)
            object.__setattr__(self, "cameras", tuple(kept))
        return self

    @model_validator(mode="after")
    def _deadlines_end(self) -> Site:
        calendar = self.calendar
        for term in {term for matter in self.matters for term in matter.terms}:
            try:
                calendar.end(_ANY_DAY, term)
            except ValueError as error:
                said = said_of(error)
                told = Said(f"matters: a term of {term}: {said}", said.code, said.params)
                raise ValueError(told) from None
        return self

    @model_validator(mode="after")
    def _the_provider_finds_back(self) -> Site:
        if self.access.oidc is not None and not self.site.url:
            raise ValueError(wrong("oidc_without_url"))
        return self

    @property
    def areas(self) -> NoKeepAreas:
        """The areas on the map of which nothing is kept."""
        return NoKeepAreas(self.no_keep)

    def division_of(self, camera: Camera) -> str:
        """The code of the administrative division that a camera's cases belong to."""
        return (camera.place.division if camera.place else "") or self.site.division

    @property
    def known_divisions(self) -> frozenset[str]:
        """The codes of the register, of the site and of its cameras."""
        of_cameras = (self.division_of(camera) for camera in self.cameras)
        listed = (one.code for one in self.divisions)
        return frozenset((*listed, self.site.division, *of_cameras)) - {""}

    @property
    def division_names(self) -> DivisionNames:
        """What divisions are called here."""
        return DivisionNames(self.divisions)

    @property
    def calendar(self) -> WorkingCalendar:
        """When the bureau works."""
        return WorkingCalendar(
            ZoneInfo(self.site.timezone),
            self.working.hours,
            self.site.holiday_dates,
            frozenset(day for days in self.working.exchanged for day in days),
        )

    def rule_settings(self, zone: Zone, kind: str) -> RuleSettings:
        """The settings for one kind in one zone: the zone's, else the site's, else ours."""
        ours = self.kind_settings(kind, zone.subtypes.get(kind))
        return zone.settings.get(kind, RuleSettings()).over(ours)

    def kind_settings(self, kind: str, subtype: str | None = None) -> RuleSettings:
        """The settings for one kind in zones that set none of their own."""
        return self.defaults.get(kind, RuleSettings()).over(shipped(kind, subtype))

    @classmethod
    def for_sources(cls, sources: Sequence[str], root: Path, **camera: Any) -> Site:
        """A site for bare sources: one camera each, watched whole, stored under `root`.

        Raises:
            SiteError: one of them cannot be a source.
        """
        database = f"sqlite:///{root / 'streetwarden.db'}"
        try:
            made = cls(
                site=SiteInfo(name="Streetwarden"),
                storage=Storage(database=database, evidence=str(root / "evidence")),
                cameras=tuple(
                    Camera(id=f"camera-{n}", source=source, **camera)
                    for n, source in enumerate(sources, start=1)
                ),
            )
        except ValidationError as error:
            why = {one["msg"].removeprefix("Value error, ") for one in error.errors()}
            raise SiteError("; ".join(sorted(why))) from None
        made._bare = True
        return made
