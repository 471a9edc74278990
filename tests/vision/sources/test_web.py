"""What a camera's web address leads to: guarded, with its password, whatever its names."""

from __future__ import annotations

import base64
import gc
import hashlib
import ipaddress
import os
import re
import threading
from collections.abc import Callable
from pathlib import Path

import av
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from vision.errors import SourceBroken, SourceRefused, SourceUnavailable
from vision.site import Camera
from vision.sources import container
from vision.sources.address import parse_address
from vision.sources.container import ask_web
from vision.sources.source import open_source

KINDS = {"Content-Type": "video/mp2t"}
PLAYLIST = {"Content-Type": "application/vnd.apple.mpegurl"}
INSIDE = "127.0.0.2"
"""Another host on this machine: as private as any in a camera's network."""


@pytest.fixture
def segments(make_video: Callable[..., Path]) -> list[bytes]:
    """Two segments of a second."""
    return [
        make_video(f"{n}.ts", frames=10, first_pts=10 * n, gop=10).read_bytes() for n in range(2)
    ]


def playlist(*names: str, key: str = "", live: bool = False) -> bytes:
    lines = ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:1", "#EXT-X-MEDIA-SEQUENCE:0"]
    lines += [f"#EXT-X-KEY:{key}"] if key else []
    lines += [line for name in names for line in ("#EXTINF:1.0,", name)]
    return "\n".join([*lines, *([] if live else ["#EXT-X-ENDLIST"]), ""]).encode()


@pytest.mark.parametrize(
    "names", [("a.ts", "b.ts"), ("seg?n=0&token=x", "seg?n=1&token=x"), ("a.jpg", "b.jpg")]
)
def test_segments_of_any_name_play(
    web_server: Callable, segments: list[bytes], read_all: Callable, names: tuple[str, str]
) -> None:
    server = web_server()
    server.paths = {f"/{n}": (200, KINDS, s) for n, s in zip(names, segments, strict=True)}
    server.paths["/play.m3u8"] = (200, PLAYLIST, playlist(*names))
    frames, _ = read_all(f"{server.url}/play.m3u8", analyse_fps=10)
    assert len(frames) == 20


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(("kind", "of"), [("flv", "video/x-flv"), ("mpegts", "video/mp2t")])
def test_a_stream_that_does_not_say_how_long_it_is_is_live(
    web_server: Callable, make_video: Callable[..., Path], kind: str, of: str, *, chunked: bool
) -> None:
    """FLV or MPEG-TS over HTTP, its times from anywhere, as media servers give it (ZLMediaKit)."""
    server, clip, gone = web_server(), make_video(frames=28, fps=25), threading.Event()

    def send(handler: object) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", of)
        if chunked:
            handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()

        class Out:
            def write(self, data: bytes) -> int:
                data = bytes(data)
                handler.wfile.write(b"%x\r\n%s\r\n" % (len(data), data) if chunked else data)
                return len(data)

        options = {"flush_packets": "1"}
        with av.open(clip) as file, av.open(Out(), "w", format=kind, options=options) as out:
            sent = out.add_stream_from_template(file.streams.video[0])
            for packet in file.demux(video=0):
                if packet.size and not gone.wait(0.04):
                    packet.stream, late = sent, int(1000 / packet.time_base)
                    packet.pts, packet.dts = packet.pts + late, packet.dts + late
                    out.mux_one(packet)

    server.paths = {"/live/gate": send}
    source = open_source(Camera(id="cam", source=f"{server.url}/live/gate", analyse_fps=25))
    seen: list[object] = []
    with pytest.raises(SourceUnavailable, match="the stream ended"):
        seen.extend(source)
    assert source.live
    assert len(seen) > 5
    source.close()
    gone.set()


def test_a_playlist_is_known_by_its_type(
    web_server: Callable, segments: list[bytes], read_all: Callable
) -> None:
    server = web_server()
    server.paths = {"/live": (200, PLAYLIST, playlist("a")), "/a": (200, KINDS, segments[0])}
    frames, _ = read_all(f"{server.url}/live", analyse_fps=10)
    assert len(frames) == 10


def test_encrypted_segments_play(
    web_server: Callable, segments: list[bytes], read_all: Callable
) -> None:
    server, key = web_server(), os.urandom(16)

    def encrypted(segment: bytes, number: int) -> bytes:
        padder, iv = PKCS7(128).padder(), number.to_bytes(16)
        cipher = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
        return cipher.update(padder.update(segment) + padder.finalize()) + cipher.finalize()

    server.paths = {f"/{n}": (200, KINDS, encrypted(s, n)) for n, s in enumerate(segments)}
    server.paths["/key"] = (200, {}, key)
    server.paths["/a.m3u8"] = (200, {}, playlist("0", "1", key='METHOD=AES-128,URI="key"'))
    frames, _ = read_all(f"{server.url}/a.m3u8", analyse_fps=10)
    assert len(frames) == 20


def test_parts_of_one_file_are_segments(
    web_server: Callable, segments: list[bytes], read_all: Callable
) -> None:
    server = web_server()
    whole = b"".join(segments)

    def part(handler: object) -> tuple[int, dict[str, str], bytes]:
        first, last = re.fullmatch(
            r"bytes=(\d+)-(\d*)", handler.headers.get("Range", "bytes=0-")
        ).groups()
        cut = whole[int(first) : int(last) + 1 if last else None]
        return 206, {"Content-Range": f"bytes {first}-{last}/{len(whole)}"}, cut

    sizes = [len(segment) for segment in segments]
    text = playlist("all.ts", "all.ts").decode().split("#EXTINF:1.0,")
    ranges = [f"#EXT-X-BYTERANGE:{sizes[0]}@0\n", f"#EXT-X-BYTERANGE:{sizes[1]}@{sizes[0]}\n"]
    body = text[0] + "".join(f"{r}#EXTINF:1.0,{t}" for r, t in zip(ranges, text[1:], strict=True))
    server.paths = {"/a.m3u8": (200, {}, body.encode()), "/all.ts": part}
    frames, _ = read_all(f"{server.url}/a.m3u8", analyse_fps=10)
    assert len(frames) == 20


def test_a_recording_whose_index_stands_at_its_end_is_sought_through(
    web_server: Callable, make_video: Callable[..., Path], read_all: Callable
) -> None:
    server, whole = (
        web_server(),
        make_video("clip.mp4", frames=200, width=640, height=480).read_bytes(),
    )
    assert whole.index(b"moov") > 40_000

    def part(handler: object) -> tuple[int, dict[str, str], bytes]:
        asked = handler.headers.get("Range")
        if asked is None:
            return 200, {"Accept-Ranges": "bytes"}, whole
        first = int(asked.removeprefix("bytes=").partition("-")[0])
        return 206, {"Content-Range": f"bytes {first}-/{len(whole)}"}, whole[first:]

    server.paths = {"/clip.mp4": part}
    frames, source = read_all(f"{server.url}/clip.mp4", analyse_fps=10)
    assert (len(frames), source.live, source.trouble) == (200, False, None)


class TestGuard:
    """What the operator wrote is meant; what a camera names is fetched where that is allowed."""

    @pytest.fixture
    def inside(self, web_server: Callable, segments: list[bytes]) -> object:
        server = web_server(INSIDE)
        server.paths = {"/a.ts": (200, KINDS, segments[0]), "/key": (200, {}, b"k" * 16)}
        server.paths["/a.m3u8"] = (200, PLAYLIST, playlist("a.ts"))
        server.paths["/secret"] = (200, {"Content-Type": "image/jpeg"}, b"\xff\xd8\xff")
        return server

    @pytest.mark.parametrize("target", ["/a.ts", "/secret", "/a.m3u8"])
    @pytest.mark.parametrize("status", [301, 302, 307, 308])
    def test_a_redirect_inside_is_not_followed(
        self, web_server: Callable, inside: object, read_all: Callable, target: str, status: int
    ) -> None:
        camera = web_server()
        camera.paths = {"/x": (status, {"Location": inside.url + target}, b"")}
        with pytest.raises(SourceUnavailable, match=f"leads to {INSIDE}.*`allow`"):
            read_all(f"{camera.url}/x")
        assert inside.asked == []

    @pytest.mark.parametrize("live", [True, False])
    @pytest.mark.parametrize("way", ["segment", "key", "variant", "redirected segment"])
    def test_nothing_inside_that_a_playlist_names_is_fetched(  # noqa: PLR0917
        self,
        web_server: Callable,
        inside: object,
        segments: list[bytes],
        read_all: Callable,
        monkeypatch: pytest.MonkeyPatch,
        way: str,
        live: bool,
    ) -> None:
        monkeypatch.setattr(container, "TIMEOUT", 1.0)
        camera = web_server()
        away = (302, {"Location": f"{inside.url}/a.ts"}, b"")
        camera.paths = {"/b.ts": (200, KINDS, segments[0]), "/away": away}
        key = f'METHOD=AES-128,URI="{inside.url}/key"'
        variant = f"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{inside.url}/a.m3u8\n".encode()
        body = {
            "segment": playlist(f"{inside.url}/a.ts", live=live),
            "key": playlist("b.ts", key=key, live=live),
            "variant": variant,
            "redirected segment": playlist("away", live=live),
        }[way]
        camera.paths["/a.m3u8"] = (200, PLAYLIST, body)
        with pytest.raises(SourceUnavailable, match=f"leads to {INSIDE}.*`allow`"):
            read_all(f"{camera.url}/a.m3u8")
        assert inside.asked == []

    def test_a_segment_inside_after_good_ones_ends_the_stream(
        self, web_server: Callable, inside: object, segments: list[bytes], read_all: Callable
    ) -> None:
        camera = web_server()
        camera.paths = {"/b.ts": (200, KINDS, segments[0])}
        camera.paths["/a.m3u8"] = (200, PLAYLIST, playlist("b.ts", f"{inside.url}/a.ts"))
        frames, source = read_all(f"{camera.url}/a.m3u8", analyse_fps=10)
        assert len(frames) >= 9
        assert f"leads to {INSIDE}" in source.trouble
        assert inside.asked == []

    @pytest.mark.parametrize("scheme", ["file", "rtsp", "concat", "tcp", "gopher"])
    def test_a_playlist_names_only_the_web(
        self,
        web_server: Callable,
        read_all: Callable,
        segments: list[bytes],
        tmp_path: Path,
        scheme: str,
    ) -> None:
        (tmp_path / "a.ts").write_bytes(segments[0])
        camera = web_server()
        camera.paths["/a.m3u8"] = (200, PLAYLIST, playlist(f"{scheme}://{tmp_path}/a.ts"))
        with pytest.raises(SourceUnavailable):
            read_all(f"{camera.url}/a.m3u8")

    def test_what_the_site_allows_is_fetched(
        self, web_server: Callable, inside: object, read_all: Callable
    ) -> None:
        camera = web_server()
        camera.paths = {"/x": (302, {"Location": f"{inside.url}/a.m3u8"}, b"")}
        allow = (ipaddress.ip_network(f"{INSIDE}/32"),)
        frames, _ = read_all(f"{camera.url}/x", analyse_fps=10, allow=allow)
        assert len(frames) == 10

    def test_the_written_host_may_lead_to_itself_by_any_port_and_name(
        self, web_server: Callable, segments: list[bytes], read_all: Callable
    ) -> None:
        camera, other = web_server(), web_server()
        other.paths = {
            "/b.m3u8": (200, PLAYLIST, playlist("a.ts")),
            "/a.ts": (200, KINDS, segments[0]),
        }
        camera.paths = {"/x": (302, {"Location": f"{other.url}/b.m3u8"}, b"")}
        named = other.url.replace("127.0.0.1", "localhost")
        camera.paths["/y"] = (302, {"Location": f"{named}/b.m3u8"}, b"")
        for path in ("x", "y"):
            frames, _ = read_all(f"{camera.url}/{path}", analyse_fps=10)
            assert len(frames) == 10

    def test_the_address_that_was_checked_is_connected_to(
        self, web_server: Callable, inside: object, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A name that answers differently the second time gains nothing."""
        camera = web_server()
        port = inside.server_address[1]
        camera.paths = {"/x": (302, {"Location": f"http://rebinds.example:{port}/secret"}, b"")}
        answers = iter(["93.184.215.14", INSIDE, INSIDE])
        own = container.Web._connect.__globals__["socket"].getaddrinfo

        def resolve(host: str, *args: object, **kwargs: object) -> object:
            return own(next(answers) if host == "rebinds.example" else host, *args, **kwargs)

        connected: list[str] = []
        create = container.Web._connect.__globals__["socket"].create_connection

        def connect(place: tuple[str, int], **kwargs: object) -> object:
            connected.append(place[0])
            if place[0] == "93.184.215.14":
                raise ConnectionRefusedError
            return create(place, **kwargs)

        monkeypatch.setattr("vision.sources.web.socket.getaddrinfo", resolve)
        monkeypatch.setattr("vision.sources.web.socket.create_connection", connect)
        with pytest.raises(SourceUnavailable, match="nothing listens"):
            ask_web(parse_address(f"{camera.url}/x"), ())
        assert connected == ["127.0.0.1", "93.184.215.14"]
        assert inside.asked == []

    def test_a_redirect_for_ever_is_told(self, web_server: Callable, read_all: Callable) -> None:
        camera = web_server()
        camera.paths = {"/x": (302, {"Location": "/x"}, b"")}
        with pytest.raises(SourceUnavailable, match="redirects for ever"):
            read_all(f"{camera.url}/x")

    def test_a_playlist_that_was_redirected_names_from_there(
        self, web_server: Callable, segments: list[bytes], read_all: Callable
    ) -> None:
        camera = web_server()
        variants = b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv/low\n"
        camera.paths = {
            "/a.m3u8": (302, {"Location": "/deep/main.m3u8"}, b""),
            "/deep/main.m3u8": (200, PLAYLIST, variants),
            "/deep/v/low": (302, {"Location": "/cdn/x/low.m3u8"}, b""),
            "/cdn/x/low.m3u8": (200, PLAYLIST, playlist("s.ts")),
            "/cdn/x/s.ts": (200, KINDS, segments[0]),
        }
        frames, _ = read_all(f"{camera.url}/a.m3u8", analyse_fps=10)
        assert len(frames) == 10


class TestPassword:
    @pytest.fixture
    def server(self, web_server: Callable, segments: list[bytes]) -> object:
        server = web_server()
        server.paths["/a.ts"] = (200, KINDS, segments[0])
        return server

    @staticmethod
    def guarded(server: object, challenges: list[str], accepts: Callable[[str], bool]) -> None:
        answer = server.paths["/a.ts"]

        def ask(handler: object) -> object:
            if accepts(handler.headers.get("Authorization", "")):
                return answer
            handler.send_response(401)
            for challenge in challenges:
                handler.send_header("WWW-Authenticate", challenge)
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return None

        server.paths["/a.ts"] = ask

    def test_basic(self, server: object, read_all: Callable) -> None:
        word = base64.b64encode(b"bob:p@ss/w:rd").decode()
        self.guarded(server, ['Basic realm="cam"'], lambda told: told == f"Basic {word}")
        source = server.url.replace("http://", "http://bob:p%40ss%2Fw%3Ard@")
        frames, _ = read_all(f"{source}/a.ts", analyse_fps=10)
        assert len(frames) == 10
        with pytest.raises(SourceRefused, match="user name or password"):
            read_all(f"{server.url.replace('http://', 'http://bob:wrong@')}/a.ts")
        with pytest.raises(SourceRefused):
            read_all(f"{server.url}/a.ts")

    def test_digest_is_preferred(self, server: object, read_all: Callable) -> None:
        def accepts(told: str) -> bool:
            fields = dict(re.findall(r'(\w+)="?([^",]+)"?', told.removeprefix("Digest ")))
            if not told.startswith("Digest "):
                return False
            md5 = lambda text: hashlib.md5(text.encode()).hexdigest()  # noqa: E731 - RFC 7616
            secret = md5("bob:cam:s3cret")
            middle = f"{fields['nonce']}:{fields['nc']}:{fields['cnonce']}:{fields['qop']}"
            return fields["response"] == md5(f"{secret}:{middle}:{md5('GET:/a.ts')}")

        challenges = ['Basic realm="cam"', 'Digest realm="cam", nonce="n1", qop="auth"']
        self.guarded(server, challenges, accepts)
        source = server.url.replace("http://", "http://bob:s3cret@")
        frames, _ = read_all(f"{source}/a.ts", analyse_fps=10)
        assert len(frames) == 10
        told = [handler.headers.get("Authorization", "") for handler in server.asked]
        assert not any("Basic" in text for text in told)

    @pytest.mark.parametrize(
        "challenge", ["", "Digest nonsense", 'Digest realm="x", nonce="y", algorithm="ROT13"']
    )
    def test_a_challenge_that_nobody_understands_is_a_refusal(
        self, server: object, read_all: Callable, challenge: str
    ) -> None:
        self.guarded(server, [challenge], lambda _: False)
        with pytest.raises(SourceRefused):
            read_all(f"{server.url.replace('http://', 'http://bob:s3cret@')}/a.ts")

    def test_it_is_not_told_to_another_host(
        self, server: object, web_server: Callable, read_all: Callable
    ) -> None:
        other, camera = web_server(INSIDE), web_server()
        other.paths["/x"] = (401, {"WWW-Authenticate": 'Basic realm="y"'}, b"")
        camera.paths["/x"] = (302, {"Location": f"{other.url}/x"}, b"")
        allow = (ipaddress.ip_network(f"{INSIDE}/32"),)
        with pytest.raises(SourceRefused):
            read_all(f"{camera.url.replace('http://', 'http://bob:s3cret@')}/x", allow=allow)
        assert [handler.headers.get("Authorization") for handler in other.asked] == [None]


@pytest.mark.parametrize(
    "source", ["http://", "http://cam:99999/a", "rtsp://", "rtsp://cam:x/a", "https:///a"]
)
def test_what_is_no_address_is_final(source: str, read_all: Callable) -> None:
    with pytest.raises(SourceBroken, match="host and a port"):
        read_all(source)


def test_a_name_that_leads_nowhere_is_told(read_all: Callable) -> None:
    for name in ("camera.invalid", "a..b", "x" * 70 + ".invalid"):
        with pytest.raises(SourceUnavailable, match="its name leads nowhere"):
            read_all(f"http://{name}/a")


def test_a_camera_that_drips_is_not_waited_for(
    web_server: Callable, read_all: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(container, "TIMEOUT", 0.4)
    server = web_server()

    def drip(handler: object) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        try:
            while True:
                handler.wfile.write(b"x")
                if handler.server.stopped.wait(0.05):
                    return
        except OSError:
            return

    server.stopped = threading.Event()
    server.paths["/x"] = drip
    with pytest.raises(SourceUnavailable, match="does not answer in time"):
        read_all(f"{server.url}/x")
    server.stopped.set()


def test_a_source_that_nobody_closed_is_closed(web_server: Callable, segments: list[bytes]) -> None:
    server = web_server()
    server.paths = {f"/{n}": (200, KINDS, s) for n, s in enumerate(segments)}
    server.paths["/a.m3u8"] = (200, PLAYLIST, playlist("0", "1"))
    source = open_source(Camera(id="cam", source=f"{server.url}/a.m3u8", pace="fast"))
    assert isinstance(next(iter(source)).small.mean(), float)
    held = source._container
    del source
    gc.collect()
    with pytest.raises(AssertionError, match="not open"):
        held.dumps_format()
