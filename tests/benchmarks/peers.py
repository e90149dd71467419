"""Other tools that answer for Twilio on this machine, at the same call and beside the same floor.

They are npm packages, in FOLDER/node_modules: @stoplight/prism-cli, which answers with the examples
of Twilio's OpenAPI documents (of which the variable TWILIO_OAI_DIR names a folder), and emulate
0.12.2, which keeps a slice of Conversations. One that is not there is left out.
"""

from __future__ import annotations

import os
import shutil
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from twilio.http.response import Response
from twilio.rest import Client

from helpers.account import SharedMockHttpClient
from helpers.mock import Credentials

from .measuring import (
    CANNED,
    MOCK,
    Figure,
    in_turns,
    megabytes,
    microseconds,
    number,
    process,
    serving,
)

DOCUMENTS = "TWILIO_OAI_DIR"
ROUNDS = 15
PATIENCE = 60


class Prefixed(SharedMockHttpClient):
    """Reaches `https://HOST/path` at `BASE/PREFIX/path`."""

    def __init__(self, base: str, prefix: str = "") -> None:
        super().__init__(base)
        self._prefix = prefix

    def request(self, method: str, uri: str, *args: Any, **kwargs: Any) -> Response:
        path = uri.split("/", 3)[3]
        return super().request(method, f"https:/{self._prefix}/{path}", *args, **kwargs)


@contextmanager
def mock() -> Iterator[tuple[Client, int]]:
    """The mock, served."""
    with serving(*MOCK) as (url, pid):
        yield client_of(SharedMockHttpClient(url)), pid


@contextmanager
def canned() -> Iterator[tuple[Client, int]]:
    """A server that gives the same answer to whatever it is asked."""
    with serving(*CANNED) as (url, pid):
        yield client_of(SharedMockHttpClient(url)), pid


def client_of(door: SharedMockHttpClient) -> Client:
    """The SDK's client of the demo account."""
    known = Credentials.demo()
    return Client(known.account_sid, known.auth_token, http_client=door)


@contextmanager
def prism(programs: Path) -> Iterator[tuple[Client, int]]:
    """Prism, which logs nothing."""
    document = Path(os.environ[DOCUMENTS]) / "twilio_conversations_v1.json"
    port = free_port()
    command = (str(programs / "prism"), "mock", "-v", "silent", "-p", port, str(document))
    with process(*command) as running:
        url = f"http://127.0.0.1:{port}"
        wait_for(url)
        yield client_of(Prefixed(url)), running.pid


@contextmanager
def emulate(programs: Path) -> Iterator[tuple[Client, int]]:
    """Emulate, with the account that it has; a Node of at least 24 may lie beside it."""
    port = free_port()
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    command = (str(programs / "emulate"), "start", "--service", "twilio", "--port", port)
    with process(*command, env={**os.environ, "PATH": path}) as running:
        url = f"http://localhost:{port}"
        wait_for(url)
        door = Prefixed(url, "/conversations")
        yield Client("AC" + "0" * 32, "twilio_test_auth_token", http_client=door), running.pid


def free_port() -> str:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return str(taken.getsockname()[1])


def wait_for(url: str) -> None:
    """Wait until a server answers, whatever it says."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            urllib.request.urlopen(url, timeout=PATIENCE).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def creating(client: Client) -> Callable[[], object]:
    """Creation of a message in a new conversation of a new service."""
    service = client.conversations.v1.services.create(friendly_name="Shop")
    own = client.conversations.v1.services(service.sid)
    messages = own.conversations(own.conversations.create(friendly_name="Chat").sid).messages
    return lambda: messages.create(body="How can I help?", author="alice")


def run(folder: Path | None) -> Iterator[Figure]:
    """Create a message in turns with the canned server."""
    servers: dict[str, Callable[[], Any]] = {"this mock": mock}
    programs = (folder or Path()) / "node_modules/.bin"
    for start in (prism, emulate):
        if shutil.which(programs / start.__name__) and (
            start is emulate or DOCUMENTS in os.environ
        ):
            servers[start.__name__] = lambda start=start: start(programs)
    with canned() as (floor, _):
        for name, start in servers.items():
            with start() as (client, pid):
                found = in_turns(
                    creating(client),
                    creating(floor),
                    rounds=ROUNDS,
                    clock=time.perf_counter_ns,
                )
                size = megabytes(pid)
            yield Figure(
                f"create message, Conversations, over loopback: {name}",
                f"{microseconds(found.own)}, {number(size)} MB of memory",
                microseconds(found.floor),
                found.ratio,
            )
