"""The timeline of a rehearsal: requests as they are made, the rest from the mock's journal."""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import urlsplit

from twilio.http import HttpClient
from twilio.http.response import Response

from ...account import MOCK_TOKEN_USER
from ...json_object import error_code
from ...mock import JournalEntry, MockTwilio


class Misfit(RuntimeError):
    """A step of a script cannot be done; the message gives the reason."""


class NotForThisFlow(Misfit):
    """A step of a party that has no part in a chat of this flow."""


RowKind = Literal[
    "step", "request", "event", "message", "studio", "task", "reservation", "webhook", "state"
]
ROW_KINDS: dict[str, RowKind] = {
    "message": "message",
    "member": "event",
    "channel": "event",
    "worker": "event",
    "studio": "studio",
    "task": "task",
    "reservation": "reservation",
    "webhook": "webhook",
}
"""Kinds of rows, by those of journal entries."""
CUSTOMER, AGENT, SERVER, STUDIO = "customer", "agent", "your server", "Studio"
TASKROUTER = "TaskRouter"
REACHED_NOBODY = "message reached nobody"
"""State of a message of the customer's that is lost."""
_SID = re.compile(r"\b([A-Z]{2})[0-9a-f]{32}\b")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a timeline.

    Attributes:
        at: Time by the copy's clock, in ISO 8601.
        seconds: The same in seconds since the rehearsal began.
        kind: `step` of the script, `request`, `event` in chat, `message`, `studio`, `task`,
            `reservation`, `webhook`, or `state` for a state that has changed.
        who: The actor, or the owner of the state.
        what: The action or the state; SIDs are numbered by kind, as in `CH#1`, so that they
            compare.
        detail: The target or the result.
    """

    at: str
    seconds: int
    kind: RowKind
    who: str
    what: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.who}: {self.what}" + (f" ({self.detail})" if self.detail else "")

    @property
    def is_read(self) -> bool:
        """Return whether it is a request that changes nothing."""
        return self.kind == "request" and self.what.startswith("GET ")

    @property
    def alike(self) -> tuple[object, ...]:
        """Key by which it equals a row of another rehearsal."""
        return self.seconds, self.kind, self.who, self.what, self.detail


@dataclass(slots=True)
class RecordedRequest:
    """One request; `position` is that of the journal when it was made."""

    position: int
    now: float
    who: str
    method: str
    uri: str
    status: int = 0
    code: int | None = None


@dataclass(frozen=True, slots=True)
class RoutingNote:
    """A task's progress in a workspace, which the journal leaves out; `position` as above."""

    position: int
    at: str
    text: str
    detail: str


class Record:
    """The timeline of one rehearsal, as it grows; `acting` is the actor of the current step."""

    def __init__(self, mock: MockTwilio) -> None:
        self.rows: list[Row] = []
        self.entries: list[JournalEntry] = []
        self.acting = SERVER
        self._numbers: defaultdict[str, dict[str, int]] = defaultdict(dict)
        self._mock = mock
        self._start = mock.clock.now()
        self._position = mock.journal.position
        self._requests: list[RecordedRequest] = []
        self._routing: list[RoutingNote] = []
        self._thread = threading.current_thread()

    @property
    def seconds(self) -> int:
        """Seconds since the rehearsal began."""
        return int(self._mock.clock.now() - self._start)

    def skip(self) -> None:
        """Drop the rows so far: they belong to the setup."""
        self.catch_up()
        self.rows.clear()
        self.entries.clear()
        self._numbers.clear()

    def note(self, kind: RowKind, who: str, what: str, detail: str = "") -> None:
        """Add a row, after those of everything that happened before it."""
        self.catch_up()
        at = _iso(self._mock.clock.now())
        who, what, detail = map(self._numbered, (who, what, detail))
        self.rows.append(Row(at, self.seconds, kind, who, what, detail))

    def add_routing(self, text: str, detail: str) -> None:
        """Record a task's progress in a workspace, as it happens."""
        at, position = _iso(self._mock.clock.now()), self._mock.journal.position
        self._routing.append(RoutingNote(position, at, text, detail))

    def _numbered(self, text: str) -> str:
        """A text with its SIDs numbered in the order of their appearance, kind by kind."""

        def number(found: re.Match[str]) -> str:
            numbers = self._numbers[found[1]]
            return f"{found[1]}#{numbers.setdefault(found[0], len(numbers) + 1)}"

        return _SID.sub(number, text)

    def add_request(self, method: str, uri: str, user: str | None) -> RecordedRequest:
        """Record a request that is about to be made."""
        # Customers have nothing but their token, and desks look for offers whenever they refresh.
        method, is_mine = method.upper(), threading.current_thread() is self._thread
        if is_mine and (user == MOCK_TOKEN_USER or self.acting.startswith(AGENT)):
            who = self.acting
        else:
            is_refresh = method == "GET" and ("/Reservations" in uri or "/Tasks/" in uri)
            who = AGENT if is_refresh else SERVER
        now, position = self._mock.clock.now(), self._mock.journal.position
        request = RecordedRequest(position, now, who, method, uri)
        self._requests.append(request)
        return request

    def catch_up(self) -> None:
        """Add rows for everything since the last call, each request before its effects."""
        entries = self._mock.journal.since(self._position)
        self._position = self._mock.journal.position
        for entry in entries:
            self._add_before(entry.number)
            self.entries.append(entry)
            what, target = self._numbered(entry.text), f"to {entry.target}"
            is_own = entry.source == CUSTOMER and self.acting.startswith(CUSTOMER)
            who = self.acting if is_own else entry.source
            row = Row(entry.at, self.seconds, ROW_KINDS[entry.kind], who, what, target)
            self.rows.append(row)
        self._add_before(self._position + 1)

    def _add_before(self, number: int) -> None:
        """Add requests, and progress of tasks, of before an entry of this number, in order."""
        requests, routing = self._requests, self._routing
        while True:
            if (
                requests
                and requests[0].position < number
                and not (routing and routing[0].position <= requests[0].position)
            ):
                self._add(requests.pop(0))
            elif routing and routing[0].position < number:
                note = routing.pop(0)
                what, detail = self._numbered(note.text), self._numbered(note.detail)
                self.rows.append(Row(note.at, self.seconds, "task", TASKROUTER, what, detail))
                self.entries.append(JournalEntry(note.at, TASKROUTER, TASKROUTER, what, "task"))
            else:
                return

    def _add(self, request: RecordedRequest) -> None:
        url = urlsplit(request.uri)
        refusal = "" if request.code is None else f" ({request.code})"
        what = f"{request.method} {self._numbered(url.path)}"
        detail = f"{url.netloc} answers {request.status}{refusal}"
        at, seconds = _iso(request.now), int(request.now - self._start)
        self.rows.append(Row(at, seconds, "request", request.who, what, detail))


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(int(moment), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class RecordingHttpClient(HttpClient):  # type: ignore[misc]
    """Passes the SDK's requests on, and records each."""

    def __init__(self, inner: HttpClient, record: Record) -> None:
        super().__init__(inner.logger, is_async=False)
        self._inner = inner
        self._record = record

    def request(self, method: str, uri: str, *rest: Any, **more: Any) -> Response:
        """Pass one request on, as the SDK and its log make it: `auth` by name."""
        auth = more.get("auth")
        recorded = self._record.add_request(method, uri, auth[0] if auth else None)
        response = self._inner.request(method, uri, *rest, **more)
        recorded.status = response.status_code
        recorded.code = None if response.ok else error_code(response.text)
        return response
