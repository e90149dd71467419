"""Runs a mock Twilio account as a server: `python -m helpers.mock`."""

from __future__ import annotations

import argparse
import logging
import sys

from . import DEFAULT_SEED, DEMO_VALUES, DatabaseInUse, DatabaseRefused, MockTwilio
from .credentials import Credentials
from .server.running import MockServer, PortTaken, listen, url_of

PORT = 8787


def _arguments(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m helpers.mock",
        description="A Twilio account on your machine, over HTTP. Ctrl-C stops it.",
    )
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="address to listen on (%(default)s); another one lets other machines in",
    )
    parser.add_argument(
        "--port", type=int, default=PORT, help="port (%(default)s); 0 takes a free one"
    )
    parser.add_argument(
        "--db", metavar="FILE", help="keep everything in this file; without it nothing outlives it"
    )
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help="seed of the SIDs")
    return parser.parse_args(given)


def _start_line(url: str, credentials: Credentials) -> str:
    """Where it answers and what opens it; a secret from the environment is never shown."""
    demo = credentials.auth_token == DEMO_VALUES["TWILIO_AUTH_TOKEN"]
    token = credentials.auth_token if demo else "as in TWILIO_AUTH_TOKEN"
    return (
        f"Twilio mock at {url}  account SID {credentials.account_sid}  auth token {token}"
        f"  (open {url} to look inside; Ctrl-C stops it)"
    )


def main(given: list[str] | None = None) -> int:
    """Serve until SIGTERM or Ctrl-C; 0 for an orderly end, 1 where it could not start."""
    arguments = _arguments(given)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        listening = listen(arguments.host, arguments.port)
    except PortTaken as error:
        print(error, file=sys.stderr)  # noqa: T201 - a command's answer
        return 1
    try:
        mock = MockTwilio(seed=arguments.seed, db=arguments.db)
    except (DatabaseInUse, DatabaseRefused) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    line = _start_line(url_of(listening), mock.credentials)
    server = MockServer(mock, listening, lambda: print(line, flush=True))  # noqa: T201
    server.serve_until_stopped()
    mock.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
