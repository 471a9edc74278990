"""Open311: files a confirmed case as a service request in a city's GeoReport v2 endpoint.

GeoReport v2, "POST Service Request": https://wiki.open311.org/GeoReport_v2/. The endpoint's
`service_request_id` (or its `token`, while it has no id yet) becomes the case's task number.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar, Literal
from urllib.parse import quote, quote_plus
from xml.etree.ElementTree import ParseError

import defusedxml.ElementTree
from defusedxml import DefusedXmlException
from pydantic import SecretStr

from api.delivery.adapters.adapter import Adapter, Answer, Event, Request, Undeliverable, number_of
from api.delivery.adapters.words import Placeholders, Template
from api.delivery.outcome import Outcome, Result, judged
from vision.evidence import EvidenceRole
from vision.fields import Part as SiteFilePart
from vision.fields import TimeZone

_SAME_AS_WGS84 = {"WGS84", "CGCS2000"}
_FOR_GOOD = {400, 404, 422}
"""GeoReport v2 "Errors": 400 a wrong request, 404 an unknown jurisdiction."""


class Open311(Adapter):
    """One service request for each confirmed case; GeoReport v2 knows no later news of it."""

    class Settings(SiteFilePart):
        """The endpoint's own data.

        `services` gives the `service_code` of a kind, or of one of its sub-types as
        `kind/subtype`. `description` is a text with placeholders.
        """

        services: dict[str, str]
        format: Literal["json", "xml"] = "json"
        jurisdiction_id: str = ""
        api_key: SecretStr | None = None
        description: Template = "{matter}, {address}, {first_seen} ({case_id})"
        timezone: TimeZone = "Asia/Shanghai"

    events: ClassVar = ("confirmed",)
    reads: ClassVar[int] = 64 * 1024
    settings: Settings

    def request(self, event: Event) -> Request:
        """The request as a form, or Undeliverable with what it lacks."""
        data, ours = event.data, self.settings
        kind, subtype = data["kind"], data.get("subtype", "")
        code = ours.services.get(f"{kind}/{subtype}") or ours.services.get(kind)
        if not code:
            raise Undeliverable(
                f"no service code for {kind}/{subtype}; add it to this webhook's settings.services "
                "and replay"
            )
        form = {
            "service_code": code,
            **_place(data),
            "description": ours.description.format(**Placeholders(data, ours.timezone, "en")),
            "media_url": _picture(data),
            "jurisdiction_id": ours.jurisdiction_id,
            "api_key": ours.api_key.get_secret_value() if ours.api_key else "",
        }
        form = {name: text for name, text in form.items() if text}
        return Request(path=f"/requests.{ours.format}", form=form)

    def judge(self, answer: Answer) -> Outcome:
        """2xx with an id or a token; what the endpoint finds wrong is told in its own words."""
        if 200 <= answer.status < 300:
            said = self._first(answer.body)
            task_no = number_of(said.get("service_request_id")) or number_of(said.get("token"))
            return Outcome(Result.DELIVERED, status=answer.status, task_no=task_no)
        if answer.status in _FOR_GOOD:
            why = str(self._first(answer.body).get("description") or "no reason")
            error = f"the receiver answered {answer.status}: {self._quoted(why)}"
            return Outcome(Result.REFUSED, status=answer.status, error=error)
        return judged(answer.status, answer.headers)

    def ping(self, event: Event) -> Request:  # noqa: ARG002 - nothing of it is sent
        """Its list of services."""
        return Request(method="GET", path=f"/services.{self.settings.format}")

    def pinged(self, answer: Answer) -> Outcome:
        """Which every endpoint has."""
        return judged(answer.status, answer.headers)

    def _quoted(self, why: str) -> str:
        """What the endpoint says, which may repeat the key that it was given."""
        key = self.settings.api_key.get_secret_value() if self.settings.api_key else ""
        for known in {key, quote(key, safe=""), quote_plus(key)} - {""}:
            why = why.replace(known, "…")
        return why[:200]

    def _first(self, body: bytes) -> Mapping[str, Any]:
        """The first item of a list of requests or errors; empty where it is none."""
        return _of_json(body) if self.settings.format == "json" else _of_xml(body)


def _of_json(body: bytes) -> Mapping[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    first = said[0] if isinstance(said, list) and said else said
    return first if isinstance(first, dict) else {}


def _of_xml(body: bytes) -> Mapping[str, Any]:
    try:
        root = defusedxml.ElementTree.fromstring(body)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return {}
    first = next(iter(root), None)
    return {} if first is None else {one.tag: (one.text or "").strip() for one in first}


def _place(data: Mapping[str, Any]) -> dict[str, str]:
    """Degrees where they are known, else the address.

    Raises:
        Undeliverable: neither is.
    """
    where = data.get("where") or {}
    if where.get("lat") is not None and where.get("crs") in _SAME_AS_WGS84:
        return {"lat": f"{where['lat']:.6f}", "long": f"{where['lon']:.6f}"}
    if where.get("address"):
        return {"address_string": where["address"]}
    raise Undeliverable(
        f"case {data['case_id']} has neither a position nor an address; give its camera a place "
        "for later cases"
    )


def _picture(data: Mapping[str, Any]) -> str:
    """A masked picture's address, where the site has one (`site.url`)."""
    masked = (e for e in data.get("evidence") or () if e["role"] == EvidenceRole.MASKED.value)
    return next((e["href"] for e in masked if e["href"].startswith("http")), "")
