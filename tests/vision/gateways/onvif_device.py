"""A simulated ONVIF device: SOAP over HTTP, its digests checked, and answers to WS-Discovery."""

from __future__ import annotations

import base64
import hashlib
import http.server
import re
import socket
import struct
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Thread

import defusedxml.ElementTree as Xml

USER, PASSWORD = "viewer", "p:a/s@s"
_ENV = "http://www.w3.org/2003/05/soap-envelope"
_WSSE = "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd}"
_WSU = "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd}"
_NAMESPACES = (
    f'xmlns:s="{_ENV}" xmlns:tds="http://www.onvif.org/ver10/device/wsdl" '
    'xmlns:trt="http://www.onvif.org/ver10/media/wsdl" '
    'xmlns:tptz="http://www.onvif.org/ver20/ptz/wsdl" '
    'xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:ter="http://www.onvif.org/ver10/error"'
)
_OPEN = frozenset(("GetSystemDateAndTime",))
MULTICAST = ("239.255.255.250", 3702)


class OnvifDevice(http.server.ThreadingHTTPServer):
    """Two profiles, the first of which can be turned.

    Attributes:
        asked: how often each operation was.
        clock_off: how far its clock is from ours; digests an hour off are refused.
        stream: the address of its streams, with `{token}`.
        turned: profile and preset that it was turned to.
        services: whether it knows GetServices; else only GetCapabilities, as old devices.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: Counter[str] = Counter()
        self.clock_off = timedelta(0)
        self.stream = "rtsp://127.0.0.1:1/{token}"
        self.turned: list[tuple[str, str]] = []
        self.services = True
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, *_: object) -> None:
        """A client that goes away in the middle is none."""

    def gateway(self, **more: object) -> dict[str, object]:
        """As a site file names it."""
        login = {"user": USER, "password": PASSWORD}
        return {"name": "dome", "kind": "onvif", "url": self.url} | login | more

    def answer(self, envelope: bytes) -> tuple[int, str]:
        tree = Xml.fromstring(envelope)
        operation = tree.find(f"{{{_ENV}}}Body")[0]
        name = operation.tag.partition("}")[2]
        self.asked[name] += 1
        if name not in _OPEN and not self._signed(tree):
            return 400, _fault("ter:NotAuthorized", "Sender not authorized")
        told = getattr(self, f"_{name}", None)
        if told is None or (name == "GetServices" and not self.services):
            return 500, _fault("ter:ActionNotSupported", "no such operation")
        values = {child.tag.partition("}")[2]: child.text for child in operation}
        return 200, _envelope(told(values))

    def _signed(self, tree: object) -> bool:
        """Whether the digest is of this password (WS-Security UsernameToken Profile 1.0)."""
        token = tree.find(f".//{_WSSE}UsernameToken")  # type: ignore[attr-defined]
        if token is None:
            return False
        nonce = base64.b64decode(token.findtext(f"{_WSSE}Nonce"))
        created = token.findtext(f"{_WSU}Created")
        signed = hashlib.sha1(nonce + created.encode() + PASSWORD.encode()).digest()
        now = datetime.now(UTC) + self.clock_off
        late = abs(now - datetime.fromisoformat(created)) > timedelta(minutes=5)
        user, digest = token.findtext(f"{_WSSE}Username"), token.findtext(f"{_WSSE}Password")
        return user == USER and digest == base64.b64encode(signed).decode() and not late

    def _GetSystemDateAndTime(self, _: object) -> str:  # noqa: N802 - as ONVIF calls them
        now = datetime.now(UTC) + self.clock_off
        return (
            "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime>"
            "<tt:DateTimeType>NTP</tt:DateTimeType><tt:DaylightSavings>false</tt:DaylightSavings>"
            f"<tt:UTCDateTime><tt:Time><tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}"
            f"</tt:Minute><tt:Second>{now.second}</tt:Second></tt:Time><tt:Date><tt:Year>{now.year}"
            f"</tt:Year><tt:Month>{now.month}</tt:Month><tt:Day>{now.day}</tt:Day></tt:Date>"
            "</tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
        )

    def _GetServices(self, _: object) -> str:  # noqa: N802
        # Behind NAT, a device names an address of its own that nobody reaches.
        rows = "".join(
            f"<tds:Service><tds:Namespace>http://www.onvif.org/{name}/wsdl</tds:Namespace>"
            f"<tds:XAddr>http://10.255.255.1:80/onvif/{name}</tds:XAddr>"
            "<tds:Version><tt:Major>2</tt:Major><tt:Minor>0</tt:Minor></tds:Version></tds:Service>"
            for name in ("ver10/device", "ver10/media", "ver20/ptz")
        )
        return f"<tds:GetServicesResponse>{rows}</tds:GetServicesResponse>"

    def _GetCapabilities(self, _: object) -> str:  # noqa: N802
        return (
            "<tds:GetCapabilitiesResponse><tds:Capabilities>"
            "<tt:Media><tt:XAddr>http://10.255.255.1/onvif/media</tt:XAddr>"
            "<tt:StreamingCapabilities/></tt:Media>"
            "<tt:PTZ><tt:XAddr>http://10.255.255.1/onvif/ptz</tt:XAddr></tt:PTZ>"
            "</tds:Capabilities></tds:GetCapabilitiesResponse>"
        )

    def _GetDeviceInformation(self, _: object) -> str:  # noqa: N802
        return (
            "<tds:GetDeviceInformationResponse><tds:Manufacturer>Dome Makers</tds:Manufacturer>"
            "<tds:Model>D-1</tds:Model><tds:FirmwareVersion>1</tds:FirmwareVersion>"
            "<tds:SerialNumber>1</tds:SerialNumber><tds:HardwareId>1</tds:HardwareId>"
            "</tds:GetDeviceInformationResponse>"
        )

    def _GetProfiles(self, _: object) -> str:  # noqa: N802
        turning = (
            '<tt:PTZConfiguration token="z"><tt:Name>z</tt:Name><tt:UseCount>1</tt:UseCount>'
            "<tt:NodeToken>n</tt:NodeToken></tt:PTZConfiguration>"
        )
        return (
            "<trt:GetProfilesResponse>"
            f'<trt:Profiles token="Profile_1" fixed="true"><tt:Name>main</tt:Name>{turning}'
            '</trt:Profiles><trt:Profiles token="Profile_2" fixed="true"><tt:Name>sub</tt:Name>'
            "</trt:Profiles></trt:GetProfilesResponse>"
        )

    def _GetStreamUri(self, given: dict[str, str]) -> str:  # noqa: N802
        url = self.stream.format(token=given["ProfileToken"])
        return (
            f"<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>{url}</tt:Uri>"
            "<tt:InvalidAfterConnect>false</tt:InvalidAfterConnect>"
            "<tt:InvalidAfterReboot>false</tt:InvalidAfterReboot><tt:Timeout>PT0S</tt:Timeout>"
            "</trt:MediaUri></trt:GetStreamUriResponse>"
        )

    def _GetPresets(self, _: object) -> str:  # noqa: N802
        rows = "".join(
            f'<tptz:Preset token="{n}"><tt:Name>{name}</tt:Name></tptz:Preset>'
            for n, name in (("1", "north gate"), ("2", "bins"))
        )
        return f"<tptz:GetPresetsResponse>{rows}</tptz:GetPresetsResponse>"

    def _GotoPreset(self, given: dict[str, str]) -> str:  # noqa: N802
        self.turned.append((given["ProfileToken"], given["PresetToken"]))
        return "<tptz:GotoPresetResponse/>"


def _envelope(body: str) -> str:
    return f"<s:Envelope {_NAMESPACES}><s:Body>{body}</s:Body></s:Envelope>"


def _fault(code: str, why: str) -> str:
    return _envelope(
        "<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode>"
        f"<s:Value>{code}</s:Value></s:Subcode></s:Code>"
        f'<s:Reason><s:Text xml:lang="en">{why}</s:Text></s:Reason></s:Fault>'
    )


class _Handler(http.server.BaseHTTPRequestHandler):
    server: OnvifDevice

    def log_message(self, *args: object) -> None:
        pass

    def do_POST(self) -> None:
        status, told = self.server.answer(self.rfile.read(int(self.headers["Content-Length"])))
        body = told.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/soap+xml; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def answering_probes(url: str) -> Iterator[None]:
    """Answer WS-Discovery's probes on this machine's networks: a device at `url`, and a liar.

    Raises:
        OSError: the machine has no multicast.
    """
    line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    line.bind(("", MULTICAST[1]))
    joined = 0
    for _, name in socket.if_nameindex():
        index = socket.if_nametoindex(name)
        mreqn = struct.pack("4s4si", socket.inet_aton(MULTICAST[0]), bytes(4), index)
        try:
            line.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, mreqn)
            joined += 1
        except OSError:
            continue
    if not joined:
        line.close()
        raise OSError("no multicast")
    line.settimeout(0.1)
    going = [True]

    def answer() -> None:
        while going:
            try:
                probe, sender = line.recvfrom(65536)
            except TimeoutError:
                continue
            asked = re.search(rb"MessageID>([^<]+)<", probe)
            if asked is None or b"NetworkVideoTransmitter" not in probe:
                continue
            for number, at in enumerate((url, "file:///etc/passwd", "http://a\x1b[31m/")):
                line.sendto(_match(asked[1].decode(), number, at).encode(), sender)

    thread = Thread(target=answer)
    thread.start()
    try:
        yield
    finally:
        going.clear()
        thread.join()
        line.close()


def _match(asked: str, number: int, url: str) -> str:
    url = url.replace("\x1b", "&#27;")
    scopes = "onvif://www.onvif.org/name/Dome%20One onvif://www.onvif.org/hardware/D-1"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<s:Envelope xmlns:s="{_ENV}" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"'
        ' xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"'
        ' xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><s:Header>'
        f"<a:MessageID>urn:uuid:00000000-0000-0000-0000-00000000000{number}</a:MessageID>"
        f"<a:RelatesTo>{asked}</a:RelatesTo>"
        "<a:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:To>"
        "<a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches</a:Action>"
        '<d:AppSequence InstanceId="1" MessageNumber="1"/>'
        "</s:Header><s:Body><d:ProbeMatches><d:ProbeMatch><a:EndpointReference>"
        f"<a:Address>urn:uuid:10000000-0000-0000-0000-00000000000{number}</a:Address>"
        "</a:EndpointReference><d:Types>dn:NetworkVideoTransmitter</d:Types>"
        f"<d:Scopes>{scopes}</d:Scopes><d:XAddrs>{url}</d:XAddrs>"
        "<d:MetadataVersion>1</d:MetadataVersion></d:ProbeMatch></d:ProbeMatches></s:Body>"
        "</s:Envelope>"
    )
