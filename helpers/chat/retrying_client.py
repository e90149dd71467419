"""The line between a chat client and its account: tells a refusal from a failure, and tries again.

The SDK's exceptions carry no headers, and hold a proxy's HTML for Twilio's answer. So answers are
looked at here, where they come in: a refusal of Twilio's goes on to the SDK, and everything that
may pass by itself becomes `Trouble`.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import orjson
import requests
from twilio.http import HttpClient
from twilio.http.response import Response
from urllib3.exceptions import InvalidHeader, NewConnectionError
from urllib3.util import Retry

from .errors import TransientError

TRIES = 3
"""Tries of one request in place, as in Twilio's Chat SDK (documented)."""
LONGEST_IN_PLACE = 4.0
"""Seconds that a request waits between two of its tries; for longer waits it gives up."""
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
"""Seconds between tries at most, where Twilio names no time of its own."""
LONGEST_RETRY_AFTER = 300.0
"""Seconds for which a `Retry-After` is believed."""
SHORTEST_RETRY_AFTER = 0.1
_GENERIC = range(20500, 20600)
"""Twilio's codes for a server that is in trouble, rather than against the request (documented)."""
_CANNOT_SEND = (
    requests.exceptions.ConnectTimeout,
    requests.exceptions.SSLError,
    requests.exceptions.ProxyError,
    requests.exceptions.InvalidURL,
    ConnectionRefusedError,
)


class Backoff:
    """How long to wait before another try: longer each time, spread, never before Retry-After."""

    def __init__(self) -> None:
        self._failures = 0

    def after(self, trouble: TransientError) -> float:
        """Seconds to wait after this failure."""
        self._failures += 1
        if trouble.retry_after is not None:
            asked = min(LONGEST_RETRY_AFTER, max(SHORTEST_RETRY_AFTER, trouble.retry_after))
            return asked * _spread(1.0, 1.2)
        pause: float = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(self._failures - 1, 16))
        return pause * _spread(0.8, 1.2)

    def reset(self) -> None:
        """It works again: the next failure counts as the first."""
        self._failures = 0


class RetryingClient(HttpClient):  # type: ignore[misc]
    """Passes requests on, and tries again what can be tried again without harm.

    That is a read, and whatever had no effect for certain. What else fails is `Trouble`: whoever
    asked knows better what to do.

    Args:
        door: The way to the account.
        wait: Waits so many seconds before another try.
        tries: How often a request is tried.
        backoff: Says how long to wait; a new one for every request, where none is given.
        failing: Told of a failure that is followed by another try, after its `delay`.
    """

    def __init__(
        self,
        door: HttpClient,
        wait: Callable[[float], None],
        *,
        tries: int = TRIES,
        backoff: Backoff | None = None,
        failing: Callable[[TransientError], None] = lambda _trouble: None,
    ) -> None:
        super().__init__(door.logger, is_async=False, timeout=door.timeout)
        self._door = door
        self._wait = wait
        self._tries = tries
        self._backoff = backoff
        self._failing = failing

    def request(self, method: str, uri: str, *args: Any, **kwargs: Any) -> Response:
        """Pass one request on.

        Raises:
            Trouble: It failed, for now.
        """
        backoff = self._backoff or Backoff()
        for left in reversed(range(self._tries)):
            try:
                answer = self._once(method, uri, args, kwargs)
            except TransientError as trouble:
                trouble.delay = backoff.after(trouble)
                harmless = method.upper() == "GET" or not trouble.may_have_acted
                if not left or not harmless or trouble.delay > LONGEST_IN_PLACE:
                    raise
                self._failing(trouble)
                self._wait(trouble.delay)
            else:
                backoff.reset()
                return answer
        raise AssertionError("a line tries at least once")

    def _once(self, method: str, uri: str, args: Any, kwargs: Any) -> Response:
        try:
            answer = self._door.request(method, uri, *args, **kwargs)
        except OSError as error:  # those of requests are of this kind too
            raise _unanswered(error) from error
        trouble = _trouble_in(method.upper(), uri, answer)
        if trouble is not None:
            raise trouble
        return answer


def _spread(least: float, most: float) -> float:
    """Keeps clients that failed together from coming back together."""
    return random.uniform(least, most)  # noqa: S311 - no secret


def _unanswered(error: OSError) -> TransientError:
    if _was_never_sent(error):
        return TransientError("the server cannot be reached", may_have_acted=False)
    if isinstance(error, (requests.exceptions.Timeout, TimeoutError)):
        return TransientError("no answer in time")
    return TransientError("the connection broke", detail=_said(error))


def _said(error: OSError) -> str:
    """What a failure says in words of its own; those of urllib3 would quote URLs."""
    return error.args[0] if error.args and isinstance(error.args[0], str) else ""


def _was_never_sent(error: OSError) -> bool:
    cause = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(error, _CANNOT_SEND) or isinstance(cause, NewConnectionError)


def _trouble_in(method: str, uri: str, answer: Response) -> TransientError | None:
    if answer.status_code >= 400:
        return _trouble_in_refusal(answer)
    if _is_understood(method, uri, answer):
        return None
    return TransientError(f"an answer that is not Twilio's (HTTP {answer.status_code})")


def _is_understood(method: str, uri: str, answer: Response) -> bool:
    if method == "DELETE":
        return bool(answer.status_code == 204)
    if urlsplit(uri).path.endswith("/Content"):  # a file
        return True
    found = _document(answer)
    return "url" in found or "meta" in found  # every resource and every list of Twilio's


def _trouble_in_refusal(answer: Response) -> TransientError | None:
    """What Twilio refuses for good is none; what nobody or a server in distress says is."""
    status, document = answer.status_code, _document(answer)
    code, message = document.get("code"), str(document.get("message", ""))
    retry_after = _retry_after(answer)
    if status == 429:  # never processed, safe to retry (documented)
        own = code if isinstance(code, int) else None
        return TransientError("throttled", message, own, status, retry_after, may_have_acted=False)
    if not isinstance(code, int):
        what = f"an answer that is not Twilio's (HTTP {status})"
        return TransientError(what, "", None, status, retry_after)
    if code in _GENERIC or (status >= 500 and code == status):
        return TransientError(f"server error {status}", message, code, status, retry_after)
    return None


def _document(answer: Response) -> dict[str, Any]:
    """An answer's JSON object; an empty one where it holds something else."""
    try:
        found = orjson.loads(answer.text)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _retry_after(answer: Response) -> float | None:
    """Seconds, from a number or a date; None where there is neither."""
    headers = {name.lower(): value for name, value in (answer.headers or {}).items()}
    value = headers.get("retry-after")
    try:
        return None if value is None else float(Retry().parse_retry_after(str(value)))
    except (InvalidHeader, ValueError, OverflowError):
        return None
