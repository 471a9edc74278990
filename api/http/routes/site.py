"""`/v1/site`, `/v1/kinds`: the names that a reader of cases needs; the site's public keys."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from api.access.roles import RIGHTS, Right, Role
from api.cases.stages import Rejection
from api.http.context import Reader, Shared
from api.http.problems import GUARDED, Refusal, described
from api.records.site_chain import public_keys
from api.words.said import say
from vision.kinds import DetectorClass, Kind, catalogue
from vision.site.rule_settings import RuleSettings

router = APIRouter(prefix="/v1", tags=["site"], responses=described(*GUARDED))


class Me(BaseModel):
    """The asking key; `expires_at` is when it ends, null for never."""

    label: str
    role: Role
    rights: list[Right]
    expires_at: datetime | None


class SiteView(BaseModel):
    """The site's name, language and time zone, and who asks."""

    name: str
    language: str
    timezone: str
    me: Me
    rejections: list[Rejection]


class PublicKeyView(BaseModel):
    """A public key: what it signed can be checked with it, and that keys vouch for each other.

    Key and predecessor sign `streetwarden key v1`, a line break, and the canonical JSON of
    `from_no`, `key` (the fingerprint), `made_at`, `previous` and `site`.
    """

    fingerprint: str = Field(description="SHA-256 of the key's 32 bytes.", examples=["9f86" * 16])
    pem: str
    site: str = Field(description="The site's id in its records.")
    from_no: int = Field(description="The site's first record that it may sign.", examples=[1])
    made_at: str = Field(examples=["2026-11-27T08:00:00.000000Z"])
    previous: str | None = Field(description="The key that it replaced.")
    signature: str = Field(description="Its own, Ed25519 in Base64.")
    previous_signature: str | None = Field(description="The replaced key's; null if it was lost.")


class PublicKeyList(BaseModel):
    """The site's public keys, the first one first, the one in force last."""

    items: list[PublicKeyView]


class KindList(BaseModel):
    """The kinds of violation with their names and codes, and the classes that a detector sees.

    `settings` are those of each kind's rule in zones that set none of their own: by kind, and by
    `kind/subtype` in zones that name a sub-type.
    """

    items: list[Kind]
    classes: list[DetectorClass]
    settings: dict[str, RuleSettings]


@router.get("/site", operation_id="getSite")
def get_site(shared: Shared, who: Reader) -> SiteView:
    """Get the site's name, language and time zone."""
    info = shared.site.site
    return SiteView(
        name=info.name,
        language=info.language,
        timezone=info.timezone,
        me=Me(
            label=who.label,
            role=who.role,
            rights=sorted(RIGHTS[who.role]),
            expires_at=who.expires_at,
        ),
        rejections=list(Rejection),
    )


@router.get("/site/keys", operation_id="listSiteKeys")
def list_site_keys(shared: Shared, _who: Reader) -> PublicKeyList:
    """List the public keys whose private halves sign, or signed, this site's records."""
    with shared.database.read() as session:
        keys = public_keys(session)
    return PublicKeyList(items=[PublicKeyView(**key.as_json()) for key in keys])


@router.get(
    "/site/key",
    operation_id="getSiteKey",
    response_class=Response,
    responses={
        200: {
            "description": "The public key in force, PEM.",
            "content": {"application/x-pem-file": {"schema": {"type": "string"}}},
        },
        **described(404),
    },
)
def get_site_key(shared: Shared, _who: Reader) -> Response:
    """Download the public key in force, to check packages and records with."""
    with shared.database.read() as session:
        keys = public_keys(session)
    if not keys:
        raise Refusal(HTTPStatus.NOT_FOUND, say("site_key_missing"))
    name = f"site-{keys[-1].fingerprint[:16]}.pem"
    return Response(
        keys[-1].pem,
        media_type="application/x-pem-file",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@router.get("/kinds", operation_id="listKinds")
def list_kinds(shared: Shared, _who: Reader) -> KindList:
    """List the kinds, their sub-types and codes, and the classes of what is seen."""
    known = catalogue()
    settings = {kind.name: shared.site.kind_settings(kind.name) for kind in known.kinds}
    settings |= {
        f"{kind.name}/{subtype.name}": shared.site.kind_settings(kind.name, subtype.name)
        for kind in known.kinds
        for subtype in kind.subtypes
    }
    return KindList(items=list(known.kinds), classes=list(known.classes), settings=settings)
