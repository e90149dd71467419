"""Lives and deaths of a server under load, and what they add up to."""

from __future__ import annotations

import os
import platform
import random
import signal
import socket
import statistics
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

from twilio.rest import Client

from helpers import connect
from helpers.account import SharedMockHttpClient
from helpers.chat.errors import TransientError
from helpers.chat.retrying_client import Backoff, RetryingClient
from helpers.mock import Credentials, MockUnreachable
from helpers.mock.remote import ControlRefused
from tests.server.receiver import Receiver
from tests.server.served import Command
from tests.soak.clients import FAULT, SERVICE, Loop, RealtimeReader, RestSender, Threads
from tests.soak.figures import Life, Sampler, growth
from tests.soak.ledger import Ledger, Stored

SHARES = {"receivers": 0.02, "chat clients": 0.15, "SDK": 0.05, "realtime": 0.25}
"""Parts of the clients; the others send over HTTP."""
A_CHANNEL = 5
"""Clients for each channel."""
HOOKED = 4
"""One in so many channels has a webhook."""
FAULTS: tuple[dict[str, Any], ...] = (
    {"status": 429, "retry_after": 1},
    {"status": 503},
    {"status": 500},
    {"status": 503, "phase": "after"},
    {"latency": 0.3},
    {"kind": "reset"},
    {"kind": "reset", "phase": "after"},
    {"kind": "timeout", "times": 1},
)
CONCERNED = ("CreateMessage", "ListMessage", "FetchChannel", "ListMember", "ListUserChannel", "*")
PATIENCE = 60
"""Seconds for the server to end in order: three of its own, and those of a busy machine."""
DRAIN = 90
"""Seconds for what is on its way when the senders have ended."""


class Impatience(Backoff):
    """Delays of reads that must succeed soon."""

    def after(self, failure: TransientError) -> float:
        return 0.2


class Soak:
    """One soak; `run()` it, and then ask for `figures()`.

    Args:
        folder: Place of the account's file.
        clients: Clients of all kinds.
        seconds: Length, without the check in the end.
        every: Seconds from one kill to the next.
        steady: Seconds of a life that follows, without a kill.
        rate: Messages a second of all senders.
        seed: Seed of faults, kills and pauses.
        report: Takes a line about each life.
    """

    def __init__(
        self,
        folder: Path,
        *,
        clients: int,
        seconds: float,
        every: float,
        steady: float,
        rate: float,
        seed: int,
        report: Callable[[str], None],
    ) -> None:
        self._clients, self._seconds, self._every, self._rate = clients, seconds, every, rate
        self._steady, self._seed, self._report = steady, seed, report
        self._options = ("--port", str(_free_port(seed)), "--db", str(folder / "soak.db"))
        self.ledger = Ledger()
        self.lives: list[Life] = []
        self.restarts: list[float] = []
        self._began = self._load_ended = time.monotonic()
        self._receivers: list[Receiver] = []
        self._hooked: dict[str, Receiver] = {}
        self._lost_at_a_kill: list[str] = []
        self._said: list[str] = []
        self._is_interrupted = False
        self._end_code: int | None = None
        self._seconds_to_end = 0.0
        self._stored: Stored = {}
        self._faults_added = 0

    def run(self) -> None:
        """Kill the server time and again, then check; Ctrl-C ends the load early."""
        before = signal.signal(signal.SIGINT, self._interrupt)
        self._server = Command(*self._options)
        try:
            self._run()
        finally:
            if self._server.process.poll() is None:
                self._server.kill()
            signal.signal(signal.SIGINT, before)

    def _interrupt(self, *_about: object) -> None:
        """Go on to the check at the next good moment; another interrupt ends it at once."""
        self._is_interrupted = True  # and say nothing here: it may come in the middle of a line
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def _run(self) -> None:
        self._make_account()
        ended = threading.Event()
        faults = threading.Thread(target=self._add_faults, args=(ended,), daemon=True)
        self._began = time.monotonic()
        self._loop.start()
        faults.start()
        try:
            self._live_and_die()
        finally:
            self._load_ended = time.monotonic()
            ended.set()
        faults.join()
        self._finish()

    def _live_and_die(self) -> None:
        chance = random.Random(self._seed)
        newest: dict[str, tuple[int, str]] = {}
        killed = self._began
        while killed < self._began + self._seconds and not self._is_interrupted:
            self._live(newest, until=killed + self._every * chance.uniform(0.9, 1.1))
            newest = self.ledger.newest()
            self._said.append(self._server.end(signal.SIGKILL)[1])
            killed = time.monotonic()
            self._server = Command(*self._options)
            self.restarts.append(time.monotonic() - killed)
        if self._is_interrupted:
            self._report("interrupted: the load ends, then comes the check")
        self._live(newest, until=time.monotonic() + self._steady)

    def _live(self, newest: dict[str, tuple[int, str]], until: float) -> None:
        sampler = Sampler(self._server.process.pid)
        try:
            self._look_for(newest, until)
            while time.monotonic() < until and not self._is_interrupted:
                time.sleep(0.05)
        finally:
            self.lives.append(sampler.stop())
        self._report(self._progress())

    def _look_for(self, newest: dict[str, tuple[int, str]], until: float) -> None:
        """Look for what was acknowledged last before the kill, in as many channels as time lets."""
        channels = self._open_channels()
        for channel, expected in newest.items():
            if time.monotonic() > until or self._is_interrupted:
                return
            recent = channels(channel).messages.stream(order="desc", page_size=50)
            there = next((each for each in recent if each.index <= expected[0]), None)
            if there is None or (there.index, there.body) != expected:
                self._lost_at_a_kill.append(f"kill {len(self.restarts)}: {expected}")

    def _progress(self) -> str:
        samples = self.lives[-1].samples
        last = {name: values[-1][1] if values else 0 for name, values in samples.items()}
        return (
            f"{time.monotonic() - self._began:4.0f} of {self._seconds + self._steady:.0f} s,"
            f" {len(self.restarts)} kills: {self.ledger.count()} acknowledged,"
            f" {len(self._lost_at_a_kill)} lost; {last['memory']:.0f} MB,"
            f" {last['descriptors']:.0f} descriptors, {last['threads']:.0f} threads"
        )

    # -- the account and its clients

    def _make_account(self) -> None:
        url, clients = self._server.url, self._clients
        count = {kind: max(1, round(share * clients)) for kind, share in SHARES.items()}
        count["HTTP"] = clients - sum(count.values())
        self.count = count
        service = connect(url).client.chat.v2.services(SERVICE)
        self._channels = [
            service.channels.create(friendly_name=f"{number}").sid
            for number in range(max(1, clients // A_CHANNEL))
        ]
        self._receivers = [Receiver() for _ in range(count["receivers"])]
        for number, sid in enumerate(self._channels[::HOOKED]):
            receiver = self._receivers[number % len(self._receivers)]
            self._hooked[sid] = receiver
            service.channels(sid).webhooks.create(
                type="webhook",
                configuration_url=receiver.url,
                configuration_triggers=["onMessageSent"],
                configuration_filters=["onMessageSent"],
            )
        self._start_clients(service)

    def _start_clients(self, service: Any) -> None:
        url, ledger, count = self._server.url, self.ledger, self.count
        sending = count["HTTP"] + count["SDK"] + (count["chat clients"] + 1) // 2
        chance = random.Random(f"pauses {self._seed}")

        def pause() -> float:
            return chance.expovariate(self._rate / sending)

        senders = [
            RestSender(f"http-{number}", url, self._channel(number), ledger, pause)
            for number in range(count["HTTP"])
        ]
        account, readers = connect(url), []
        for number in range(count["realtime"]):
            name, sid = f"realtime-{number}", self._channel(number)
            service.channels(sid).members.create(identity=name)
            token = account.chat_token(name, ttl=86400)
            readers.append(RealtimeReader(name, token, sid, ledger))
        self._loop = Loop(url, senders, readers, ledger)
        self._threads = Threads(url, ledger, pause)
        for number in range(count["chat clients"]):
            sid = self._channel(number)
            service.channels(sid).members.create(identity=f"chat-{number}")
            self._threads.add_chat(f"chat-{number}", sid)
        for number in range(0, count["chat clients"], 2):
            self._threads.send_as_chat(number)
        for number in range(count["SDK"]):
            self._threads.add_sdk(f"sdk-{number}", self._channel(number))

    def _channel(self, number: int) -> str:
        return self._channels[number % len(self._channels)]

    def _open_channels(self) -> Any:
        """The service's channels, for reads that are tried again after a fault."""
        known, reach = Credentials.demo(), SharedMockHttpClient(self._server.url, timeout=3)
        retrying = RetryingClient(reach, time.sleep, tries=100, backoff=Impatience())
        client = Client(known.account_sid, known.auth_token, http_client=retrying)
        return client.chat.v2.services(SERVICE).channels

    def _add_faults(self, ended: threading.Event) -> None:
        chance = random.Random(f"faults {self._seed}")
        faults = connect(self._server.url).mock.faults
        while not ended.wait(chance.uniform(0.2, 1)):
            fault = {"pattern": chance.choice(CONCERNED), "times": chance.randint(1, 4)}
            fault |= chance.choice(FAULTS)
            if "status" in fault:
                fault["message"] = FAULT
            try:
                faults.add_from_json(fault)
                self._faults_added += 1
            except (MockUnreachable, ControlRefused):
                continue  # it is being killed
        while True:
            with suppress(MockUnreachable):
                return faults.clear()
            time.sleep(0.2)

    # -- the end

    def _finish(self) -> None:
        """End the senders, wait for what is on its way, stop the server in order, look again."""
        if self._server.process.poll() is not None:  # Ctrl-C reaches it, too
            self._server.end()
            self._server = Command(*self._options)
        self._report("the senders end")
        self._loop.stop_sending()
        self._threads.stop()
        self._report("what is on its way arrives")
        self._stored = self._read()
        deadline = time.monotonic() + DRAIN
        while time.monotonic() < deadline:
            if self.ledger.is_delivered(self._stored) and not self._undelivered():
                break
            time.sleep(0.2)
        self._loop.stop()
        self._threads.shut_down()
        stopping = time.monotonic()
        try:
            self._end_code, said = self._server.end(patience=PATIENCE)
        except subprocess.TimeoutExpired:
            _, said = self._server.end(signal.SIGKILL)
        self._seconds_to_end = time.monotonic() - stopping
        self._said.append(said)
        self._server = Command(*self._options)
        self._stored = self._read()
        self._said.append(self._server.end()[1])
        for receiver in self._receivers:
            receiver.__exit__()

    def _read(self) -> Stored:
        channels = self._open_channels()
        return {
            sid: [(each.index, each.body) for each in channels(sid).messages.list(page_size=1000)]
            for sid in self._channels
        }

    def _undelivered(self) -> list[str]:
        """Acknowledged messages of which a receiver was not informed."""
        return [
            body
            for sid, receiver in self._hooked.items()
            for body in set(self.ledger.acknowledged[sid].values())
            - {each["Body"] for each in list(receiver.received)}
        ]

    def problems(self) -> dict[str, list[str]]:
        """Each kind of failure, and its cases."""
        within = growth(self.lives)
        return {
            **self.ledger.problems(self._stored),
            "lost at a kill": self._lost_at_a_kill,
            "webhooks that did not arrive": self._undelivered(),
            "written by the server": [text for text in self._said if text.strip()],
            "end at SIGTERM": [] if self._end_code == 0 else [f"exit code {self._end_code}"],
            "growth": [
                f"{name} {span}: {values[span]:.2f}"
                for name, values in within.items()
                for span in ("a minute", "a life")
                if values[span] > values[f"{span}, at most"]
            ],
        }

    def figures(self) -> dict[str, Any]:
        """All that was measured, for JSON."""
        latencies = sorted(self.ledger.latencies) or [0.0]
        seconds = self._load_ended - self._began
        sids = [each["MessageSid"] for receiver in self._receivers for each in receiver.received]
        return {
            "date": date.today().isoformat(),
            "seed": self._seed,
            "seconds": round(seconds, 1),
            "clients": self.count,
            "channels": len(self._channels),
            "kills": len(self.restarts),
            "faults": self._faults_added,
            "acknowledged": self.ledger.count(),
            "acknowledged a second": round(self.ledger.count() / max(seconds, 1e-9), 1),
            "without an answer, or refused": len(self.ledger.unknown) + len(self.ledger.denied),
            "stored": sum(map(len, self._stored.values())),
            "received by clients": sum(len(each[2]) for each in self.ledger.received),
            "webhooks": len(sids),
            "webhooks repeated": len(sids) - len(set(sids)),
            "outcomes": dict(self.ledger.outcomes.most_common()),
            "milliseconds to an acknowledgement": {
                "median": round(1000 * statistics.median(latencies), 1),
                "99 %": round(1000 * latencies[int(0.99 * (len(latencies) - 1))], 1),
                "longest": round(1000 * latencies[-1]),
            },
            "seconds to start again": {
                "median": round(statistics.median(self.restarts or [0.0]), 2),
                "longest": round(max(self.restarts or [0.0]), 2),
            },
            "seconds to end": round(self._seconds_to_end, 1),
            "machine": f"{os.cpu_count()} cores, load {os.getloadavg()[1]:.1f}"
            f", Python {platform.python_version()}",
            "growth": growth(self.lives),
            "problems": {kind: cases[:20] for kind, cases in self.problems().items()},
        }


def _free_port(seed: int) -> int:
    """A port that no client of this machine is given for its own end."""
    chance = random.Random(f"port {seed} {time.time_ns()}")
    while True:
        port = chance.randrange(20000, 30000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
