"""The way in for frames of this process's own notebook, below a path that nobody can guess.

A browser may reach the kernel's machine through Jupyter's own server alone, as on JupyterHub and
Binder (jupyter-server-proxy). Its requests then have a name and an origin that the mock does not
know, and would refuse. Knowing the path proves that a frame is the notebook's. It leads to pages of
front ends and to what they ask of Twilio, not to the mock's controls.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Iterable

from starlette.responses import PlainTextResponse
from starlette.types import Scope

from ..realtime.connection import BASE
from .origin_check import PageHeaders

PREFIX = "/_frame/"
READY = "/ready"
"""Path below the door at which a notebook finds out whether its browser reaches this server."""
_READABLE = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Private-Network": "true"}
_TWILIO = re.compile(r"/([a-z0-9-]+\.)+twilio\.com/")
_REPLACED = re.compile(
    rb"host|origin|cookie|referer|sec-fetch-.*|x-forwarded-.*|x-proxycontextpath"
)
_PREFIXES = re.compile(r"(/[\w.~%@-]+)*", re.ASCII)


class FrameDoor:
    """Leads requests below its path to pages as if a page of this server had sent them.

    Attributes:
        path: The path, which only this process knows.

    Args:
        pages: Paths, or beginnings of paths, that it leads to besides Twilio's hosts.
    """

    def __init__(self, pages: Iterable[str]) -> None:
        self.path = f"{PREFIX}{secrets.token_urlsafe(24)}"
        self._pages = tuple(pages)

    def led(self, scope: Scope) -> Scope | None:
        """Return a request as the pages take it, or None if it is not let in."""
        path, end = scope["path"], len(self.path)
        beyond = path[end:]
        if not hmac.compare_digest(path[:end].encode(), self.path.encode()) or not (
            beyond == READY or beyond.startswith(self._pages) or _TWILIO.match(beyond)
        ):
            return None
        own = f"127.0.0.1:{scope['server'][1]}".encode()
        headers = [each for each in scope["headers"] if not _REPLACED.fullmatch(each[0])]
        headers.append((b"host", own))
        if PageHeaders(scope["headers"]).origins:
            headers.append((b"origin", b"http://" + own))
        return {
            **scope,
            "path": beyond,
            "raw_path": scope["raw_path"][end:],
            "headers": headers,
            "extensions": {**scope.get("extensions", {}), BASE: {"url": self._base(scope)}},
        }

    def _base(self, scope: Scope) -> str:
        """Return this door's address as the browser has it, through Jupyter's server or not."""
        headers: dict[bytes, str] = {
            name: value.decode("latin-1") for name, value in scope["headers"]
        }
        scheme = headers.get(b"x-forwarded-proto", str(scope["scheme"]))
        secure = scheme.startswith(("https", "wss"))
        before = headers.get(b"x-forwarded-prefix", "").rstrip("/")
        before = before if _PREFIXES.fullmatch(before) else ""
        host = headers.get(b"host", "")
        return f"{'https' if secure else 'http'}://{host}{before}{self.path}"


def ready() -> PlainTextResponse:
    """An answer that pages of every origin may read, as it says nothing."""
    return PlainTextResponse(
        "ready",
        headers={
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Allow-Private-Network": "true",
        },
    )
