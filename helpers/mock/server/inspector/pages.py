"""The page itself: static files that need no build, and may load nothing from elsewhere."""

from __future__ import annotations

import mimetypes

from starlette.datastructures import MutableHeaders
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ....javascript import KIT

# Windows takes media types from its registry, where scripts are often mere text; a browser that
# is told not to guess would run none of them.
mimetypes.add_type("text/javascript", ".js")

_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'; object-src 'none'",
    "Cache-Control": "no-cache",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def pages() -> ASGIApp:
    """An application of the page's files; `/` is the page."""
    return _Strict(StaticFiles(directory=KIT.parent, packages=[(__package__, "static")], html=True))


class _Strict:
    """Tells the browser to run and load only what comes from here, and never an old copy of it."""

    def __init__(self, inner: ASGIApp) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_strictly(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        await self._inner(scope, receive, send_strictly)
