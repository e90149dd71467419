"""Retries by response: how long to wait, and whether to try again at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import requests
from fire import never_reached, throttled
from support import FakeHttpClient
from twilio.http.response import Response

from helpers.chat.errors import TransientError
from helpers.chat.retrying_client import LONGEST_PAUSE, LONGEST_RETRY_AFTER, Backoff, RetryingClient

GET = ("GET", "https://chat.twilio.com/v2/Services/IS1")


def failed_attempt(
    answer: Response | Exception, method: str = "GET"
) -> tuple[FakeHttpClient, TransientError]:
    """Send one request to an HTTP client that always answers so; return both it and the error."""
    client = FakeHttpClient(answer)
    with pytest.raises(TransientError) as trouble:
        RetryingClient(client, lambda _seconds: None).request(method, GET[1])
    return client, trouble.value


def in_seconds(seconds: int) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ("2", 2, 2.4),
        ("0", 0.1, 0.12),
        (86400, LONGEST_RETRY_AFTER, 1.2 * LONGEST_RETRY_AFTER),
        (-60, 0.1, 0.12),
        ("86400", LONGEST_RETRY_AFTER, 1.2 * LONGEST_RETRY_AFTER),
        ("soon", 0.8, 1.2),
        ("-5", 0.8, 1.2),
        ("", 0.8, 1.2),
    ],
)
def test_retry_after_is_a_number_or_a_date_and_nonsense_is_none(
    header: str | int, least: float, most: float
) -> None:
    header = in_seconds(header) if isinstance(header, int) else header
    client = RetryingClient(FakeHttpClient(throttled(header)), lambda _seconds: None, tries=1)
    with pytest.raises(TransientError) as raised:
        client.request(*GET)
    assert least <= raised.value.delay <= most


def test_retry_after_counts_for_a_server_that_is_unavailable_too() -> None:
    body = '{"code": 20503, "message": "Service Unavailable", "status": 503}'
    _, trouble = failed_attempt(Response(503, body, {"retry-after": "7"}))
    assert (trouble.retry_after, trouble.may_have_acted) == (7, True)


def test_waits_grow_without_end_to_their_limit() -> None:
    backoff = Backoff()
    waits = [backoff.after(TransientError("the connection broke")) for _ in range(2000)]
    assert waits[0] < 1.3
    assert max(waits) <= 1.2 * LONGEST_PAUSE
    assert min(waits[10:]) >= 0.8 * LONGEST_PAUSE
    backoff.reset()
    assert backoff.after(TransientError("the connection broke")) < 1.3


@pytest.mark.parametrize(
    ("method", "answer", "tries"),
    [
        ("GET", requests.ReadTimeout, 3),
        ("POST", requests.ReadTimeout, 1),
        ("POST", throttled, 3),
        ("POST", never_reached, 3),
        ("DELETE", lambda: Response(200, "<html>Log in</html>"), 1),
        ("GET", lambda: Response(302, ""), 3),
        ("GET", lambda: throttled("5"), 1),
    ],
    ids=["read", "write", "throttled write", "unsent write", "removal", "redirect", "long wait"],
)
def test_only_harmless_requests_are_retried(
    method: str, answer: Callable[[], Response | Exception], tries: int
) -> None:
    client, _ = failed_attempt(answer(), method)
    assert len(client.requests) == tries


@pytest.mark.parametrize(
    ("status", "code"), [(401, 20104), (403, 50107), (404, 20404), (409, 50404), (502, 50057)]
)
def test_a_refusal_of_twilios_goes_on_to_the_sdk(status: int, code: int) -> None:
    refusal = Response(status, json.dumps({"code": code, "message": "no", "status": status}))
    client = FakeHttpClient(refusal)
    assert RetryingClient(client, lambda _seconds: None).request(*GET) is refusal
    assert len(client.requests) == 1


def test_what_the_network_says_names_no_url() -> None:
    _, trouble = failed_attempt(never_reached())
    assert str(trouble) == "the server cannot be reached"
