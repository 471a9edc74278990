"""Check an evidence package of Streetwarden. Needs Python 3.9 or later and nothing else.

    python3 verify.py PACKAGE.zip … [--key KEYS.pem] [--fingerprint HEX] [--json]

It opens the packages, writes nothing, asks nobody, and ends with 0 if all of them hold, else 1.
Signatures are checked where the package `cryptography` is installed; otherwise it says that they
were not. Take it from the site or the project: a forged package may bring a forged copy along.

What a package is: a zip of one exact layout (`header`, `entry`, `end`), nothing compressed, so that
each of its bytes follows from the names and the contents of its members; `manifest.json` with the
SHA-256 of each; `manifest.sig`, the site's signature over that; `log.jsonl`, the case's log, in
which each record holds the hash of the one before.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import json
import re
import stat
import struct
import sys
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

HEADER, ENTRY, END = (struct.Struct(f) for f in ("<4s5H3L2H", "<4s6H3L5H2L", "<4s4H2LH"))
NAME = re.compile(r"(?:[a-z]+/)?[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
MANIFEST, SIGNATURE, LOG = "manifest.json", "manifest.sig", "log.jsonl"
OURS = frozenset({LOG, "README.txt", "report.html", "verify.py"})
"""What the manifest lists besides evidence."""
READ = {MANIFEST: 8 << 20, SIGNATURE: 4096, LOG: 16 << 20}
"""The members that are read as a whole, and how many bytes they have at most."""
FIRST = "0" * 64
DIRECTORY = _BLOCK = _LINE = 1 << 20
_LONE = re.compile("[\ud800-\udfff]")
_HEX = re.compile(r"[0-9a-f]{64}")
_PEM = re.compile(r"-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\s]+?)-----END PUBLIC KEY-----")
_ED25519 = bytes.fromhex("302a300506032b6570032100")  # RFC 8410: what stands before the 32 bytes

# fmt: off
HOLDS = {
    "layout": ("Every byte of the file is where it belongs.", "文件每个字节均在应有位置。"),
    "files": ("All {what} members have the hashes of the manifest.", "{what}个文件的哈希值与清单一致。"),
    "signed": ("The manifest's signature holds.", "清单签名有效。"),
    "chain": ("The log's {what} records follow on one another unbroken.", "日志{what}条记录环环相扣，无缺失。"),
    "records": ("The signatures of {what} records hold.", "{what}条记录的签名有效。"),
    "stamped": ("The authority stamped record {what} at {other}.", "时间戳机构于{other}对第{what}条记录签发时间戳。"),
    "trusted": ("It is signed by the key that you gave: {what}", "由您提供的密钥签名：{what}"),
}
NOTES = {
    "inside": (
        "Only the package itself vouches for its key. Compare this fingerprint with the site's: {what}",
        "签名密钥仅由本包自证。请与该单位公布的公钥指纹核对：{what}",
    ),
    "unchecked": (
        "Signatures were NOT checked: install the Python package `cryptography`, and check again.",
        "签名未校验：请安装Python软件包cryptography后重新校验。",
    ),
    "unsigned_first": (
        "The first {what} records are from before the site signed them; only the hashes hold them.",
        "前{what}条记录形成于启用签名之前，仅由哈希值链接。",
    ),
    "withheld": (
        "{what} records are withheld in this copy; their hashes and signatures are there.",
        "本副本未公开{what}条记录的内容，仅保留其哈希值和签名。",
    ),
    "stamps": (
        "{what} records carry a time stamp (RFC 3161); whose it is was not checked.",
        "{what}条记录带有可信时间戳（RFC 3161），未校验其签发机构。",
    ),
    "absent": (
        "When it was packed, evidence was {other} at the site, and is not in it: {what}",
        "打包时该证据在本单位已{zh}，未收入本包：{what}",
    ),
    "fault": ("What the site itself found when it packed: {what}", "打包时本单位自查发现：{what}"),
}
FAULTS = {
    "unreadable": ("It cannot be read: {what}", "无法读取：{what}"),
    "end": (
        "It is no package, or is cut off, or something follows its end.",
        "不是证据包，或文件被截断，或尾部有多余内容。",
    ),
    "directory": ("The zip's directory is not as it was written: {what}", "压缩包目录被改动：{what}"),
    "header": (
        "The zip's header of this member is not as it was written (encrypted, compressed, packed again?): {what}",
        "该文件的包内头部被改动（加密、压缩或重新打包？）：{what}",
    ),
    "checksum": ("The zip's checksum of this member is wrong: {what}", "该文件的校验和不符：{what}"),
    "name": ("A member has a name that no package has: {what}", "包内有不合规的文件名：{what}"),
    "twice": ("Two members have one name: {what}", "包内文件重名：{what}"),
    "large": ("This member is larger than a package's can be: {what}", "该文件超出允许大小：{what}"),
    "none": ("This member is missing: {what}", "缺少文件：{what}"),
    "form": ("This is not in the form that packages have: {what}", "格式不符：{what}"),
    "version": ("It is of version {what}; take a verify.py of that version.", "包版本为{what}，请使用相应版本的verify.py。"),
    "dropped": ("A member was dropped: {what}", "文件被移除：{what}"),
    "added": ("A member was added: {what}", "多出文件：{what}"),
    "renamed": ("A member was renamed: {what} is now {other}", "文件被改名：{what}改为{other}"),
    "swapped": ("A member holds what belongs into another: {what} holds {other}", "文件内容被调换：{what}中是{other}的内容"),
    "altered": ("A member was altered: {what}", "文件内容被改动：{what}"),
    "order": ("The members are not in the manifest's order.", "文件次序与清单不符。"),
    "stray": ("The manifest lists a file that is no evidence of the case: {what}", "清单列有不属于本案证据的文件：{what}"),
    "evidence": ("The manifest contradicts itself on this evidence: {what}", "清单对该证据的记载自相矛盾：{what}"),
    "unlogged": ("No record of the log speaks of this evidence: {what}", "日志中没有该证据的记录：{what}"),
    "left_out": ("The log speaks of evidence that the manifest leaves out: {what}", "日志提及但清单未列的证据：{what}"),
    "key": ("This key is not what the manifest says of it: {what}", "清单对该密钥的记载不实：{what}"),
    "unknown_key": ("It is signed by a key that the manifest does not hold: {what}", "签名所用密钥不在清单内：{what}"),
    "forged": ("The signature does not hold: {what}", "签名无效：{what}"),
    "untrusted": ("It is not signed by a key that you gave, but by {what}", "不是由您提供的密钥签名，而是：{what}"),
    "unsigned": ("A record is not signed, although one before it is: {what}", "该条记录无签名，而此前记录已有签名：{what}"),
    "not_in_force": ("A record is signed by a key that was not in force then: {what}", "签名所用密钥当时未启用或已停用：{what}"),
    "stamp": ("This record's time stamp does not hold: {what}", "该条记录的时间戳无效：{what}"),
    "record": ("A record was altered; its hash differs: {what}", "日志记录被改动，哈希值不符：{what}"),
    "removed": ("Records are missing in the log before {what}", "日志缺失记录，位于{what}之前"),
    "moved": ("A record is out of its order in the log: {what}", "日志记录次序被打乱：{what}"),
    "link": ("A record does not follow on the one before it: {what}", "日志记录与前一条不衔接：{what}"),
    "foreign": ("A record belongs to another case or site: {what}", "日志记录属于其他案件或单位：{what}"),
    "head": ("The log does not end where the manifest says: {what}", "日志末条与清单所载不符：{what}"),
}
# fmt: on
_ZH = {"missing": "缺失", "altered": "被改动"}


@dataclass(frozen=True)
class Finding:
    """One thing that holds, is to be known, or does not hold."""

    code: str
    what: str = ""
    other: str = ""

    @property
    def fault(self) -> bool:
        """Whether the package does not hold because of this."""
        return self.code in FAULTS

    def words(self) -> tuple[str, str]:
        """In English and in Chinese."""
        said = {**HOLDS, **NOTES, **FAULTS}[self.code]
        fields = {"what": self.what, "other": self.other, "zh": _ZH.get(self.other, self.other)}
        return said[0].format(**fields), said[1].format(**fields)


@dataclass
class Verdict:
    """What was found out about one package."""

    package: str
    findings: list[Finding] = field(default_factory=list)
    stamps: list[tuple[int, bytes, bytes]] = field(default_factory=list)
    """Time stamps that the log carries: the record's number, the token, the record's bytes."""

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong with it."""
        return not any(finding.fault for finding in self.findings)

    def add(self, code: str, what: object = "", other: object = "") -> None:
        """Note a finding; what comes from the package is made harmless."""
        self.findings.append(Finding(code, _plain(what), _plain(other)))


@dataclass(frozen=True)
class Member:
    """A member of the zip: where its header starts, its content's length, and what that is."""

    name: str
    start: int
    size: int
    crc: int
    sha256: str = ""
    content: bytes | None = None


def header(name: bytes, crc: int, size: int) -> bytes:
    """What stands before a member's content."""
    packed = HEADER.pack(b"PK\3\4", 20, 0x800, 0, 0, 0x21, crc, size, size, len(name), 0)
    return packed + name


def entry(name: bytes, crc: int, size: int, start: int) -> bytes:
    """A member's entry in the directory behind the contents."""
    fixed = (b"PK\1\2", 0x314, 20, 0x800, 0, 0, 0x21)
    return ENTRY.pack(*fixed, crc, size, size, len(name), 0, 0, 0, 0, 0o100644 << 16, start) + name


def end(count: int, size: int, start: int) -> bytes:
    """What stands behind the directory: how many entries, its length and where it starts."""
    return END.pack(b"PK\5\6", 0, 0, count, count, size, start, 0)


def canonical(value: object) -> bytes:
    """The one way in which a package writes JSON; a lone surrogate is written as its escape."""
    text = json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    )
    return _LONE.sub(lambda found: f"\\u{ord(found[0]):04x}", text).encode()


def fingerprints(pem: str) -> dict[str, bytes]:
    """The raw Ed25519 public keys of a PEM text, by the SHA-256 of each.

    Raises:
        ValueError: there is none, or one of another kind.
    """
    keys = [base64.b64decode("".join(body.split()), validate=True) for body in _PEM.findall(pem)]
    if not keys or any(len(key) != 44 or not key.startswith(_ED25519) for key in keys):
        raise ValueError("no Ed25519 public key in PEM (-----BEGIN PUBLIC KEY-----)")
    return {hashlib.sha256(key[12:]).hexdigest(): key[12:] for key in keys}


def verify(path: Path, trusted: Iterable[str] = ()) -> Verdict:
    """Check one package.

    Args:
        path: of its file.
        trusted: fingerprints of the keys that it may be signed by; none: the one inside is named.
    """
    verdict = Verdict(str(path))
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            verdict.add("unreadable", "not a regular file")
            return verdict
        with path.open("rb") as file:
            members = _members(file, status.st_size, verdict)
    except OSError as error:
        verdict.add("unreadable", error.strerror or error)
        return verdict
    if members is not None:
        _Contents(members, verdict, frozenset(trusted)).check()
    return verdict


def _members(file: BinaryIO, size: int, verdict: Verdict) -> list[Member] | None:
    """The members with their hashes, each looked up where the layout has it; None: unreadable."""
    file.seek(max(0, size - END.size))
    last = file.read(END.size)
    count, length, start = END.unpack(last)[4:7] if len(last) == END.size else (0, 0, 0)
    if last != end(count, length, start) or start + length + END.size != size:
        verdict.add("end")
        return None
    if length > DIRECTORY:
        verdict.add("large", f"{length} B")
        return None
    file.seek(start)
    listed = _directory(file.read(length), count, start, verdict)
    if listed is None:
        return None
    members, names = [], set()
    for raw, member in listed:
        if not NAME.fullmatch(member.name):
            verdict.add("name", member.name)
        elif member.name.casefold() in names:
            verdict.add("twice", member.name)
        names.add(member.name.casefold())
        members.append(_content(file, raw, member, verdict))
    if verdict.holds:
        verdict.add("layout")
    return members


def _directory(
    raw: bytes, count: int, start: int, verdict: Verdict
) -> list[tuple[bytes, Member]] | None:
    """What the directory lists, if the members lie one behind the other, as they were written."""
    found, at, offset = [], 0, 0
    while at + ENTRY.size <= len(raw):
        fields = ENTRY.unpack_from(raw, at)
        crc, _, size, named, extra, comment = fields[7:13]
        name = raw[at + ENTRY.size : at + ENTRY.size + named]
        shown = name.decode("utf-8", "backslashreplace")
        length = ENTRY.size + named + extra + comment
        if raw[at : at + length] != entry(name, crc, size, offset):
            verdict.add("directory", shown)
        found.append((name, Member(shown, offset, size, crc)))
        at, offset = at + length, offset + HEADER.size + named + size
    if at != len(raw) or offset != start or len(found) != count:
        verdict.add("directory", f"{count}, {len(found)}")
        return None
    return found


def _content(file: BinaryIO, raw: bytes, member: Member, verdict: Verdict) -> Member:
    """Read a member: its hash, and its content where that is read as a whole."""
    file.seek(member.start)
    if file.read(HEADER.size + len(raw)) != header(raw, member.crc, member.size):
        verdict.add("header", member.name)
    digest, crc, left, kept = hashlib.sha256(), 0, member.size, bytearray()
    keep = member.size <= READ.get(member.name, -1)
    while left and (block := file.read(min(left, _BLOCK))):
        digest.update(block)
        crc = zlib.crc32(block, crc)
        left -= len(block)
        if keep:
            kept += block
    if left or crc != member.crc:
        verdict.add("checksum", member.name)
    content = bytes(kept) if keep else None
    return Member(member.name, member.start, member.size, crc, digest.hexdigest(), content)


class _Contents:
    """The checks of what the members say."""

    def __init__(
        self, members: Sequence[Member], verdict: Verdict, trusted: frozenset[str]
    ) -> None:
        self._members = {member.name: member for member in members}
        self._verdict = verdict
        self._trusted = trusted
        self._keys: dict[str, bytes] = {}
        self._ed25519 = _ed25519()

    def check(self) -> None:
        """All of them."""
        content = self._read(MANIFEST)
        manifest = _parsed(content) if content is not None else None
        if content is None or manifest is None:
            if content is not None:
                self._verdict.add("form", MANIFEST)
            return
        if manifest.get("version") != 1:
            self._verdict.add("version", manifest.get("version"))
            return
        if not _like(manifest, _MANIFEST_FORM):
            self._verdict.add("form", MANIFEST)
            return
        self._files(manifest)
        self._evidence(manifest)
        self._take_keys(manifest)
        self._manifest_signature(manifest, content)
        log = self._read(LOG)
        if log is not None:
            _Log(manifest, self._verdict, self._keys, self._ed25519).check(log)
        if self._ed25519 is None:
            self._verdict.add("unchecked")

    def _read(self, name: str) -> bytes | None:
        member = self._members.get(name)
        if member is None or member.content is None:
            self._verdict.add("none" if member is None else "large", name)
            return None
        return member.content

    def _files(self, manifest: dict[str, Any]) -> None:
        """What the zip holds against what the manifest lists."""
        listed = {file["name"]: (file["sha256"], file["size"]) for file in manifest["files"]}
        listed_order = [*listed, MANIFEST, SIGNATURE]
        found = {name: (m.sha256, m.size) for name, m in self._members.items()}
        before = len(self._verdict.findings)
        extra = {name: held for name, held in found.items() if name not in listed_order}
        for name, held in listed.items():
            if name in found:
                self._file(name, held, found[name], listed)
                continue
            now = next((other for other, content in extra.items() if content == held), None)
            if now is None:
                self._verdict.add("dropped", name)
            else:
                del extra[now]
                self._verdict.add("renamed", name, now)
        for name in extra:
            self._verdict.add("added", name)
        if len(self._verdict.findings) > before:
            return
        if list(found) != listed_order:
            self._verdict.add("order")
        else:
            self._verdict.add("files", len(listed))

    def _file(self, name: str, held: object, found: object, listed: dict[str, Any]) -> None:
        if found == held:
            return
        other = next((one for one, content in listed.items() if content == found), None)
        if other is None:
            self._verdict.add("altered", name)
        else:
            self._verdict.add("swapped", name, other)

    def _evidence(self, manifest: dict[str, Any]) -> None:
        """What the manifest says about evidence against what it lists as files."""
        listed = {file["name"]: (file["sha256"], file["size"]) for file in manifest["files"]}
        named = set()
        for item in manifest["evidence"]:
            if item["file"] is None:
                if item["absent"] in _ZH:
                    self._verdict.add("absent", item["sha256"], item["absent"])
                continue
            named.add(item["file"])
            if item["absent"] or listed.get(item["file"]) != (item["sha256"], item["size"]):
                self._verdict.add("evidence", item["file"])
        for name in sorted(listed.keys() - named - OURS):
            self._verdict.add("stray", name)
        for fault in manifest["faults"]:
            self._verdict.add("fault", fault)

    def _take_keys(self, manifest: dict[str, Any]) -> None:
        for key in manifest["keys"]:
            try:
                held = fingerprints(key["pem"])
            except ValueError:
                held = {}
            if set(held) != {key["fingerprint"]} or not self._own_statement(key, held):
                self._verdict.add("key", key["fingerprint"])
            else:
                self._keys[key["fingerprint"]] = held[key["fingerprint"]]

    def _own_statement(self, key: dict[str, Any], held: dict[str, bytes]) -> bool:
        raw = held[key["fingerprint"]]
        return self._ed25519 is None or self._ed25519(raw, key["signature"], _statement(key))

    def _vouched(self, manifest: dict[str, Any]) -> set[str]:
        """The trusted keys, and those of the manifest that these replaced or were replaced by."""
        reached = set(self._trusted)
        for _ in manifest["keys"]:
            for key in manifest["keys"]:
                name, previous = key["fingerprint"], key["previous"]
                if name in reached and previous is not None:
                    reached.add(previous)
                elif previous in reached and self._replaces(key):
                    reached.add(name)
        return reached

    def _replaces(self, key: dict[str, Any]) -> bool:
        old, signature = self._keys.get(key["previous"]), key["previous_signature"]
        if old is None or signature is None or self._ed25519 is None:
            return False
        return self._ed25519(old, signature, _statement(key))

    def _manifest_signature(self, manifest: dict[str, Any], raw: bytes) -> None:
        content = self._read(SIGNATURE)
        if content is None:
            return
        signed = _parsed(content)
        if signed is None or not _like(signed, {"signature": str, "signed_by": str}):
            self._verdict.add("form", SIGNATURE)
            return
        by = signed["signed_by"]
        if by not in self._keys:
            self._verdict.add("unknown_key", by)
        elif self._ed25519 is not None:
            message = b"streetwarden manifest v1\n" + hashlib.sha256(raw).hexdigest().encode()
            holds = self._ed25519(self._keys[by], signed["signature"], message)
            self._verdict.add("signed" if holds else "forged", "" if holds else MANIFEST)
        if not self._trusted:
            self._verdict.add("inside", by)
        else:
            self._verdict.add("trusted" if by in self._vouched(manifest) else "untrusted", by)


def _statement(key: dict[str, Any]) -> bytes:
    """What a key and the one that it replaces have signed: from which record on it is in force."""
    named = {name: key[name] for name in ("site", "from_no", "made_at", "previous")}
    return b"streetwarden key v1\n" + canonical({**named, "key": key["fingerprint"]})


class _Log:
    """The checks of the records and of how they hang together."""

    def __init__(
        self,
        manifest: dict[str, Any],
        verdict: Verdict,
        keys: dict[str, bytes],
        ed25519: Callable[[bytes, str, bytes], bool] | None,
    ) -> None:
        self._manifest, self._verdict, self._keys = manifest, verdict, keys
        self._ed25519 = ed25519
        self._last, self._site_no, self._expected = FIRST, 0, 1
        self._signed = self._unsigned = self._withheld = self._stamped = 0
        self._named: set[str] = set()

    def check(self, content: bytes) -> None:
        """All lines, and how they fit the manifest."""
        before = self._verdict.holds
        for number, line in enumerate(io.BytesIO(content), 1):
            parsed = _parsed(line[:-1]) if line[-1:] == b"\n" and len(line) <= _LINE else None
            if parsed is None or not _line_form(parsed):
                self._verdict.add("form", f"{LOG}: {number}")
                return
            self._line(parsed)
        head = self._manifest["head"]
        if (head["no"], head["hash"]) != (self._expected - 1, self._last):
            self._verdict.add("head", head["no"])
        self._check_evidence()
        if before and self._verdict.holds:
            self._verdict.add("chain", head["no"])
            if self._signed and self._ed25519:
                self._verdict.add("records", self._signed)
        if self._unsigned:
            self._verdict.add("unsigned_first", self._unsigned)
        if self._withheld:
            self._verdict.add("withheld", self._withheld)
        if self._stamped:
            self._verdict.add("stamps", self._stamped)

    def _line(self, line: dict[str, Any]) -> None:
        record = line["record"]
        if record is None:
            self._withheld += 1
            no = line["withheld"]["no"]
        else:
            no = record["no"]
            self._record(record, line)
        if no != self._expected:
            self._verdict.add("removed" if no > self._expected else "moved", no)
        self._expected, self._last = no + 1, line["hash"]
        if line["timestamp"] is not None:
            self._stamped += 1
            self._stamp(no, line)
        self._signature(no, line)

    def _record(self, record: dict[str, Any], line: dict[str, Any]) -> None:
        no, digest = record["no"], line["hash"]
        if hashlib.sha256(canonical(record)).hexdigest() != digest:
            self._verdict.add("record", no)
        if record["prev"] != self._last or record["site_no"] <= self._site_no:
            self._verdict.add("link", no)
        self._site_no = record["site_no"]
        if (record["case"], record["site"]) != (self._manifest["case"], self._manifest["site"]):
            self._verdict.add("foreign", no)
        evidence = record["data"].get("evidence")
        if isinstance(evidence, list):
            self._named.update(item for item in evidence if isinstance(item, str))

    def _stamp(self, no: int, line: dict[str, Any]) -> None:
        """A token holds the hash that was stamped; who made it, only its authority's key tells."""
        try:
            token = base64.b64decode(line["timestamp"], validate=True)
        except ValueError:
            token = b""
        if bytes.fromhex(line["hash"]) not in token:
            self._verdict.add("stamp", no)
        elif line["record"] is not None:
            self._verdict.stamps.append((no, token, canonical(line["record"])))

    def _signature(self, no: int, line: dict[str, Any]) -> None:
        by, signature = line["signed_by"], line["signature"]
        if by is None or signature is None:
            # A site that was there before it had a key: its first records have no signature.
            if self._signed or by != signature:
                self._verdict.add("unsigned", no)
            self._unsigned += 1
        elif by not in self._keys:
            self._verdict.add("unknown_key", no)
        else:
            self._signed += 1
            message = b"streetwarden record v1\n" + line["hash"].encode()
            if self._ed25519 and not self._ed25519(self._keys[by], signature, message):
                self._verdict.add("forged", f"{LOG}: {no}")
            if line["record"] is not None and not self._in_force(by, line["record"]["site_no"]):
                self._verdict.add("not_in_force", no)

    def _in_force(self, by: str, site_no: int) -> bool:
        keys = self._manifest["keys"]
        first = next(key["from_no"] for key in keys if key["fingerprint"] == by)
        after = [key["from_no"] for key in keys if key["previous"] == by]
        return first <= site_no and all(site_no < no for no in after)

    def _check_evidence(self) -> None:
        listed = {item["sha256"] for item in self._manifest["evidence"]}
        for digest in sorted(self._named - listed):
            self._verdict.add("left_out", digest)
        if not self._withheld:
            for digest in sorted(listed - self._named):
                self._verdict.add("unlogged", digest)


class _Hex:
    """In a form: a SHA-256 in hex."""


_MAYBE = type(None)
# fmt: off
_MANIFEST_FORM: dict[str, Any] = {
    "version": int, "case": str, "site": str, "scope": str, "made_at": str, "tool": str,
    "by": (dict, _MAYBE), "detector": dict, "faults": [str],
    "files": [{"name": str, "sha256": _Hex, "size": int}],
    "evidence": [
        {"sha256": _Hex, "size": (int, _MAYBE), "file": (str, _MAYBE), "absent": (str, _MAYBE)}
    ],
    "head": {"no": int, "hash": _Hex},
    "keys": [
        {
            "fingerprint": _Hex, "pem": str, "site": str, "from_no": int, "made_at": str,
            "previous": (str, _MAYBE), "signature": str, "previous_signature": (str, _MAYBE),
        }
    ],
}
_LINE_FORM: dict[str, Any] = {
    "record": (dict, _MAYBE), "hash": _Hex, "timestamp": (str, _MAYBE),
    "signature": (str, _MAYBE), "signed_by": (str, _MAYBE),
}
_RECORD_FORM: dict[str, Any] = {
    "no": int, "site_no": int, "case": str, "site": str, "prev": str, "data": dict
}
_WITHHELD_FORM: dict[str, Any] = {"no": int}
# fmt: on


def _line_form(line: dict[str, Any]) -> bool:
    if not _like(line, _LINE_FORM):
        return False
    if line["record"] is None:
        return _like(line.get("withheld"), _WITHHELD_FORM)
    return _like(line["record"], _RECORD_FORM)


def _like(value: object, form: Any) -> bool:
    """Whether parsed JSON has a form: its fields, perhaps more, each of its type."""
    if isinstance(form, dict):
        return isinstance(value, dict) and all(
            name in value and _like(value[name], one) for name, one in form.items()
        )
    if isinstance(form, list):
        return isinstance(value, list) and all(_like(item, form[0]) for item in value)
    if form is _Hex:
        return isinstance(value, str) and _HEX.fullmatch(value) is not None
    return type(value) in (form if isinstance(form, tuple) else (form,))


def _parsed(raw: bytes) -> dict[str, Any] | None:
    """A JSON object, if it is written in the canonical form."""
    try:
        value = json.loads(raw.decode())
        return value if isinstance(value, dict) and canonical(value) == raw else None
    except (ValueError, RecursionError):
        return None


def _plain(value: object) -> str:
    """Text from a package without what drives a terminal, and not too much of it."""
    return "".join(c if c.isprintable() else "?" for c in str(value)[:200])


def _ed25519() -> Callable[[bytes, str, bytes], bool] | None:
    """Whether a signature in Base64 of a message holds by a raw key; None: it cannot be checked."""
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        return None

    def holds(key: bytes, signature: str, message: bytes) -> bool:
        try:
            given = base64.b64decode(signature, validate=True)
            Ed25519PublicKey.from_public_bytes(key).verify(given, message)
        except (ValueError, InvalidSignature):
            return False
        return True

    return holds


def as_text(verdict: Verdict) -> str:
    """A verdict for people."""
    lines = [_plain(verdict.package)]
    for finding in verdict.findings:
        mark = "!!" if finding.fault else "ok" if finding.code in HOLDS else "--"
        english, chinese = finding.words()
        lines += [f"  {mark} {english}", f"     {chinese}"]
    lines.append(
        "  => It holds. 校验通过。" if verdict.holds else "  => It does NOT hold. 校验不通过。"
    )
    return "\n".join(lines)


def as_json(verdicts: Sequence[Verdict]) -> str:
    """Verdicts for programs."""
    found = [
        {
            "package": verdict.package,
            "holds": verdict.holds,
            "findings": [
                {
                    "code": one.code,
                    "fault": one.fault,
                    "what": one.what,
                    "other": one.other,
                    "en": one.words()[0],
                    "zh": one.words()[1],
                }
                for one in verdict.findings
            ],
        }
        for verdict in verdicts
    ]
    return json.dumps(found, indent=2)


def trusted_keys(files: Iterable[Path], given: Iterable[str]) -> set[str]:
    """The fingerprints of the keys in PEM files, and those given as such.

    Raises:
        ValueError: a file cannot be read or holds no key, or what is given is no fingerprint.
    """
    trusted = set()
    for file in files:
        try:
            trusted |= set(fingerprints(file.read_text(encoding="ascii")))
        except (OSError, ValueError) as error:
            raise ValueError(f"{file}: {error}") from None
    for text in given:
        trusted.add(text.replace(":", "").strip().lower())
    wrong = sorted(one for one in trusted if not _HEX.fullmatch(one))
    if wrong:
        raise ValueError(f"{wrong[0]!r} is no fingerprint; it has 64 hexadecimal digits")
    return trusted


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; gives its exit code."""
    parser = argparse.ArgumentParser(
        description="Check evidence packages of Streetwarden. 校验街道卫士证据包。"
    )
    parser.add_argument("package", nargs="+", type=Path)
    parser.add_argument("--key", action="append", default=[], type=Path, help="PEM 公钥文件")
    parser.add_argument("--fingerprint", action="append", default=[], help="SHA-256 公钥指纹")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        trusted = trusted_keys(asked.key, asked.fingerprint)
    except ValueError as error:
        parser.error(str(error))
    verdicts = [verify(path, trusted) for path in asked.package]
    if asked.json:
        print(as_json(verdicts))
    else:
        print("\n\n".join(as_text(verdict) for verdict in verdicts))
    return 0 if all(verdict.holds for verdict in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
