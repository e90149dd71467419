"""Assertions about an account, whose failures show the expected beside the found.

They wait until webhooks and Studio flows have come to rest, and leave no trace in the request log.
"""

from __future__ import annotations

import difflib
import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from ..json_object import attributes_in
from ..mock import Attempt, MockTwilio, Request
from ..request_log import LoggedRequest

PATIENCE = 3.0
"""Seconds in which webhooks and flows are to come to rest."""
_SERVICES = "https://chat.twilio.com/v2/Services"
"""All conversations are channels here, whatever they were made by."""
_WORKSPACES = "https://taskrouter.twilio.com/v1/Workspaces"
__tracebackhide__ = True  # a failure is shown where the test asserts
_SHOWN = 20
"""Lines of a list in a failure."""


def assert_messages(
    twilio: MockTwilio, conversation: Any, *expected: str | tuple[str, str]
) -> None:
    """Assert that a conversation has exactly these messages, oldest first.

    Args:
        twilio: The account.
        conversation: A conversation or Chat channel of the SDK, or its SID.
        expected: Bodies, or pairs of author and body.
    """
    settle(twilio)
    sid = getattr(conversation, "sid", conversation)
    found = [
        (each["from"], each["body"] or "(no text)")
        for each in _list(twilio, f"{_home(twilio, sid)}/Messages", "messages")
    ]
    wanted = [("", each) if isinstance(each, str) else each for each in expected]
    # a message that is expected of anybody has the author of the one in its place
    compared = [
        (author or (found[place][0] if place < len(found) else "anybody"), body)
        for place, (author, body) in enumerate(wanted)
    ]
    if compared != found:
        lines = ([f"{author}: {body}" for author, body in each] for each in (compared, found))
        raise AssertionError(_compared(f"Messages of {sid}", *lines))


def assert_tasks(twilio: MockTwilio, *expected: Mapping[str, Any]) -> None:
    """Assert that the account has exactly these tasks, oldest first, and where they went.

    Args:
        twilio: The account.
        expected: For each task the entries that matter, of `status`, `queue`, `workflow`,
            `channel`, `workers` (those it is or was reserved for), `priority`, `reason` and
            `attributes`, of which it may have others, too.
    """
    settle(twilio)
    found = list(_tasks(twilio))
    problems: list[str] = []
    for place, wanted in enumerate(expected):
        if unknown := [name for name in wanted if name not in _TASK]:
            raise ValueError(f"a task has no {unknown[0]!r}; there is {', '.join(_TASK)}")
        if place < len(found):
            problems += _differences(f"task {place + 1}", wanted, found[place])
    if len(expected) != len(found):
        problems.insert(0, f"{len(expected)} expected, {len(found)} found")
    if problems:
        listed = [
            f"task {place}: {json.dumps(each, default=str)}" for place, each in enumerate(found, 1)
        ]
        lines = [f"Tasks: {problems[0]}", *problems[1:], "Found:", *(listed or ["no task"])]
        raise AssertionError("\n".join(lines))


def assert_webhooks(twilio: MockTwilio, *expected: str, url: str | None = None) -> None:
    """Assert that exactly these events were delivered, in order, each with success.

    Args:
        twilio: The account.
        expected: Names of events, e.g. `onMessageAdded`.
        url: The URL that they went to; by default all URLs count.
    """
    settle(twilio)
    tries = [each for each in twilio.webhooks.log if url in (None, each.url.partition("?")[0])]
    names = [each.event for each in tries if each.number == 0]
    if names != [*expected]:
        shown = [_shown(each) for each in tries]
        text = _compared(f"Webhooks{f' to {url}' if url else ''}", [*expected], names)
        raise AssertionError("\n".join([text, "Deliveries:", *_cut(shown or ["none"])]))
    problems = [_shown(each) for each in _last_tries(tries) if not _is_delivered(each)]
    if problems:
        raise AssertionError("\n".join(["Webhooks that were not delivered:", *_cut(problems)]))


def assert_requests(twilio: MockTwilio, pattern: str, times: int | None = None) -> None:
    """Assert that calls were made that fit a pattern, whether or not they were refused.

    Args:
        twilio: The account.
        pattern: An operation such as `CreateConversationMessage`, or method and address, as
            `Faults.add` takes it.
        times: Their number; by default at least one.

    Raises:
        BadFault: No operation fits the pattern.
    """
    made = list(twilio.requests)
    fitting = [
        each for each in made if twilio.faults.fits(pattern, each.method, each.host, each.path)
    ]
    if len(fitting) != times if times is not None else not fitting:
        wanted = "at least one request" if times is None else f"{times} requests"
        raise AssertionError(
            "\n".join([f"{wanted} of {pattern} expected, {len(fitting)} made.", *_requests(made)])
        )


def assert_refused(twilio: MockTwilio, *codes: int) -> None:
    """Assert that exactly the requests with these codes of Twilio's were refused, in order."""
    refused = [each for each in twilio.requests if not 200 <= each.status < 400]
    found = [each.code or each.status for each in refused]
    if found != [*codes]:
        wanted = ", ".join(map(str, codes)) or "none"
        raise AssertionError(
            "\n".join([f"Refusals expected: {wanted}.", *_requests(refused, "refused")])
        )


def assert_nothing_refused(twilio: MockTwilio) -> None:
    """Assert that no request was refused."""
    assert_refused(twilio)


def settle(twilio: MockTwilio, patience: float = PATIENCE) -> None:
    """Wait until nothing is left to deliver, and no flow runs.

    Raises:
        AssertionError: That takes too long, as where a receiver answers its own messages.
    """
    deadline = time.monotonic() + patience
    while twilio.webhooks.settle(max(0.0, deadline - time.monotonic())):
        position = twilio.journal.position
        if not twilio.studio.settle(max(0.0, deadline - time.monotonic())):
            raise AssertionError(f"A Studio flow still ran after {patience:g} s")
        if twilio.journal.position == position:
            return
    counts = Counter((each.event, each.url) for each in twilio.webhooks.log).most_common(3)
    listed = [f"  {count} x {event} to {url}" for (event, url), count in counts]
    raise AssertionError(
        "\n".join(
            [
                f"Webhooks were still being delivered after {patience:g} s. Does a receiver answer"
                " its own messages, or not answer at all?",
                *listed,
            ]
        )
    )


def described(request: LoggedRequest) -> str:
    """Return a request in one line, a refused one with Twilio's code and reason."""
    return f"{request}: {request.problem}" if request.problem else str(request)


def _read(twilio: MockTwilio, url: str) -> Any:
    """Read with the account's credentials, past faults and log; None where there is nothing."""
    parts, own = urlsplit(url), twilio.credentials
    query = dict(parse_qsl(parts.query))
    auth = (own.account_sid, own.auth_token)
    reply = twilio.handle(Request("GET", parts.netloc, parts.path, query, auth=auth))
    return reply.json if reply.status == HTTPStatus.OK else None


def _list(twilio: MockTwilio, url: str, key: str) -> Iterator[Any]:
    following: str | None = f"{url}?PageSize=100"
    while following:
        page = _read(twilio, following)
        yield from page[key]
        following = page["meta"]["next_page_url"]


def _home(twilio: MockTwilio, sid: str) -> str:
    """Return the URL of a conversation, in the service that it is in."""
    homes = [f"{_SERVICES}/{each['sid']}/Channels" for each in _list(twilio, _SERVICES, "services")]
    for home in homes:
        if _read(twilio, f"{home}/{sid}"):
            return f"{home}/{sid}"
    found = (each for home in homes for each in _list(twilio, home, "channels"))
    listed = ", ".join(f"{each['sid']} ({each['friendly_name']})" for each in found)
    raise AssertionError(f"There is no conversation {sid}; there is {listed or 'none'}")


_TASK = {
    "status": "assignment_status",
    "queue": "task_queue_friendly_name",
    "workflow": "workflow_friendly_name",
    "channel": "task_channel_unique_name",
    "workers": "",
    "priority": "priority",
    "reason": "reason",
    "attributes": "attributes",
}
"""Entries of a task in an assertion, and their names in TaskRouter's API."""


def _tasks(twilio: MockTwilio) -> Iterator[dict[str, Any]]:
    for workspace in _list(twilio, _WORKSPACES, "workspaces"):
        url = f"{_WORKSPACES}/{workspace['sid']}/Tasks"
        for task in _list(twilio, url, "tasks"):
            seen = {name: task.get(column) for name, column in _TASK.items()}
            seen["attributes"] = attributes_in(task["attributes"])
            reserved = _list(twilio, f"{url}/{task['sid']}/Reservations", "reservations")
            seen["workers"] = [each["worker_name"] for each in reserved]
            yield seen


def _differences(what: str, wanted: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[str]:
    for name, value in wanted.items():
        own = found.get(name)
        if isinstance(value, Mapping) and isinstance(own, Mapping):
            yield from _differences(f"{what}, {name}", value, own)
        elif value != own:
            yield f"{what}, {name}: {value!r} expected, {own!r} found"


def _last_tries(tries: Sequence[Attempt]) -> Iterator[Attempt]:
    for place, each in enumerate(tries):
        if place + 1 == len(tries) or tries[place + 1].number == 0:
            yield each


def _is_delivered(attempt: Attempt) -> bool:
    return attempt.status is not None and attempt.status < 400


def _shown(attempt: Attempt) -> str:
    answer = f"answered {attempt.status}" if attempt.status is not None else "no answer"
    about = f" ({attempt.problem})" if attempt.problem else ""
    again = f", try {attempt.number + 1}" if attempt.number else ""
    advice = ""
    if attempt.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        advice = f": is the signature checked against {attempt.url} and the account's auth token?"
    return f"  {attempt.event} to {attempt.url}{again}: {answer}{about}{advice}"


def _requests(made: Sequence[LoggedRequest], what: str = "made") -> list[str]:
    return [f"Requests {what}:", *_cut([f"  {described(each)}" for each in made] or ["  none"])]


def _cut(lines: Sequence[str]) -> Sequence[str]:
    left = len(lines) - _SHOWN
    return lines if left <= 0 else [*lines[:_SHOWN], f"  ... and {left} more"]


def _compared(title: str, expected: Iterable[str], found: Iterable[str]) -> str:
    left, right = [*expected], [*found]
    compared = [*difflib.unified_diff(left, right, n=len(left), lineterm="")][3:]
    lines = [f"{each[0]} {each[1:]}" for each in compared]
    return "\n".join([f"{title} (- expected, + found):", *_cut(lines or ["  none"])])
