"""Flex channels: a chat channel, its user, the membership and the handler in one request."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from support import everything, refused

from helpers import Account
from helpers.mock import TwilioError

Make = Callable[..., Any]


@pytest.fixture
def flow(make_flow: Make) -> Any:
    """An external flow, which makes nothing but the channel."""
    return make_flow()


def attributes(service: Any, sid: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(service.channels(sid).fetch().attributes)
    return found


# -- one request


def test_the_response_has_exactly_the_eight_documented_fields(account: Account, flow: Any) -> None:
    answer = account.client.request(
        "POST",
        "https://flex-api.twilio.com/v1/Channels",
        data={
            "FlexFlowSid": flow.sid,
            "Identity": "user-42",
            "ChatUserFriendlyName": "Jane",
            "ChatFriendlyName": "Chat with user-42",
        },
    )
    body = json.loads(answer.text)
    assert answer.status_code == 201
    assert set(body) == {
        "account_sid",
        "flex_flow_sid",
        "sid",
        "user_sid",
        "task_sid",
        "url",
        "date_created",
        "date_updated",
    }
    assert body["account_sid"] == account.credentials.account_sid
    assert (body["flex_flow_sid"], body["task_sid"]) == (flow.sid, None)
    assert body["url"] == f"https://flex-api.twilio.com/v1/Channels/{body['sid']}"
    assert (body["sid"][:2], body["user_sid"][:2]) == ("CH", "US")
    assert body["date_created"].endswith("Z")


def test_one_request_makes_the_channel_the_user_and_the_membership(
    service: Any, flow: Any, make_channel: Make
) -> None:
    made = make_channel(flow)
    [user] = service.users.list()
    assert (user.sid, user.identity, user.friendly_name) == (made.user_sid, "user-42", "Jane")
    assert user.joined_channels_count == 1
    channel = service.channels(made.sid).fetch()
    assert (channel.friendly_name, channel.type) == ("Chat with user-42", "private")
    assert (channel.members_count, channel.messages_count) == (1, 0)
    [member] = service.channels(made.sid).members.list()
    assert (member.identity, json.loads(member.attributes)) == ("user-42", {"member_type": "guest"})


def test_the_channels_attributes_say_who_how_and_that_it_is_active(
    service: Any, flow: Any, make_channel: Make
) -> None:
    made = make_channel(flow, target="jane@example", pre_engagement_data='{"topic": "billing"}')
    assert service.channels(made.sid).fetch().attributes == (
        '{"status":"ACTIVE","long_lived":false,"pre_engagement_data":{"topic":"billing"},'
        '"from":"jane@example","channel_type":"custom"}'
    )


def test_without_a_target_the_identity_is_where_the_chat_comes_from(
    service: Any, flow: Any, make_channel: Make
) -> None:
    assert attributes(service, make_channel(flow).sid)["from"] == "user-42"


@pytest.mark.parametrize(
    ("asked", "expected"),
    [((True, None), True), ((False, None), False), ((False, True), True), ((True, False), False)],
)
def test_a_channel_is_long_lived_as_asked_for_or_as_its_flow_is(
    service: Any,
    make_flow: Make,
    make_channel: Make,
    asked: tuple[bool, bool | None],
    expected: bool,
) -> None:
    of_the_flow, of_the_channel = asked
    changes = {} if of_the_channel is None else {"long_lived": of_the_channel}
    made = make_channel(make_flow(long_lived=of_the_flow), **changes)
    assert attributes(service, made.sid)["long_lived"] is expected


def test_a_user_that_exists_is_put_in_as_it_is(service: Any, flow: Any, make_channel: Make) -> None:
    user = service.users.create(identity="user-42", friendly_name="Jane Doe")
    assert make_channel(flow).user_sid == user.sid
    assert service.users(user.sid).fetch().friendly_name == "Jane Doe"


def test_channels_can_be_fetched_and_listed(client: Any, flow: Any, make_channel: Make) -> None:
    made = [make_channel(flow, identity=f"user-{number}") for number in range(3)]
    fetched = client.flex_api.v1.channel(made[1].sid).fetch()
    assert (fetched.sid, fetched.user_sid) == (made[1].sid, made[1].user_sid)
    listed = client.flex_api.v1.channel.list(page_size=2)
    assert [channel.sid for channel in listed] == [channel.sid for channel in made]


def test_deleting_a_flex_channel_deletes_the_chat_channel_and_keeps_the_user(
    client: Any, service: Any, flow: Any, make_channel: Make
) -> None:
    made = make_channel(flow)
    assert client.flex_api.v1.channel(made.sid).delete() is True
    with refused(404, 20404):
        client.flex_api.v1.channel(made.sid).fetch()
    with refused(404, 20404):
        service.channels(made.sid).fetch()
    assert service.users(made.user_sid).fetch().joined_channels_count == 0
    assert make_channel(flow).sid != made.sid


def test_a_flex_channel_cannot_be_updated(account: Account, flow: Any, make_channel: Make) -> None:
    made = make_channel(flow)
    answer = account.client.request("POST", made.url, data={"LongLived": "true"})
    assert (answer.status_code, json.loads(answer.text)["code"]) == (405, 20004)


# -- the handlers


@pytest.mark.parametrize("handler", ["studio", "external"])
def test_a_studio_or_external_flow_makes_no_task(
    make_flow: Make,
    make_channel: Make,
    studio_settings: dict[str, Any],
    tasks: Callable[[], list[Any]],
    handler: str,
) -> None:
    flow = make_flow(**studio_settings) if handler == "studio" else make_flow()
    assert (make_channel(flow).task_sid, tasks()) == (None, [])


def test_a_task_flow_makes_a_task_with_the_channel(
    task_flow: Any,
    task_settings: dict[str, Any],
    make_channel: Make,
    tasks: Callable[[], list[Any]],
) -> None:
    made = make_channel(task_flow, task_attributes='{"vip": true, "name": "Ms Jane"}')
    [task] = tasks()
    assert (task.sid, task.assignment_status) == (made.task_sid, "pending")
    assert task.workflow_sid == task_settings["integration_workflow_sid"]
    assert (task.priority, task.timeout) == (0, 86_400)
    assert json.loads(task.attributes) == {
        "channelSid": made.sid,
        "channelType": "custom",
        "name": "Ms Jane",
        "vip": True,
    }


def test_a_task_flow_may_say_priority_timeout_and_task_channel(
    client: Any,
    make_flow: Make,
    make_channel: Make,
    task_settings: dict[str, Any],
    tasks: Callable[[], list[Any]],
) -> None:
    workspace = client.taskrouter.v1.workspaces(task_settings["integration_workspace_sid"])
    chat = next(found for found in workspace.task_channels.list() if found.unique_name == "chat")
    changes = {"integration_priority": 5, "integration_timeout": 60}
    make_channel(make_flow(**task_settings | changes | {"integration_channel": chat.sid}))
    [task] = tasks()
    assert (task.priority, task.timeout, task.task_channel_sid) == (5, 60, chat.sid)


def test_a_task_flow_that_waits_for_a_message_makes_no_task_yet(
    make_flow: Make,
    make_channel: Make,
    task_settings: dict[str, Any],
    tasks: Callable[[], list[Any]],
) -> None:
    flow = make_flow(integration_creation_on_message=True, **task_settings)
    assert (make_channel(flow).task_sid, tasks()) == (None, [])


def test_a_task_that_exists_can_be_bound_instead_of_a_new_one(
    task_flow: Any, make_channel: Make, tasks: Callable[[], list[Any]]
) -> None:
    first = make_channel(task_flow)
    second = make_channel(task_flow, identity="user-43", task_sid=first.task_sid)
    assert second.task_sid == first.task_sid
    assert len(tasks()) == 1


def test_a_disabled_flow_works_when_it_is_named(make_flow: Make, make_channel: Make) -> None:
    flow = make_flow(enabled=False)
    assert make_channel(flow).flex_flow_sid == flow.sid


# -- refused creation leaves nothing behind


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"flex_flow_sid": "FO" + "0" * 32}, (404, 45205)),
        ({"identity": "system"}, (400, 45211)),
        ({"identity": "US" + "0" * 32}, (400, 50206)),
        ({"identity": ""}, (400, 50204)),
        ({"identity": "x" * 257}, (400, 50207)),
        ({"chat_friendly_name": "x" * 65}, (400, 50003)),
        ({"chat_user_friendly_name": "x" * 257}, (400, 50003)),
        ({"chat_unique_name": "x" * 65}, (400, 50004)),
        ({"chat_unique_name": "CH" + "0" * 32}, (400, 50306)),
        ({"pre_engagement_data": "not JSON"}, (400, 45004)),
        ({"pre_engagement_data": "[1]"}, (400, 45004)),
        ({"pre_engagement_data": json.dumps({"x": "y" * 20_000})}, (400, 50303)),
        ({"task_attributes": "{"}, (400, 45004)),
        ({"task_sid": "WT" + "0" * 32}, (400, 45004)),
        ({"long_lived": "perhaps"}, (400, 20001)),
    ],
)
def test_a_refused_creation_leaves_no_channel_user_member_or_task_behind(
    account: Account,
    task_flow: Any,
    make_channel: Make,
    changes: dict[str, Any],
    refusal: tuple[int, int],
) -> None:
    before = everything(account)
    with refused(*refusal):
        make_channel(task_flow, **changes)
    assert everything(account) == before


def test_a_task_cannot_be_bound_by_a_flow_that_makes_none(
    account: Account, make_flow: Make, task_flow: Any, make_channel: Make
) -> None:
    made, flow = make_channel(task_flow), make_flow(contact_identity="bots")
    before = everything(account)
    with refused(400, 45004, "TaskSid"):
        make_channel(flow, identity="user-43", task_sid=made.task_sid)
    assert everything(account) == before


def test_a_user_in_too_many_channels_is_refused_and_nothing_is_left_behind(
    account: Account, client: Any, service: Any, task_flow: Any, make_channel: Make
) -> None:
    client.chat.v2.services(account.credentials.chat_service_sid).update(limits_user_channels=1)
    service.channels(service.channels.create().sid).members.create(identity="user-42")
    before = everything(account)
    with refused(403, 50208):
        make_channel(task_flow)
    assert everything(account) == before


def test_a_flow_whose_service_is_gone_makes_nothing(
    account: Account, client: Any, make_flow: Make, make_channel: Make
) -> None:
    other = client.chat.v2.services.create(friendly_name="Other")
    flow = make_flow(chat_service_sid=other.sid)
    client.chat.v2.services(other.sid).delete()
    before = everything(account)
    with refused(400, 45004, other.sid):
        make_channel(flow)
    assert everything(account) == before


@pytest.mark.parametrize(
    "parameter", ["FlexFlowSid", "Identity", "ChatUserFriendlyName", "ChatFriendlyName"]
)
def test_a_missing_parameter_is_named(account: Account, flow: Any, parameter: str) -> None:
    given = {
        "FlexFlowSid": flow.sid,
        "Identity": "user-42",
        "ChatUserFriendlyName": "Jane",
        "ChatFriendlyName": "Chat",
    }
    del given[parameter]
    url = "https://flex-api.twilio.com/v1/Channels"
    answer = account.client.request("POST", url, data=given)
    body = json.loads(answer.text)
    assert (answer.status_code, body["code"]) == (400, 20001)
    assert body["message"] == f"Missing required parameter {parameter} in the post body"
    assert account.client.flex_api.v1.channel.list() == []


def test_a_task_that_is_refused_with_a_message_is_one_sentence_in_the_log(
    account: Account,
    make_flow: Make,
    task_settings: dict[str, str],
    make_channel: Make,
    service: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    workspace = account.client.taskrouter.v1.workspaces(task_settings["integration_workspace_sid"])
    workspace.workflows(task_settings["integration_workflow_sid"]).update(
        configuration='{"task_routing": {"filters": []}}'
    )
    flow = make_flow(integration_creation_on_message=True, **task_settings)
    channel = make_channel(flow)
    for body in ("Hello", "Is anybody there?"):
        service.channels(channel.sid).messages.create(from_="user-42", body=body)
    [logged] = caplog.records
    assert "code 20001: The task matches no filter of workflow" in logged.getMessage()
    assert logged.exc_info is None
    assert [each.body for each in service.channels(channel.sid).messages.list()] == [
        "Hello",
        "Is anybody there?",
    ]


def test_what_follows_and_is_refused_is_logged_without_secrets(
    account: Account, service: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(_: Any) -> None:
        raise TwilioError(20001, "https://user:hunter2@example.com is no URL of ours")

    assert account.mock is not None
    account.mock.follow_all(refuse)
    service.channels.create()
    assert "https://user:***@example.com is no URL of ours" in caplog.text
