"""Records the calls of the SDK's HTTP client, which is the synchronous one; no credentials."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client

from ..json_object import json_object
from ..mock import path_template
from .saved import RecordedCall, Recording
from .standins import StandIns

_HEADERS = ("X-Twilio-Webhook-Enabled", "If-Match", "Content-Type")
"""Headers of a request that change its effect; of the last one the type alone."""


class Recorder(HttpClient):  # type: ignore[misc]
    """An HTTP client of the SDK that passes the requests of a client on and records them.

    Args:
        client: The SDK's client of the account.
        keep: Names of fields and attributes that are recorded as they are, such as `friendly_name`
            or `channelType`; all other texts get stand-ins.

    Attributes:
        recording: The calls so far. It never holds a value that is to be replaced.
        client: Another client of the account, whose calls are recorded.
    """

    def __init__(self, client: Client, keep: Collection[str] = ()) -> None:
        inner: HttpClient = client.http_client
        super().__init__(inner.logger, is_async=False, timeout=inner.timeout)
        self._inner = inner
        self._stand_ins = StandIns(keep, path_template)
        self._before = 0.0
        self.recording = Recording()
        self.client = Client(*client.auth, client.account_sid, http_client=self)

    def save(self, file: str | os.PathLike[str]) -> None:
        """Write the calls so far to a file."""
        self.recording.save(file)

    def request(
        self,
        method: str,
        url: str,
        params: Mapping[str, Any] | None = None,
        data: Any = None,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> Response:
        """Pass one request on, and record it with its answer; status 0 for none."""
        response, started = None, time.monotonic()
        try:
            response = self._inner.request(
                method, url, params=params, data=data, headers=headers, **more
            )
            return response
        finally:
            call = self._call(method, url, params or {}, data, headers or {}, response)
            since = round(started - self._before, 1) if self._before else 0.0
            self._before = started
            self.recording.calls.append(RecordedCall(after=since, **call))

    def _call(
        self,
        method: str,
        url: str,
        params: Mapping[str, Any],
        data: Any,
        headers: Mapping[str, str],
        response: Response | None,
    ) -> dict[str, Any]:
        parts, stand_ins = urlsplit(url), self._stand_ins
        stand_ins.lossy.clear()
        is_json = "json" in headers.get("Content-Type", "")
        is_file = isinstance(data, bytes | str)
        query = stand_ins.parameters({**dict(parse_qsl(parts.query)), **params})
        given: Any = {}
        if is_json:
            given = stand_ins.value("", data)
        elif isinstance(data, Mapping):
            given = stand_ins.parameters(data)
        host = parts.netloc.rpartition("@")[2]
        answer = json_object(response.text if response else None) or {}
        is_refused = response is not None and not response.ok
        return {
            "method": method.upper(),
            "host": host,
            "path": stand_ins.path(host, parts.path),
            "headers": {
                name: str(headers[name]).partition(";")[0]
                for name in _HEADERS
                if name in headers and (name != "Content-Type" or is_file or is_json)
            },
            "query": query,
            "parameters": given,
            "size": len(data) if is_file else 0,
            "lossy": sorted(stand_ins.lossy),
            "status": response.status_code if response is not None else 0,
            "code": answer.get("code") if is_refused else None,
            "answer": None if is_refused else stand_ins.value("", answer) or None,
        }
