"""`streetwarden gateways`: what lies behind a site's platforms, asked once each, and presets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from scripts.console import count, err, log_to_stderr, out
from vision.errors import SiteError, SourceError
from vision.printable import printable, to_json

if TYPE_CHECKING:
    from vision.gateways.desk import Desk
    from vision.gateways.platform import Channel
    from vision.site import Site
    from vision.site.gateway import Gateway

gateways = typer.Typer(
    help="Platforms that lend cameras: their devices, a probe, presets.", no_args_is_help=True
)

SiteFile = Annotated[Path, typer.Argument(help="The site file.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Named = Annotated[
    str | None, typer.Option("--gateway", help="Only this gateway.", show_default=False)
]


@gateways.command(name="list")
def list_(
    site: SiteFile,
    gateway: Named = None,
    device: Annotated[
        str | None,
        typer.Option("--device", help="Only this device, and its channels.", show_default=False),
    ] = None,
    channels: Annotated[
        bool, typer.Option("--channels", help="The channels of all devices: an ask for each.")
    ] = False,
    discover: Annotated[
        float, typer.Option("--discover", help="Look for ONVIF devices so many seconds.", min=0)
    ] = 0,
    json_: Json = False,
) -> None:
    """List devices and channels, each with the line that a camera's `source` says to be it.

    Exit code 1 when a gateway does not answer.
    """
    from vision.gateways.opening import desk_of
    from vision.site.file import load_site

    log_to_stderr()
    loaded = load_site(site)
    rows, failed = [], False
    for one in _chosen(loaded, gateway, site):
        desk = desk_of(one)
        try:
            rows += list(_devices(desk, one, device, everything=channels))
        except SourceError as error:
            failed = True
            err.print(escape(str(error)))
    found = _discovered(discover)
    if json_:
        print(to_json({"devices": rows, "discovered": found}, indent=2))
    else:
        _show(rows, found)
    if failed:
        raise typer.Exit(1)


@gateways.command()
def probe(site: SiteFile, gateway: Named = None, json_: Json = False) -> None:
    """Log in to each gateway, count its devices, and open one camera behind each.

    Exit code 1 when one does not answer, or its camera gives no picture.
    """
    from scripts.looking import first_frames
    from vision.gateways.opening import desk_of
    from vision.site.file import load_site

    log_to_stderr()
    loaded = load_site(site)
    rows: list[dict[str, Any]] = []
    for one in _chosen(loaded, gateway, site):
        row: dict[str, Any] = {"gateway": one.name, "ok": False}
        rows.append(row)
        try:
            devices = desk_of(one).call(lambda platform: platform.devices())
        except SourceError as error:
            row["report"] = str(error)
            continue
        online = sum(device.online for device in devices)
        row |= {"ok": True, "report": f"{count(len(devices), 'device')}, {online} online"}
        camera = next((c for c in loaded.cameras if c.gateway == one), None)
        if camera is None:
            continue
        (seen,) = first_frames([camera])
        if isinstance(seen, SourceError):
            row |= {"ok": False, "report": f"{row['report']}; {camera.id}: {seen}"}
        else:
            size = f"{seen.frame.width}×{seen.frame.height}"
            row["report"] = f"{row['report']}; {camera.id} gives {size}"
    if json_:
        print(to_json(rows, indent=2))
    else:
        for row in rows:
            mark = "[green]ok[/]" if row["ok"] else "[red]no[/]"
            said = escape(printable(f"{row['gateway']}: {row['report']}"))
            out.print(f"{mark} {said}")
    if not all(row["ok"] for row in rows):
        raise typer.Exit(1)


@gateways.command()
def preset(
    site: SiteFile,
    camera: Annotated[str, typer.Argument(help="The camera's id in the site file.")],
    call: Annotated[
        str | None, typer.Option("--call", help="Turn it to this preset.", show_default=False)
    ] = None,
    json_: Json = False,
) -> None:
    """List the directions that a camera remembers, or turn it to one of them."""
    from vision.gateways.opening import desk_of
    from vision.site.file import load_site
    from vision.site.gateway import target_of

    log_to_stderr()
    found = next((c for c in load_site(site).cameras if c.id == camera), None)
    if found is None:
        raise SiteError(f"{site}: no camera is called {camera!r}; correct the id")
    target = target_of(found.source)
    if found.gateway is None or target is None:
        raise SiteError(f"{site}: {camera} lies behind no gateway, which could turn it")
    desk = desk_of(found.gateway)
    if call is not None:
        desk.call(lambda platform: platform.call_preset(target, call))
        out.print(escape(printable(f"{camera}: turns to preset {call}")))
        return
    points = desk.call(lambda platform: platform.presets(target))
    if json_:
        print(to_json([asdict(point) for point in points], indent=2))
        return
    table = Table("preset", "name", box=None)
    for point in points:
        table.add_row(escape(printable(point.number)), escape(printable(point.name)))
    out.print(table)


def _chosen(site: Site, name: str | None, path: Path) -> Sequence[Gateway]:
    if name is None:
        return site.gateways
    found = [one for one in site.gateways if one.name == name]
    if not found:
        known = ", ".join(one.name for one in site.gateways) or "none"
        raise SiteError(f"{path}: no gateway is called {name!r}; there are: {known}")
    return found


def _devices(
    desk: Desk, gateway: Gateway, wanted: str | None, *, everything: bool
) -> Iterator[dict[str, Any]]:
    """A row a device; with its channels where they are asked for, or where it is its own device."""
    own = gateway.kind != "wvp"
    for device in desk.call(lambda platform: platform.devices()):
        if wanted not in {None, device.id}:
            continue
        row = {"gateway": gateway.name, **asdict(device), "found": None}
        if everything or own or wanted is not None:
            row["found"] = [asdict(channel) for channel in _channels(desk, device.id)]
        yield row


def _channels(desk: Desk, device: str) -> list[Channel]:
    return desk.call(lambda platform: platform.channels(device))


def _discovered(seconds: float) -> list[dict[str, Any]]:
    if not seconds:
        return []
    from vision.gateways.discovery import discover

    err.print(f"looking for ONVIF devices, {seconds:g} s")
    found = discover(seconds)
    return [
        {**asdict(one), "line": f'- {{name: device-{n}, kind: onvif, url: "{one.url}"}}'}
        for n, one in enumerate(found, start=1)
    ]


def _show(rows: Sequence[dict[str, Any]], found: Sequence[dict[str, Any]]) -> None:
    table = Table("gateway", "device", "name", "maker", "state", "channels", box=None)
    for row in rows:
        state = "online" if row["online"] else "offline"
        cells = (row["gateway"], row["id"], row["name"], row["maker"], state, row["channels"])
        table.add_row(*(escape(printable(str(cell if cell is not None else ""))) for cell in cells))
    if rows:
        out.print(table)
    lines = [
        (f'source: "{channel["source"]}"', channel["name"], channel["online"], channel["turns"])
        for row in rows
        for channel in row["found"] or ()
    ]
    for source, name, online, turns in lines:
        said = ", ".join(
            one for one in (name, "" if online else "offline", "turns" if turns else "") if one
        )
        out.print(escape(printable(f"{source}  # {said}")))
    for one in found:
        out.print(escape(printable(f"{one['line']}  # {one['name']} {one['hardware']}".rstrip())))
