"""The site file: cameras, zones, rules, storage and receivers of one site, validated.

`load_site(path)` returns a `Site` or raises one `SiteError` that lists every mistake with its line
and what to write instead. `Site.for_sources(...)` makes a site for bare sources on a command line.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    IPvAnyNetwork,
    SecretStr,
    ValidationError,
    model_validator,
)
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from vision.errors import SiteError
from vision.hours import WeeklyHours, parse_hours
from vision.kinds import catalogue

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400, "y": 365 * 86400}
_SECRET = re.compile(r"\$\{([^}]+)\}")
# Parts of the site file's contract that this version does not apply. Accepting them silently would
# let a site believe that a permit protects a vendor when nothing reads it.
_LATER = {"permits", "baseline", "retention", "ground", "admissibility", "presets"}


def parse_duration(value: object) -> timedelta:
    """`20s`, `5m`, `4h`, `7d`, `1w`, `2y`, or a number of seconds. ValueError otherwise."""
    if isinstance(value, timedelta):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
        return timedelta(seconds=value)
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smhdwy])\s*", str(value))
    if match is None:
        raise ValueError(f"{value!r} is no duration; write for example 20s, 5m, 4h or 7d")
    return timedelta(seconds=float(match[1]) * _UNITS[match[2]])


def _known_kind(name: str) -> str:
    kinds = [k.name for k in catalogue().kinds]
    if name not in kinds:
        raise ValueError(f"{name!r} is no kind; choose from {', '.join(kinds)}")
    return name


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{name!r} is no time zone; write a name such as Asia/Shanghai") from None
    return name


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
KindName = Annotated[str, AfterValidator(_known_kind)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Polygon = Annotated[tuple[tuple[Fraction, Fraction], ...], Field(min_length=3)]
Hours = Annotated[WeeklyHours, BeforeValidator(parse_hours)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class RuleSettings(_Part):
    """What a kind's rule waits for; unset fields fall back to the site's, then to ours."""

    dwell: Duration | None = None
    looks: Annotated[int, Field(ge=1, le=1000)] | None = None
    clear: Duration | None = None
    dedupe: Duration | Literal["until_cleared"] | None = None
    learn: Duration | None = None
    threshold: Annotated[float, Field(gt=0, lt=1)] | None = None

    def over(self, base: RuleSettings) -> RuleSettings:
        """These settings, with what is unset taken from `base`."""
        return base.model_copy(update=self.model_dump(exclude_none=True))


# Ours, after the bureaus' practice (see the domain notes): a site tunes them.
SHIPPED: dict[str, RuleSettings] = {
    "street_vending": RuleSettings(dwell="5m", looks=3, clear="2m", dedupe="4h"),
    "overflowing_bin": RuleSettings(dwell="30m", looks=2, clear="10m", dedupe="until_cleared"),
    "dirty_truck": RuleSettings(dwell="0s", looks=3, clear="10s", dedupe="10m"),
    "illegal_structure": RuleSettings(
        dwell="7d",
        looks=2,
        clear="7d",
        dedupe="until_cleared",
        learn="1h",
        # A grave thing to say of somebody, and a doubtful roof is everywhere in a picture.
        threshold=0.6,
    ),
}


class Department(_Part):
    """The department a case is filed with; its code has 18 characters."""

    code: Annotated[str, Field(min_length=1, max_length=18)]
    name: str


class Location(_Part):
    """Where a camera stands. Longitude and latitude in degrees, in the system `crs` names."""

    lon: Annotated[float, Field(ge=-180, le=180)]
    lat: Annotated[float, Field(ge=-90, le=90)]
    crs: Literal["WGS84", "CGCS2000", "GCJ02", "BD09"] = "WGS84"
    address: str = ""
    grid: Annotated[str, Field(pattern=r"^([0-9A-Za-z]{15})?$")] = ""
    department: Department | None = None


class Zone(_Part):
    """A polygon in fractions of the picture, the kinds watched in it, and when."""

    name: str
    polygon: Polygon = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    watch: Annotated[tuple[KindName, ...], Field(min_length=1)]
    hours: Hours = WeeklyHours()
    settings: dict[KindName, RuleSettings] = {}


class Camera(_Part):
    """One camera, recording or folder of pictures.

    `tiles` is for what flies so high that things are small: the model sees the frame in tiles of
    its input's size as well. What is large already is then seen too near: the demo's survey gained
    a false roof by it.

    `decoder` is what decodes its video; software where the device named is not there.

    `candidate_fps` is how often a live camera is looked at while something is being made sure of,
    so that one which is otherwise looked at seldom still decides soon.

    `clip` is how much of a live stream before a case's moments is kept with them, as it was sent.
    Nothing is kept where `privacy` paints something out: it cannot be painted out of what was sent.
    """

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
    source: Annotated[str, Field(min_length=1)]
    type: Literal["cctv", "drone", "bodycam", "vehicle"] = "cctv"
    analyse_fps: Annotated[float, Field(gt=0, le=60)] = 1.0
    candidate_fps: Annotated[float, Field(gt=0, le=60)] | None = None
    pace: Literal["realtime", "fast"] = "realtime"
    tiles: bool = False
    decoder: Literal["software", "cuda", "vaapi", "videotoolbox"] = "software"
    place: Location | None = None
    zones: tuple[Zone, ...] = ()
    privacy: tuple[Polygon, ...] = ()
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

    @property
    def watched_zones(self) -> tuple[Zone, ...]:
        """The zones; a camera without any is watched whole, for every kind."""
        return self.zones or (
            Zone(name="whole picture", watch=tuple(k.name for k in catalogue().kinds)),
        )


class SiteInfo(_Part):
    """The site's name, time zone, administrative division code and language.

    `url` is the address under which receivers reach this site; links in webhooks start with it.
    """

    name: str
    url: Annotated[str, Field(pattern=r"^(https?://[^\s]+)?$")] = ""
    timezone: Annotated[str, AfterValidator(_known_zone)] = "Asia/Shanghai"
    division: str = ""
    language: Literal["zh", "en"] = "zh"


class Storage(_Part):
    """Where cases and evidence live; relative paths start at the site file's folder."""

    database: str = "sqlite:///var/streetwarden.db"
    evidence: str = "var/evidence"


class ModelChoice(_Part):
    """Which weights, on which engine and device, at which input size (pixels, longer side)."""

    name: str = "streetwarden-n"
    engine: Literal["auto", "torch", "openvino"] = "auto"
    device: str = "auto"
    image_size: Annotated[int, Field(ge=160, le=1920, multiple_of=32)] = 640


class Webhook(_Part):
    """A receiver of cases. `allow` lists networks it may live in although they are private."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
    url: Annotated[str, Field(pattern=r"^https?://")]
    secret: SecretStr
    kinds: tuple[Literal["all"] | KindName, ...] = ("all",)
    stages: tuple[Literal["confirmed", "cleared", "rejected"], ...] = ("confirmed", "cleared")
    media: Literal["redacted"] = "redacted"
    allow: tuple[IPvAnyNetwork, ...] = ()


class Site(_Part):
    """A whole site file."""

    site: SiteInfo
    storage: Storage = Storage()
    model: ModelChoice = ModelChoice()
    defaults: dict[KindName, RuleSettings] = {}
    cameras: tuple[Camera, ...] = ()
    webhooks: tuple[Webhook, ...] = ()

    @model_validator(mode="after")
    def _names_are_told_apart(self) -> Site:
        for what, names in (
            ("cameras", [c.id for c in self.cameras]),
            ("webhooks", [w.name for w in self.webhooks]),
        ):
            twice = sorted({n for n in names if names.count(n) > 1})
            if twice:
                raise ValueError(f"{what}: {', '.join(twice)} is used twice; give each its own")
        return self

    def rule_settings(self, zone: Zone, kind: str) -> RuleSettings:
        """The settings for one kind in one zone: the zone's, else the site's, else ours."""
        site_wide = self.defaults.get(kind, RuleSettings()).over(SHIPPED[kind])
        return zone.settings.get(kind, RuleSettings()).over(site_wide)

    @classmethod
    def for_sources(cls, sources: Sequence[str], root: Path, **camera: Any) -> Site:
        """A site for bare sources: one camera each, watched whole, stored under `root`."""
        return cls(
            site=SiteInfo(name="Streetwarden"),
            storage=Storage(
                database=f"sqlite:///{root / 'streetwarden.db'}", evidence=str(root / "evidence")
            ),
            cameras=tuple(
                Camera(id=f"camera-{n}", source=source, **camera)
                for n, source in enumerate(sources, start=1)
            ),
        )


def load_site(path: Path) -> Site:
    """Read, expand and validate a site file.

    Raises:
        SiteError: the file is missing, is not YAML, or has mistakes; all are listed with lines.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SiteError(
            f"{path}: cannot read the site file ({error.strerror}); give the path of a YAML file"
        ) from error
    except UnicodeDecodeError as error:
        raise SiteError(f"{path}: is not UTF-8 text; save the site file as UTF-8") from error
    try:
        tree = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SiteError(f"{path}:{line}: not valid YAML: {error.problem}; fix that line") from error
    if not isinstance(tree, dict):
        raise SiteError(f"{path}:1: a site file is a mapping that starts with `site: {{name: …}}`")
    try:
        site = Site.model_validate(_expand(tree, path.parent))
    except ValidationError as error:
        raise SiteError("\n".join(_explain(error, tree, path))) from error
    except SiteError as error:
        raise SiteError(f"{path}: {error}") from error
    return _anchored(site, path.parent.resolve())


def _expand(node: Any, root: Path) -> Any:
    """Replace `${NAME}` by the environment's value and `${file:PATH}` by a file's text."""
    if isinstance(node, dict):
        return {str(k): _expand(v, root) for k, v in node.items()}
    if isinstance(node, list):
        return [_expand(v, root) for v in node]
    if isinstance(node, str):
        return _SECRET.sub(lambda m: _secret(m[1], root), str(node))
    return node


def _secret(name: str, root: Path) -> str:
    if name.startswith("file:"):
        try:
            return (root / name[5:]).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SiteError(
                f"${{{name}}}: cannot read that file ({error.strerror}); create it or name another"
            ) from error
    if name not in os.environ:
        raise SiteError(f"${{{name}}}: the environment variable {name} is not set; set it")
    return os.environ[name]


def _explain(error: ValidationError, tree: Any, path: Path) -> Iterator[str]:
    for item in error.errors(include_url=False, include_input=False):
        loc = tuple(p for p in item["loc"] if not (isinstance(p, str) and "[" in p))
        name = ".".join(str(p) for p in loc) or "the file"
        message = item["msg"].removeprefix("Value error, ")
        if item["type"] == "extra_forbidden":
            message = "no such setting; remove it or correct its spelling"
            if str(loc[-1]) in _LATER:
                message = "this version does not apply it yet; remove it for now"
        elif item["type"] == "missing":
            message = "is required; add it"
        yield f"{path}:{_line(tree, loc)}: {name}: {message}"


def _line(tree: Any, loc: Sequence[int | str]) -> int:
    """1-based line of the deepest part of `loc` that the file has."""
    line, node = 0, tree
    for part in loc:
        try:
            marks = node.lc
            line = marks.item(part)[0] if isinstance(part, int) else marks.key(part)[0]
            node = node[part]
        except (AttributeError, KeyError, IndexError, TypeError):
            break
    return line + 1


def _anchored(site: Site, root: Path) -> Site:
    """Resolve relative paths of storage and sources against the site file's folder."""
    database = site.storage.database
    prefix = "sqlite:///"
    if database.startswith(prefix) and not database.startswith("sqlite:////"):
        database = f"{prefix}{root / database.removeprefix(prefix)}"
    storage = Storage(database=database, evidence=_path(site.storage.evidence, root))
    cameras = tuple(c.model_copy(update={"source": _path(c.source, root)}) for c in site.cameras)
    return site.model_copy(update={"storage": storage, "cameras": cameras})


def _path(value: str, root: Path) -> str:
    if "://" in value or value.isdigit() or value.startswith("/dev/"):
        return value
    return str(root / Path(value).expanduser())
