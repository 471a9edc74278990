"""Tables: a report as tables of words and numbers, which every format but JSON is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from api.reports.cells import Cell, Say, Share, Table, rate_cell, rate_cells
from api.reports.rollup import Rollup
from api.reports.rollup_tables import of_rollup
from api.reports.schemas import Devices, Precision, Rates, Report, Spread, Within
from api.reports.words import Language, kind_named, word
from vision.site.reports import ENTERED, Rate

AnyReport = Report | Rates | Devices | Precision | Rollup


@dataclass(frozen=True, slots=True)
class Sheets:
    """A whole report as tables."""

    title: str
    site: str
    period: str
    made: str
    notes: Sequence[str]
    tables: Sequence[Table]
    language: Language


def sheets(report: AnyReport, rates: Sequence[Rate], language: Language) -> Sheets:
    """A report as tables in a language.

    Args:
        report: of any sort.
        rates: the site's, which have names.
        language: of the words.
    """

    def say(name: str) -> str:
        return word(name, language)

    period, zone = report.period, ZoneInfo(report.period.timezone)
    notes = [] if report.complete else [say("so_far")]
    match report:
        case Report():
            title, tables = say(period.span.value), _of_report(report, rates, language, say)
            notes.append(say("counted"))
        case Rates():
            title, tables = say("rates"), [_of_rates(report, rates, language, say)]
            notes.append(say("counted"))
        case Rollup():
            title, tables = say("levels"), of_rollup(report, language, say)
            notes.append(say("counted"))
        case Devices():
            title, tables = say("devices"), _of_devices(report, say)
        case Precision():
            title, tables = say("precision"), _of_precision(report, language, say)
    made = report.made_at.astimezone(zone).isoformat(" ", "minutes")
    first, last = period.first.isoformat(), period.last.isoformat()
    days = first if first == last else f"{first} – {last}"
    return Sheets(
        title=title,
        site=f"{report.site} · {_named(report.within, language)}" if report.within else report.site,
        period=f"{period.name} ({days}, {period.timezone}, {period.hours:g} {say('hours')})"
        if period.name != days
        else f"{days} ({period.timezone}, {period.hours:g} {say('hours')})",
        made=f"{say('made')} {made}",
        notes=notes,
        tables=tables,
        language=language,
    )


def _named(within: Within, language: Language) -> str:
    name = within.zh if language == "zh" else within.en or within.zh
    return f"{name} ({within.code})" if name else within.code


def _of_report(report: Report, rates: Sequence[Rate], language: Language, say: Say) -> list[Table]:
    # What never happened in the period would be columns of zeros.
    always = {"opened", "confirmed", "rejected", "handled", "closed"}
    shown = [n for n in ENTERED if n in always or any(row.counts[n] for row in report.rows)]
    spreads = [
        f"{say(time)} {say(of)} ({say('hours')})"
        for time in ("to_review", "to_handle")
        for of in ("median", "p90")
    ]
    summary = Table(
        say("summary"),
        [say("by"), say("key"), *map(say, shown)],
        [
            [say(row.by), _key(row.by, row.key, language), *(row.counts[n] for n in shown)]
            for row in report.rows
        ],
        2,
    )
    handling = Table(
        say("handling"),
        [say("by"), say("key"), *_rate_names(rates, language), *spreads],
        [
            [
                say(row.by),
                _key(row.by, row.key, language),
                *(rate_cell(rate, say) for rate in row.rates),
                *_spread(row.to_review),
                *_spread(row.to_handle),
            ]
            for row in report.rows
        ],
        2,
    )
    days = Table(
        say("by_day"),
        [say("date"), *map(say, shown)],
        [[day.day, *(day.counts[name] for name in shown)] for day in report.days],
        1,
    )
    zone = ZoneInfo(report.period.timezone)
    named = ("kind", "camera", "zone", "asset", "grid", "address", "latest", "cases", "prior")
    places = Table(
        say("places"),
        [say(name) for name in named],
        [
            [
                kind_named(p.kind, language),
                *(p.camera, p.zone, p.asset, p.grid, p.address),
                _local(p.latest, zone),
                p.cases,
                p.prior,
            ]
            for p in report.places
        ],
        7,
    )
    return [summary, handling, *([days] if len(report.days) > 1 else []), places]


def _of_rates(report: Rates, rates: Sequence[Rate], language: Language, say: Say) -> Table:
    targets = [None if rate.target is None else Share(rate.target) for rate in rates]
    rows: list[Sequence[Cell | Share]] = [
        [say(row.by), _key(row.by, row.key, language), *rate_cells(row.rates, say)]
        for row in report.rows
    ]
    named = zip(_rate_names(rates, language), targets, strict=True)
    columns = [
        column
        for name, target in named
        for column in (
            name if target is None else f"{name} ({say('target')} {target.value:.1%})",
            "÷",
            say("met"),
        )
    ]
    return Table(say("rates"), [say("by"), say("key"), *columns], rows, 2)


def _of_devices(report: Devices, say: Say) -> list[Table]:
    outliers = Table(
        say("outliers"),
        [say(name) for name in ("camera", "date", "captures", "usual", "limit")],
        [[o.camera, o.day, o.captures, o.usual, o.limit] for o in report.outliers],
        2,
    )
    named = ("camera", "captures", "median_day", "most", "judged_days", "outlier_days")
    captures = Table(
        say("captures"),
        [say(name) for name in named],
        [
            [row.camera, row.captures, row.median, row.most, row.judged_days, row.outliers]
            for row in report.rows
        ],
        1,
    )
    return [outliers, captures]


def _of_precision(report: Precision, language: Language, say: Say) -> list[Table]:
    light = {"all": say("any_light"), "day": say("daylight"), "night": say("night")}
    named = ("camera", "kind", "light", "confirmed", "false_alarms", "others", "share")
    rows = Table(
        say("precision"),
        [say(name) for name in (*named, "low", "high")],
        [
            [
                row.camera or say("every"),
                kind_named(row.kind, language),
                light[row.light],
                *(row.confirmed, row.false_alarms, row.others),
                say("no_cases") if row.precision is None else Share(row.precision),
                *((None, None) if row.precision is None else (Share(row.low), Share(row.high))),
            ]
            for row in report.rows
        ],
        3,
    )
    named = ("camera", "kind", "says", "threshold", "spared", "false_alarms", "lost")
    advice = Table(
        say("advice"),
        [say(name) for name in (*named, "confirmed")],
        [
            [
                a.camera,
                kind_named(a.kind, language),
                say(a.says),
                *(a.threshold, a.spared, a.false_alarms, a.lost, a.confirmed),
            ]
            for a in report.advice
        ],
        3,
    )
    return [rows, advice]


def _rate_names(rates: Sequence[Rate], language: Language) -> list[str]:
    return [rate.zh if language == "zh" else rate.en for rate in rates]


def _key(by: str, key: str, language: Language) -> str:
    return kind_named(key, language) if by == "kind" else key


def _spread(spread: Spread | None) -> tuple[Cell, Cell]:
    if spread is None:
        return None, None
    return round(spread.median_s / 3600, 2), round(spread.p90_s / 3600, 2)


def _local(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).isoformat(" ", "minutes")
