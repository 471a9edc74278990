"""Summary: a report in one paragraph, as one would tell it to one's chief."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from vision.audit.records import Report
from vision.audit.report.tally import Row, Tally
from vision.audit.sheet import Recall
from vision.kinds import catalogue

Language = Literal["zh", "en"]
_MINUTES = 100.0
"""Seconds from which a length is told in minutes."""
_WHERE = 3
"""Areas that are named: those with the most."""


def summary(
    report: Report, tally: Tally, recall: Recall | None, tags: Mapping[str, str]
) -> tuple[str, ...]:
    """Its sentences, in the report's language.

    Args:
        tags: what areas are called on the map, where that is not their name.
    """
    most = [(tags.get(row.name, row.name), row.total) for row in _most(tally)]
    return (_zh if report.settings.language == "zh" else _en)(report, tally, recall, most)


def days(tally: Tally) -> tuple[str, str]:
    """The first and the last day that something was found on; "" where none says."""
    dated = [row.name for row in tally.days if row.name]
    return (dated[0], dated[-1]) if dated else ("", "")


def _most(tally: Tally) -> list[Row]:
    """The areas with the most, if some have more than others."""
    named = [row for row in tally.areas if row.name]
    return [row for row in named[:_WHERE] if row.total > 1] if len(named) > 1 else []


def _kinds(report: Report, language: Language) -> list[tuple[str, int]]:
    return [
        (getattr(catalogue().kind(kind), language), count)
        for kind, count in report.counts.violations_by_kind.items()
        if count
    ]


def _en(
    report: Report, tally: Tally, recall: Recall | None, most: Sequence[tuple[str, int]]
) -> tuple[str, ...]:
    c, said = report.counts, list[str]()
    given = [_some(len(report.pictures), "photo")] if report.pictures else []
    given += [_some(len(report.videos), "video")] if report.videos else []
    copies = f", {c.duplicates} of them copies" if c.duplicates else ""
    said.append(
        f"{' and '.join(given) or 'Nothing that could be read'} looked at{copies}"
        + (f", {_lasting(c.video_seconds)} of video" if c.videos else "")
        + "."
    )
    first, last = days(tally)
    if report.violations:
        kinds = _listed([f"{name} {count}" for name, count in _kinds(report, "en")], "and")
        of = f"{_some(c.violations, 'suspected violation')} found: {kinds}"
        on = f", on {first}" if first == last else f", from {first} to {last}"
        said.append(of + (on if first else "") + ".")
        if confirmed := len(tally.confirmed):
            said.append(f"{confirmed} of them {_were(confirmed)} confirmed by the rules in videos.")
    else:
        said.append("Nothing suspicious was found.")
    if most:
        named = _listed([f"{name} ({count})" for name, count in most], "and")
        said.append(f"Most lie in area {named}.")
    if nowhere := sum(v.place is None for v in report.violations):
        said.append(
            f"Where {nowhere} of them lie is not known, as their pictures tell no position."
        )
    if c.not_audited:
        said.append(f"{_some(c.not_audited, 'item')} could not be looked at; why stands below.")
    said.append("The model only suspects; a person has to decide on each.")
    if recall is None:
        said.append("How much it missed is not known: nobody has checked a sample.")
    else:
        low, high = recall.interval
        said.append(
            f"By the sample checked by eye, it found {recall.share * 100:.0f} % of the photos with "
            f"a violation (95 % interval: {low * 100:.0f} to {high * 100:.0f} %)."
        )
    return tuple(said)


def _zh(
    report: Report, tally: Tally, recall: Recall | None, most: Sequence[tuple[str, int]]
) -> tuple[str, ...]:
    c, said = report.counts, list[str]()
    given = [f"照片{len(report.pictures)}张"] if report.pictures else []
    given += [f"视频{len(report.videos)}段"] if report.videos else []
    copies = f"（其中重复{c.duplicates}个）" if c.duplicates else ""
    minutes = c.video_seconds >= _MINUTES
    lasting = f"{c.video_seconds / 60:.0f}分钟" if minutes else f"{c.video_seconds:.0f}秒"
    film = f"，视频共{lasting}" if c.videos else ""
    said.append(f"本次共核查{'、'.join(given) or '文件0个'}{copies}{film}。")
    first, last = days(tally)
    if report.violations:
        kinds = "、".join(f"{name}{count}处" for name, count in _kinds(report, "zh"))
        on = "" if not first else f"拍摄于{first}" if first == last else f"拍摄于{first}至{last}"
        said.append(f"发现疑似问题{c.violations}处：{kinds}{'，' + on if on else ''}。")
        if confirmed := len(tally.confirmed):
            said.append(f"其中{confirmed}处由视频规则判定。")
    else:
        said.append("未发现疑似问题。")
    if most:
        said.append(f"较集中的区域：{'、'.join(f'{name}（{count}处）' for name, count in most)}。")
    if nowhere := sum(v.place is None for v in report.violations):
        said.append(f"{nowhere}处因照片无定位信息，位置不明。")
    if c.not_audited:
        said.append(f"另有{c.not_audited}项未能核查，原因见下文。")
    said.append("以上均为模型初筛线索，须由人工逐一认定。")
    if recall is None:
        said.append("漏检情况未知：尚未进行人工抽查。")
    else:
        low, high = recall.interval
        said.append(
            f"据人工抽查估计，有问题的照片中模型检出{recall.share:.0%}"
            f"（95%置信区间{low:.0%}至{high:.0%}）。"
        )
    return tuple(said)


def _some(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _lasting(seconds: float) -> str:
    if seconds >= _MINUTES:
        return _some(round(seconds / 60), "minute")
    return _some(round(seconds), "second")


def _were(count: int) -> str:
    return "was" if count == 1 else "were"


def _listed(parts: list[str], last: str) -> str:
    return f" {last} ".join((", ".join(parts[:-1]), parts[-1]) if len(parts) > 1 else parts)
