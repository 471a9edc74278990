"""Cookies: the session's, by name and path, as the site's address from outside asks for.

- Over HTTPS without a path it is `__Host-streetwarden`: a browser takes that from this host alone,
  never from a neighbouring one, and never sends it in the clear.
- Under a path it is `__Secure-streetwarden` for that path: `__Host-` wants the path `/`, and then
  whatever else the proxy serves there would be sent it.
- Over plain HTTP (this machine, a try) it is `streetwarden`.

`SameSite=Strict`: no other site's page or link sends it. The page itself needs none: it asks `/v1/`
from a script, which then is the same site. (The one of a sign-in at an identity provider, which
sends people back from another site, is `Lax`.)
"""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from typing import Literal

from fastapi import Response
from starlette.datastructures import Headers
from starlette.types import Scope

from api.http.prefix import path_of
from vision.site import Site


class Cookie:
    """One cookie of a site.

    Args:
        site: whose address from outside decides on name and path.
        name: the cookie's, without its prefix.
        same_site: whether it comes along from other sites' links.
    """

    def __init__(
        self, site: Site, name: str = "streetwarden", same_site: Literal["strict", "lax"] = "strict"
    ) -> None:
        self._base = name
        self._same_site = same_site
        self._path = f"{path_of(site.site.url)}/"
        self._always_secure = site.site.url.startswith("https://")

    def name(self, scope: Scope) -> str:
        """What it is called for this request."""
        if not self._secure(scope):
            return self._base
        return f"{'__Host-' if self._path == '/' else '__Secure-'}{self._base}"

    def read(self, scope: Scope) -> str | None:
        """Its value in a request; None for none."""
        try:
            found = SimpleCookie(Headers(scope=scope).get("cookie", "")).get(self.name(scope))
        except CookieError:
            return None
        return found.value if found is not None and found.value else None

    def give(self, response: Response, scope: Scope, value: str, *, max_age_s: int) -> None:
        """Set it; the browser forgets it after so many seconds."""
        self._set(response, scope, value, max_age_s)

    def take(self, response: Response, scope: Scope) -> None:
        """Have the browser forget it."""
        self._set(response, scope, "", 0)

    def _set(self, response: Response, scope: Scope, value: str, max_age_s: int) -> None:
        response.set_cookie(
            self.name(scope),
            value,
            max_age=max_age_s,
            path=self._path,
            secure=self._secure(scope),
            httponly=True,
            samesite=self._same_site,
        )

    def _secure(self, scope: Scope) -> bool:
        return self._always_secure or scope.get("scheme") == "https"
