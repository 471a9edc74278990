"""OIDC: signing in at an OpenID Connect provider, by authorization code with PKCE.

Optional: needs the extra `oidc`, and nothing but `api.http.routes.oidc` imports it. authlib and
joserfc check the token; what was asked for is kept in the database, so that the way back may lead
to another server, and is good for one return.
"""

from __future__ import annotations

import hashlib
import logging
import re
import secrets
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import OpenIDProviderMetadata, get_well_known_url
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from api.access.divisions import claimed
from api.access.roles import Role
from api.access.sessions import NewSession, SessionStore
from api.access.users import folded, new_user
from api.errors import ProviderUnavailable, SignInFailed
from api.storage.database import Database
from api.storage.tables import OidcFlowRow, UserRow
from api.words.said import say
from vision.errors import SiteError
from vision.printable import printable
from vision.site.access import OidcProvider

LOG = logging.getLogger("streetwarden.api")
FLOW_LIFE = timedelta(minutes=10)
"""For typing a password and a second factor at the provider."""
MOST_FLOWS = 10_000
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384"]
"""Asymmetric ones alone: never `none`, never one with the client's secret as key."""
_KNOWN_FOR_S = 600.0
_LEEWAY_S = 60
_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class Leaving:
    """Where somebody is sent to sign in, and the state with which they come back."""

    url: str
    state: str


class OidcDesk:
    """Sends people to the provider and takes in those who come back.

    Args:
        database: of users and of what is under way.
        sessions: where their sessions begin.
        settings: the provider.
        redirect_uri: to which it sends people back.

    Raises:
        SiteError: `ca` cannot be read.
    """

    def __init__(
        self,
        database: Database,
        sessions: SessionStore,
        settings: OidcProvider,
        redirect_uri: str,
    ) -> None:
        self._database = database
        self._sessions = sessions
        self._settings = settings
        self._redirect_uri = redirect_uri
        try:
            trusted = ssl.create_default_context(cafile=settings.ca)
        except OSError as error:  # ssl.SSLError is one
            raise SiteError(
                f"access.oidc.ca: {settings.ca}: cannot be read as a certificate ({error}); give "
                "the provider's root as PEM"
            ) from error
        self._http = httpx.Client(verify=trusted, timeout=_TIMEOUT_S)
        self._lock = threading.Lock()
        self._found: tuple[float, Mapping[str, Any], KeySet] | None = None

    def leave(self) -> Leaving:
        """Begin a sign-in at the provider.

        Raises:
            ProviderUnavailable: it does not answer, or too many sign-ins are under way.
            DatabaseUnavailable: it cannot be stored.
        """
        metadata, _ = self._provider()
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        now = datetime.now(UTC)
        with self._database.write() as session:
            session.execute(delete(OidcFlowRow).where(OidcFlowRow.expires_at <= now))
            if len(session.scalars(select(OidcFlowRow.id).limit(MOST_FLOWS)).all()) >= MOST_FLOWS:
                raise ProviderUnavailable(say("sign_ins_under_way"))
            ends = now + FLOW_LIFE
            flow = OidcFlowRow(id=_digest(state), nonce=nonce, verifier=verifier, expires_at=ends)
            session.add(flow)
        asked = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": self._redirect_uri,
            "scope": self._settings.scope,
            "state": state,
            "nonce": nonce,
            "code_challenge": create_s256_code_challenge(verifier),
            "code_challenge_method": "S256",
        }
        url = httpx.URL(metadata["authorization_endpoint"]).copy_merge_params(asked)
        return Leaving(str(url), state)

    def come_back(self, state: str, kept: str | None, code: str, address: str) -> NewSession:
        """Begin the session of who came back from the provider.

        Args:
            state: from the address that they came back to.
            kept: the state that their own browser has kept.
            code: what the token is had for.
            address: where they ask from.

        Raises:
            SignInFailed: the state is not theirs, was used or is old; the token does not hold; or
                they have no role here.
            ProviderUnavailable: it does not answer.
        """
        flow = (
            self._taken(state)
            if kept is not None and secrets.compare_digest(state.encode(), kept.encode())
            else None
        )
        if flow is None:
            raise SignInFailed(say("sign_in_used"))
        try:
            claims = self._claims(flow, code)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            LOG.warning("an answer of the identity provider was refused: %s", error)
            raise SignInFailed(say("provider_answer")) from error
        return self._sessions.begin(self._user(claims), address)

    def _taken(self, state: str) -> OidcFlowRow | None:
        """What was asked for with this state, once."""
        with self._database.write() as session:
            row = session.get(OidcFlowRow, _digest(state), with_for_update=True)
            if row is not None:
                session.delete(row)
        return row if row is not None and datetime.now(UTC) < row.expires_at else None

    def _claims(self, flow: OidcFlowRow, code: str) -> Mapping[str, Any]:
        metadata, keys = self._provider()
        given = self._ask("POST", metadata["token_endpoint"], flow.verifier, code)
        try:
            token = jwt.decode(given["id_token"], keys, algorithms=_ALGORITHMS)
        except InvalidKeyIdError:  # signed with a key that is newer than those we know
            _, keys = self._provider(afresh=True)
            token = jwt.decode(given["id_token"], keys, algorithms=_ALGORITHMS)
        claims = CodeIDToken(
            token.claims,
            token.header,
            options={
                "iss": {"essential": True, "value": self._settings.issuer},
                "aud": {"essential": True, "value": self._settings.client_id},
            },
            params={
                "nonce": flow.nonce,
                "client_id": self._settings.client_id,
                "access_token": given.get("access_token"),
            },
        )
        claims.validate(leeway=_LEEWAY_S)
        return dict(token.claims)

    def _user(self, claims: Mapping[str, Any]) -> str:
        """The id of the user with these claims, added or brought up to date."""
        role = self._role(claims)
        subject = f"{self._settings.issuer} {claims['sub']}"
        if role is None or len(subject) > 512 or printable(subject) != subject:
            raise SignInFailed(say("provider_role"))
        try:
            return self._stored(claims, subject, role)
        except IntegrityError:  # came back twice at the same moment
            return self._stored(claims, subject, role)

    def _stored(self, claims: Mapping[str, Any], subject: str, role: Role) -> str:
        said = self._settings
        with self._database.write() as session:
            row = session.scalar(
                select(UserRow).where(UserRow.subject == subject).with_for_update()
            )
            if row is None:
                name = _name(_text(claims, said.name_claim), subject)
                if session.scalar(select(UserRow.id).where(UserRow.name == name)) is not None:
                    # Nobody becomes a user of ours by having their name elsewhere.
                    name = f"{name[:50]}-{_digest(subject)[:12]}"
                row = new_user(name, role, label=name)
                row.subject = subject
                session.add(row)
            if row.disabled_at is not None:
                raise SignInFailed(say("user_disabled"))
            row.role = role.value
            row.label = _text(claims, said.label_claim) or row.name
            row.unit = _text(claims, said.unit_claim)
            row.cameras, row.kinds, divisions = (
                None if claim is None else sorted(_texts(claims, claim))
                for claim in (said.cameras_claim, said.kinds_claim, said.divisions_claim)
            )
            row.divisions = None if divisions is None else claimed(divisions)
            return row.id

    def _role(self, claims: Mapping[str, Any]) -> Role | None:
        held = _texts(claims, self._settings.roles_claim)
        return next((Role(r) for value, r in self._settings.roles.items() if value in held), None)

    def _provider(self, *, afresh: bool = False) -> tuple[Mapping[str, Any], KeySet]:
        """The provider's metadata and keys, asked for when they are some minutes old."""
        with self._lock:
            now = time.monotonic()
            if self._found is None or afresh or now - self._found[0] > _KNOWN_FOR_S:
                issuer = self._settings.issuer
                metadata = OpenIDProviderMetadata(
                    self._ask("GET", get_well_known_url(issuer, external=True))
                )
                named = str(metadata.get("issuer"))[:200]
                if named != issuer:
                    raise ProviderUnavailable(say("provider_name", name=named))
                stated: Any = self._ask("GET", metadata["jwks_uri"])
                self._found = (now, metadata, KeySet.import_key_set(stated))
            return self._found[1:]

    def _ask(self, method: str, url: str, verifier: str = "", code: str = "") -> dict[str, Any]:
        form = None
        if method == "POST":
            form = {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": self._redirect_uri,
                "code_verifier": verifier,
            }
        secret = self._settings.client_secret.get_secret_value()
        sign = (self._settings.client_id, secret) if form is not None else None
        try:
            answer = self._http.request(method, url, data=form, auth=sign)
            found = answer.json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            why = say("provider_silent", error=type(error).__name__)
            raise ProviderUnavailable(why) from error
        if answer.is_success and isinstance(found, dict):
            return found
        LOG.warning("the identity provider answered %d to %s", answer.status_code, method)
        if form is not None:
            raise SignInFailed(say("provider_answer"))
        raise ProviderUnavailable(say("provider_down"))


def _name(claimed: str, subject: str) -> str:
    kept = re.sub(r"[^\w.@+-]", "", folded(claimed))[:64]
    return kept or f"oidc-{_digest(subject)[:12]}"


def _claimed(claims: Mapping[str, Any], path: str | None) -> object:
    """A claim; one within another is written with dots, unless a claim has just that name."""
    if path is None or path in claims:
        return claims.get(path or "")
    found: object = claims
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _text(claims: Mapping[str, Any], path: str | None) -> str:
    found = _claimed(claims, path)
    return printable(found).strip()[:200] if isinstance(found, str) else ""


def _texts(claims: Mapping[str, Any], path: str) -> set[str]:
    found = _claimed(claims, path)
    several = [found] if isinstance(found, str) else found if isinstance(found, list) else []
    # No database holds half characters, and no name of ours has them.
    return {one for one in several if isinstance(one, str) and one and printable(one) == one}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
