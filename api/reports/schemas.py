"""What a report says, as models."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.reports.period import Span


class Part(BaseModel):
    """A part of a report."""

    model_config = ConfigDict(extra="forbid")


class Spread(Part):
    """How long something took in so many cases: median, and what nine in ten do not exceed."""

    cases: int
    median_s: float
    p90_s: float


class RateValue(Part):
    """A rate of the site's: `value` is a fraction, null where there is no case; so is `met`."""

    name: str = Field(examples=["vending"])
    zh: str = Field(examples=["占道经营处置率"])
    en: str = Field(examples=["street vending handled"])
    numerator: int
    denominator: int
    value: float | None
    target: float | None
    met: bool | None


class Row(Part):
    """What happened in the period, of everything or of one division, grid, kind, camera or company.

    `counts`: how often each thing happened in it. A case counts for the camera that raised it, and
    for the company whose truck it is about by the plate that a person has confirmed.
    """

    by: Literal["all", "division", "grid", "kind", "camera", "company"]
    key: str
    counts: dict[str, int] = Field(examples=[{"opened": 12, "confirmed": 9, "rejected": 3}])
    rates: list[RateValue]
    to_review: Spread | None
    to_handle: Spread | None


class PeriodView(Part):
    """The reported time: local dates, both included, and the instants between which it lies."""

    span: Span
    name: str = Field(examples=["2026-W21"])
    first: date
    last: date
    timezone: str = Field(examples=["Asia/Shanghai"])
    start: datetime
    end: datetime
    hours: Annotated[float, Field(description="23 or 25 on the day of a clock change.")]


class Within(Part):
    """The one division whose cases are counted, with those of all below it; its names, if any."""

    code: str = Field(examples=["421303"])
    zh: str
    en: str


class DayCounts(Part):
    """What happened on one local day."""

    day: date
    counts: dict[str, int]


class RepeatPlace(Part):
    """Where a person confirmed two cases of a kind or more in the period.

    One place is one registered asset, else one zone of one camera. `prior`: how many of them the
    matching of cases knew as the return of an earlier one.
    """

    kind: str
    camera: str
    zone: str
    asset: str | None
    grid: str
    address: str
    cases: int
    prior: int
    latest: datetime


class Report(Part):
    """A period's report. `complete` is false while the period is not over."""

    site: str
    division: str
    within: Within | None = None
    period: PeriodView
    made_at: datetime
    complete: bool
    rows: list[Row]
    days: list[DayCounts]
    places: list[RepeatPlace]


class RateRow(Part):
    """The rates of everything, or of one division, grid, kind, camera or company."""

    by: Literal["all", "division", "grid", "kind", "camera", "company"]
    key: str
    rates: list[RateValue]


class Rates(Part):
    """The site's rates over a period, for everything and by division, grid, kind and camera."""

    site: str
    division: str
    within: Within | None = None
    period: PeriodView
    made_at: datetime
    complete: bool
    rows: list[RateRow]


class DeviceRow(Part):
    """A camera's captures in the period: in all, on a middle day, on its fullest one.

    `judged_days`: on how many days it had served long enough to be held against its own history.
    """

    camera: str
    captures: int
    median: float
    most: int
    judged_days: int
    outliers: int


class Outlier(Part):
    """A day on which a camera captured far more than on the days before.

    `usual` is the median of those, `limit` what is still taken for chance.
    """

    camera: str
    day: date
    captures: int
    usual: float
    limit: float


class Devices(Part):
    """Cameras whose captures leave their own history, as they are filed once a year."""

    site: str
    division: str
    within: Within | None = None
    period: PeriodView
    made_at: datetime
    complete: bool
    rows: list[DeviceRow]
    outliers: list[Outlier]


class PrecisionRow(Part):
    """What people said of the cases of a kind, of one camera's or (null) of all.

    `precision`: confirmed cases among those and false alarms, null without any; `low` and `high`
    are its 95 % interval. `others` were rejected for what the detector does not answer for.
    """

    camera: str | None
    kind: str
    light: Literal["all", "day", "night"]
    confirmed: int
    false_alarms: int
    others: int
    precision: float | None
    low: float
    high: float


class Advice(Part):
    """Whether to raise a camera's threshold for a kind.

    With `threshold`, `spared` of the `false_alarms` would not have been raised, nor `lost` of the
    `confirmed`.
    """

    camera: str
    kind: str
    says: Literal["raise", "keep", "too_few_verdicts", "no_false_alarms"]
    confirmed: int
    false_alarms: int
    threshold: float | None = None
    spared: int | None = None
    lost: int | None = None


class Precision(Part):
    """Precision from people's verdicts, and what follows for thresholds."""

    site: str
    division: str
    within: Within | None = None
    period: PeriodView
    made_at: datetime
    complete: bool
    rows: list[PrecisionRow]
    advice: list[Advice]
