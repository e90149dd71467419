"""A mock that runs as a server, controlled over HTTP: `account.mock` after `connect(URL)`.

Its members have the names of `MockTwilio`'s, so that a notebook's cells work with either.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NoReturn, Self

import requests

from ..interrupts import detached
from ..json_object import json_object
from ..lazy import lazily
from .core.clock import Moment, Timer, epoch
from .core.credentials import Credentials
from .core.forks import in_child
from .faults import BadFault, Fault
from .faults.settings import FaultRegistry, FaultRule, FaultSettings

if TYPE_CHECKING:
    from .phones import PhoneMessage
    from .scenarios import Scenario, Scenarios

__all__ = ["ControlRefused", "MockUnreachable", "RemoteClock", "RemoteMock"]

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazily(__name__, LeverRefused="ControlRefused")

_MEMBERS = (
    "clock",
    "faults",
    "load",
    "pause_interaction",
    "phone",
    "reset",
    "resume_interaction",
    "scenarios",
    "snapshot",
    "type_in",
    "url",
)
TIMEOUT = 30
"""Seconds to wait for an answer."""
_START = "Start the mock there: python -m helpers.mock"
_ADVICE = (
    (requests.exceptions.SSLError, "The mock speaks plain http: begin its URL with http://"),
    (
        requests.exceptions.ReadTimeout,
        f"It is busy for more than {TIMEOUT} s and may still carry out the request; check before"
        " you repeat it",
    ),
)


class MockUnreachable(ConnectionError):
    """No mock answers at the URL."""


class ControlRefused(ValueError):
    """The mock refused a control request; `status` is the HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def own_connections(session: requests.Session) -> requests.Session:
    """Make a child that is forked open connections of its own, where two would mix up answers."""

    def renew(session: requests.Session) -> None:
        for scheme in ("http://", "https://"):
            session.mount(scheme, requests.adapters.HTTPAdapter())

    in_child(session, renew)
    return session


class ControlClient:
    """Sends requests to the `/_mock` paths below a server's URL, e.g. `http://127.0.0.1:8787`."""

    def __init__(self, base: str, credentials: Credentials) -> None:
        self.base = base.rstrip("/")
        self._session = own_connections(requests.Session())
        self._session.trust_env = False
        self._session.auth = (credentials.account_sid, credentials.auth_token)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request, and return the answer's JSON; or MockUnreachable, or ControlRefused."""
        url = f"{self.base}/_mock{path}"
        try:
            answer = detached(
                lambda: self._session.request(method, url, json=body, timeout=TIMEOUT)
            )
        except requests.RequestException as error:
            advice = next((text for kind, text in _ADVICE if isinstance(error, kind)), _START)
            raise MockUnreachable(
                f"No answer from {self.base} ({type(error).__name__}). {advice}"
            ) from None
        content = json_object(answer.content)
        if content is None:
            raise MockUnreachable(
                f"{answer.url} answered HTTP {answer.status_code}, but not as a mock does:"
                " something else runs there. Look at the URL that the mock printed when it started"
            )
        if not answer.ok:
            reason = content.get("error") or content.get("message")
            raise ControlRefused(answer.status_code, str(reason))
        return content


class RemotePhone:
    """A customer's phone on the server's account, with the methods of `Phone`."""

    def __init__(self, control: ControlClient, address: str) -> None:
        self.address = address
        self._control = control

    def __repr__(self) -> str:
        return f"Phone({self.address!r})"

    def send(
        self, body: str | None = None, *, to: str | None = None, media_sids: Iterable[str] = ()
    ) -> PhoneMessage | None:
        """Send a text or files to a number of the account; None where a webhook refused it."""
        from .phones import PhoneMessage

        sent = self._call("send", body=body, to=to, media_sids=list(media_sids))["message"]
        return PhoneMessage(**sent) if sent else None

    def messages(self) -> list[PhoneMessage]:
        """Return the messages that were sent to the phone, in order."""
        from .phones import PhoneMessage

        return [PhoneMessage(**each) for each in self._call("messages")["messages"]]

    def report(self, message_sid: str, status: str, error_code: int = 0) -> None:
        """Report how far a message came: `delivered`, `read`, `failed` or `undelivered`."""
        self._call("report", message_sid=message_sid, status=status, error_code=error_code)

    def _call(self, act: str, **given: Any) -> Any:
        return self._control.call("POST", f"/phone/{act}", {"address": self.address, **given})


class RemoteClock:
    """The server's clock, with the methods of `Clock` that a notebook needs.

    It is read once a second at most; in between, the time elapsed here is added.
    """

    def __init__(self, control: ControlClient) -> None:
        self._control = control
        self._reading: tuple[float, float, bool] | None = None

    def now(self) -> float:
        """Epoch seconds, UTC."""
        reading = self._reading  # read once: another thread may forget it
        if reading is None or time.monotonic() - reading[0] > 1:
            reading = self._keep(self._control.call("GET", "/clock"))
        at, now, is_frozen = reading
        return now if is_frozen else now + time.monotonic() - at

    @property
    def is_frozen(self) -> bool:
        """True while the clock is frozen."""
        return bool(self._control.call("GET", "/clock")["is_frozen"])

    def freeze(self, at: Moment | None = None) -> None:
        """Stop the clock, at a moment or right now."""
        self._set(freeze=True if at is None else epoch(at))

    def unfreeze(self) -> None:
        """Let the clock run on from its present time."""
        self._set(unfreeze=True)

    def advance(self, seconds: float) -> None:
        """Move forward, running every timer on the way; ValueError for negative seconds."""
        self._set(advance=seconds)

    def reset(self) -> None:
        """Return to real time."""
        self._set(reset=True)

    def call_at(self, due: float, call: Callable[[], None]) -> Timer:
        """Run `call` on a thread here at `due` (epoch seconds); the clock is read once a second."""
        timer = Timer(due, call, lambda: None)

        def wait() -> None:
            while timer.is_waiting:
                try:
                    left = due - self.now()
                except (MockUnreachable, ControlRefused):
                    left = 1.0  # the server may come back
                if left <= 0:
                    timer.fire()
                else:
                    time.sleep(min(left, 1))

        threading.Thread(target=wait, name="remote-clock", daemon=True).start()
        return timer

    def call_later(self, seconds: float, call: Callable[[], None]) -> Timer:
        """Run `call` after `seconds` of the server's clock."""
        return self.call_at(self.now() + seconds, call)

    def forget(self) -> None:
        """Drop the last reading, as something else has moved the clock."""
        self._reading = None

    def _set(self, **change: Any) -> None:
        self._keep(self._control.call("POST", "/clock", change))

    def _keep(self, answer: dict[str, Any]) -> tuple[float, float, bool]:
        self._reading = reading = (time.monotonic(), answer["now"], answer["is_frozen"])
        return reading

    def __repr__(self) -> str:
        return f"<the clock of {self._control.base}>"


class RemoteFault(FaultRule):
    """One rule of the server, with the names of `Fault`; its counts are fetched at each read."""

    def __init__(self, control: ControlClient, fault: dict[str, Any]) -> None:
        self._control = control
        self.id: int = fault["id"]
        self.settings = FaultSettings.read(
            {name: fault[name] for name in FaultSettings.model_fields}
        )

    @property
    def hits(self) -> int:
        """Calls that it has made fail."""
        return self._counted().hits

    @property
    def passed(self) -> int:
        """Calls that it has let pass, by `skip`."""
        return self._counted().passed

    @property
    def left(self) -> int | None:
        """Calls that it will still make fail; None for no limit."""
        return self._counted().left

    def remove(self) -> None:
        """Stop, and leave the list."""
        self._control.call("DELETE", f"/faults/{self.id}")

    def row(self) -> dict[str, str]:
        """Its row in a list of faults."""
        return self._counted().row()

    def _counted(self) -> Fault:
        """A copy with its present counts."""
        counts = self._control.call("GET", f"/faults/{self.id}")
        fault = Fault(self.id, self.settings, lambda _: None, time.time)
        fault.hits, fault.passed = counts["hits"], counts["passed"]
        return fault


class RemoteFaults(FaultRegistry[RemoteFault]):
    """The faults of the server, with the names of `Faults`."""

    def __init__(self, control: ControlClient) -> None:
        self._control = control

    def add_from_json(self, given: Mapping[str, Any]) -> RemoteFault:
        """Add a fault as `FaultRegistry.add_from_json` does."""
        try:
            return RemoteFault(self._control, self._control.call("POST", "/faults", dict(given)))
        except ControlRefused as refusal:
            raise BadFault(str(refusal)) from None

    def clear(self) -> None:
        """Remove all faults."""
        self._control.call("DELETE", "/faults")

    def __iter__(self) -> Iterator[RemoteFault]:
        faults = self._control.call("GET", "/faults")["faults"]
        return iter([RemoteFault(self._control, each) for each in faults])

    def __len__(self) -> int:
        return len(list(iter(self)))


class RemoteMock:
    """A mock account that runs as a server at `url`, with its clock and its faults."""

    def __init__(self, base: str, credentials: Credentials) -> None:
        self._control = ControlClient(base, credentials)
        self.url = self._control.base
        self.clock = RemoteClock(self._control)
        self.faults = RemoteFaults(self._control)

    def serve(self, port: int = 0) -> Self:
        """Return this mock, which is served already at its `url`; `port` has no effect."""
        return self

    def close(self) -> None:
        """Do nothing: the server runs until its own process ends."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *about: object) -> None:
        self.close()

    def reset(self, at: Moment | None = None) -> None:
        """Reset to a new account, at real time or frozen at a moment, as `MockTwilio.reset`."""
        self._control.call("POST", "/reset", {"at": None if at is None else epoch(at)})
        self.clock.forget()

    @property
    def scenarios(self) -> Scenarios:
        """The accounts that `load()` takes, with a sentence about each."""
        from .scenarios import Scenario, Scenarios

        listed = self._control.call("GET", "/scenarios")["scenarios"]
        return Scenarios(*(Scenario(**each) for each in listed))

    def load(self, name: str, at: Moment | None = None) -> Scenario:
        """Replace the account by a scenario, or refuse its name, as `MockTwilio.load`."""
        from .scenarios import Scenario, UnknownScenario

        body = {"name": name, "at": None if at is None else epoch(at)}
        try:
            loaded = self._control.call("POST", "/scenarios", body)
        except ControlRefused as refusal:
            if refusal.status == HTTPStatus.NOT_FOUND:
                raise UnknownScenario(str(refusal)) from None
            raise
        self.clock.forget()
        return Scenario(**loaded)

    @contextmanager
    def snapshot(self) -> Iterator[RemoteMock]:
        """Restore resources and SIDs on leaving the `with` block; the clock is not changed."""
        name = self._control.call("POST", "/snapshots")["name"]
        try:
            yield self
        finally:
            self._control.call("POST", f"/snapshots/{name}/restore")
            self._control.call("DELETE", f"/snapshots/{name}")

    def type_in(self, token: str, channel_sid: str) -> int:
        """Send a typing indicator of the chat user of `token`; returns the seconds it lasts."""
        body = {"token": token, "channel_sid": channel_sid}
        return int(self._control.call("POST", "/typing", body)["seconds"])

    def pause_interaction(self, participant_sid: str) -> None:
        """Pause a chat for its agent (UT...), as Flex UI does."""
        self._control.call("POST", "/interactions/pause", {"participant_sid": participant_sid})

    def resume_interaction(self, participant_sid: str) -> None:
        """Take a paused chat up again for its agent."""
        self._control.call("POST", "/interactions/resume", {"participant_sid": participant_sid})

    def phone(self, address: str) -> RemotePhone:
        """Return a customer's phone, which sends and receives by SMS or WhatsApp."""
        return RemotePhone(self._control, address)

    def __getattr__(self, name: str) -> NoReturn:
        """Raise an error that names the members it has."""
        raise AttributeError(
            f"a mock that runs as a server has no {name!r}, only {', '.join(_MEMBERS)}; a mock in"
            " this kernel, from connect() without a URL, has everything"
        )

    def __repr__(self) -> str:
        return f"<the mock at {self.url}>"
