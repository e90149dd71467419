"""Generated requests over HTTP: right, wrong and garbled, each before and after authentication.

None is answered with 500, and none later than a second. A long run makes 100,000 of them.
"""

from __future__ import annotations

import http.client
import json
import random
import re
import socket
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest
import requests
from examples import PreparedAccount, prepared_account
from examples.garbage import GARBAGE
from examples.garbling import Garbler

from helpers.mock import Reply, Request, WebhookRequest
from helpers.mock.server.running import BackgroundServer

REQUESTS, FEW = 100_000, 1_500
SEED = 20260601
LATEST, TRIES = 1.0, 3
"""Seconds within which every answer arrives; a late one may be a busy machine's, so it is asked for
again, and counted."""
ANSWERS: tuple[Any, ...] = (None, 403, 500, {"body": "changed"}, {"attributes": "not JSON"}, "{")
REFUSED_BY_A_WEBHOOK = {50057, 50076}
"""Codes of refusals in the 500s that are Twilio's own."""


class Sender:
    """Sends bytes over one connection, which is made again when the server ends it."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._address = parts.hostname or "", parts.port or 0
        self._connection: socket.socket | None = None

    def send(self, data: bytes, method: str) -> tuple[int, bytes]:
        """Status and body of the answer."""
        try:
            return self._exchange(data, method)
        except (ConnectionError, http.client.BadStatusLine):  # ended after the last answer
            self.close()
            return self._exchange(data, method)

    def _exchange(self, data: bytes, method: str) -> tuple[int, bytes]:
        if self._connection is None:
            self._connection = socket.create_connection(self._address, 30)
        self._connection.sendall(data)
        answer = http.client.HTTPResponse(self._connection, method=method)
        answer.begin()
        body = answer.read()
        if answer.will_close:
            self.close()
        return answer.status, body

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Writer:
    """Writes requests as bytes, in one of the forms that clients send, or in none."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def body(self, request: Request) -> tuple[str, bytes]:
        """A content type, and a body of it."""
        form, drawn = request.form, self._random.random()
        if request.body or not form:
            return request.headers["Content-Type"], request.body
        if drawn < 0.7:
            return "application/x-www-form-urlencoded", urlencode(
                form, doseq=True, errors="surrogatepass"
            ).encode()
        if drawn < 0.95:
            whole = b"".join(self._part(name, value) for name, value in pairs(form)) + b"--b--\r\n"
            cut = self._random.randrange(len(whole)) if drawn > 0.9 else len(whole)
            return "multipart/form-data; boundary=b", whole[:cut]
        return self._random.choice(("application/json", "text/plain")), json.dumps(form).encode()

    def _part(self, name: str, value: str) -> bytes:
        shown = re.sub(r'[\r\n"]', "_", name)
        file = '; filename="a"' if self._random.random() < 0.01 else ""
        head = f'--b\r\nContent-Disposition: form-data; name="{shown}"{file}\r\n\r\n'
        return f"{head}{value}\r\n".encode("utf-8", "surrogatepass")

    def headers(self) -> Iterator[bytes]:
        """Headers of garbage, now and then."""
        while self._random.random() < 0.05:
            name = self._random.choice(
                ("If-Match", "Origin", "Accept", "Range", "Cookie", "Expect")
            )
            value = self._random.choice(GARBAGE).encode("utf-8", "surrogatepass")[:5000]
            yield b"%b: %b\r\n" % (name.encode(), re.sub(rb"[\r\n\0]", b"", value))

    def write(self, request: Request, auth: tuple[str, str] | None, base: str) -> bytes:
        """The whole request."""
        path = quote(request.path, safe="/%:@!$&'()*+,;=~", errors="surrogatepass")[:30_000]
        host = quote(request.host, safe="", errors="surrogatepass")[:300]
        query = urlencode(request.query, doseq=True, errors="surrogatepass")[:20_000]
        kind, body = self.body(request)
        lines = [
            f"{re.sub('[^A-Z]', '', request.method) or 'GET'} /{host}{path}?{query} HTTP/1.1",
            f"Host: {urlsplit(base).netloc}",
            f"Content-Type: {kind}",
            f"Content-Length: {len(body)}",
        ]
        webhooks = request.headers.get("X-Twilio-Webhook-Enabled")
        if webhooks and webhooks.isprintable():
            lines.append(f"X-Twilio-Webhook-Enabled: {webhooks}")
        if auth is not None:
            shown = b64encode(":".join(auth).encode("utf-8", "surrogatepass")).decode()
            lines.append(f"Authorization: Basic {shown[:60_000]}")
        head = "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n"
        return head + b"".join(self.headers()) + b"\r\n" + body


def pairs(form: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, values in form.items():
        for value in values if isinstance(values, list) else [values]:
            yield name, value


def unreachable(*_: Any, **__: Any) -> Any:
    raise requests.ConnectionError("nothing leaves this machine")


def answered(request: WebhookRequest) -> Any:
    return ANSWERS[len(request.parameters["EventType"]) % len(ANSWERS)]


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> Iterator[PreparedAccount]:
    """A prepared account that reaches no network."""
    monkeypatch.setattr(requests, "request", unreachable)
    account = prepared_account()
    account.account.clock.unfreeze()
    yield account
    assert account.mock.webhooks.settle()
    assert account.mock.studio.settle()


@pytest.mark.long
def test_no_request_is_answered_with_500_or_late(offline: PreparedAccount, is_long: bool) -> None:
    garbler, writer = Garbler(offline, SEED), Writer(SEED)
    offline.answer_hooks(answered)
    statuses: Counter[int] = Counter()
    strangers: Counter[int] = Counter()
    times: list[float] = []
    began = time.monotonic()
    with BackgroundServer(offline.mock) as server, closing(Sender(server.url)) as sender:

        def ask(request: Request, auth: tuple[str, str] | None) -> tuple[int, Any]:
            data = writer.write(request, auth, server.url)
            for _ in range(TRIES):
                asked = time.perf_counter()
                status, body = sender.send(data, request.method)
                times.append(time.perf_counter() - asked)
                if times[-1] < LATEST:
                    break
            shown = json.loads(body) if body.startswith((b"{", b"[")) else None
            code = shown.get("code") if isinstance(shown, dict) else None
            told = f"{data[:2000]!r}\n{status} {body[:500]!r} after {times[-1]:.2f} s"
            assert status < 500 or status == 501 or code in REFUSED_BY_A_WEBHOOK, told
            assert times[-1] < LATEST, told
            assert status in (200, 201, 202, 204) or shown["status"] == status, told
            return status, shown

        for _ in range(REQUESTS // 2 if is_long else FEW // 2):
            _, request = garbler.request()
            status, _ = ask(request, None)
            strangers[status] += 1
            status, shown = ask(request, request.auth)
            statuses[status] += 1
            garbler.learn(request.path, Reply(status, shown))
    times.sort()
    late = sum(each >= LATEST for each in times)
    print(
        f"\n{len(times):,} requests in {time.monotonic() - began:.0f} s, answered within"
        f" {times[len(times) // 2] * 1000:.1f} ms (median),"
        f" {times[len(times) * 999 // 1000] * 1000:.0f} ms (all but one in a thousand),"
        f" {times[-1] * 1000:.0f} ms (all); {late} late ones were in time when asked for again"
        f"\nwith credentials: {dict(sorted(statuses.items()))}"
        f"\nwithout: {dict(sorted(strangers.items()))}"
    )
    assert statuses[200] + statuses[201] + statuses[204] > sum(statuses.values()) / 4
    assert strangers.keys() <= {200, 400, 401, 403, 404, 413}
    assert strangers[401] > sum(strangers.values()) * 0.9
