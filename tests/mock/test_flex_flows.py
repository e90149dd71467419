"""Flex Flows: what each handler needs, what may not collide, what an update keeps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from support import everything, refused

from helpers import Account

MakeFlow = Callable[..., Any]


# -- what a flow holds


def test_a_studio_flow_is_kept_with_its_settings_and_twilios_defaults(
    account: Account, make_flow: MakeFlow, studio_settings: dict[str, Any]
) -> None:
    flow = make_flow(friendly_name="My flow", **studio_settings)
    fetched = account.client.flex_api.v1.flex_flow(flow.sid).fetch()
    assert flow.sid.startswith("FO")
    assert (fetched.friendly_name, fetched.channel_type) == ("My flow", "custom")
    assert fetched.chat_service_sid == account.credentials.chat_service_sid
    assert fetched.account_sid == account.credentials.account_sid
    assert (fetched.enabled, fetched.long_lived, fetched.janitor_enabled) == (True, False, False)
    assert (fetched.integration_type, fetched.contact_identity) == ("studio", None)
    assert fetched.integration == {
        "flow_sid": studio_settings["integration_flow_sid"],
        "retry_count": 3,
    }
    assert fetched.url == f"https://flex-api.twilio.com/v1/FlexFlows/{flow.sid}"
    assert fetched.date_created == fetched.date_updated


def test_a_task_flow_has_the_documented_defaults(
    make_flow: MakeFlow, task_settings: dict[str, Any]
) -> None:
    del task_settings["integration_channel"]
    flow = make_flow(**task_settings)
    assert flow.integration == {
        "workspace_sid": task_settings["integration_workspace_sid"],
        "workflow_sid": task_settings["integration_workflow_sid"],
        "channel": "default",
        "timeout": 86_400,
        "priority": 0,
        "creation_on_message": False,
    }


def test_an_external_flow_keeps_its_address(make_flow: MakeFlow) -> None:
    flow = make_flow(integration_retry_count=0)
    assert flow.integration_type == "external"
    assert flow.integration == {"url": "https://bot.example.com", "retry_count": 0}


def test_studio_is_the_default_handler(
    make_flow: MakeFlow, studio_settings: dict[str, Any]
) -> None:
    flow_sid = studio_settings["integration_flow_sid"]
    flow = make_flow(integration_type=None, integration_flow_sid=flow_sid)
    assert flow.integration_type == "studio"


def test_settings_of_other_handlers_are_left_out(
    make_flow: MakeFlow, studio_settings: dict[str, Any]
) -> None:
    flow = make_flow(integration_priority=7, integration_url="https://x.org", **studio_settings)
    assert set(flow.integration) == {"flow_sid", "retry_count"}


def test_flows_are_listed_and_filtered_by_name(client: Any, make_flow: MakeFlow) -> None:
    made = make_flow(friendly_name="A & B")
    names = [flow.friendly_name for flow in client.flex_api.v1.flex_flow.list()]
    assert names == ["Flex Web Channel Flow", "A & B"]
    assert [f.sid for f in client.flex_api.v1.flex_flow.list(friendly_name="A & B")] == [made.sid]
    assert client.flex_api.v1.flex_flow.list(friendly_name="a & b") == []


# -- what is refused


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"integration_type": "studio"}, "Integration.FlowSid is required"),
        ({"integration_type": "external"}, "Integration.Url is required"),
        ({"integration_type": "external", "integration_url": "bot.example.com"}, "Url"),
        ({"integration_type": "task"}, "Integration.WorkspaceSid is required"),
        (
            {"integration_type": "studio", "integration_flow_sid": "FW" + "0" * 32},
            "Integration.FlowSid FW",
        ),
        ({"chat_service_sid": "IS" + "0" * 32}, "ChatServiceSid IS"),
    ],
)
def test_a_flow_whose_handler_is_missing_or_does_not_exist_is_refused(
    account: Account, make_flow: MakeFlow, changes: dict[str, Any], named: str
) -> None:
    before = everything(account)
    with refused(400, 45212, named):
        make_flow(**changes)
    assert everything(account) == before


@pytest.mark.parametrize("setting", ["workspace_sid", "workflow_sid", "channel"])
def test_a_task_flow_that_names_what_does_not_exist_is_refused(
    account: Account, make_flow: MakeFlow, task_settings: dict[str, Any], setting: str
) -> None:
    before = everything(account)
    with refused(400, 45212, "does not exist"):
        make_flow(**task_settings | {f"integration_{setting}": "nothing"})
    assert everything(account) == before


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"channel_type": "pigeon"}, "ChannelType"),
        ({"integration_type": "magic"}, "IntegrationType"),
        ({"integration_retry_count": 4}, "Integration.RetryCount"),
        ({"integration_timeout": 0}, "Integration.Timeout"),
        ({"integration_priority": -1}, "Integration.Priority"),
        ({"enabled": "perhaps"}, "Enabled"),
    ],
)
def test_a_value_outside_its_range_is_refused_by_name(
    account: Account, make_flow: MakeFlow, changes: dict[str, Any], named: str
) -> None:
    before = everything(account)
    with refused(400, 20001, f"Invalid parameter {named}"):
        make_flow(**changes)
    assert everything(account) == before


@pytest.mark.parametrize("parameter", ["FriendlyName", "ChatServiceSid", "ChannelType"])
def test_a_missing_parameter_is_named(account: Account, parameter: str) -> None:
    given = {
        "FriendlyName": "x",
        "ChatServiceSid": account.credentials.chat_service_sid,
        "ChannelType": "custom",
    }
    del given[parameter]
    url = "https://flex-api.twilio.com/v1/FlexFlows"
    answer = account.client.request("POST", url, data=given)
    assert answer.status_code == 400
    assert f"Missing required parameter {parameter} in the post body" in answer.text


# -- one enabled flow for a contact


def test_a_second_enabled_flow_for_the_same_contact_is_refused(
    account: Account, make_flow: MakeFlow
) -> None:
    first = make_flow()
    before = everything(account)
    with refused(400, 45212, first.sid):
        make_flow(friendly_name="Second")
    assert everything(account) == before


def test_a_second_flow_may_be_kept_disabled_or_serve_another_contact(
    client: Any, make_flow: MakeFlow
) -> None:
    make_flow()
    disabled = make_flow(enabled=False)
    other = make_flow(contact_identity="second-brand")
    assert (disabled.enabled, other.enabled) == (False, True)
    with refused(400, 45212):
        make_flow(contact_identity="second-brand")
    assert len(client.flex_api.v1.flex_flow.list()) == 4


def test_enabling_a_flow_that_collides_is_refused_and_it_stays_disabled(
    client: Any, make_flow: MakeFlow
) -> None:
    first, second = make_flow(), make_flow(enabled=False)
    with refused(400, 45212, first.sid):
        client.flex_api.v1.flex_flow(second.sid).update(enabled=True)
    assert client.flex_api.v1.flex_flow(second.sid).fetch().enabled is False
    client.flex_api.v1.flex_flow(first.sid).update(enabled=False)
    assert client.flex_api.v1.flex_flow(second.sid).update(enabled=True).enabled is True


def test_an_enabled_flow_does_not_collide_with_itself(client: Any, make_flow: MakeFlow) -> None:
    flow = make_flow()
    renamed = client.flex_api.v1.flex_flow(flow.sid).update(friendly_name="Renamed", enabled=True)
    assert (renamed.friendly_name, renamed.enabled) == ("Renamed", True)


# -- update and delete


def test_an_update_changes_only_what_it_names(client: Any, make_flow: MakeFlow) -> None:
    flow = make_flow(long_lived=True, contact_identity="shop", integration_retry_count=1)
    changed = client.flex_api.v1.flex_flow(flow.sid).update(integration_url="https://new.example")
    assert changed.integration == {"url": "https://new.example", "retry_count": 1}
    assert (changed.long_lived, changed.contact_identity) == (True, "shop")
    assert (changed.friendly_name, changed.enabled) == (flow.friendly_name, True)


def test_another_handler_brings_its_own_settings(
    client: Any, make_flow: MakeFlow, task_settings: dict[str, Any]
) -> None:
    flow = make_flow()
    changed = client.flex_api.v1.flex_flow(flow.sid).update(**task_settings)
    assert changed.integration_type == "task"
    assert "url" not in changed.integration
    assert changed.integration["channel"] == "chat"


def test_another_handler_without_its_settings_is_refused_and_nothing_changes(
    client: Any, make_flow: MakeFlow
) -> None:
    flow = make_flow()
    with refused(400, 45212, "Integration.WorkspaceSid"):
        client.flex_api.v1.flex_flow(flow.sid).update(integration_type="task")
    after = client.flex_api.v1.flex_flow(flow.sid).fetch()
    assert (after.integration_type, after.integration) == ("external", flow.integration)


def test_a_deleted_flow_is_gone_and_its_channels_stay(
    client: Any, make_flow: MakeFlow, make_channel: Callable[..., Any]
) -> None:
    flow = make_flow()
    made = make_channel(flow)
    assert client.flex_api.v1.flex_flow(flow.sid).delete() is True
    with refused(404, 20404, f"The requested resource /FlexFlows/{flow.sid} was not found"):
        client.flex_api.v1.flex_flow(flow.sid).fetch()
    assert client.flex_api.v1.channel(made.sid).fetch().flex_flow_sid == flow.sid
    with refused(404, 45205, flow.sid):
        make_channel(flow, identity="somebody-else")
