"""Writes a rehearsal down as it happens: requests at the door, the rest from the journal."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from twilio.http import HttpClient
from twilio.http.response import Response

from ...account import MOCK_TOKEN_USER
from ...mock import JournalEntry, MockTwilio
from ...mock.core.clock import iso
from .timeline import AGENT, ROW_KINDS, SERVER, Names, Row, RowKind


@dataclass(slots=True)
class RecordedRequest:
    """One request, and what had happened when it was made."""

    position: int
    now: float
    who: str
    method: str
    uri: str
    status: int = 0
    code: int | None = None

    @property
    def is_look_for_offers(self) -> bool:
        """Whether it is what an agent's desk asks whenever something has changed."""
        looks = ("/Reservations", "/Tasks/")
        return self.method == "GET" and any(part in self.uri for part in looks)

    def row(self, start: float, names: Names) -> Row:
        """The request as a row of the timeline."""
        url = urlsplit(self.uri)
        refusal = "" if self.code is None else f" ({self.code})"
        what = f"{self.method} {names.short(url.path)}"
        detail = f"{url.netloc} answers {self.status}{refusal}"
        return Row(iso(self.now) or "", int(self.now - start), "request", self.who, what, detail)


class Record:
    """The timeline of one rehearsal, as it grows.

    Attributes:
        rows: What has happened so far.
        entries: The journal's part of it.
        acting: Whose turn it is, as the script has it.
    """

    def __init__(self, mock: MockTwilio) -> None:
        self.rows: list[Row] = []
        self.entries: list[JournalEntry] = []
        self.acting = SERVER
        self.names = Names()
        self._mock = mock
        self._start = mock.clock.now()
        self._position = mock.journal.position
        self._asked: list[RecordedRequest] = []
        self._thread = threading.current_thread()

    @property
    def seconds(self) -> int:
        """Seconds since the rehearsal began."""
        return int(self._mock.clock.now() - self._start)

    def skip(self) -> None:
        """Leave out what has happened so far: it set the stage."""
        self.catch_up()
        self.rows.clear()
        self.entries.clear()
        self.names = Names()

    def note(self, kind: RowKind, who: str, what: str, detail: str = "") -> None:
        """Add a row of one's own, after what has happened before it."""
        self.catch_up()
        at = iso(self._mock.clock.now()) or ""
        who, what, detail = map(self.names.short, (who, what, detail))
        self.rows.append(Row(at, self.seconds, kind, who, what, detail))

    def ask(self, method: str, uri: str, user: str | None) -> RecordedRequest:
        """Write down a request that is about to be made."""
        now, position = self._mock.clock.now(), self._mock.journal.position
        asked = RecordedRequest(position, now, SERVER, method.upper(), uri)
        asked.who = self._asking(asked, user)
        self._asked.append(asked)
        return asked

    def _asking(self, asked: RecordedRequest, user: str | None) -> str:
        """Whose request it is: customers have nothing but their token, desks look for offers."""
        is_mine = threading.current_thread() is self._thread
        if is_mine and (user == MOCK_TOKEN_USER or self.acting.startswith(AGENT)):
            return self.acting
        return AGENT if asked.is_look_for_offers else SERVER

    def catch_up(self) -> None:
        """Take over what has happened since, each request before what came of it."""
        entries = self._mock.journal.since(self._position)
        asked, self._asked = self._asked, []
        self._position = self._mock.journal.position
        self.entries += entries
        for entry in entries:
            while asked and asked[0].position < entry.number:
                self._add(asked.pop(0))
            self.rows.append(self._told(entry))
        for each in asked:
            self._add(each)

    def _add(self, asked: RecordedRequest) -> None:
        self.rows.append(asked.row(self._start, self.names))

    def _told(self, entry: JournalEntry) -> Row:
        what, to = self.names.short(entry.text), f"to {entry.target}"
        return Row(entry.at, self.seconds, ROW_KINDS[entry.kind], entry.source, what, to)


class RecordingHttpClient(HttpClient):  # type: ignore[misc]
    """Passes the SDK's requests on, and has each written down."""

    def __init__(self, inner: HttpClient, record: Record) -> None:
        super().__init__(inner.logger, is_async=False)
        self._inner = inner
        self._record = record

    def request(self, method: str, uri: str, *rest: Any, **more: Any) -> Response:
        """Pass one request on, as the SDK and its log make it: `auth` by name."""
        auth = more.get("auth")
        asked = self._record.ask(method, uri, auth[0] if auth else None)
        response = self._inner.request(method, uri, *rest, **more)
        asked.status = response.status_code
        asked.code = None if response.ok else _code(response.text)
        return response


def _code(text: str) -> int | None:
    try:
        body = json.loads(text)
    except ValueError:
        return None
    return body.get("code") if isinstance(body, dict) else None
