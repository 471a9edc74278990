"""A real RTSP server on loopback, as its own process: GStreamer's, run by the system's Python.

    /usr/bin/python3 rtsp_server.py --port 8554 --mount gate=clip.mp4 --mount bars=test:red

`name=FILE` loops a file's H.264 without re-encoding; `name=test:COLOUR` encodes a plain moving
picture (`--size`, `--fps`). `--user NAME --password WORD` asks for them (RTSP basic), and
`--transport udp` offers nothing else. One process serves every mount; it prints `ready PORT` once
it listens. Exit code 3: the bindings are missing.
"""

from __future__ import annotations

import argparse
import sys

try:
    import gi

    gi.require_version("Gst", "1.0")
    gi.require_version("GstApp", "1.0")
    gi.require_version("GstRtsp", "1.0")
    gi.require_version("GstRtspServer", "1.0")
    from gi.repository import GLib, Gst, GstApp, GstRtsp, GstRtspServer  # noqa: F401
except (ImportError, ValueError) as error:
    print(f"GStreamer's RTSP server bindings are missing: {error}", file=sys.stderr)
    raise SystemExit(3) from None

COLOURS = {"red": 0xFFC02020, "green": 0xFF20C020, "blue": 0xFF2020C0, "grey": 0xFF808080}


def read_units(path: str) -> tuple[Gst.Caps, list[tuple[bytes, int, int, bool]], int]:
    """A file's H.264 access units as (bytes, pts, duration, is key) in ns, and its length in ns."""
    pipeline = Gst.parse_launch(
        "filesrc name=in ! qtdemux ! h264parse config-interval=-1 ! "
        "video/x-h264,stream-format=byte-stream,alignment=au ! appsink name=out sync=false"
    )
    pipeline.get_by_name("in").set_property("location", path)
    sink = pipeline.get_by_name("out")
    pipeline.set_state(Gst.State.PLAYING)
    units = []
    caps = None
    while (sample := sink.emit("try-pull-sample", 10 * Gst.SECOND)) is not None:
        caps = sample.get_caps()
        buffer = sample.get_buffer()
        key = not buffer.has_flags(Gst.BufferFlags.DELTA_UNIT)
        data = buffer.extract_dup(0, buffer.get_size())
        units.append((data, buffer.pts, buffer.duration, key))
    pipeline.set_state(Gst.State.NULL)
    if not units:
        raise SystemExit(f"{path}: holds no H.264")
    while not units[0][3]:  # a clip may start amid a group of pictures
        units.pop(0)
    start = min(unit[1] for unit in units)
    end = max(unit[1] for unit in units)
    length = end - start + (end - start) // max(1, len(units) - 1)
    return caps, [(data, pts - start, dur, key) for data, pts, dur, key in units], length


class LoopedFile(GstRtspServer.RTSPMediaFactory):
    """Pays out a file's access units round and round, with time going on at the seam."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._caps, self._units, self._length = read_units(path)
        self._at = 0
        self.set_shared(True)

    def do_create_element(self, url: object) -> Gst.Element:  # noqa: ARG002 - GStreamer's
        """Builds what pays the units out; called by GStreamer."""
        bin_ = Gst.parse_launch(
            "( appsrc name=source is-live=true format=time do-timestamp=false "
            "! rtph264pay name=pay0 pt=96 config-interval=0 )"
        )
        source = bin_.get_by_name("source")
        source.set_property("caps", self._caps)
        self._at = 0
        source.connect("need-data", self._feed)
        return bin_

    def _feed(self, source: Gst.Element, _length: int) -> None:
        """Pass on a group of pictures; asked for each by itself, the server costs twice as much."""
        group = Gst.BufferList.new()
        starts_anew = False
        while not starts_anew:
            lap, i = divmod(self._at, len(self._units))
            data, pts, duration, _ = self._units[i]
            buffer = Gst.Buffer.new_wrapped(data)
            buffer.pts = pts + lap * self._length
            buffer.duration = duration
            group.insert(-1, buffer)
            self._at += 1
            starts_anew = self._units[self._at % len(self._units)][3]
        source.emit("push-buffer-list", group)


def coloured_picture(colour: str, size: str, fps: int) -> GstRtspServer.RTSPMediaFactory:
    """A moving ball on a plain ground, encoded as an IP camera would (no B frames, GOP of 1 s)."""
    width, height = size.split("x")
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(
        f"( videotestsrc is-live=true pattern=ball background-color={COLOURS[colour]} "
        f"! video/x-raw,width={width},height={height},framerate={fps}/1 "
        f"! x264enc tune=zerolatency speed-preset=ultrafast key-int-max={fps} threads=1 "
        "! rtph264pay name=pay0 pt=96 config-interval=-1 )"
    )
    factory.set_shared(True)
    return factory


def ask_for_password(
    server: GstRtspServer.RTSPServer, factories: list, user: str, password: str
) -> None:
    """Let in only who gives this user and password."""
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
    server.set_auth(auth)
    for factory in factories:
        permissions = GstRtspServer.RTSPPermissions()
        permissions.add_permission_for_role("viewer", "media.factory.access", True)
        permissions.add_permission_for_role("viewer", "media.factory.construct", True)
        factory.set_permissions(permissions)


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", default="0")
    parser.add_argument("--mount", action="append", required=True, metavar="NAME=FILE|test:COLOUR")
    parser.add_argument("--size", default="320x180")
    parser.add_argument("--fps", type=int, default=10)
    parser.add_argument("--user", default="")
    parser.add_argument("--password", default="")
    parser.add_argument("--transport", choices=["any", "udp"], default="any")
    args = parser.parse_args()
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(args.port)
    factories = []
    for mount in args.mount:
        name, _, what = mount.partition("=")
        is_test = what.startswith("test:")
        made = coloured_picture(what[5:], args.size, args.fps) if is_test else LoopedFile(what)
        if args.transport == "udp":
            made.set_protocols(GstRtsp.RTSPLowerTrans.UDP)
        factories.append(made)
        server.get_mount_points().add_factory(f"/{name}", made)
    if args.user:
        ask_for_password(server, factories, args.user, args.password)
    if server.attach(None) == 0:
        raise SystemExit(f"port {args.port} cannot be bound")
    print(f"ready {server.get_bound_port()}", flush=True)
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
