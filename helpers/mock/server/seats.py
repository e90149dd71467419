"""The seats of a workshop: an account, a file and a server each, and a page with their progress."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from .. import MockTwilio
from ..core.context import Context
from ..core.events import Event
from ..core.store import Resource
from ..flex.resources import FlexChannel, FlexFlow, Interaction
from ..messaging.resources import Message
from ..studio.resources import Execution
from ..taskrouter.resources import Reservation
from ..webhooks.outbox import Delivery
from .running import GRACE, BackgroundServer

MOST = 100
"""Seats of a workshop at most."""
REFRESH = 5
"""Seconds after which the page is loaded again."""
STEPS: tuple[tuple[str, type[Resource], dict[str, Any]], ...] = (
    ("Flex Flows for custom chat", FlexFlow, {"channel_type": "custom"}),
    ("Flex Chat Channels", FlexChannel, {}),
    ("Messages", Message, {}),
    ("Tasks completed", Reservation, {"reservation_status": "completed"}),
    ("Webhooks", Delivery, {}),
    ("Studio executions", Execution, {}),
    ("Interactions", Interaction, {}),
)
"""Columns of progress, in the order of the notebooks: a title, and what is counted."""


@dataclass
class Seat:
    """A seat: its number, its account's file if it has one, its account and its server."""

    number: int
    file: Path | None
    mock: MockTwilio
    server: BackgroundServer
    used: float | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.mock.follow_all(self._note)

    def _note(self, _event: Event) -> None:
        self.used = time.time()

    @property
    def progress(self) -> list[int]:
        """Numbers of what was made at the seat, one for each of `STEPS`."""

        def count(context: Context) -> list[int]:
            return [context.store.count(kind, **where) for _, kind, where in STEPS]

        return self.mock.look(count)


@contextmanager
def seats(
    number: int,
    open_account: Callable[[Path | None], MockTwilio],
    *,
    folder: Path | None,
    host: str,
    first_port: int,
    **serving: Any,
) -> Iterator[list[Seat]]:
    """Serve that many accounts, one port after the other; port 0 takes free ones.

    Raises:
        CannotListen: One of the ports is in use.
        DatabaseRefused: A file of the folder is not such an account's.
    """
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as opened:
        served = []
        for each in range(1, number + 1):
            file = folder / f"seat-{each:02}.db" if folder else None
            mock = open_account(file)
            opened.callback(mock.close)
            port = first_port and first_port + each - 1
            server = BackgroundServer(mock, host=host, port=port, **serving)
            opened.callback(server.close)
            served.append(Seat(each, file, mock, server))
        yield served


@contextmanager
def progress_page(served: list[Seat], listening: socket.socket) -> Iterator[None]:
    """Serve the page that shows how far each seat is."""

    def page(_request: Request) -> HTMLResponse:
        return HTMLResponse(
            progress_html(served),
            headers={"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"},
        )

    application = Starlette(routes=[Route("/", page)])
    server = uvicorn.Server(
        uvicorn.Config(application, log_config=None, access_log=False, server_header=False)
    )
    thread = threading.Thread(target=server.run, args=([listening],), name="seats", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(GRACE)


def progress_html(served: list[Seat]) -> str:
    """Return the page of these seats."""
    heads = "".join(f"<th scope=col>{escape(title)}" for title, _, _ in STEPS)
    rows = "".join(
        f'<tr><th scope=row><a href="{escape(seat.server.url)}">Seat {seat.number}</a>'
        + "".join(f"<td{' class=none' * (not made)}>{made}" for made in seat.progress)
        + f"<td>{_ago(seat.used)}"
        for seat in served
    )
    return f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="{REFRESH}">
<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<title>Seats</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 2rem; overflow-x: auto }}
table {{ border-collapse: collapse }}
th, td {{ padding: .3rem .8rem; border-bottom: 1px solid #8886; text-align: right }}
th[scope=row] {{ text-align: left; white-space: nowrap }}
thead th {{ vertical-align: bottom; font-weight: 600; max-width: 8rem }}
.none {{ opacity: .55 }}
</style>
<h1>{len(served)} seats</h1>
<p>Numbers of what was made at each, loaded again every {REFRESH} seconds. A seat's link is its
inspector.</p>
<table><thead><tr><th scope=col>{heads}<th scope=col>Last change</thead><tbody>{rows}</table>
</html>"""


def _ago(used: float | None) -> str:
    if used is None:
        return "none yet"
    seconds = int(time.time() - used)
    return f"{seconds} s ago" if seconds < 120 else f"{seconds // 60} min ago"
