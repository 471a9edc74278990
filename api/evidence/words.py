"""Words of the sheet: the values of a case, and the sheet's own, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping

from api.words.vocabulary import VOCABULARY
from vision.kinds import catalogue
from vision.sentence import duration

_OF_A_CASE = (
    *("stages", "outcomes", "rejections", "decisions", "checks", "legal_uses", "clocks"),
    *("methods", "ended_by", "moments", "evidence"),
)
"""Lists of `api.words.vocabulary` whose words the sheet says. A word of two is the first's."""
WORDS: Mapping[str, tuple[str, str]] = {
    **{
        name: (said.zh, said.en)
        for words in reversed(_OF_A_CASE)
        for name, said in VOCABULARY[words].items()
    },
    "officer": ("执法卷宗，含原始证据", "Officer's file, with originals"),
    "receiver": ("移送副本，脱敏", "Receiver's copy, masked"),
    "public": ("公开副本，脱敏", "Public copy, masked"),
    "first": ("首帧", "first"),
    "last": ("末帧", "last"),
    "unknown": ("不详", "unknown"),
    "scope": ("仅列哈希值", "hash only"),
    "camera": ("仅列哈希值", "hash only"),
    "purged": ("已按保存期限清除", "purged by retention"),
    "replaced": ("已由进一步脱敏件替代", "replaced: more is masked"),
    "missing": ("缺失！", "MISSING!"),
    "altered": ("已被改动！", "ALTERED!"),
}


def both(word: str) -> str:
    """Chinese and English in one; an unknown word as it is."""
    return " ".join(WORDS.get(word, (word,)))


def moment(name: str) -> str:
    """What a picture shows, in both."""
    said = VOCABULARY["moments"].get(name)
    return f"{said.zh} {said.en}" if said is not None else both(name)


def matter(kind: str, subtype: str) -> str:
    """The names of a kind and its sub-type in both, said once where they are the same."""
    try:
        known = catalogue().kind(kind)
        part = known.subtype(subtype)
    except KeyError:  # of a package of kinds that is not installed any more
        return f"{kind} {subtype}"
    zh = "·".join(dict.fromkeys((known.zh, part.zh)))
    return f"{zh} {known.en}: {part.en}"


def passes(kind: str) -> bool:
    """Whether it is a kind of what passes through, which has no dwell to tell."""
    return any(known.name == kind and known.place == "pass" for known in catalogue().kinds)


def lasting(seconds: float) -> str:
    """A duration in its two largest units, in both."""
    return f"{duration(seconds, 'zh')} {duration(seconds, 'en')}"
