"""Widgets with any properties, run with any message: each step ends as one of Studio's may end."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from examples.garbage import GARBAGE
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from targets import TARGETS
from twilio.base.exceptions import TwilioRestException

from helpers import Account, connect
from helpers.mock.studio.widget_types import WIDGET_TYPES

KINDS = [name for name, kind in WIDGET_TYPES.items() if kind.enter and name != "trigger"]
BRIEF = [each for each in GARBAGE if len(each) < 7000]
VALUES = [
    *("hello", "https://bot.example.com/x", "GET", "POST", "application/json", "task", "json"),
    *("{{trigger.message}}", "{{flow}}", "{{widgets}}", "{{trigger.message.Body}}", "60", "chat"),
]
TEXTS = st.one_of(
    st.sampled_from(VALUES),
    st.sampled_from(BRIEF),
    st.lists(st.sampled_from(TARGETS["template"].words), max_size=12).map("".join),
)
PLAIN = TEXTS | st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False)
ENTRIES = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("key", "value", "type", "index", "friendly_name"), PLAIN)
)
ANY = PLAIN | ENTRIES | st.lists(ENTRIES | PLAIN, max_size=3) | st.dictionaries(TEXTS, PLAIN)
CONDITIONS = st.lists(
    st.fixed_dictionaries(
        {
            "friendly_name": TEXTS,
            "type": TEXTS
            | st.sampled_from(["equal_to", "matches_any_of", "regex", "less_than", "is_blank"]),
            "arguments": st.lists(TEXTS, max_size=2),
            "value": TEXTS,
        }
    ),
    max_size=2,
)


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    account = connect()
    with account.mock as mock:
        mock.webhooks.register_fallback(lambda request: json.dumps(dict(request.parameters)))
        yield account


def flow(draw: Any) -> dict[str, Any]:
    """A definition of two widgets of the same kind."""
    kind = draw(st.sampled_from(KINDS))
    names = WIDGET_TYPES[kind].required + WIDGET_TYPES[kind].optional
    states = []
    for name, following in (("one", "two"), ("two", None)):
        given_values = dict.fromkeys(names, ANY)
        required = {each: given_values.pop(each) for each in WIDGET_TYPES[kind].required}
        transitions: list[dict[str, Any]] = [
            {"event": event} | ({"next": following} if following else {})
            for event in WIDGET_TYPES[kind].events
        ]
        transitions[0] |= {"conditions": draw(CONDITIONS)} if kind == "split-based-on" else {}
        properties = draw(st.fixed_dictionaries(required, optional=given_values))
        states.append(
            {"name": name, "type": kind, "transitions": transitions, "properties": properties}
        )
    trigger = {"event": "incomingMessage", "next": "one"}
    first = {"name": "Trigger", "type": "trigger", "transitions": [trigger], "properties": {}}
    return {"description": "", "initial_state": "Trigger", "states": [first, *states]}


@settings(
    max_examples=settings.default.max_examples // 4,  # each takes two runs of a flow
    deadline=None,
    suppress_health_check=[*HealthCheck],
)
@given(data=st.data())
def test_the_mock_itself_fails_in_no_widget(
    account: Account, caplog: pytest.LogCaptureFixture, data: st.DataObject
) -> None:
    mock, client = account.mock, account.client
    service = client.chat.v2.services(account.credentials.chat_service_sid)
    made, refusal = None, None
    try:
        made = client.studio.v2.flows.create(
            friendly_name="Bot", status="published", definition=flow(data.draw)
        )
    except TwilioRestException as error:
        refusal = error.status
    event("refused" if refusal else "run")
    assert refusal in (None, 400)
    if made is None:
        return
    channel = service.channels.create(attributes=data.draw(st.sampled_from(["{}", '{"a": [1]}'])))
    channel.webhooks.create("studio", configuration_flow_sid=made.sid)
    with caplog.at_level(logging.ERROR):
        for said in data.draw(st.tuples(TEXTS, TEXTS)):
            channel.messages.create(
                body=said.encode("utf-8", "replace").decode()[:1600] or "x",
                from_="jane",
                x_twilio_webhook_enabled="true",
            )
            assert mock.studio.settle()
    assert [each.getMessage() for each in caplog.records] == []
    assert [each for each in mock.studio.errors if "itself failed" in str(each)] == []
    channel.delete()
    made.delete()
