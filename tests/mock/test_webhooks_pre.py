"""What a service's webhook is asked before a chat user acts, and what its answer does."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hooks import HOOK, registered
from support import everything

from helpers import Account, ChatError, tables

BEFORE = [
    "onMessageSend",
    "onMessageUpdate",
    "onMessageRemove",
    "onMediaMessageSend",
    "onChannelAdd",
    "onChannelUpdate",
    "onChannelDestroy",
    "onMemberAdd",
    "onMemberUpdate",
    "onMemberRemove",
    "onUserUpdate",
]


@pytest.fixture
def asked(service: Any, janes: Any) -> None:
    """The service asks before everything; jane is in the channel as an admin."""
    roles = {role.friendly_name: role.sid for role in service.roles.list()}
    service.users("jane").update(role_sid=roles["service admin"])
    service.update(pre_webhook_url=HOOK, webhook_filters=BEFORE)


@pytest.fixture
def own(asked: None, acting_as: Callable[[str], Any], janes: Any) -> Any:
    """The channel as jane reaches it."""
    return acting_as("jane").channels(janes.sid)


# -- what an answer does


@pytest.mark.usefixtures("asked")
def test_an_answer_may_change_a_message_before_anybody_sees_it(
    janes: Any, channel: Any, webhooks: Any
) -> None:
    registered(webhooks, {"body": "****", "attributes": {"moderated": True}})
    index = janes.send_message("darn", {"mood": "bad"})
    [message] = channel.messages.list()
    assert (message.index, message.body, message._from) == (index, "****", "jane")
    assert json.loads(message.attributes) == {"moderated": True}
    assert message.was_edited is False


def test_an_answer_may_change_a_channel_an_edit_and_a_user(
    own: Any, acting_as: Callable[[str], Any], webhooks: Any
) -> None:
    registered(
        webhooks,
        {"friendly_name": "Tidy", "unique_name": "tidy"},
        None,
        {"body": "Tidy"},
        {"friendly_name": "Tidy", "attributes": '{"tidy": true}'},
    )
    changed = own.update(friendly_name="messy")
    assert (changed.friendly_name, changed.unique_name) == ("Tidy", "tidy")
    sent = own.messages.create(body="first")
    assert own.messages(sent.sid).update(body="messy").body == "Tidy"
    user = acting_as("jane").users("jane").update(friendly_name="messy")
    assert (user.friendly_name, user.attributes) == ("Tidy", '{"tidy": true}')


@pytest.mark.parametrize(
    "answer",
    [
        None,
        200,
        {},
        "",
        "as you like",
        "[]",
        '"body"',
        "{",
        {"body": None, "index": 7, "from": "boss", "Body": "x"},
    ],
)
@pytest.mark.usefixtures("asked")
def test_any_other_200_lets_the_message_go_as_it_is(
    janes: Any, channel: Any, webhooks: Any, answer: Any
) -> None:
    registered(webhooks, answer)
    janes.send_message("hello")
    [message] = channel.messages.list()
    assert (message.body, message._from, message.index) == ("hello", "jane", 0)


@pytest.mark.usefixtures("asked")
def test_an_answer_cannot_bring_in_what_twilio_refuses(
    account: Account, janes: Any, webhooks: Any
) -> None:
    registered(webhooks, {"attributes": "not JSON"}, {"body": "x" * 40_000})
    before = everything(account)
    for code in (50304, 50505):
        with pytest.raises(ChatError) as refusal:
            janes.send_message("hello")
        assert refusal.value.code == code
    assert everything(account) == before


@pytest.mark.parametrize("status", [400, 403, 404, 204, 302])
@pytest.mark.usefixtures("asked")
def test_any_other_status_refuses_the_action(
    account: Account, janes: Any, webhooks: Any, status: int
) -> None:
    registered(webhooks, status)
    before = everything(account)
    with pytest.raises(ChatError, match=f"refused this .{status}") as refusal:
        janes.send_message("hello")
    assert (refusal.value.code, refusal.value.status) == (50056, 403)
    assert everything(account) == before


@pytest.mark.parametrize("status", [500, 502, 503, 429])
@pytest.mark.usefixtures("asked")
def test_a_webhook_that_fails_fails_the_action(
    account: Account, janes: Any, webhooks: Any, status: int
) -> None:
    registered(webhooks, status)
    before = everything(account)
    with pytest.raises(ChatError, match=str(status)) as refusal:
        janes.send_message("hello")
    assert (refusal.value.code, refusal.value.status) == (50057, 502)
    assert everything(account) == before


@pytest.mark.usefixtures("asked", "gate")
def test_a_webhook_that_takes_too_long_fails_the_action(
    account: Account, janes: Any, webhooks: Any
) -> None:
    webhooks.timeout = 0.05
    before = everything(account)
    with pytest.raises(ChatError, match="no answer within") as refusal:
        janes.send_message("hello")
    assert (refusal.value.code, refusal.value.status) == (50076, 502)
    assert everything(account) == before


@pytest.mark.usefixtures("asked")
def test_asking_is_tried_again_as_often_as_the_service_says(
    service: Any, janes: Any, channel: Any, webhooks: Any
) -> None:
    service.update(pre_webhook_retry_count=2, post_webhook_retry_count=0)
    hook = registered(webhooks, 503, 429, {"body": "third time lucky"}, 504, 504, 504, 403)
    janes.send_message("hello")
    with pytest.raises(ChatError, match="504"):
        janes.send_message("hello")
    with pytest.raises(ChatError, match="403"):
        janes.send_message("hello")
    assert [message.body for message in channel.messages.list()] == ["third time lucky"]
    assert hook.all("RetryCount") == ["0", "1", "2", "0", "1", "2", "0"]


@pytest.mark.usefixtures("asked")
def test_every_time_it_was_asked_is_in_the_log(service: Any, janes: Any, webhooks: Any) -> None:
    service.update(pre_webhook_retry_count=1)
    registered(webhooks, 503, 403, 200)
    with pytest.raises(ChatError):
        janes.send_message("hello")
    janes.send_message("hello")
    assert webhooks.settle()
    table = tables.deliveries(webhooks.log)
    assert table[["event", "source", "attempt", "status"]].to_numpy().tolist() == [
        ["onMessageSend", "SDK", 1, 503],
        ["onMessageSend", "SDK", 2, 403],
        ["onMessageSend", "SDK", 1, 200],
    ]


# -- what is asked, and when


def test_each_action_is_asked_by_its_own_name(
    own: Any, acting_as: Callable[[str], Any], webhooks: Any
) -> None:
    hook, user = registered(webhooks), acting_as("jane")
    sent = own.messages.create(body="hello")
    own.messages(sent.sid).update(body="bye")
    own.messages(sent.sid).delete()
    made = user.channels(user.channels.create(unique_name="janes").sid)
    made.update(friendly_name="Jane's")
    made.members.create(identity="jane")
    made.members("jane").update(attributes='{"vip": true}')
    made.members("jane").delete()
    made.delete()
    user.users("jane").update(friendly_name="Jane")
    assert hook.events == [
        "onMessageSend",
        "onMessageUpdate",
        "onMessageRemove",
        "onChannelAdd",
        "onChannelUpdate",
        "onMemberAdd",
        "onMemberUpdate",
        "onMemberRemove",
        "onChannelDestroy",
        "onUserUpdate",
    ]


def test_reading_on_and_leaving_by_the_users_own_view_are_asked_as_well(
    own: Any, janes: Any, acting_as: Callable[[str], Any], webhooks: Any
) -> None:
    hook = registered(webhooks)
    view = acting_as("jane").users("jane").user_channels(janes.sid)
    view.update(last_consumed_message_index=0)
    view.update(notification_level="muted")
    view.delete()
    assert hook.events == ["onMemberUpdate", "onMemberRemove"]


def said_before(account: Account, event: str, **more: str) -> dict[str, str]:
    own = account.credentials
    said = {"EventType": event, "AccountSid": own.account_sid, "RetryCount": "0"}
    who = {"InstanceSid": own.chat_service_sid, "ClientIdentity": "jane", "Source": "SDK"}
    return {**said, **who, **more}


def test_what_does_not_exist_yet_is_asked_about_without_its_sid(
    account: Account, janes: Any, own: Any, acting_as: Callable[[str], Any], webhooks: Any
) -> None:
    hook = registered(webhooks)
    janes.send_message("hello", {"mood": "good"})
    message = {"ChannelSid": janes.sid, "Body": "hello", "From": "jane"}
    attributes = '{"mood": "good"}'
    asked = said_before(account, "onMessageSend", **message, Attributes=attributes)
    assert hook.last == asked

    acting_as("jane").channels.create(unique_name="janes", type="private")
    channel = {"UniqueName": "janes", "Attributes": "{}", "ChannelType": "private"}
    asked = said_before(account, "onChannelAdd", **channel, CreatedBy="jane")
    assert hook.last == asked

    own.members.create(identity="agent")
    member = {"ChannelSid": janes.sid, "Identity": "agent", "Attributes": "{}"}
    role_sid = own.members("agent").fetch().role_sid
    assert hook.last == said_before(account, "onMemberAdd", **member, RoleSid=role_sid)


@pytest.mark.usefixtures("asked")
def test_what_exists_is_asked_about_by_its_sid_however_it_was_named(
    service: Any, janes: Any, acting_as: Callable[[str], Any], webhooks: Any
) -> None:
    service.channels(janes.sid).update(unique_name="support")
    member = service.channels(janes.sid).members("jane").fetch()
    hook, own = registered(webhooks), acting_as("jane").channels("support")
    sent = own.messages.create(body="hello")
    assert hook.last["ChannelSid"] == janes.sid
    own.messages(sent.sid).update(attributes='{"a": 1}')
    assert (hook.last["MessageSid"], hook.last["Body"]) == (sent.sid, "hello")
    own.members("jane").delete()
    assert (hook.last["ChannelSid"], hook.last["MemberSid"]) == (janes.sid, member.sid)
