"""Runs a mock Twilio account as a server: `python -m helpers.mock`."""

from __future__ import annotations

import argparse
import gc
import logging
import signal
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from ..console import run
from ..lazy import uncollected
from ..masking import mask

with uncollected():
    from . import DEFAULT_SEED, DEMO_VALUES, Credentials, DatabaseRefused, MockTwilio
    from .server.authority import CertificateAuthority, NoAuthority
    from .server.chat_page.sdk_copy import NoSuchCopy
    from .server.https_proxy import HttpsProxy
    from .server.origin_check import Origins
    from .server.running import (
        STOP_SIGNALS,
        CannotListen,
        MockServer,
        is_everywhere,
        is_reachable,
        listen,
        port_of,
        url_of,
    )
    from .server.seats import MOST, Seat, progress_page, seats
    from .studio.runner import ZONE, zone_of
    from .webhooks.network import CallPolicy

PORT = 8787
LAST_PORT = 65535
MAX_SEED = 2**63 - 1
"""Largest seed that a file can keep."""


def _up_to(highest: int) -> Callable[[str], int]:
    """Make the reader of an option that is a whole number from 0."""

    def read(text: str) -> int:
        if not (text.isdecimal() and int(text) <= highest):
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 0 to {highest}")
        return int(text)

    return read


def _origin(text: str) -> str:
    try:
        Origins([text])
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def _time_zone(text: str) -> str:
    try:
        return zone_of(text).key
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _arguments(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m helpers.mock",
        description="A Twilio account on your machine, over HTTP. Ctrl-C stops it.",
    )
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="address to listen on (%(default)s); 0.0.0.0 lets other machines in",
    )
    parser.add_argument(
        "--port", type=_up_to(LAST_PORT), default=PORT, help="port (%(default)s); 0: a free one"
    )
    parser.add_argument(
        "--db", metavar="FILE", help="keep everything in this file; without it nothing outlives it"
    )
    parser.add_argument(
        "--seats",
        metavar="NUMBER",
        type=_up_to(MOST),
        default=0,
        help="serve as many accounts, for a workshop: --port has a page with their progress, the"
        " ports after it an account each, and --db names a folder with a file for each",
    )
    parser.add_argument(
        "--seed", type=_up_to(MAX_SEED), default=DEFAULT_SEED, help="seed of the SIDs"
    )
    parser.add_argument(
        "--chat-sdk",
        metavar="FILE",
        help="Twilio's Chat SDK for browsers, for the page at /chat; by default a copy that npm has"
        " put near the working directory, else the page loads it from Twilio",
    )
    parser.add_argument(
        "--allow-origin",
        metavar="ORIGIN",
        type=_origin,
        action="append",
        default=[],
        help="let web pages of this origin, such as https://shop.example.com, use the account;"
        " pages of this machine may. Repeat it for more",
    )
    parser.add_argument(
        "--allow-target",
        metavar="HOST",
        action="append",
        default=[],
        help="let webhooks and flows call this host on a private network, even where other"
        " machines reach the mock with the demo credentials. Repeat it for more",
    )
    parser.add_argument(
        "--https-proxy",
        metavar="PORT",
        type=_up_to(LAST_PORT),
        help="run an HTTPS proxy on this port of this machine as well, through which programs reach"
        " the mock as Twilio, unmodified: docs/how-to/use-the-https-proxy.md",
    )
    parser.add_argument(
        "--time-zone",
        metavar="NAME",
        type=_time_zone,
        default=ZONE,
        help="zone of dates in Studio's templates (%(default)s, as at Twilio)",
    )
    return parser.parse_args(given)


def main(given: list[str] | None = None) -> int:
    """Serve until SIGTERM or Ctrl-C. Returns 0 for an orderly end, 1 if it could not start."""
    arguments = _arguments(given)
    # while nothing is served Ctrl-C simply ends it: acknowledged changes are on disk
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    with ExitStack() as opened:
        try:
            serve = (_prepare_seats if arguments.seats else _prepare)(arguments, opened)
        except (CannotListen, DatabaseRefused, NoAuthority, NoSuchCopy, ValueError) as error:
            print(mask(str(error)), file=sys.stderr)
            return 1
        serve()
    return 0


def _prepare(arguments: argparse.Namespace, opened: ExitStack) -> Callable[[], None]:
    """Open all that is needed, to be closed with `opened`, and return the function that serves."""
    listening = opened.enter_context(listen(arguments.host, arguments.port))
    mock = _account(arguments, _policy(arguments, listening), arguments.db)
    opened.callback(mock.close)
    url = url_of(listening)
    line = (
        f"Twilio mock at {url}  {_login(mock.credentials)}"
        f"  (open {url} to look inside; Ctrl-C stops it)"
    )
    if is_everywhere(listening):
        line += "  Other machines are let in, at this machine's name or address and the same port"
    if arguments.https_proxy is not None:
        address = urlsplit(url)
        authority = CertificateAuthority()
        proxy = opened.enter_context(
            HttpsProxy(
                arguments.https_proxy, (address.hostname or "", address.port or 0), authority
            )
        )
        line += f"  HTTPS proxy at {proxy.url}, its certificates by {authority.certificate}"
    server = MockServer(
        mock,
        listening,
        lambda: print(line, flush=True),
        at_once=arguments.db is None,
        chat_sdk=arguments.chat_sdk,
        allow_origins=arguments.allow_origin,
    )
    gc.freeze()  # else 50 ms of a collection are for what is never let go of
    return server.serve_until_stopped


def _prepare_seats(arguments: argparse.Namespace, opened: ExitStack) -> Callable[[], None]:
    """Open the seats of a workshop, to be closed with `opened`, and return what waits meanwhile."""
    if arguments.port > LAST_PORT - arguments.seats:
        raise ValueError(f"--port {arguments.port} leaves no ports for {arguments.seats} seats")
    if arguments.https_proxy is not None:
        raise ValueError("--https-proxy leads to one account: leave out --seats")
    listening = opened.enter_context(listen(arguments.host, arguments.port))
    policy = _policy(arguments, listening)
    served = opened.enter_context(
        seats(
            arguments.seats,
            partial(_account, arguments, policy),
            folder=Path(arguments.db) if arguments.db else None,
            host=arguments.host,
            first_port=arguments.port and arguments.port + 1,
            chat_sdk=arguments.chat_sdk,
            allow_origins=arguments.allow_origin,
        )
    )
    opened.enter_context(progress_page(served, listening))
    lines = [f"Seats at {url_of(listening)}  {_login(served[0].mock.credentials)}"]
    lines += map(_line, served)
    stopped = threading.Event()

    def wait() -> None:
        for each in STOP_SIGNALS:
            signal.signal(each, lambda *_: stopped.set())
        print("\n".join(lines), flush=True)
        while not stopped.wait(1):
            pass  # a wait without an end keeps Ctrl-C from Windows

    return wait


def _policy(arguments: argparse.Namespace, listening: socket.socket) -> CallPolicy:
    """Return what may be called, before an account is opened, which resumes webhooks."""
    policy = CallPolicy(arguments.allow_target)
    is_confined = is_reachable(listening) and Credentials.demo().is_known
    policy.start_listening(port_of(listening), is_confined=is_confined)
    return policy


def _account(
    arguments: argparse.Namespace, policy: CallPolicy, db: str | Path | None
) -> MockTwilio:
    mock = MockTwilio(
        seed=arguments.seed, credentials=Credentials.demo(), db=db, call_policy=policy
    )
    mock.studio.time_zone = arguments.time_zone
    return mock


def _login(own: Credentials) -> str:
    # a secret from the environment is never shown
    is_demo = own.auth_token == DEMO_VALUES["TWILIO_AUTH_TOKEN"]
    token = own.auth_token if is_demo else "as in TWILIO_AUTH_TOKEN"
    return f"account SID {mask(own.account_sid)}  auth token {token}"


def _line(seat: Seat) -> str:
    return f"seat {seat.number:2}  {seat.server.url}  {seat.file or ''}".rstrip()


if __name__ == "__main__":
    run(main)
