"""SDK calls answered by a mock in this process, beside the same calls with a canned answer."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Iterator
from typing import Any

from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client

from helpers import Account, connect

from .house_costs import task_flow
from .measuring import Figure, Paired, in_turns, paired_figure

LISTED = 60
"""Messages in the channel whose latest fifty are listed."""


class Canned(HttpClient):  # type: ignore[misc]
    """Gives the same answers again and again: the SDK's own work."""

    def __init__(self, answers: list[Response]) -> None:
        super().__init__(logging.getLogger(__name__), is_async=False)
        self._answers = itertools.cycle(answers)

    def request(self, *args: Any, **kwargs: Any) -> Response:
        answer = next(self._answers)
        return Response(answer.status_code, answer.text)


class Recording(HttpClient):  # type: ignore[misc]
    """Keeps the answers of another client."""

    def __init__(self, inner: HttpClient) -> None:
        super().__init__(logging.getLogger(__name__), is_async=False)
        self._inner = inner
        self.answers: list[Response] = []

    def request(self, *args: Any, **kwargs: Any) -> Response:
        self.answers.append(self._inner.request(*args, **kwargs))
        return self.answers[-1]


Make = Callable[[Client], Callable[[], object]]
"""Returns the call to measure, with all that is made before."""


def beside_canned(account: Account, make: Make, **options: Any) -> Paired:
    """Measure a call on the account and on canned answers."""

    def through(door: HttpClient) -> Callable[[], object]:
        known = account.credentials
        return make(Client(known.account_sid, known.auth_token, http_client=door))

    recording = Recording(account.mock.http_client)
    through(recording)()
    canned = Canned(recording.answers)
    return in_turns(through(account.mock.http_client), through(canned), **options)


def chat_messages(client: Client, service: str, channel: str) -> Any:
    """The messages of a channel over Chat v2."""
    return client.chat.v2.services(service).channels(channel).messages


def conversation_messages(client: Client, service: str, channel: str) -> Any:
    """The same over Conversations."""
    return client.conversations.v1.services(service).conversations(channel).messages


DIALECTS = {
    "Chat": (chat_messages, "from_"),
    "Conversations": (conversation_messages, "author"),
}


def run() -> Iterator[Figure]:
    """Create a message, list fifty, make a Flex channel, a conversation."""
    account = connect(seed=1)
    service = account.credentials.chat_service_sid
    channel = account.client.chat.v2.services(service).channels.create(type="private").sid
    for number in range(LISTED):
        chat_messages(account.client, service, channel).create(body=f"message {number}")
    for name, (messages, author) in DIALECTS.items():

        def creating(client: Client, messages: Any = messages, author: str = author) -> Any:
            own, by = messages(client, service, channel), {author: "alice"}
            return lambda: own.create(body="How can I help?", **by)

        yield paired_figure(f"create message, {name}", beside_canned(account, creating), 3.0)
    for name, (messages, _) in DIALECTS.items():

        def listing(client: Client, messages: Any = messages) -> Any:
            own = messages(client, service, channel)
            return lambda: own.list(limit=50, page_size=50)

        found = beside_canned(account, listing, rounds=20, calls=10)
        yield paired_figure(f"list 50 messages, {name}", found, 1.2)
    yield from flex_channels(account)
    numbers = itertools.count()

    def conversing(client: Client) -> Any:
        conversations = client.conversations.v1.services(service).conversations

        def converse() -> None:
            made = conversations.create(friendly_name="Chat")
            made.participants.create(identity=f"jane-{next(numbers)}")

        return converse

    found = beside_canned(account, conversing, calls=20)
    yield paired_figure("conversation with a participant (two requests)", found)


def flex_channels(account: Account) -> Iterator[Figure]:
    """Flex channels of two kinds of flow; each has a contact of its own."""
    client, service = account.client, account.credentials.chat_service_sid
    flows = {
        "a handler of yours": handler_flow(client, service),
        "a task": task_flow(client, service),
    }
    numbers = itertools.count()
    for name, flow in flows.items():

        def contacting(client: Client, flow: str = flow) -> Any:
            return lambda: contact(client, flow, next(numbers))

        found = beside_canned(account, contacting, calls=20)
        yield paired_figure(f"Flex channel with {name}", found, 8.0)


def handler_flow(client: Client, service: str) -> str:
    """A Flex Flow whose messages go to a handler."""
    flow = client.flex_api.v1.flex_flow.create(
        friendly_name="Bot",
        chat_service_sid=service,
        channel_type="custom",
        contact_identity="bot",
        integration_type="external",
        integration_url="https://shop.example.com",
        enabled=True,
    )
    return str(flow.sid)


def contact(client: Client, flow: str, number: int) -> Any:
    """The channel of a new contact."""
    return client.flex_api.v1.channel.create(
        flex_flow_sid=flow,
        identity=f"user-{number}",
        chat_user_friendly_name="Jane",
        chat_friendly_name="Chat with Jane",
    )
