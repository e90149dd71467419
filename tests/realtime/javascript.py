"""Drives a chat client of Twilio's JavaScript SDKs, in a Node process of its own."""

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
SDKS = ("twilio-chat", "@twilio/conversations")
BUNDLE = "twilio-chat/builds/twilio-chat.min.js"
"""What web pages load by <script>: an older Sync inside, which pages and subscribes otherwise."""
PATIENCE = 10
"""Seconds after which something awaited counts as never coming."""


in_the_bundle_too = pytest.mark.parametrize("sdk", [*SDKS, BUNDLE], indirect=True)


class Refused(Exception):
    """The SDK rejected what it was asked to do."""

    def __init__(self, told: dict[str, Any]) -> None:
        super().__init__(told)
        self.status = told.get("status")
        self.code = told.get("code")
        self.message = told.get("message")


class Sdk:
    """One of the SDKs in a Node process, with any number of clients in it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._process = subprocess.Popen(
            ["node", str(CLIENTS), str(node_packages.installed()), name],
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
            told = json.loads(line)
            if "event" in told:
                self._clients[told.pop("client")].hear(told)
            else:
                self._answers.pop(told["id"]).put(told)

    def begin(self, uri: str, token: str, **options: Any) -> JavaScriptClient:
        """A new client, which connects at once."""
        client = JavaScriptClient(self, number := next(self._numbers))
        self._clients[number] = client
        self.tell(number, "begin", uri, token, options)
        return client

    def tell(self, client: int, act: str, *args: Any) -> queue.Queue[dict[str, Any]]:
        """Have a client do something; the answer comes in the queue."""
        number = next(self._numbers)
        answers = self._answers[number] = queue.Queue()
        told = {"id": number, "client": client, "act": act, "args": args}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(told) + "\n")
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
        heard: Every event so far, as JSON, in order.
    """

    def __init__(self, sdk: Sdk, number: int) -> None:
        self._sdk = sdk
        self._number = number
        self.heard: list[dict[str, Any]] = []
        self._news = threading.Condition()

    def hear(self, told: dict[str, Any]) -> None:
        """Take note of an event."""
        with self._news:
            self.heard.append(told)
            self._news.notify_all()

    def ask(self, act: str, *args: Any) -> Any:
        """Have the client do something and wait for its answer.

        Raises:
            Refused: The SDK rejected it.
        """
        return self.start(act, *args)()

    def start(self, act: str, *args: Any) -> Callable[[], Any]:
        """Have the client do something; call the result to wait for its answer."""
        answers = self._sdk.tell(self._number, act, *args)

        def wait() -> Any:
            told = answers.get(timeout=PATIENCE)
            if "refused" in told:
                raise Refused(told["refused"])
            return told["answer"]

        return wait

    def hears(self, event: str, **about: Any) -> dict[str, Any]:
        """Wait for an event that says all of this and was not waited for yet."""
        with self._news:
            found = self._news.wait_for(lambda: self._next(event, about), PATIENCE)
        assert found, f"{event} with {about} never came; heard {self.heard}"
        return found

    def is_ready(self) -> None:
        """Wait until it is logged in and initialized."""
        self.hears("connectionStateChanged", value="connecting")
        self.hears("connectionStateChanged", value="connected")
        self.hears("stateChanged", value="initialized")

    def _next(self, event: str, about: dict[str, Any]) -> dict[str, Any] | None:
        for told in self.heard:
            if told.get("taken") or told["event"] != event:
                continue
            if all(told.get(name) == value for name, value in about.items()):
                told["taken"] = True
                return told
        return None

    def all(self, event: str) -> list[dict[str, Any]]:
        """Every event of a name so far."""
        with self._news:
            return [told for told in self.heard if told["event"] == event]

    def leave(self) -> None:
        """Shut down, whatever state it is in."""
        self._sdk.tell(self._number, "shutdown")
