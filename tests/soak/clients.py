"""Clients of a served mock, each of which goes on whatever happens to the server."""

from __future__ import annotations

import asyncio
import base64
import random
import re
import threading
import time
from collections.abc import Callable
from typing import Any

import aiohttp
import requests
from twilio.base.exceptions import TwilioException
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from helpers import ChatClient, ChatError, connect
from helpers.chat import OutcomeUnknown
from helpers.mock import DEMO_VALUES
from helpers.mock.realtime.notices import decode
from tests.benchmarks import chat_clients
from tests.soak.ledger import Ledger

SERVICE = DEMO_VALUES["TWILIO_CHAT_SERVICE_SID"]
_DEMO = f"{DEMO_VALUES['TWILIO_ACCOUNT_SID']}:{DEMO_VALUES['TWILIO_AUTH_TOKEN']}"
BASIC = f"Basic {base64.b64encode(_DEMO.encode()).decode()}"
PATIENCE = 15
"""Seconds that a client waits for an answer."""
CUTS = 0.02
"""Part of the requests that are broken off in the middle of their body."""
FAULT = "an error of the soak"
"""Text of refusals that were asked for."""
_TEXT = re.compile(rb'"text":"([^"]*)"')


class RestSender:
    """Posts messages over kept-alive HTTP, one after another, and breaks some of them off."""

    def __init__(
        self, name: str, url: str, channel: str, ledger: Ledger, pause: Callable[[], float]
    ) -> None:
        self._name, self._channel, self._ledger, self._pause = name, channel, ledger, pause
        self._chance = random.Random(name)
        self._path = f"/chat.twilio.com/v2/Services/{SERVICE}/Channels/{channel}/Messages"
        self._url = url

    async def run(self, session: aiohttp.ClientSession) -> None:
        number = 0
        while True:
            await asyncio.sleep(self._pause())
            number += 1
            try:
                if self._chance.random() < CUTS:
                    await self._cut(number)
                else:
                    await self._post(session, f"{self._name}/{number}")
            except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as failure:
                self._ledger.outcomes[type(failure).__name__] += 1

    async def _post(self, session: aiohttp.ClientSession, body: str) -> None:
        form = {"Body": body, "From": self._name}
        self._ledger.unknown.add(body)  # until there is an answer
        started = time.monotonic()
        async with session.post(self._url + self._path, data=form) as answer:
            content = await answer.json()
        if answer.status == 201:
            self._ledger.acknowledge(
                self._channel, content["index"], body, time.monotonic() - started
            )
            self._ledger.unknown.discard(body)
            return
        self._ledger.outcomes[f"HTTP {answer.status}"] += 1
        if answer.status not in (429, 503) and content["message"] != FAULT:
            self._ledger.surprises.append(f"{answer.status} {content}")

    async def _cut(self, number: int) -> None:
        """Send a request without its end; its body is in nobody's ledger, so must not be stored."""
        form = f"From={self._name}&Body=cut-{self._name}%2F{number}"
        address = self._url.removeprefix("http://")
        head = (
            f"POST {self._path} HTTP/1.1\r\nHost: {address}\r\nContent-Length: {len(form)}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            f"Authorization: {BASIC}\r\n\r\n"
        )
        host, _, port = address.rpartition(":")
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write((head + form[: self._chance.randrange(len(form))]).encode())
        await writer.drain()
        await asyncio.sleep(self._chance.uniform(0, 0.1))
        writer.transport.abort()
        self._ledger.outcomes["cut off"] += 1


class RealtimeReader(chat_clients.Client):
    """Follows a channel as Twilio's JavaScript SDKs do, breaks off now and then, comes back."""

    def __init__(self, name: str, token: str, channel: str, ledger: Ledger) -> None:
        super().__init__(token, channel)
        self._name, self._ledger = name, ledger
        self._chance = random.Random(name)

    async def follow(self, uri: str) -> None:
        while True:
            self.waiting.clear()
            bodies: list[str] = []
            self._ledger.received.append((self._name, self.channel, bodies, False))
            self._bodies = bodies
            try:
                async with asyncio.timeout(self._chance.uniform(5, 60)):
                    await self.run(uri, lambda: None)
            except (OSError, ConnectionClosed, InvalidHandshake, EOFError):
                self._ledger.outcomes["realtime broke off"] += 1
            await asyncio.sleep(self._chance.uniform(0.1, 1))

    async def listen(self) -> None:
        try:
            async for data in self.socket:
                if chat_clients.NOTIFIED not in data[:60]:
                    frame = decode(data)
                    answer = self.waiting.pop(frame.header["id"])
                    if not answer.done():  # it is not waited for any more
                        answer.set_result(frame)
                    continue
                if chat_clients.ADDED in data and (found := _TEXT.search(data)):
                    self._bodies.append(found[1].decode())
                await self.acknowledge(data)
        except ConnectionClosed:
            pass
        finally:
            for answer in self.waiting.values():
                if not answer.done():
                    answer.set_exception(ConnectionError("it broke off"))


class Threads:
    """Clients that take a thread: Twilio's SDK, and chat clients."""

    def __init__(self, url: str, ledger: Ledger, pause: Callable[[], float]) -> None:
        self._url, self._ledger, self._pause = url, ledger, pause
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []
        self._chats: list[ChatClient] = []

    def add_sdk(self, name: str, channel: str) -> None:
        """Start a sender that uses the SDK."""
        messages = connect(self._url).client.chat.v2.services(SERVICE).channels(channel).messages

        def send(body: str) -> int:
            made = messages.create(body=body, from_=name, x_twilio_webhook_enabled="true")
            return int(made.index)

        self._start(name, channel, send)

    def add_chat(self, name: str, channel: str) -> None:
        """Start a chat client that receives."""
        account = connect(self._url)
        token = account.chat_token(name, ttl=86400)
        chat = ChatClient(account, token, poll_seconds=2, wait=_wait_shortly)
        bodies: list[str] = []
        self._ledger.received.append((name, channel, bodies, True))
        chat.on("messageAdded", lambda message: bodies.append(message.body))
        self._chats.append(chat)

    def send_as_chat(self, number: int) -> None:
        """Start a sender that uses a chat client."""
        chat = self._chats[number]
        [channel] = chat.get_subscribed_channels()
        self._start(chat.identity, channel.sid, channel.send_message)

    def stop(self) -> None:
        """End the senders."""
        self._stopped.set()
        for thread in self._threads:
            thread.join(90)  # a chat client tries for a minute
            if thread.is_alive():
                self._ledger.surprises.append(f"{thread.name} hangs")

    def shut_down(self) -> None:
        """Close the chat clients."""
        for chat in self._chats:
            chat.shutdown()

    def _start(self, name: str, channel: str, send: Callable[[str], int]) -> None:
        thread = threading.Thread(
            target=self._send, args=(name, channel, send), name=name, daemon=True
        )
        self._threads.append(thread)
        thread.start()

    def _send(self, name: str, channel: str, send: Callable[[str], int]) -> None:
        number = 0
        while not self._stopped.wait(self._pause()):
            number += 1
            body, started = f"{name}/{number}", time.monotonic()
            try:
                index = send(body)
            except (OutcomeUnknown, TwilioException, requests.RequestException) as failure:
                is_denied = isinstance(failure, ChatError) and not isinstance(
                    failure, OutcomeUnknown
                )
                (self._ledger.denied if is_denied else self._ledger.unknown).add(body)
                self._ledger.outcomes[type(failure).__name__] += 1
            else:
                self._ledger.acknowledge(channel, index, body, time.monotonic() - started)


def _wait_shortly(event: threading.Event, seconds: float) -> bool:
    """Wait as a chat client does, yet never so long that the soak waits for it in the end."""
    return event.wait(min(seconds, 2))


class Loop:
    """An event loop on a thread, for the clients that need none of their own."""

    def __init__(
        self, url: str, senders: list[RestSender], readers: list[RealtimeReader], ledger: Ledger
    ) -> None:
        self._uri = url.replace("http", "ws", 1) + "/v3/wsconnect"
        self._senders, self._readers, self._ledger = senders, readers, ledger
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="soak", daemon=True)
        self._sending: list[asyncio.Task[Any]] = []
        self._reading: list[asyncio.Task[Any]] = []
        self._ended = asyncio.Event()

    def start(self) -> None:
        self._thread.start()

    def stop_sending(self) -> None:
        """End the senders, each with an answer or without."""
        self._loop.call_soon_threadsafe(lambda: [task.cancel() for task in self._sending])

    def stop(self) -> None:
        """End it."""
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(30)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._main())

    async def _main(self) -> None:
        timeout = aiohttp.ClientTimeout(PATIENCE)
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=60)
        headers = {"Authorization": BASIC, "X-Twilio-Webhook-Enabled": "true"}
        async with aiohttp.ClientSession(
            timeout=timeout, connector=connector, headers=headers
        ) as session:
            self._sending = [asyncio.create_task(each.run(session)) for each in self._senders]
            self._reading = [asyncio.create_task(each.follow(self._uri)) for each in self._readers]
            await self._ended.wait()
            everything = [*self._sending, *self._reading]
            for task in everything:
                task.cancel()
            for ended in await asyncio.gather(*everything, return_exceptions=True):
                if ended is not None and not isinstance(ended, asyncio.CancelledError):
                    self._ledger.surprises.append(f"a client of the soak failed: {ended!r}")
