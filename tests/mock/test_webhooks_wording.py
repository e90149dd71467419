"""The parameters of each event, name by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hooks import HEADER, HOOK, Hook, registered

from helpers import Account

ALL = [
    "onMessageSent",
    "onMessageUpdated",
    "onMessageRemoved",
    "onMediaMessageSent",
    "onChannelAdded",
    "onChannelUpdated",
    "onChannelDestroyed",
    "onMemberAdded",
    "onMemberUpdated",
    "onMemberRemoved",
    "onUserAdded",
    "onUserUpdated",
]
NOON, LATER = "2026-01-05T12:00:00.000Z", "2026-01-05T12:01:00.000Z"


@pytest.fixture(autouse=True)
def _noon_of_a_day_in_january(account: Account) -> None:
    account.clock.freeze(datetime(2026, 1, 5, 12, tzinfo=UTC))


@pytest.fixture
def hook(service: Any, webhooks: Any) -> Hook:
    """Told of everything."""
    service.update(post_webhook_url=HOOK, webhook_filters=ALL)
    return registered(webhooks)


@pytest.fixture
def told(webhooks: Any, hook: Hook) -> Callable[[], dict[str, str]]:
    """The parameters of the latest event."""

    def wait() -> dict[str, str]:
        assert webhooks.settle()
        return hook.last

    return wait


@pytest.fixture
def delete(client: Any) -> Callable[[Any], None]:
    """Deletes with the header, which the SDK's own `delete()` forgets to send."""

    def send(resource: Any) -> None:
        enabled = {"X-Twilio-Webhook-Enabled": "true"}
        assert client.request("DELETE", resource.url, headers=enabled).status_code == 204

    return send


def said_of_all(account: Account, event: str, **more: str) -> dict[str, str]:
    """What every event says, of an action of the account."""
    own = account.credentials
    said = {"EventType": event, "AccountSid": own.account_sid, "RetryCount": "0"}
    return {**said, "InstanceSid": own.chat_service_sid, "Source": "API", **more}


def test_a_message_sent_edited_and_removed(
    account: Account,
    channel: Any,
    told: Callable[[], dict[str, str]],
    delete: Callable[[Any], None],
) -> None:
    sent = channel.messages.create(from_="jane", body="Hello", attributes='{"a": 1}', **HEADER)
    same = {
        "ChannelSid": sent.channel_sid,
        "MessageSid": sent.sid,
        "Index": "0",
        "From": "jane",
        "DateCreated": NOON,
    }
    first = {"Body": "Hello", "Attributes": '{"a": 1}'}
    assert told() == said_of_all(account, "onMessageSent", **same, **first)

    account.clock.advance(60)
    channel.messages(sent.sid).update(body="Bye", attributes="{}", **HEADER)
    edited = {"Body": "Bye", "Attributes": "{}", "ModifiedBy": "system", "DateUpdated": LATER}
    assert told() == said_of_all(account, "onMessageUpdated", **same, **edited)

    delete(sent)
    assert told() == said_of_all(account, "onMessageRemoved", **same, **edited)


def test_a_message_without_a_body_has_an_empty_one(
    channel: Any, told: Callable[[], dict[str, str]]
) -> None:
    channel.messages.create(**HEADER)
    assert told()["Body"] == ""
    channel.messages.create(body="", **HEADER)
    assert told()["Body"] == ""


def test_a_message_with_media(
    account: Account, client: Any, channel: Any, told: Callable[[], dict[str, str]]
) -> None:
    answer = client.request(
        "POST",
        f"https://mcs.us1.twilio.com/v1/Services/{account.credentials.chat_service_sid}/Media",
        params={"Filename": "cat.png"},
        data=b"\x89PNG",
        headers={"Content-Type": "image/png"},
    )
    media_sid = json.loads(answer.text)["sid"]
    sent = channel.messages.create(from_="jane", media_sid=media_sid, **HEADER)
    assert told() == said_of_all(
        account,
        "onMediaMessageSent",
        ChannelSid=sent.channel_sid,
        MessageSid=sent.sid,
        Index="0",
        From="jane",
        Attributes="{}",
        DateCreated=NOON,
        MediaSid=media_sid,
        MediaFilename="cat.png",
        MediaContentType="image/png",
        MediaSize="4",
    )


def test_a_channel_made_changed_and_destroyed(
    account: Account,
    service: Any,
    told: Callable[[], dict[str, str]],
    delete: Callable[[Any], None],
) -> None:
    made = service.channels.create(unique_name="support", attributes='{"a": 1}', **HEADER)
    same = {
        "ChannelSid": made.sid,
        "UniqueName": "support",
        "Attributes": '{"a": 1}',
        "ChannelType": "public",
        "CreatedBy": "system",
        "DateCreated": NOON,
    }
    assert told() == said_of_all(account, "onChannelAdded", **same, DateUpdated=NOON)

    account.clock.advance(60)
    service.channels(made.sid).update(friendly_name="Support", **HEADER)
    changed = {"FriendlyName": "Support", "DateUpdated": LATER}
    assert told() == said_of_all(account, "onChannelUpdated", **same, **changed)

    delete(made)
    assert told() == said_of_all(account, "onChannelDestroyed", **same, **changed)


def test_a_member_added_changed_and_removed(
    account: Account,
    channel: Any,
    service: Any,
    told: Callable[[], dict[str, str]],
    delete: Callable[[Any], None],
) -> None:
    service.users.create(identity="jane")
    made = channel.members.create(identity="jane", **HEADER)
    same = {
        "ChannelSid": made.channel_sid,
        "MemberSid": made.sid,
        "Identity": "jane",
        "RoleSid": made.role_sid,
        "DateCreated": NOON,
    }
    assert told() == said_of_all(account, "onMemberAdded", **same, Attributes="{}")

    account.clock.advance(60)
    changes = {"attributes": '{"vip": true}', "last_consumed_message_index": 4}
    channel.members(made.sid).update(**changes, **HEADER)
    changed = {
        "Attributes": '{"vip": true}',
        "LastConsumedMessageIndex": "4",
        "DateUpdated": LATER,
    }
    assert told() == said_of_all(account, "onMemberUpdated", **same, **changed)

    delete(made)
    assert told() == said_of_all(account, "onMemberRemoved", **same, **changed)


def test_a_user_made_and_changed(
    account: Account,
    service: Any,
    told: Callable[[], dict[str, str]],
    delete: Callable[[Any], None],
    hook: Hook,
) -> None:
    made = service.users.create(identity="jane", **HEADER)
    same = {
        "UserSid": made.sid,
        "Identity": "jane",
        "Attributes": "{}",
        "RoleSid": made.role_sid,
        "DateCreated": NOON,
    }
    assert told() == said_of_all(account, "onUserAdded", **same)

    account.clock.advance(60)
    service.users(made.sid).update(friendly_name="Jane", **HEADER)
    changed = {"FriendlyName": "Jane", "DateUpdated": LATER}
    assert told() == said_of_all(account, "onUserUpdated", **same, **changed)

    delete(made)
    told()
    assert hook.events == ["onUserAdded", "onUserUpdated"]


def test_adding_an_unknown_identity_tells_of_its_user_as_well(
    channel: Any, webhooks: Any, hook: Hook
) -> None:
    channel.members.create(identity="jane", **HEADER)
    assert webhooks.settle()
    assert sorted(map(str, hook.events)) == ["onMemberAdded", "onUserAdded"]


@pytest.mark.usefixtures("creators")
def test_an_action_of_the_chat_sdk_says_whose_it_is(
    account: Account, janes: Any, told: Callable[[], dict[str, str]]
) -> None:
    by_jane = {"Source": "SDK", "ClientIdentity": "jane"}
    janes.send_message("Hello")
    assert told().items() >= said_of_all(account, "onMessageSent", **by_jane).items()
    janes.update_last_consumed_message_index(0)
    assert told().items() >= said_of_all(account, "onMemberUpdated", **by_jane).items()
    janes.leave()
    assert told().items() >= said_of_all(account, "onMemberRemoved", **by_jane).items()
    janes.client.create_channel(unique_name="janes")
    assert told().items() >= said_of_all(account, "onChannelAdded", **by_jane).items()


def test_a_channels_own_webhook_hears_of_the_end_of_its_channel(
    channel: Any, webhooks: Any, delete: Callable[[Any], None]
) -> None:
    hook = registered(webhooks)
    channel.webhooks.create(
        "webhook", configuration_url=HOOK, configuration_filters=["onChannelDestroyed"]
    )
    delete(channel.fetch())
    assert webhooks.settle()
    assert hook.events == ["onChannelDestroyed"]


def test_mute_is_told_to_nobody(
    service: Any, janes: Any, webhooks: Any, hook: Hook, acting_as: Callable[[str], Any]
) -> None:
    assert webhooks.settle()
    before = len(hook.requests)
    acting_as("jane").users("jane").user_channels(janes.sid).update(notification_level="muted")
    assert webhooks.settle()
    assert hook.events[before:] == []
