"""The server's front page: the account's contents, live, in a browser.

The page reads JSON under `/_mock/state` and follows changes at `/_mock/news`; it changes the
account only through the server's public controls. It is static files that need no build and load
nothing from elsewhere.
"""

from __future__ import annotations

import mimetypes

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from ....javascript import KIT

# Windows takes media types from its registry, where scripts are often plain text, which a browser
# under `nosniff` does not run.
mimetypes.add_type("text/javascript", ".js")

_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'; object-src 'none'",
    "Cache-Control": "no-cache",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Pages(StaticFiles):
    """Serves the page's files, from which a browser loads nothing else; `/` is the page."""

    def __init__(self) -> None:
        super().__init__(directory=KIT.parent, packages=[(__package__, "static")], html=True)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """A file, with headers that keep the browser to this server and its current files."""
        response = await super().get_response(path, scope)
        response.headers.update(_HEADERS)
        return response
