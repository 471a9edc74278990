"""Packages for tests: made by the desk, taken apart, put together again, signed by anybody."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any
from unittest import mock

from api.access.roles import Principal
from api.evidence.archive import Archive
from api.evidence.package import Package, PackageDesk
from api.evidence.scope import Scope
from api.evidence.verify import LOG, MANIFEST, SIGNATURE, Verdict, canonical, verify
from api.records.site_key import SiteKey
from tests.api.world import CONFIRM, NOON, OFFICER, World, cleared, make_event, on_map

Members = dict[str, bytes]
REASON = "complaint 4711"
_DAYS = (timedelta(days=n) for n in count())
"""Far enough apart for each to be a case of its own."""


def desk(world: World) -> PackageDesk:
    """What makes this site's packages."""
    storage = world.site.storage
    return PackageDesk(world.database, world.evidence, world.site.site, storage.key_file)


def confirmed_case(world: World, **changes: Any) -> str:
    """A case that was seen, confirmed and seen gone."""
    event = make_event(at=NOON + next(_DAYS), where=on_map(12, 30), **changes)
    case = world.take(event)
    world.review(case, CONFIRM)
    world.take(cleared(event))
    return case


def pack(
    world: World,
    case: str,
    scope: Scope = Scope.OFFICER,
    who: Principal = OFFICER,
    name: str = "package.zip",
) -> tuple[Path, Package]:
    """A package of a case, in a file beside the evidence."""
    path = world.evidence.root.parent / name
    with path.open("w+b") as file:
        made = desk(world).make(who, case, scope, REASON, file, at=NOON)
    return path, made


def taken_apart(path: Path) -> Members:
    """The members of a package, in their order; any zip reader finds the same."""
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {info.filename: archive.read(info) for info in archive.infolist()}


def put_together(members: Mapping[str, bytes], path: Path) -> Path:
    """A zip of these, laid out as ours are, by somebody who knows no limits."""
    with path.open("w+b") as file, mock.patch("api.evidence.archive.READ", {}):
        archive = Archive(file)
        for name, content in members.items():
            archive.add(name, [content])
        archive.close()
    return path


def lines_of(members: Mapping[str, bytes]) -> list[dict[str, Any]]:
    """The log's lines."""
    return [json.loads(line) for line in members[LOG].splitlines()]


def with_log(members: Mapping[str, bytes], lines: list[dict[str, Any]]) -> Members:
    """The same with this log, and a manifest that lists it and knows its end; not signed anew."""
    log = b"".join(canonical(line) + b"\n" for line in lines)
    manifest = json.loads(members[MANIFEST])
    last = lines[-1]
    no = last["record"]["no"] if last["record"] else last["withheld"]["no"]
    manifest["head"] = {"no": no, "hash": last["hash"]}
    return listed({**members, LOG: log}, manifest)


def listed(members: Mapping[str, bytes], manifest: dict[str, Any]) -> Members:
    """The same with a manifest that lists what is there; not signed anew."""
    manifest["files"] = [
        {"name": name, "sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
        for name, content in members.items()
        if name not in {MANIFEST, SIGNATURE}
    ]
    return {**members, MANIFEST: canonical(manifest)}


def signed(members: Mapping[str, bytes], key: SiteKey) -> Members:
    """The same, signed by this key."""
    digest = hashlib.sha256(members[MANIFEST]).hexdigest()
    signature = key.sign(b"streetwarden manifest v1\n" + digest.encode())
    return {
        **members,
        SIGNATURE: canonical({"signature": signature, "signed_by": key.fingerprint}),
    }


def changed(raw: bytes, at: int, by: Callable[[int], int] = lambda old: old ^ 1) -> bytes:
    """With another byte at this place."""
    buffer = bytearray(raw)
    buffer[at] = by(buffer[at])
    return bytes(buffer)


def codes(verdict: Verdict) -> set[str]:
    """What is wrong, as codes."""
    return {finding.code for finding in verdict.findings if finding.fault}


def judged(members: Mapping[str, bytes], path: Path, *trusted: str) -> Verdict:
    """What `verify` says of a package of these."""
    return verify(put_together(members, path), trusted)


def in_memory(world: World, case: str, scope: Scope) -> bytes:
    """A package's bytes."""
    file = io.BytesIO()
    desk(world).make(OFFICER, case, scope, REASON, file, at=NOON)
    return file.getvalue()
