"""What an answer that nobody expected probably means: frameworks refuse hosts that they don't know, and force https."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from corral.language import tr
from corral.model.headers import PROTO, Headers, text_of
from corral.verify.headers import host_asked

REDIRECTS: Final = (301, 302, 303, 307, 308)
_OUR_PROXYS: Final = "proxy.server_name"
"""In the body of a 421 that nginx gives by Corral's configuration."""
_SHOWN: Final = 200
"""Characters of a Location: some hold a whole request."""


def meaning(status: int, location: str, body: str, headers: Headers, netloc: str) -> str:
    """The rest of the sentence that says which status came; empty when nothing more is known.

    `netloc` is where the question went, `headers` what it carried.
    """
    host = host_asked(headers, netloc)
    if status in REDIRECTS and location:
        return tr(
            ": it redirects to {location}{towards}", location=location[:_SHOWN], towards=_towards(location, headers)
        )
    if status == 421 and _OUR_PROXYS in body:
        return tr(": the proxy doesn't serve the host {host}; proxy.server_name has those that it does", host=host)
    if status in (400, 421) or (status == 403 and re.search(r"\bhosts?\b", body, re.IGNORECASE)):
        return tr(
            ": it may refuse the host {host}: add it to the application's allowed hosts, or set app.health.headers",
            host=host,
        )
    return ""


def wants_https(status: int, location: str, headers: Headers, netloc: str, path: str) -> bool:
    """Whether an answer asks for the same again with https, though the visitor is one who came by https.

    The proxy takes no word for https but that of an outer proxy, which is where such a visitor's TLS ends.
    """
    if status not in REDIRECTS or text_of(headers, PROTO) != "https":
        return False
    try:
        to, asked = urlsplit(location), urlsplit(f"https://{host_asked(headers, netloc)}{path}")
    except ValueError:
        return False
    return (to.scheme, to.hostname, to.path, to.query) == ("https", asked.hostname, asked.path, asked.query)


def _towards(location: str, headers: Headers) -> str:
    if not location.startswith("https:") or text_of(headers, PROTO) == "https":
        return ""
    return tr(
        "; if people come by https, write that URL as ROOT_URL in app.env, or `X-Forwarded-Proto: https` "
        "in app.health.headers"
    )
