"""Migration from the legacy API: what is read, what changes, why, and by which calls."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from helpers import Account, connect, migrate
from helpers.migrate.__main__ import main


@pytest.fixture(scope="module")
def legacy() -> Account:
    """An account with one of each legacy thing that a migration meets."""
    account = connect(seed=5)
    client, sid = account.client, account.credentials.chat_service_sid
    service = client.chat.v2.services(sid)
    service.update(
        post_webhook_url="https://example.com/hook",
        webhook_filters=["onMessageSent", "onMediaMessageSent", "onMemberAdded"],
    )
    workspace = client.taskrouter.v1.workspaces.list()[0]
    settings: dict[str, dict[str, Any]] = {
        "task": {
            "integration_workspace_sid": workspace.sid,
            "integration_workflow_sid": workspace.workflows.list()[0].sid,
            "integration_channel": "chat",
        },
        "studio": {"integration_flow_sid": client.studio.v2.flows.list()[0].sid},
        "external": {"integration_url": "https://example.com/bot"},
    }
    for name, channel_type, kind, more in [
        ("Task chat", "custom", "task", {}),
        ("Studio chat", "custom", "studio", {"contact_identity": "s", "long_lived": True}),
        ("Bot chat", "custom", "external", {"contact_identity": "b", "janitor_enabled": True}),
        ("Texts", "sms", "studio", {"contact_identity": "+15005550006"}),
        ("Off", "custom", "external", {"enabled": False}),
    ]:
        client.flex_api.v1.flex_flow.create(
            friendly_name=name,
            chat_service_sid=sid,
            channel_type=channel_type,
            integration_type=kind,
            **settings[kind],
            **more,
        )
    public = service.channels.create(unique_name="lobby", type="public")
    service.users.create(identity="alice")
    service.channels(public.sid).invites.create("alice")
    service.channels(public.sid).webhooks.create(
        type="webhook",
        configuration_url="https://example.com/channel",
        configuration_filters=["onMessageSent"],
        configuration_retry_count=2,
    )
    service.channels.create(
        unique_name="old", type="private", attributes=json.dumps({"status": "INACTIVE"})
    )
    return account


@pytest.fixture(scope="module")
def migration(legacy: Account) -> migrate.Migration:
    """What has to change in it."""
    return migrate.plan(legacy)


def change(migration: migrate.Migration, what: str) -> migrate.RequiredChange:
    """The one change of this legacy thing."""
    (found,) = (each for each in migration.changes if each.what == what)
    return found


@pytest.mark.parametrize(
    ("what", "how", "becomes"),
    [
        ("Flex Flow 'Task chat'", "your code", "an Interaction that your server creates"),
        (
            "Flex Flow 'Studio chat'",
            "your code",
            "a conversation with the customer and a scoped webhook to Studio, for each chat",
        ),
        (
            "Flex Flow 'Bot chat'",
            "your code",
            "a conversation with the customer and a scoped webhook to your URL, for each chat",
        ),
        ("Flex Flow 'Texts'", "call", "an address configuration of type sms"),
        ("Flex Flow 'Flex Web Channel Flow'", "call", "an address configuration of type chat"),
        ("Flex Flow 'Off'", "no equal", "nothing"),
        ("LongLived of Flex Flow 'Studio chat'", "call", "Leave, which agents choose"),
        ("JanitorEnabled of Flex Flow 'Bot chat'", "call", "a closed timer"),
        ("channel 'lobby'", "call", "a conversation, once it is private"),
        ("channel 'old'", "call", "a closed conversation"),
        (
            "Studio flow 'Webchat Flow'",
            "flow edit",
            "the flow with Incoming Conversation wired and trigger.conversation",
        ),
    ],
)
def test_each_legacy_thing_has_its_successor(
    migration: migrate.Migration, what: str, how: str, becomes: str
) -> None:
    found = change(migration, what)
    assert found.how == how
    assert found.becomes.startswith(becomes)
    assert found.why.endswith(".")


def test_events_get_the_names_of_conversations(migration: migrate.Migration) -> None:
    found = change(migration, "webhooks of Chat service 'Flex Chat Service'")
    (call,) = found.calls
    assert call.arguments["filters"] == ["onMessageAdded", "onParticipantAdded"]
    assert call.arguments["post_webhook_url"] == "https://example.com/hook"


def test_the_webhook_of_a_channel_loses_its_retries(migration: migrate.Migration) -> None:
    (found,) = (each for each in migration.changes if each.what.startswith("webhook WH"))
    (call,) = found.calls
    assert dict(call.arguments) == {
        "target": "webhook",
        "configuration_url": "https://example.com/channel",
        "configuration_method": "POST",
        "configuration_filters": ["onMessageAdded"],
    }
    assert "retry_count has no equal" in found.why


def test_an_invite_becomes_a_participant(migration: migrate.Migration) -> None:
    (found,) = (each for each in migration.changes if each.what.startswith("invite of 'alice'"))
    assert str(found.calls[0]).endswith('.participants.create(\n    identity="alice",\n)')


def test_reading_changes_nothing_and_saved_json_says_the_same(
    legacy: Account, migration: migrate.Migration, tmp_path: Path
) -> None:
    file = tmp_path / "account.json"
    migrate.read(legacy).write(file)
    assert migrate.plan(file).as_json() == migration.as_json()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not JSON"),
        ("[]", "an object with lists such as flex_flows is expected"),
        ("{}", "none of the lists"),
        ('{"flex_flows": [1]}', "flex_flows must be a list of objects"),
        ("[" * 100_000, "is nested too deep"),
        ('{"services": [{}]}', r"services\[0\]: sid is missing, or not as the API answers it"),
        ('{"flex_flows": [{"sid": "FO1", "integration": 5}]}', r"flex_flows\[0\]: integration is"),
        ('{"studio_flows": [{"sid": "FW1", "friendly_name": 5}]}', "friendly_name is missing, or"),
    ],
)
def test_json_of_something_else_is_refused_with_what_is_wrong(
    tmp_path: Path, text: str, said: str
) -> None:
    file = tmp_path / "account.json"
    file.write_text(text)
    with pytest.raises(migrate.UnreadableAccount, match=said):
        migrate.read(file)


TRIGGER = {
    "name": "Trigger",
    "type": "trigger",
    "transitions": [
        {"event": "incomingMessage", "next": "hello"},
        {"event": "incomingConversationMessage"},
    ],
    "properties": {},
}


def definition(text: str, trigger: dict[str, Any] = TRIGGER) -> dict[str, Any]:
    """A flow that says one thing."""
    hello = {"name": "hello", "type": "send-message", "properties": {"body": text}}
    return {"states": [trigger, hello], "initial_state": "Trigger"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{{trigger.message.Body}}", "{{trigger.conversation.Body}}"),
        ("{{ trigger.message.From | upcase }}", "{{ trigger.conversation.From | upcase }}"),
        (
            "{{trigger.message.ChannelAttributes.plan}}",
            "{{trigger.conversation.ChannelAttributes.plan}}",
        ),
        ("{{trigger.message.InstanceSid}}", "{{trigger.message.InstanceSid}}"),
        ("{{trigger.message.MediaUrl0}}", "{{trigger.message.MediaUrl0}}"),
        ("{{flow.data.trigger.message}}", "{{flow.data.trigger.message}}"),
        ("say trigger.messages", "say trigger.messages"),
    ],
)
def test_variables_of_the_trigger_are_renamed_where_the_new_one_has_them(
    before: str, after: str
) -> None:
    found = migrate.rewrite(definition(before))
    assert found.after["states"][1]["properties"]["body"] == after


def test_what_a_person_has_to_look_at_is_said() -> None:
    found = migrate.rewrite(definition("{{trigger.message.MediaUrl0}}"))
    assert found.remarks == (
        "trigger.message.MediaUrl0 stays: trigger.conversation has no such variable; take it from"
        " elsewhere",
        "has no Send to Flex widget: no Interaction, so no agent",
    )


def test_incoming_conversation_goes_where_incoming_message_goes() -> None:
    found = migrate.rewrite(definition("hi"))
    assert found.after["states"][0]["transitions"] == [
        {"event": "incomingMessage", "next": "hello"},
        {"event": "incomingConversationMessage", "next": "hello"},
    ]
    assert '+          "next": "hello"' in found.diff
    again = migrate.rewrite(found.after)
    assert not again.is_changed
    assert again.diff == ""


def test_a_web_guest_is_named_where_web_chats_puts_the_name() -> None:
    text = "{{trigger.message.ChannelAttributes.from}}"
    found = migrate.rewrite(definition(text), web=True).after["states"][1]["properties"]["body"]
    assert found == "{{trigger.conversation.ChannelAttributes.pre_engagement_data.friendlyName}}"


def test_the_command_writes_report_calls_and_flows(
    migration: migrate.Migration, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    migration.source.write(tmp_path / "account.json")
    out = tmp_path / "out"
    assert main(["--from", str(tmp_path / "account.json"), "--write", str(out)]) == 0
    printed = capsys.readouterr()
    assert "Flex Flow 'Task chat': an Interaction that your server creates" in printed.out
    names = {path.name.split(" FW")[0] for path in out.iterdir()}
    assert names == {"calls.py", "flows.yaml", "migration.json", "Webchat Flow"}
    compile((out / "calls.py").read_text(), "calls.py", "exec")
    assert json.loads((out / "migration.json").read_text()) == migration.as_json()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 3, "which account?"),
        (["--from", "nowhere.json"], 1, "No such file"),
        (["--no-such"], 3, "unrecognized arguments"),
    ],
)
def test_a_wrong_command_is_one_sentence(
    arguments: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == code
    assert said in capsys.readouterr().err


def test_its_calls_move_the_account(legacy: Account, migration: migrate.Migration) -> None:
    assert legacy.mock is not None
    with legacy.mock.snapshot():
        client = legacy.client
        for call in migration.calls:
            call.run(client)
        v1 = client.conversations.v1
        service = v1.services(legacy.credentials.chat_service_sid)
        assert v1.configuration().fetch().default_chat_service_sid == service.fetch().sid
        assert v1.configuration().fetch().default_closed_timer == "P90D"
        hooks = service.configuration.webhooks().fetch()
        assert hooks.post_webhook_url == "https://example.com/hook"
        assert hooks.filters == ["onMessageAdded", "onParticipantAdded"]
        lobby = service.conversations("lobby")
        assert [one.identity for one in lobby.participants.list()] == ["alice"]
        assert [hook.target for hook in lobby.webhooks.list()] == ["webhook"]
        assert service.conversations("old").fetch().state == "closed"
        addresses = {one.type: one for one in v1.address_configurations.list()}
        assert addresses["sms"].address == "+15005550006"
        assert addresses["sms"].auto_creation["type"] == "studio"
        assert set(addresses) == {"sms", "chat"}
        [flow] = client.studio.v2.flows.list()
        definition = client.studio.v2.flows(flow.sid).fetch().definition
        assert definition == migration.flows[0].after
        assert client.flex_api.v1.configuration().fetch().agent_conv_end_methods == {
            "enabled": ["Leave"]
        }
        again = migrate.plan(legacy)
        assert not again.flows[0].is_changed
        left = [one.what for one in again.changes if one.how == "call" and "channel 'l" in one.what]
        assert left == []


@pytest.mark.parametrize("name", ["Task chat", "Studio chat", "Bot chat"])
def test_the_code_for_an_application_opens_a_chat(
    legacy: Account, migration: migrate.Migration, name: str
) -> None:
    assert legacy.mock is not None
    with legacy.mock.snapshot():
        place = {"client": legacy.client, "json": json, "identity": "jane", "customer_name": "Jane"}
        exec(change(migration, f"Flex Flow '{name}'").code, place)
        [participant] = place["chat"].participants.list()
        assert participant.identity == "jane"
        targets = [hook.target for hook in place["chat"].webhooks.list()]
        workspace = legacy.client.taskrouter.v1.workspaces.list()[0]
        tasks = [json.loads(task.attributes) for task in workspace.tasks.list()]
        if name == "Task chat":
            assert targets == []
            [attributes] = tasks
            assert attributes["conversationSid"] == place["conversation"].sid
            assert attributes["from"] == "Jane"
        else:
            assert targets == [{"Studio chat": "studio", "Bot chat": "webhook"}[name]]
            assert tasks == []


def test_a_state_without_properties_stays_so() -> None:
    given = {"states": [{"name": "Trigger", "type": "trigger", "transitions": []}]}
    assert migrate.rewrite(given).after == given


@pytest.mark.parametrize("given", [None, [], "a flow"])
def test_what_is_no_definition_is_not_rewritten(given: Any) -> None:
    with pytest.raises(TypeError, match="JSON object"):
        migrate.rewrite(given)


@pytest.mark.parametrize("channel_type", ["web", "sms"])
def test_the_code_for_a_task_of_an_address_creates_its_interaction(
    legacy: Account, channel_type: str
) -> None:
    assert legacy.mock is not None
    client = legacy.client
    with legacy.mock.snapshot():
        for flow in client.flex_api.v1.flex_flow.list():
            if flow.friendly_name == "Task chat":
                flow.update(channel_type=channel_type, contact_identity="+15005550007")
                break
        found = change(migrate.plan(legacy), "Flex Flow 'Task chat'")
        [call] = found.calls
        address = call.run(client)
        place = {"client": client, "json": json, "identity": "jane", "customer_name": "Jane"}
        if channel_type == "web":
            place["address_sid"] = address.sid
        else:
            sent = legacy.mock.phone("+15550142").send("Hello", to="+15005550007")
            place["conversation_sid"] = sent.conversation_sid
        exec(found.code, place)
        workspace = client.taskrouter.v1.workspaces.list()[0]
        [task] = workspace.tasks.list()
        attributes = json.loads(task.attributes)
        assert (attributes["from"], attributes["channelType"]) == ("Jane", channel_type)
