"""Raw answers, as they come before the SDK turns them into objects."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from twilio.http import HttpClient
from twilio.http.response import Response


@dataclass(frozen=True)
class Exchange:
    """One request that the SDK made, and the raw answer to it."""

    method: str
    url: str
    headers: Mapping[str, str]
    status: int
    text: str

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def json(self) -> Any:
        return json.loads(self.text)


class Recorder(HttpClient):
    """Keeps every exchange with another HTTP client."""

    def __init__(self, inner: HttpClient) -> None:
        super().__init__(inner.logger, is_async=False)
        self._inner = inner
        self.exchanges: list[Exchange] = []

    def request(self, method: str, uri: str, *args: Any, **kwargs: Any) -> Response:
        answer = self._inner.request(method, uri, *args, **kwargs)
        headers = kwargs.get("headers") or {}
        self.exchanges.append(Exchange(method, uri, headers, answer.status_code, answer.text))
        return answer
