"""`streetwarden check`: validate a site file, look once at every source, show what was seen."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from scripts.console import count, err, log_to_stderr, out
from vision.errors import EvidenceError, SourceError
from vision.printable import to_json

if TYPE_CHECKING:
    from scripts.looking import Seen
    from vision.detections import Detections
    from vision.site import Camera, Site, Storage, Webhook

_SECRET_BYTES = range(24, 65)
"""What a Standard Webhooks secret holds (its specification, "Signature scheme")."""


def check(
    site: Annotated[Path, typer.Argument(help="The site file.")],
    out_dir: Annotated[Path, typer.Option("--out", help="Where the pictures go.")] = Path(
        "var/check"
    ),
    json_: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Validate SITE and its webhooks' secrets, probe every source, write two pictures of each.

    Where it has a second opinion, its model is asked about a grey picture.

    CAMERA.jpg has what is seen and the zones drawn in, CAMERA.clean.jpg is the same without, to
    draw on. Exit code 1 when the file or a secret is wrong, a source or the second opinion's model
    does not answer, or the detector sees nothing of a kind that a zone watches.
    """
    from scripts.looking import first_frames
    from vision.engines import open_engine
    from vision.rules.watched_kinds import watched_kinds
    from vision.site.file import load_site
    from vision.view.preset_finder import PresetFinder

    log_to_stderr()
    chosen = load_site(site, look_at=PresetFinder)
    err.print(f"looking at {count(len(chosen.cameras), 'camera')}, 5 s at most each")
    engine = open_engine(chosen.model)
    kinds = [
        {"kind": one.kind, "ok": one.decided, "report": one.told}
        for one in watched_kinds(chosen, engine.model.name, engine.model.classes)
    ]
    rows = []
    for camera, seen in zip(chosen.cameras, first_frames(chosen.cameras), strict=True):
        if isinstance(seen, SourceError):
            rows.append({"camera": camera.id, "ok": False, "report": str(seen)})
            continue
        detections = engine.infer([seen.frame.pixels])[0]
        report = _pictures(camera, seen, detections, out_dir)
        rows.append({"camera": camera.id, "ok": True, "report": report})
    engine.close()
    kept = _evidence(chosen.storage)
    hooks = [{"webhook": hook.name, **_secret(hook)} for hook in chosen.webhooks]
    model = _opinion(chosen)
    if json_:
        result = {
            "site": chosen.site.name,
            "cameras": rows,
            "kinds": kinds,
            "evidence": kept,
            "webhooks": hooks,
            **({"second_opinion": model} if model else {}),
        }
        print(to_json(result, indent=2))
    else:
        told = f"{count(len(rows), 'camera')}, {count(len(hooks), 'webhook')}"
        out.print(f"{escape(str(site))}: valid, {told}")
        _say([(row["camera"], row) for row in rows])
        _say([(f"kind {row['kind']}", row) for row in kinds])
        _say([("evidence", kept)])
        _say([(f"webhook {row['webhook']}", row) for row in hooks])
        _say([("second opinion", model)] if model else [])
        out.print(
            f"without boxes and zones, to draw on: {escape(str(out_dir / 'CAMERA.clean.jpg'))}"
        )
    if not all(row["ok"] for row in (*rows, *kinds, kept, *hooks, model or kept)):
        raise typer.Exit(1)


def _evidence(storage: Storage) -> dict[str, Any]:
    """Whether evidence can be kept where the site says; storage is asked to take something."""
    if storage.bucket is None:
        return {"ok": True, "report": f"in the folder {storage.files}"}
    from vision.evidence.bucket import Bucket
    from vision.site.storage import ObjectStorage

    bucket, tried = Bucket(*storage.bucket, storage.s3 or ObjectStorage()), b"streetwarden check"
    digest = sha256(tried).hexdigest()
    try:
        bucket.look()
        bucket.put(digest, tried)
        if b"".join(bucket.pieces(digest)) != tried:
            return {"ok": False, "report": f"{storage.evidence}: gives back other bytes"}
        bucket.delete(digest)
    except EvidenceError as error:
        return {"ok": False, "report": str(error)}
    return {"ok": True, "report": f"{storage.evidence} takes, gives and deletes"}


def _opinion(site: Site) -> dict[str, Any] | None:
    """Whether the site's model answers in the form; None where the site asks none."""
    if site.second_opinion is None:
        return None
    import cv2
    import numpy as np

    from api.opinions.endpoint import Endpoint, Failure
    from api.opinions.prompt import Prompts

    prompts = Prompts(site, site.second_opinion)
    prompt = prompts.any
    if prompt is None:
        report = "none of its kinds has a question; write `questions` for them"
        return {"ok": False, "report": report}
    grey = cv2.imencode(".jpg", np.full((480, 640, 3), 128, np.uint8))[1].tobytes()
    found = Endpoint(site.second_opinion).ask(grey, "image/jpeg", prompt)
    if isinstance(found, Failure):
        return {"ok": False, "report": found.error}
    said = found.reply
    parts = [
        f"{said.model} says {said.answer.value} of a grey picture, in {found.ms} ms: {said.why}"
    ]
    if not found.held:
        parts.append("asked for the form by words alone, as it knows no JSON schema")
    if prompts.without:
        parts.append(f"not asked about {', '.join(prompts.without)}: no question for them")
    return {"ok": True, "report": "; ".join(parts)}


def _pictures(camera: Camera, seen: Seen, detections: Detections, folder: Path) -> str:
    """Write the pictures of one camera; returns what is to be said of it."""
    from scripts.looking import clean, save
    from vision.evidence import annotate
    from vision.view.preset_finder import PresetFinder

    frame = seen.frame
    preset = PresetFinder(camera.presets).look(frame) if camera.presets else None
    shown = camera.at(preset)
    picture = clean(frame, detections, shown.privacy)
    path = folder / f"{camera.id}.jpg"
    save(folder / f"{camera.id}.clean.jpg", picture)
    for zone in shown.zones:
        picture = annotate(picture, detections, (), (), zone.polygon)
    save(path, picture)
    names = [str(n) for n in detections.data["class_name"]]
    things = ", ".join(f"{names.count(n)} {n}" for n in sorted(set(names))) or "nothing"
    parts = [f"{frame.width}×{frame.height}", f"clock {frame.clock.value}"]
    if camera.presets:
        parts.append(f"at {f'preset {preset}' if preset else 'none of its presets'}")
    told = camera.type == "drone" or seen.frame.pose is not None
    flies = _telemetry(seen) if told else seen.trouble
    more = f"; {flies}" if flies else ""
    return f"{', '.join(parts)}, sees {things}: {path}{more}"


def _telemetry(seen: Seen) -> str:
    from vision.geo.carried_pose import CarriedPose

    pose = seen.frame.pose
    if pose is None:
        return f"no place on the map: {seen.trouble or 'no telemetry with it'}"
    if isinstance(pose, CarriedPose):
        off = pose.position(0.5, 0.5).accuracy_m
        return f"is at {pose.lon:.5f}, {pose.lat:.5f}; what it sees within {off:.0f} m of that"
    return (
        f"flies at {pose.lon:.5f}, {pose.lat:.5f}, {pose.altitude_m:.0f} m up, "
        f"yaw {pose.yaw:.0f}°, pitch {pose.pitch:.0f}°"
    )


def _secret(hook: Webhook) -> dict[str, Any]:
    """Whether a receiver's secrets are what Standard Webhooks asks for."""
    mend = 'make one with: echo "whsec_$(openssl rand -base64 32)"'
    for place, secret in enumerate(hook.secret, 1):
        which = "its secret" if len(hook.secret) == 1 else f"its secret number {place}"
        try:
            key = base64.b64decode(secret.get_secret_value().removeprefix("whsec_"), validate=True)
        except (binascii.Error, ValueError):
            return {"ok": False, "report": f"{which} is not Base64 after whsec_; {mend}"}
        if len(key) not in _SECRET_BYTES:
            least, most = _SECRET_BYTES[0], _SECRET_BYTES[-1]
            report = f"{which} has {len(key)} bytes, not {least} to {most}; {mend}"
            return {"ok": False, "report": report}
    can = {0: "is sent to unsigned", 1: "its secret can sign"}.get(
        len(hook.secret), "its secrets can sign"
    )
    return {"ok": True, "report": f"{can}; whether it answers, `webhooks ping` tells"}


def _say(rows: Sequence[tuple[Any, dict[str, Any]]]) -> None:
    for name, row in rows:
        mark = "[green]ok[/]" if row["ok"] else "[red]no[/]"
        out.print(f"{mark} {escape(str(name))}: {escape(str(row['report']))}")
