"""Clients of Twilio's JavaScript SDKs, in a Node process of their own."""

from __future__ import annotations

import itertools
import json
import queue
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import node_packages
import pytest

CLIENTS = Path(__file__).with_name("clients.js")
WORKERS = Path(__file__).with_name("workers.js")
SDKS = ("twilio-chat", "@twilio/conversations")
CONVERSATIONS = ("conversations-2", "@twilio/conversations")
"""`@twilio/conversations` 2.7, by an alias, and 3.0."""
BUNDLE = "twilio-chat/builds/twilio-chat.min.js"
"""Bundle for web pages' <script>: an older Sync inside, which pages and subscribes differently."""
PATIENCE = 30
"""Seconds after which something awaited counts as never coming."""


in_the_bundle_too = pytest.mark.parametrize("sdk", [*SDKS, BUNDLE], indirect=True)


class Refused(Exception):
    """The SDK rejected a call."""

    def __init__(self, message: dict[str, Any]) -> None:
        super().__init__(message)
        self.status = message.get("status")
        self.code = message.get("code")
        self.message = message.get("message")


class Sdk:
    """One of the SDKs in a Node process, with any number of clients in it."""

    def __init__(self, name: str, script: Path = CLIENTS) -> None:
        self.name = name
        self._process = subprocess.Popen(
            ["node", str(script), str(node_packages.installed()), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self._numbers = itertools.count(1)
        self._answers: dict[int, queue.Queue[dict[str, Any]]] = {}
        self._clients: dict[int, JavaScriptClient] = {}
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if not line.startswith("{"):
                continue  # what an SDK logs
            message = json.loads(line)
            if "event" in message:
                self._clients[message.pop("client")].record(message)
            else:
                self._answers.pop(message["id"]).put(message)

    def begin(self, uri: str, token: str, **options: Any) -> JavaScriptClient:
        """A new client, which connects at once."""
        return self.make(uri, token, options)

    def make(self, *args: Any) -> JavaScriptClient:
        """A new client, of what its script takes."""
        client = JavaScriptClient(self, number := next(self._numbers))
        self._clients[number] = client
        self.send(number, "begin", *args)
        return client

    def send(self, client: int, act: str, *args: Any) -> queue.Queue[dict[str, Any]]:
        """Make a client do something; the answer comes in the queue."""
        number = next(self._numbers)
        answers = self._answers[number] = queue.Queue()
        message = {"id": number, "client": client, "act": act, "args": args}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()
        return answers

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(PATIENCE)
        self._process.stdout.close()


class JavaScriptClient:
    """One chat client.

    Attributes:
        events: Every event so far, as JSON, in order.
    """

    def __init__(self, sdk: Sdk, number: int) -> None:
        self._sdk = sdk
        self._number = number
        self.events: list[dict[str, Any]] = []
        self._changed = threading.Condition()

    def record(self, message: dict[str, Any]) -> None:
        """Record an event."""
        with self._changed:
            self.events.append(message)
            self._changed.notify_all()

    def ask(self, act: str, *args: Any) -> Any:
        """Make the client do something and wait for its answer.

        Raises:
            Refused: The SDK rejected it.
        """
        return self.start(act, *args)()

    def start(self, act: str, *args: Any) -> Callable[[], Any]:
        """Make the client do something; call the result to wait for its answer."""
        answers = self._sdk.send(self._number, act, *args)

        def wait() -> Any:
            message = answers.get(timeout=PATIENCE)
            if "refused" in message:
                raise Refused(message["refused"])
            return message["answer"]

        return wait

    def wait_for(self, event: str, **about: Any) -> dict[str, Any]:
        """Wait for an event that says all of this and was not waited for yet."""
        with self._changed:
            found = self._changed.wait_for(lambda: self._next(event, about), PATIENCE)
        assert found, f"{event} with {about} never came; received {self.events}"
        return found

    def is_ready(self) -> None:
        """Wait until it is logged in and initialized."""
        self.wait_for("connectionStateChanged", value="connecting")
        self.wait_for("connectionStateChanged", value="connected")
        self.wait_for("stateChanged", value="initialized")

    def _next(self, event: str, about: dict[str, Any]) -> dict[str, Any] | None:
        for message in self.events:
            if message.get("taken") or message["event"] != event:
                continue
            if all(message.get(name) == value for name, value in about.items()):
                message["taken"] = True
                return message
        return None

    def all(self, event: str) -> list[dict[str, Any]]:
        """Every event of a name so far."""
        with self._changed:
            return [message for message in self.events if message["event"] == event]

    def leave(self) -> None:
        """Shut down, whatever state it is in."""
        self._sdk.send(self._number, "shutdown")
