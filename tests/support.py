"""Shared by test files: refusals, all an account holds, a fake HTTP client, a log of events."""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from hypothesis import settings
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http import HttpClient
from twilio.http.response import Response

from helpers import Account
from helpers.account import SharedMockHttpClient
from helpers.lazy import uncollected
from helpers.mock import Credentials, RemoteMock

PATIENCE = 30
"""Seconds after which something awaited counts as never coming."""


def seconds_of_work(
    call: Callable[[], object], clock: Callable[[], float] = time.process_time
) -> float:
    """Return the processor's seconds for a call, of this process or, by another clock, its thread.

    Others may be at work on this machine; and the collector may be about to look through all that
    the tests before have left, which is none of the call's work.
    """
    with uncollected():
        started = clock()
        call()
        return clock() - started


def examples(count: int) -> int:
    """Return how many examples a property of so many is given by the profile of this run."""
    return max(5, count * settings().max_examples // 100)


def most_examples(count: int) -> int:
    """Return as many as `examples`, but at most `count`, for what takes long already."""
    return min(examples(count), count)


@contextmanager
def refused(status: int, code: int, message: str = "") -> Iterator[None]:
    """The SDK is refused in here, with this HTTP status, code and message (a part will do)."""
    with pytest.raises(TwilioException) as caught:
        yield
    assert _refusal(caught.value)[:2] == (status, code)
    assert message in _refusal(caught.value)[2]


def _refusal(error: TwilioException) -> tuple[int, int, str]:
    if isinstance(error, TwilioRestException):
        return error.status, error.code, error.msg
    response = error.args[1]  # of a list, which the SDK raises as it is
    body = json.loads(response.text)
    return response.status_code, body["code"], body["message"]


def stored(account: Any) -> dict[str, list[tuple[Any, ...]]]:
    """All that a mock keeps, by kind, what its API does not show included; no log of webhooks."""
    image, _ = account.mock.take_snapshot().account
    with closing(sqlite3.connect(":memory:")) as db:
        db.deserialize(image)
        names = db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        return {
            name: db.execute(f'SELECT * FROM "{name}"').fetchall()
            for (name,) in names
            if not name.startswith(("_", "sqlite_")) and name != "delivery"
        }


def everything(account: Any) -> dict[str, Any]:
    """All that can be listed in an account, by path; equal where nothing has changed."""
    return {
        path: [_fields(item) for item in collection.list()]
        for path, collection in _collections(account.client)
    }


def _collections(client: Any) -> Iterator[tuple[str, Any]]:
    chat, flex = client.chat.v2, client.flex_api.v1
    yield from {
        "flex flows": flex.flex_flow,
        "flex channels": flex.channel,
        "web channels": flex.web_channel,
        "credentials": chat.credentials,
        "services": chat.services,
    }.items()
    for workspace in client.taskrouter.v1.workspaces.list():
        yield f"tasks of {workspace.sid}", workspace.tasks
    for service in chat.services.list():
        for name in ("roles", "users", "channels", "bindings"):
            yield f"{name} of {service.sid}", getattr(service, name)
        for channel in service.channels.list():
            for name in ("members", "messages", "invites", "webhooks"):
                yield f"{name} of {channel.sid}", getattr(channel, name)
        for user in service.users.list():
            yield f"channels of {user.sid}", user.user_channels


def _fields(instance: Any) -> dict[str, Any]:
    return {name: value for name, value in vars(instance).items() if _is_plain(name)}


def _is_plain(name: str) -> bool:
    return not name.startswith("_") or name == "_from"


class FakeHttpClient(HttpClient):
    """Records requests and answers each with the same response or exception."""

    def __init__(self, answer: Response | Exception) -> None:
        super().__init__(logging.getLogger(__name__), is_async=False)
        self.answer = answer
        self.requests: list[tuple[str, str]] = []

    def request(self, method: str, uri: str, *args: Any, **kwargs: Any) -> Response:
        self.requests.append((method, uri))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class EventLog:
    """Events of an emitter, in order, as (event, argument)."""

    def __init__(self, emitter: Any, *events: str) -> None:
        self.all: list[tuple[str, Any]] = []
        self._changed = threading.Condition()
        for event in events:
            emitter.on(event, self._record_as(event))

    def _record_as(self, event: str) -> Callable[..., None]:
        def record(*arguments: Any) -> None:
            with self._changed:
                self.all.append((event, arguments[0] if arguments else None))
                self._changed.notify_all()

        return record

    def wait_until(self, holds: Callable[[], bool]) -> None:
        """Wait until a condition holds, checking it after each event."""
        with self._changed:
            assert self._changed.wait_for(holds, PATIENCE), self.all

    def wait_for(self, count: int) -> list[Any]:
        """Wait for `count` events and return the arguments."""
        self.wait_until(lambda: len(self.all) >= count)
        return self.arguments

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.all]

    @property
    def arguments(self) -> list[Any]:
        return [argument for _, argument in self.all]

    @property
    def bodies(self) -> list[str]:
        return [message.body for message in self.arguments]


def shared_account_that_is_gone() -> Account:
    """An account of a mock elsewhere, where no mock answers any more."""
    own, url = Credentials.demo(), "http://127.0.0.1:9"
    return Account("shared", own, SharedMockHttpClient(url), RemoteMock(url, own))


def roles(service: Any) -> dict[str, str]:
    """SIDs of a chat service's roles, by name."""
    return {role.friendly_name: role.sid for role in service.roles.list()}
