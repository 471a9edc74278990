"""The Open311 view, held against what GeoReport v2 says of each answer.

The tables below are the specification's own lists of elements (http://wiki.open311.org/GeoReport_v2
and Service Discovery), written from its text.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from defusedxml.ElementTree import fromstring

from api.access.rate_limit import Rate, RateLimits
from api.access.roles import Role
from api.http import app as http_app
from api.http.app import create_app
from tests.api.reports.ledger import write_case
from tests.api.world import CONFIRM, OFFICER, REJECT, World, make_site, make_world, served

DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)")
SERVICE = {
    "service_code": str,
    "service_name": str,
    "description": str,
    "metadata": bool,
    "type": str,
    "keywords": str,
    "group": str,
}
REQUEST = {
    "service_request_id": str,
    "status": str,
    "status_notes": str,
    "service_name": str,
    "service_code": str,
    "description": str,
    "agency_responsible": str,
    "service_notice": str,
    "requested_datetime": str,
    "updated_datetime": str,
    "expected_datetime": str,
    "address": str,
    "address_id": str,
    "zipcode": str,
    "lat": float,
    "long": float,
    "media_url": str,
}
LISTS = {"services": "service", "service_requests": "request", "errors": "error"}
EVIL = "<script>alert('\u202e&]]>')</script>"


@pytest.fixture
def world(tmp_path):
    made = make_world(make_site(tmp_path, zone="north pavement"))
    yield made
    made.database.close()


def read(answer: httpx.Response, root: str) -> list[dict[str, str | None]]:
    """The items of an XML list, which has nothing but flat items."""
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    assert answer.content.startswith(b"<?xml version='1.0' encoding='utf-8'?>")
    document = fromstring(answer.content)
    assert document.tag == root
    assert {item.tag for item in document} <= {LISTS[root]}
    return [{part.tag: part.text for part in item} for item in document]


def same(text: str | None, value: object) -> bool:
    """Whether XML and JSON say the same."""
    if value is None or value == "":
        return text is None
    return text == (str(value).lower() if isinstance(value, bool) else str(value))


def both(http: httpx.Client, path: str, root: str, **query: str) -> list[dict[str, object]]:
    """The list in JSON, after it was compared with the one in XML."""
    found = http.get(f"/open311/v2/{path}.json", params=query)
    assert found.status_code == 200, found.text
    assert found.headers["content-type"] == "application/json; charset=utf-8"
    items = found.json()
    in_xml = read(http.get(f"/open311/v2/{path}.xml", params=query), root)
    assert len(items) == len(in_xml)
    for item, said in zip(items, in_xml, strict=True):
        assert item.keys() == said.keys()
        assert all(same(said[name], value) for name, value in item.items()), (item, said)
    return items


def refused(http: httpx.Client, path: str, code: int, **query: str) -> str:
    """What an error says, the same in both forms and as the specification has it."""
    answer = http.get(f"/open311/v2/{path}.json", params=query)
    assert answer.status_code == code, answer.text
    (error,) = answer.json()
    in_xml = http.get(f"/open311/v2/{path}.xml", params=query)
    assert in_xml.status_code == code
    assert read(in_xml, "errors") == [{"code": str(code), "description": error["description"]}]
    assert error["code"] == code
    return str(error["description"])


def test_services_and_their_definitions(client):
    http = client(Role.VIEWER)
    items = both(http, "services", "services", jurisdiction_id="421303")
    codes = [item["service_code"] for item in items]
    assert len(set(codes)) == len(codes) >= 9
    for item in items:
        assert {name: type(value) for name, value in item.items()} == SERVICE
        assert item["type"] in {"realtime", "batch", "blackbox"}
    one = http.get(f"/open311/v2/services/{codes[0]}.json").json()
    assert one == {"service_code": codes[0], "attributes": []}
    document = fromstring(http.get(f"/open311/v2/services/{codes[0]}.xml").content)
    assert document.tag == "service_definition"
    assert [part.tag for part in document] == ["service_code", "attributes"]
    refused(http, "services/potholes", 404)


def test_discovery(client):
    http = client(Role.VIEWER)
    document = fromstring(http.get("/open311/v2/discovery.xml").content)
    assert [part.tag for part in document] == ["changeset", "contact", "key_service", "endpoints"]
    (endpoint,) = document.find("endpoints")
    assert endpoint.tag == "endpoint"
    parts = {part.tag: part.text for part in endpoint}
    assert parts["specification"] == "http://wiki.open311.org/GeoReport_v2"
    assert parts["type"] == "production"
    assert [f.text for f in endpoint.find("formats")] == ["text/xml", "application/json"]
    assert http.get("/open311/v2/discovery.json").json()["endpoints"][0]["url"].endswith("/v2")


def test_a_request_is_a_case_that_a_person_confirmed(world, client):
    waiting, wrong, right = world.case(), world.case(camera="yard"), None
    world.review(wrong, REJECT)
    write_case(world.database, "SW-1", [("opened", _ago(3)), ("confirmed", _ago(2))])
    right = "SW-1"
    http = client(Role.VIEWER)
    (item,) = both(http, "requests", "service_requests")
    assert item["service_request_id"] == right
    for name, value in item.items():
        assert value is None or type(value) is REQUEST[name], (name, value)
    assert item.keys() == REQUEST.keys()
    assert item["status"] == "open"
    assert item["service_code"] == "street_vending-stall"
    for name in ("requested_datetime", "updated_datetime"):
        assert DATE.fullmatch(str(item[name]))
    assert both(http, f"requests/{right}", "service_requests") == [item]
    for hidden in (waiting, wrong, "SW-0", "x'--"):
        assert refused(http, f"requests/{hidden}", 400 if "'" in hidden else 404)


def _ago(days: float) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)


def ids(http: httpx.Client, **query: str) -> set[object]:
    return {i["service_request_id"] for i in both(http, "requests", "service_requests", **query)}


def test_requests_are_chosen_as_the_specification_says(world, client):
    for name, days, last in (("A", 1, "confirmed"), ("B", 40, "closed"), ("C", 100, "confirmed")):
        log = [("opened", _ago(days)), ("confirmed", _ago(days)), (last, _ago(days))]
        write_case(world.database, name, log, seen=_ago(days), outcome="corrected")
    write_case(
        world.database,
        "D",
        [("opened", _ago(2)), ("confirmed", _ago(2))],
        kind="dirty_truck",
        subtype="spill",
        camera="yard",
    )
    http = client(Role.VIEWER)
    assert ids(http) == {"A", "B", "D"}
    assert ids(http, status="open") == {"A", "D"}
    assert ids(http, status="closed") == {"B"}
    assert ids(http, status="open,closed") == {"A", "B", "D"}
    assert ids(http, service_code="dirty_truck-spill") == {"D"}
    assert ids(http, service_code="dirty_truck-spill,street_vending-stall") == {"A", "B", "D"}
    assert ids(http, end_date=_ago(90).isoformat()) == {"C"}
    assert ids(http, start_date=_ago(120).isoformat()) == {"B", "C"}
    assert ids(http, start_date=_ago(50).isoformat(), end_date=_ago(30).isoformat()) == {"B"}
    assert ids(http, service_request_id="C,D,none", status="closed") == {"C", "D"}
    assert ids(client(Role.VIEWER, cameras=["yard"])) == {"D"}
    (closed,) = both(http, "requests/B", "service_requests")
    assert (closed["status"], closed["status_notes"]) == ("closed", "corrected")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"jurisdiction_id": "elsewhere"}, 404),
        ({"service_code": "potholes"}, 404),
        ({"service_request_id": "none"}, 404),
        ({"service_request_id": "\0"}, 400),
        ({"service_request_id": ","}, 400),
        ({"service_code": "a;b"}, 400),
        ({"status": "pending"}, 400),
        ({"start_date": "yesterday"}, 400),
        ({"start_date": "2026-05-01T00:00:00"}, 400),
        ({"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-05-01T00:00:00Z"}, 400),
        ({"end_date": "0001-01-01T00:00:00Z"}, 400),
        ({"start_date": "9999-12-31T23:59:59Z"}, 400),
    ],
)
def test_what_cannot_be_answered_is_an_error_of_the_specification(client, query, code):
    refused(client(Role.VIEWER), "requests", code, **query)


def test_a_key_is_asked_for_and_may_stand_in_the_address(world, client):
    http = client()
    refused(http, "services", 403)
    refused(http, "services", 403, api_key="sw_0_x")
    refused(http, "services", 403, api_key=world.key(Role.RECEIVER))
    assert both(http, "services", "services", api_key=world.key(Role.VIEWER))


@pytest.fixture
def published(tmp_path):
    """What a site shows to everybody: a real case, and one with hostile names."""

    def made(**open311: object) -> tuple[World, dict[str, object]]:
        site = make_site(tmp_path, open311={"public": True, **open311})
        world = make_world(site)
        case = world.case()
        world.review(case, CONFIRM, OFFICER)
        write_case(
            world.database,
            "SW-EVIL",
            [("opened", _ago(1)), ("confirmed", _ago(1))],
            address=EVIL,
            department={"code": "1", "name": EVIL},
            lon=113.3812345,
            lat=31.7112345,
            crs="WGS84",
        )
        app = create_app(world.site, world.database, world.evidence)
        with served(app) as address, httpx.Client(base_url=address, trust_env=False) as http:
            found = both(http, "requests", "service_requests", service_request_id=f"SW-EVIL,{case}")
            said = {str(item["service_request_id"]): item for item in found}
            assert http.get("/v1/cases").status_code == 401
        world.database.close()
        assert OFFICER.label not in json.dumps(found)
        return world, {"evil": said["SW-EVIL"], "case": said[case]}

    return made


def test_little_is_public_unless_the_site_says_so(published):
    _, said = published()
    evil = said["evil"]
    assert (evil["address"], evil["media_url"]) == (None, None)
    assert said["case"]["media_url"] is None
    # To 100 m: no nearer to the place than that, and on the same lattice as its neighbours.
    assert abs(evil["lat"] - 31.7112345) < 50 / 111_320
    assert evil["lat"] != pytest.approx(31.7112345, abs=1e-6)
    assert evil["lat"] / (100 / 111_320) == pytest.approx(
        round(evil["lat"] / (100 / 111_320)), abs=1e-2
    )


def test_what_the_site_publishes_is_escaped(published):
    world, said = published(address=True, media=True, position_m=0)
    assert said["evil"]["agency_responsible"] == EVIL.replace("\u202e", "\\u202e")
    assert said["evil"]["address"] == EVIL.replace("\u202e", "\\u202e")
    assert (said["evil"]["long"], said["evil"]["lat"]) == (113.3812345, 31.7112345)
    link = said["case"]["media_url"].removeprefix("/v1/media/")
    detail = world.read(said["case"]["service_request_id"])
    assert {e.sha256: e.role.value for e in detail.evidence}[link] == "masked"


def test_only_published_kinds_are_there(published):
    with pytest.raises(AssertionError, match="404"):
        published(kinds=["dirty_truck"])


def test_a_right_key_is_let_in_while_its_address_waits_and_is_limited_itself(
    world, monkeypatch, caplog
):
    few = RateLimits(Rate(burst=3, per_s=1e-6), Rate(burst=99, per_s=1e-6))
    monkeypatch.setattr(http_app, "RateLimits", lambda: few)
    monkeypatch.setattr("api.access.wrong_keys.FREE", 0)
    caplog.set_level("INFO", logger="streetwarden")
    right, other = world.key(Role.VIEWER), world.key(Role.VIEWER)
    app = create_app(world.site, world.database, world.evidence)
    app.state.context.doors.wrong._clock = lambda: 0.0  # no time passes: it waits
    with (
        served(app) as address,
        httpx.Client(base_url=address, trust_env=False, timeout=60) as http,
    ):

        def asked(key: str, form: str = "json") -> httpx.Response:
            return http.get(f"/open311/v2/services.{form}", params={"api_key": key})

        assert [asked("sw_0_x").status_code for _ in range(2)] == [403, 429]
        waits = asked("sw_0_x", "xml")
        assert int(waits.headers["retry-after"]) >= 1
        assert read(waits, "errors")[0]["code"] == "429"
        # A bureau is one address: a colleague's wrong keys keep nobody out.
        assert [asked(right).status_code for _ in range(4)] == [200, 200, 200, 429]
        assert asked(other).status_code == 200
        # A session is no way in here: another site's page could have a browser send its cookie.
        session = world.signed_in(Role.ADMIN)
        assert http.get("/open311/v2/services.json", headers=session).status_code == 403
        assert http.get("/open311/v2/services.json?api_key=").status_code == 403
    assert right.split("_")[2] not in caplog.text
