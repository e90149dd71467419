"""Web channels: what Twilio's own legacy web chat made, one request a visitor."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from support import everything, refused

from helpers import Account


@pytest.fixture
def flow(make_flow: Callable[..., Any]) -> Any:
    return make_flow(channel_type="web", contact_identity="visitors")


@pytest.fixture
def web_channels(client: Any) -> Any:
    return client.flex_api.v1.web_channel


@pytest.fixture
def make(flow: Any, web_channels: Any) -> Callable[..., Any]:
    """Makes a web channel, for a visitor unless told otherwise."""

    def create(**changes: Any) -> Any:
        return web_channels.create(
            **{
                "flex_flow_sid": flow.sid,
                "identity": "visitor-1",
                "customer_friendly_name": "Visitor",
                "chat_friendly_name": "Flex WebChat",
                **changes,
            }
        )

    return create


def attributes(service: Any, sid: str) -> dict[str, Any]:
    return dict(json.loads(service.channels(sid).fetch().attributes))


def test_one_request_makes_the_channel_the_user_and_the_membership(
    account: Account, service: Any, flow: Any, make: Callable[..., Any]
) -> None:
    made = make()
    assert made.sid[:2] == "CH"
    assert (made.account_sid, made.flex_flow_sid) == (account.credentials.account_sid, flow.sid)
    assert made.url == f"https://flex-api.twilio.com/v1/WebChannels/{made.sid}"
    assert made.date_created == made.date_updated
    channel = service.channels(made.sid).fetch()
    assert (channel.friendly_name, channel.type) == ("Flex WebChat", "private")
    assert channel.attributes == (
        '{"status":"ACTIVE","long_lived":false,"from":"Visitor","channel_type":"web"}'
    )
    [member] = service.channels(made.sid).members.list()
    assert (member.identity, service.users("visitor-1").fetch().friendly_name) == (
        "visitor-1",
        "Visitor",
    )


def test_visitors_of_one_name_have_an_execution_each_under_their_identity(
    account: Account, client: Any, service: Any, flow: Any, make: Callable[..., Any]
) -> None:
    [studio_flow] = client.studio.v2.flows.list()
    client.flex_api.v1.flex_flow(flow.sid).update(
        integration_type="studio", integration_flow_sid=studio_flow.sid
    )
    assert account.mock is not None
    for identity in ("visitor-1", "visitor-2"):
        made = make(identity=identity, pre_engagement_data='{"friendlyName": "Visitor"}')
        service.channels(made.sid).messages.create(
            body="hi", from_=identity, x_twilio_webhook_enabled="true"
        )
        assert account.mock.studio.settle()
    executions = client.studio.v2.flows(studio_flow.sid).executions.list()
    assert [each.contact_channel_address for each in executions] == ["visitor-1", "visitor-2"]
    context = executions[0].execution_context().fetch().context
    assert context["contact"]["channel"]["address"] == "visitor-1"
    assert list(context["trigger"]["message"]["ChannelAttributes"].items()) == [
        ("status", "ACTIVE"),
        ("long_lived", False),
        ("pre_engagement_data", {"friendlyName": "Visitor"}),
        ("from", "Visitor"),
        ("channel_type", "web"),
    ]
    tasks = client.taskrouter.v1.workspaces(client.taskrouter.v1.workspaces.list()[0].sid).tasks
    assert [json.loads(task.attributes)["name"] for task in tasks.list()] == ["Visitor"] * 2


def test_text_of_every_language_stays_as_it_is_when_the_chat_is_made_and_when_it_ends(
    service: Any, web_channels: Any, make: Callable[..., Any]
) -> None:
    made = make(customer_friendly_name="Zoë 日本 😀", pre_engagement_data='{"half": "\\ud83d"}')
    chat = service.channels(made.sid)
    assert '"from":"Zoë 日本 😀"' not in chat.fetch().attributes  # all escaped, as half a pair is
    assert json.loads(chat.fetch().attributes)["from"] == "Zoë 日本 😀"
    chat.update(attributes='{"from":"Zoë 日本 😀","status":"ACTIVE"}')
    web_channels(made.sid).update(chat_status="inactive")
    assert chat.fetch().attributes == '{"from":"Zoë 日本 😀","status":"INACTIVE"}'
    other = make(identity="visitor-2", customer_friendly_name="Zoë 日本 😀")
    assert '"from":"Zoë 日本 😀"' in service.channels(other.sid).fetch().attributes


def test_the_answer_has_six_fields_and_no_user_or_task(
    account: Account, client: Any, make: Callable[..., Any]
) -> None:
    answer = client.request("GET", make().url)
    assert sorted(json.loads(answer.text)) == [
        "account_sid",
        "date_created",
        "date_updated",
        "flex_flow_sid",
        "sid",
        "url",
    ]


def test_what_the_visitor_said_before_and_after_is_kept(
    service: Any, web_channels: Any, make: Callable[..., Any]
) -> None:
    made = make(chat_unique_name="visit-1", pre_engagement_data='{"question": "Where?"}')
    web_channels(made.sid).update(post_engagement_data='{"stars": 5}')
    assert service.channels("visit-1").fetch().sid == made.sid
    kept = attributes(service, made.sid)
    assert kept["pre_engagement_data"] == {"question": "Where?"}
    assert kept["post_engagement_data"] == {"stars": 5}
    assert kept["status"] == "ACTIVE"


def test_a_chat_is_ended_by_making_it_inactive(
    account: Account, service: Any, web_channels: Any, make: Callable[..., Any]
) -> None:
    account.clock.freeze()
    made = make()
    account.clock.advance(60)
    ended = web_channels(made.sid).update(chat_status="inactive")
    assert (ended.date_updated - ended.date_created).total_seconds() == 60
    assert attributes(service, made.sid)["status"] == "INACTIVE"
    assert attributes(service, made.sid)["from"] == "Visitor"
    assert service.channels(made.sid).members("visitor-1").fetch().identity == "visitor-1"


def test_a_returning_visitor_gets_the_active_channel_back_and_after_the_end_a_new_one(
    web_channels: Any, make: Callable[..., Any]
) -> None:
    first = make()
    assert make().sid == first.sid
    web_channels(first.sid).update(chat_status="inactive")
    second = make()
    assert second.sid != first.sid
    assert [found.sid for found in web_channels.list()] == [first.sid, second.sid]


@pytest.mark.parametrize("status", ["active", "INACTIVE", "closed", ""])
def test_a_chat_can_only_be_made_inactive(
    account: Account, web_channels: Any, make: Callable[..., Any], status: str
) -> None:
    made, before = make(), everything(account)
    with refused(400, 45004, "inactive"):
        web_channels(made.sid).update(chat_status=status)
    assert everything(account) == before


@pytest.mark.parametrize("data", ["not JSON", "[]", "7"])
def test_engagement_data_must_be_a_json_object(
    account: Account, web_channels: Any, make: Callable[..., Any], data: str
) -> None:
    made, before = make(), everything(account)
    with refused(400, 45004, "PostEngagementData"):
        web_channels(made.sid).update(chat_status="inactive", post_engagement_data=data)
    with refused(400, 45004, "PreEngagementData"):
        make(identity="visitor-2", pre_engagement_data=data)
    assert everything(account) == before


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"flex_flow_sid": "FO" + "0" * 32}, 404, 45205),
        ({"identity": "system"}, 400, 45211),
        ({"identity": "x" * 257}, 400, 50207),
        ({"chat_friendly_name": "x" * 65}, 400, 50003),
        ({"customer_friendly_name": "x" * 257}, 400, 50003),
        ({"chat_unique_name": "x" * 65}, 400, 50004),
    ],
)
def test_what_a_web_channel_cannot_be_made_of_is_refused(
    account: Account, make: Callable[..., Any], changes: dict[str, str], status: int, code: int
) -> None:
    before = everything(account)
    with refused(status, code):
        make(**changes)
    assert everything(account) == before


@pytest.mark.parametrize(
    "missing", ["FlexFlowSid", "Identity", "CustomerFriendlyName", "ChatFriendlyName"]
)
def test_four_parameters_are_required(client: Any, flow: Any, missing: str) -> None:
    given = {
        "FlexFlowSid": flow.sid,
        "Identity": "visitor-1",
        "CustomerFriendlyName": "Visitor",
        "ChatFriendlyName": "Flex WebChat",
    }
    del given[missing]
    answer = client.request("POST", "https://flex-api.twilio.com/v1/WebChannels", data=given)
    body = json.loads(answer.text)
    assert (answer.status_code, body["code"]) == (400, 20001)
    assert missing in body["message"]


def test_web_channels_and_flex_channels_are_listed_apart_and_never_mixed_up(
    client: Any, flow: Any, web_channels: Any, make: Callable[..., Any], make_channel: Any
) -> None:
    web = make()
    flex = make_channel(flow, identity="visitor-1")
    assert flex.sid != web.sid
    assert make().sid == web.sid
    assert make_channel(flow, identity="visitor-1").sid == flex.sid
    assert [found.sid for found in web_channels.list()] == [web.sid]
    assert [found.sid for found in client.flex_api.v1.channel.list()] == [flex.sid]
    with refused(404, 20404):
        web_channels(flex.sid).fetch()
    with refused(404, 20404):
        client.flex_api.v1.channel(web.sid).fetch()


def test_deleting_a_web_channel_deletes_its_chat_and_keeps_the_user(
    service: Any, web_channels: Any, make: Callable[..., Any]
) -> None:
    made = make()
    assert web_channels(made.sid).delete() is True
    with refused(404, 20404):
        web_channels(made.sid).fetch()
    with refused(404, 20404):
        service.channels(made.sid).fetch()
    assert service.users("visitor-1").fetch().identity == "visitor-1"
    assert make().sid != made.sid


def test_the_flows_handler_hears_the_visitor(
    account: Account, make: Callable[..., Any], webhooks: Any, acting_as: Callable[[str], Any]
) -> None:
    heard: list[str] = []
    webhooks.register(
        "https://bot.example.com", lambda request: heard.append(request.parameters["Body"])
    )
    acting_as("visitor-1").channels(make().sid).messages.create(body="Where is my parcel?")
    assert webhooks.settle()
    assert heard == ["Where is my parcel?"]


def test_web_channels_are_the_accounts_to_make(
    account: Account, flow: Any, make: Callable[..., Any]
) -> None:
    made = make()
    visitor = account.client_of_chat_user(account.chat_token("visitor-1"), "visitor-1")
    with refused(403, 20403):
        visitor.flex_api.v1.web_channel(made.sid).update(chat_status="inactive")
