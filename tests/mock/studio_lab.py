"""Builds flows of a few widgets, talks to them as a customer would, and reads what they did."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException

from helpers import Account, ChatClient, connect

DAY = 24 * 3600


def widget(name: str, kind: str, *transitions: dict[str, Any], **properties: Any) -> dict[str, Any]:
    """One state of a definition."""
    return {"name": name, "type": kind, "transitions": [*transitions], "properties": properties}


def to(event: str, target: str | None = None, *conditions: dict[str, Any]) -> dict[str, Any]:
    """A transition; without a target the flow ends there."""
    made: dict[str, Any] = {"event": event} if target is None else {"event": event, "next": target}
    return {**made, "conditions": [*conditions]} if conditions else made


def if_(tested: str, kind: str, value: str = "") -> dict[str, Any]:
    """A condition of a split."""
    return {"friendly_name": kind, "type": kind, "arguments": [tested], "value": value}


def send(name: str, body: str, then: str | None = None, **properties: Any) -> dict[str, Any]:
    """Send Message."""
    given = {"from": "Bot", "body": body, **properties}
    return widget(name, "send-message", to("sent", then), to("failed"), **given)


def ask(
    name: str, body: str, then: str | None = None, late: str | None = None, **properties: Any
) -> dict[str, Any]:
    """Send & Wait For Reply."""
    given = {"from": "Bot", "body": body, "timeout": "60", **properties}
    transitions = (to("incomingMessage", then), to("timeout", late), to("deliveryFailure"))
    return widget(name, "send-and-wait-for-reply", *transitions, **given)


def hand_over(name: str = "agent", **properties: Any) -> dict[str, Any]:
    """Send to Flex."""
    transitions = (to("callComplete"), to("failedToEnqueue"), to("callFailure"))
    given = {"workflow": "WW1", "channel": "chat", **properties}
    return widget(name, "send-to-flex", *transitions, **given)


def definition(*widgets: dict[str, Any], first: str | None = None) -> dict[str, Any]:
    """A flow whose trigger leads to the first widget, whatever sets it off."""
    start = first or (widgets[0]["name"] if widgets else None)
    trigger = widget(
        "Trigger", "trigger", to("incomingMessage", start), to("incomingRequest", start)
    )
    return {
        "description": "made for a test",
        "initial_state": "Trigger",
        "flags": {"allow_concurrent_calls": True},
        "states": [trigger, *widgets],
    }


@contextmanager
def refused(status: int, code: int, message: str = "") -> Iterator[Any]:
    """The SDK is refused in here, with this status, code and a part of this message."""
    with pytest.raises(TwilioRestException) as caught:
        yield caught
    assert (caught.value.status, caught.value.code) == (status, code)
    assert message in caught.value.msg


class Lab:
    """An account whose Studio flows can be talked to.

    Attributes:
        handed_over: What Send to Flex asked for, task by task.
    """

    def __init__(self, *, takes_over: bool = True, account: Account | None = None) -> None:
        self.account = account or connect()
        self.mock, self.client = self.account.mock, self.account.client
        self.studio = self.mock.studio
        self.service = self.client.chat.v2.services(self.account.credentials.chat_service_sid)
        self.handed_over: list[Any] = []
        if takes_over:
            self.studio.hand_over = self._hand_over
        self._customers: dict[str, ChatClient] = {}

    def _hand_over(self, call: Any, execution: Any, task: Any) -> str:
        self.handed_over.append(task)
        return str(call.sids.new("WT"))

    def flow(self, *widgets: dict[str, Any], status: str = "published", **more: Any) -> Any:
        """A flow of these widgets."""
        return self.client.studio.v2.flows.create(
            friendly_name="Shop bot", status=status, definition=definition(*widgets), **more
        )

    def channel(self, flow: Any, identity: str = "jane", **attributes: Any) -> Any:
        """A channel of a customer that the flow listens to, as the SDK names it."""
        made = self.service.channels.create(attributes=json.dumps(attributes))
        made.members.create(identity=identity)
        made.webhooks.create("studio", configuration_flow_sid=flow.sid)
        return made

    def say(self, channel: Any, body: str, identity: str = "jane") -> None:
        """Have the customer send a message, and the flow go on as far as it can."""
        if identity not in self._customers:
            token = self.account.chat_token(identity, ttl=DAY)
            self._customers[identity] = ChatClient(self.account, token)
        self._customers[identity].get_channel_by_sid(channel.sid).send_message(body)
        assert self.studio.settle()

    def heard(self, *widgets: dict[str, Any], says: str = "hello", **attributes: Any) -> list[str]:
        """What a new flow of these widgets answers to a first message."""
        channel = self.channel(self.flow(*widgets), **attributes)
        self.say(channel, says)
        return self.answers(channel)

    def answers(self, channel: Any) -> list[str]:
        """What others than the customer have said."""
        return [each.body for each in channel.messages.list() if each._from != "jane"]

    def execution(self, flow: Any | None = None) -> Any:
        """The latest execution, of this flow or of the account's latest."""
        flow = flow or self.client.studio.v2.flows.list()[-1]
        return self.client.studio.v2.flows(flow.sid).executions.list()[-1]

    def way(self, execution: Any | None = None) -> list[tuple[str, str, str]]:
        """An execution's steps: what happened, in which widget, and where it led."""
        steps = (execution or self.execution()).steps.list()
        return [(each.name, each.transitioned_from, each.transitioned_to) for each in steps]

    def context(self, execution: Any | None = None) -> dict[str, Any]:
        """What templates can see now."""
        found: dict[str, Any] = (execution or self.execution()).execution_context().fetch().context
        return found

    def outcomes(self) -> list[str]:
        """What came of each message that a flow was told of."""
        return [each.outcome for each in self.studio.log]

    def the_error(self) -> Any:
        """The one thing that went wrong."""
        [error] = self.studio.errors
        return error

    def close(self) -> None:
        """Let the customers go."""
        for customer in self._customers.values():
            customer.shutdown()
