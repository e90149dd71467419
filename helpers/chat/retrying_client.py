"""An HTTP client for the SDK that tells refusals from failures, and retries.

The SDK's exceptions carry no headers and take a proxy's HTML for Twilio's answer. So answers are
classified here: a refusal by Twilio passes to the SDK, anything that may pass becomes a
`TransientError`.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from random import Random
from typing import Any
from urllib.parse import urlsplit

import requests
from twilio.http import HttpClient
from twilio.http.response import Response
from urllib3.exceptions import InvalidHeader, NewConnectionError
from urllib3.util import Retry

from ..json_object import json_object
from .errors import TransientError

TRIES = 3
"""Tries of one request, as in Twilio's Chat SDK (documented)."""
LONGEST_IN_PLACE = 4.0
"""Seconds that a request waits between two tries; for longer waits it gives up."""
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
"""Seconds between tries at most, without a `Retry-After`."""
LONGEST_RETRY_AFTER = 300.0
"""Seconds up to which a `Retry-After` is followed."""
SHORTEST_RETRY_AFTER = 0.1
_jitter = Random()  # noqa: S311 - no secret; the numbers that a user has seeded stay theirs
_GENERIC = range(20500, 20600)
"""Twilio's codes for server errors (documented)."""
_CANNOT_SEND = (
    requests.exceptions.ConnectTimeout,
    requests.exceptions.SSLError,
    requests.exceptions.ProxyError,
    requests.exceptions.InvalidURL,
    ConnectionRefusedError,
)


class Backoff:
    """Delays between tries: longer each time, with jitter, never shorter than Retry-After."""

    def __init__(self) -> None:
        self._failures = 0

    def after(self, failure: TransientError) -> float:
        """Return the seconds to wait after this failure."""
        self._failures += 1
        if failure.retry_after is not None:
            pause = min(LONGEST_RETRY_AFTER, max(SHORTEST_RETRY_AFTER, failure.retry_after))
            return pause * _jitter.uniform(1.0, 1.2)
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(self._failures - 1, 16))
        return pause * _jitter.uniform(0.8, 1.2)

    def reset(self) -> None:
        """Count the next failure as the first."""
        self._failures = 0


class RetryingClient(HttpClient):  # type: ignore[misc]
    """Passes requests on and retries them where that does no harm.

    That is a read, and any request that certainly had no effect. Another failure is raised as a
    `TransientError` for the caller to handle.

    Args:
        inner: HTTP client that reaches the account.
        wait: Waits so many seconds before another try.
        tries: Tries of a request.
        backoff: Delays between tries; by default a new one for each request.
        failing: Called with a failure that is followed by another try, after its `delay`.
    """

    def __init__(
        self,
        inner: HttpClient,
        wait: Callable[[float], object],
        *,
        tries: int = TRIES,
        backoff: Backoff | None = None,
        failing: Callable[[TransientError], None] = lambda _failure: None,
    ) -> None:
        super().__init__(inner.logger, is_async=False, timeout=inner.timeout)
        self._inner = inner
        self._wait = wait
        self._tries = tries
        self._backoff = backoff
        self._failing = failing

    def request(self, method: str, uri: str, *args: Any, **kwargs: Any) -> Response:
        """Pass one request on.

        Raises:
            TransientError: It failed, for now.
        """
        backoff = self._backoff or Backoff()
        for left in reversed(range(self._tries)):
            try:
                answer = self._inner.request(method, uri, *args, **kwargs)
                failure = _failure_in(method.upper(), uri, answer)
            except OSError as error:  # those of requests are of this kind too
                failure = _unanswered(error)
                failure.__cause__ = error
            if failure is None:
                backoff.reset()
                return answer
            failure.delay = backoff.after(failure)
            harmless = method.upper() == "GET" or not failure.may_have_acted
            if not left or not harmless or failure.delay > LONGEST_IN_PLACE:
                raise failure
            self._failing(failure)
            self._wait(failure.delay)
        raise AssertionError("a request is tried at least once")


def _unanswered(error: OSError) -> TransientError:
    cause = error.args[0] if error.args else None
    if isinstance(error, _CANNOT_SEND) or isinstance(
        getattr(cause, "reason", None), NewConnectionError
    ):
        return TransientError("the server cannot be reached", may_have_acted=False)
    if isinstance(error, (requests.exceptions.Timeout, TimeoutError)):
        return TransientError("no answer in time")
    detail = cause if isinstance(cause, str) else ""  # the text of urllib3's would quote URLs
    return TransientError("the connection broke", detail)


def _failure_in(method: str, uri: str, answer: Response) -> TransientError | None:
    if answer.status_code >= HTTPStatus.BAD_REQUEST:
        return _failure_in_refusal(answer)
    if method == "DELETE":
        is_twilios = answer.status_code == HTTPStatus.NO_CONTENT
    else:  # every resource of Twilio's has a URL, every list has meta; a file is of any form
        is_file = urlsplit(uri).path.endswith("/Content")
        is_twilios = is_file or not {"url", "meta"}.isdisjoint(json_object(answer.text) or {})
    if is_twilios:
        return None
    return TransientError(f"an answer that is not Twilio's (HTTP {answer.status_code})")


def _failure_in_refusal(answer: Response) -> TransientError | None:
    """Return None for a refusal that is final."""
    status, document = answer.status_code, json_object(answer.text) or {}
    code, message = document.get("code"), str(document.get("message", ""))
    retry_after = _retry_after(answer)
    if status == HTTPStatus.TOO_MANY_REQUESTS:  # never processed, safe to retry (documented)
        own = code if isinstance(code, int) else None
        return TransientError("throttled", message, own, status, retry_after, may_have_acted=False)
    if not isinstance(code, int):
        what = f"an answer that is not Twilio's (HTTP {status})"
        return TransientError(what, "", None, status, retry_after)
    if code in _GENERIC or (status >= HTTPStatus.INTERNAL_SERVER_ERROR and code == status):
        return TransientError(f"server error {status}", message, code, status, retry_after)
    return None


def _retry_after(answer: Response) -> float | None:
    """Return the seconds, from a number or a date; None without either."""
    headers = {name.lower(): value for name, value in (answer.headers or {}).items()}
    value = headers.get("retry-after")
    try:
        return None if value is None else float(Retry().parse_retry_after(str(value)))
    except (InvalidHeader, ValueError, OverflowError):
        return None
