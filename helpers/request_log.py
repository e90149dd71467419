"""A log of every REST call the SDK makes, kept where it leaves for the network or the mock."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from twilio.http import AsyncHttpClient, HttpClient
from twilio.http.response import Response

from . import html
from .json_object import json_object
from .masking import mask, masked, masked_repr

NOTE_HEADER = "X-Mock-Note"
"""Header of the mock's answers that tells which parameters were not read, and why."""
KEPT = 1000
"""Calls kept; older ones are dropped, so that a long session does not grow."""


@dataclass(slots=True)
class LoggedRequest:
    """A REST call as the SDK made it, with its result.

    `by` is `account`, a chat user's identity, or `poll` for the chat client's background reads.
    `code` is Twilio's error code, None for a success. `note` says which parameters the mock did not
    read, and why; `problem` why the call was refused, in Twilio's words.
    """

    method: str
    host: str
    path: str
    parameters: Mapping[str, Any] = field(repr=False)
    status: int
    code: int | None
    milliseconds: float = field(repr=False)
    by: str = "account"
    note: str = ""
    problem: str = field(default="", repr=False)

    __repr__ = masked_repr

    def __str__(self) -> str:
        """`POST flex-api.twilio.com/v1/Channels -> 201`."""
        ending = f"{self.status}" if self.code is None else f"{self.status} ({self.code})"
        ignored = f" [not read: {self.note}]" if self.note else ""
        return f"{self.method} {self.host}{self.path} -> {ending}{ignored}"


Entry = LoggedRequest | Callable[[], LoggedRequest]
"""A call, or a function that returns it: most are never read, and masking takes time."""


class RequestLog:
    """The latest calls, oldest first; shows as a table.

    Polling is counted but shown only on request: `log.shown(polls=True)`.
    """

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._entries: deque[Entry] = deque(entries, maxlen=KEPT)
        self.add = self._entries.append
        """Add one call."""
        self.timer: Callable[[], float] = time.perf_counter
        """Returns seconds; what a call takes is measured with it."""

    def clear(self) -> None:
        """Remove every call so far."""
        self._entries.clear()

    def shown(self, *, polls: bool = False) -> RequestLog:
        """Return the calls without (or with) those of background polling."""
        return RequestLog(entry for entry in self if polls or entry.by != "poll")

    def __iter__(self) -> Iterator[LoggedRequest]:
        return map(_read, tuple(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, position: int | slice) -> Any:
        found: Any = tuple(self._entries)[position]
        return RequestLog(found) if isinstance(position, slice) else _read(found)

    def __reduce__(self) -> Any:
        return RequestLog, (tuple(self),)

    def __repr__(self) -> str:
        return "\n".join(str(entry) for entry in self.shown()) or "no requests yet"

    def _repr_html_(self) -> str:
        heads = ("Call", "Parameters", "Answer", "Time", "By")
        return html.table(map(_cells, self.shown()), heads, style=html.TOP_LEFT)


def _read(entry: Entry) -> LoggedRequest:
    return entry if isinstance(entry, LoggedRequest) else entry()


def _cells(entry: LoggedRequest) -> tuple[str, ...]:
    path = html.short_sids(entry.path)
    code = "" if entry.code is None else f" ({entry.code})"
    return (
        html.Markup(f"<b>{entry.method}</b> {html.escaped(entry.host)}<br>{path}"),
        "\n".join(f"{name} = {value}" for name, value in entry.parameters.items()),
        f"{entry.status}{code}" + (f"\nnot read: {entry.note}" if entry.note else ""),
        f"{entry.milliseconds:.1f} ms",
        entry.by,
    )


class LoggedHttpClient(HttpClient):  # type: ignore[misc]
    """Passes requests on and logs their results, never headers or credentials.

    One around another does the work of both at once.
    """

    def __init__(self, inner: HttpClient, *logs: RequestLog, by: str = "account") -> None:
        super().__init__(inner.logger, is_async=False, timeout=inner.timeout)
        is_logged = isinstance(inner, LoggedHttpClient)
        self._around = inner
        self._inner: HttpClient = inner._inner if is_logged else inner
        self._logs: tuple[RequestLog, ...] = (*inner._logs, *logs) if is_logged else logs
        self._by = by

    def speaking_for(self, by: str) -> LoggedHttpClient:
        """Return a client of the same account and logs, for calls made by another user."""
        return LoggedHttpClient(self, by=by)

    def request(
        self,
        method: str,
        uri: str,
        params: Mapping[str, object] | None = None,
        data: Mapping[str, object] | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """Pass one request on; a failure of the network is logged with status 0."""
        if timeout is None:
            timeout = self._around.timeout if self.timeout is None else self.timeout
        started, response = self._logs[-1].timer(), None
        try:
            response = self._inner.request(
                method,
                uri,
                params=params,
                data=data,
                headers=headers,
                auth=auth,
                timeout=timeout,
                allow_redirects=allow_redirects,
            )
            return response
        finally:
            seconds = self._logs[-1].timer() - started
            entry = _entry(method, uri, params, data, response, seconds, self._by)
            for log in self._logs:
                log.add(entry)


class LoggedAsyncHttpClient(AsyncHttpClient):  # type: ignore[misc]
    """The same for the SDK's asynchronous calls."""

    def __init__(self, inner: AsyncHttpClient, log: RequestLog) -> None:
        super().__init__(inner.logger, is_async=True)
        self._inner = inner
        self._log = log

    async def request(
        self, method: str, uri: str, params: Any = None, data: Any = None, **more: Any
    ) -> Response:
        """Pass one request on; a failure of the network is logged with status 0."""
        started, response = self._log.timer(), None
        try:
            response = await self._inner.request(method, uri, params=params, data=data, **more)
            return response
        finally:
            seconds = self._log.timer() - started
            self._log.add(_entry(method, uri, params, data, response, seconds, "account"))

    async def close(self) -> None:
        """Close the client that requests are passed on to."""
        await self._inner.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *about: object) -> None:
        await self.close()


def _entry(
    method: str,
    uri: str,
    params: Any,
    data: Any,
    response: Response | None,
    seconds: float,
    by: str,
) -> Callable[[], LoggedRequest]:
    """Return a call's entry in the log; without the text of an answer that is no refusal."""
    query = _named(params, "(query)") if params else {}
    body = data.copy() if type(data) is dict else _named(data, "(body)")
    status, note, refusal = 0, "", ""
    if response is not None:
        status, headers = response.status_code, response.headers
        note = headers.get(NOTE_HEADER, "") if headers else ""
        refusal = "" if response.ok else response.text
    # a partial is one object, where a closure would be one for each variable
    return partial(_logged, method, uri, query, body, status, note, refusal, seconds, by)


def _logged(
    method: str,
    uri: str,
    query: dict[str, Any],
    body: dict[str, Any],
    status: int,
    note: str,
    refusal: str,
    seconds: float,
    by: str,
) -> LoggedRequest:
    url = urlsplit(uri)
    in_url = parse_qs(url.query, keep_blank_values=True)
    first = {name: given if given[1:] else given[0] for name, given in in_url.items()}
    about = json_object(refusal) or {}
    return LoggedRequest(
        method=method.upper(),
        host=url.netloc.rpartition("@")[2],
        path=mask(url.path),
        parameters=masked({**first, **query, **body}),
        status=status,
        code=about.get("code"),
        milliseconds=seconds * 1000,
        by=by,
        note=note,
        problem=mask(str(about.get("message", ""))),
    )


def _named(values: Any, place: str) -> dict[str, Any]:
    """Parameters as they are logged; of others than a mapping, only what they are."""
    if values is None or isinstance(values, Mapping):
        return {**(values or {})}
    return {place: f"{len(values)} bytes" if isinstance(values, bytes) else type(values).__name__}
