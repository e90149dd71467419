"""Capacities and starting activities of workers, and push settings of services, in flow files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from foreign import write_lists

from helpers import Account, connect
from helpers.flows import ApplyStopped, FlowProblem, export, import_from, load, plan

FILE = """\
workspaces:
  Shop:
    activities:
      Lunch:
      Here: {available: true}
    task_channels:
      parcels: {friendly_name: Parcels}
    workers:
      zoe:
        activity: Here
        channels:
          parcels: {capacity: 7, available: false}
      joe: {channels: {chat: {capacity: 5}}}
conversation_services:
  Second:
    notifications:
      log_enabled: true
      new_message_enabled: true
      new_message_template: A message
      new_message_with_media_enabled: true
chat_services:
  Second:
    limits_channel_members: 20
    notifications: {invited_to_channel_sound: bell}
"""
ORDER = [
    "create workspace 'Shop'",
    "create activity 'Lunch'",
    "create activity 'Here'",
    "create task channel 'parcels'",
    "create worker 'zoe'",
    "create worker 'joe'",
    "create channel 'parcels' of 'zoe'",
    "create channel 'chat' of 'joe'",
    "create conversation service 'Second'",
    "finish conversation service 'Second'",
    "create push notifications of 'Second'",
    "create chat service 'Second'",
    "finish chat service 'Second'",
    "create push notifications of 'Second'",
]
REQUESTS = [write for write in ORDER if write not in (ORDER[9], ORDER[11])]
"""Of a service there is nothing to finish, and its other view is there with it."""
WRITES = "[CUD]*"


@pytest.fixture
def shop(account: Account) -> Account:
    """An account as FILE says."""
    plan(account, FILE).apply()
    return account


def workspace(account: Account) -> Any:
    """The SDK's context of the workspace that the file makes."""
    return account.client.taskrouter.v1.workspaces(
        account.client.taskrouter.v1.workspaces.list(friendly_name="Shop")[0].sid
    )


def changes(account: Account, text: str) -> dict[str, list[str]]:
    """The changes that a plan shows, by resource."""
    return {
        step.title: [f"{one.field}: {one.before} -> {one.after}" for one in step.changes]
        for step in plan(account, text).steps
        if step.action != "leave"
    }


def test_workers_have_their_capacities_and_begin_in_their_activity(account: Account) -> None:
    planned = plan(account, FILE)
    assert [str(one) for one in planned.operations] == ORDER
    assert list(planned.apply().done) == ORDER
    assert plan(account, FILE).is_empty
    [zoe] = workspace(account).workers.list(friendly_name="zoe")
    channel = workspace(account).workers(zoe.sid).worker_channels("parcels").fetch()
    assert (zoe.activity_name, channel.configured_capacity, channel.available) == ("Here", 7, False)


def test_services_have_their_push_settings_in_both_views(shop: Account) -> None:
    [_, second] = shop.client.conversations.v1.services.list()
    pushes = shop.client.conversations.v1.services(second.sid).configuration.notifications().fetch()
    assert pushes.log_enabled
    assert pushes.new_message == {
        "enabled": True,
        "template": "A message",
        "sound": "",
        "badge_count_enabled": False,
        "with_media": {"enabled": True, "template": ""},
    }
    old = shop.client.chat.v2.services(second.sid).fetch()
    assert old.notifications["invited_to_channel"]["sound"] == "bell"
    assert old.limits == {"channel_members": 20, "user_channels": 250}


@pytest.mark.parametrize("at", range(len(REQUESTS)))
@pytest.mark.parametrize("phase", ["before", "after"])
def test_after_a_failure_at_any_write_the_next_apply_finishes(
    account: Account, at: int, phase: str
) -> None:
    assert account.mock is not None
    planned = plan(account, FILE)
    account.mock.faults.add(WRITES, skip=at, times=1, kind="timeout", phase=phase)
    with pytest.raises(ApplyStopped) as caught:
        planned.apply()
    assert caught.value.failed == REQUESTS[at]
    (planned if at % 2 else plan(account, FILE)).apply()
    assert plan(account, FILE).is_empty


def test_what_is_exported_makes_another_account_the_same(shop: Account) -> None:
    exported = export(shop, everything=True)
    assert "        channels:\n" in exported.text
    assert (
        "          parcels:\n            capacity: 7\n            available: false\n"
        in exported.text
    )
    assert "media_compatibility_message" not in exported.text
    assert plan(shop, exported, delete=True).is_empty
    other = connect(seed=99)
    plan(other, load(exported.text)).apply()
    assert export(other, everything=True).text == exported.text


def test_saved_answers_and_configurations_of_terraform_have_them_too(
    shop: Account, tmp_path: Path
) -> None:
    write_lists(shop, tmp_path)
    text = import_from(tmp_path).text
    assert plan(shop, text).is_empty
    assert {"            capacity: 7", "    notifications:"} <= {*text.splitlines()}
    (tmp_path / "main.tf").write_text(TERRAFORM, encoding="utf-8")
    assert import_from(tmp_path).text.endswith("workers:\n      zoe:\n        activity: Lunch\n")


TERRAFORM = """\
resource "twilio_taskrouter_workspaces_v1" "shop" {
  friendly_name = "Shop"
}
resource "twilio_taskrouter_workspaces_activities_v1" "lunch" {
  workspace_sid = twilio_taskrouter_workspaces_v1.shop.sid
  friendly_name = "Lunch"
}
resource "twilio_taskrouter_workspaces_workers_v1" "zoe" {
  workspace_sid = twilio_taskrouter_workspaces_v1.shop.sid
  friendly_name = "zoe"
  activity_sid  = twilio_taskrouter_workspaces_activities_v1.lunch.sid
}
"""


def test_drift_of_a_capacity_is_shown_and_an_activity_is_the_agents_own(shop: Account) -> None:
    [zoe] = workspace(shop).workers.list(friendly_name="zoe")
    [lunch] = workspace(shop).activities.list(friendly_name="Lunch")
    planned = plan(shop, FILE.replace("capacity: 5", "capacity: 6"))
    workspace(shop).workers(zoe.sid).update(activity_sid=lunch.sid)
    assert plan(shop, FILE).is_empty
    assert [str(one).partition(" (")[0] for one in planned.apply().done] == [
        "update channel 'chat' of 'joe'"
    ]
    assert changes(shop, FILE) == {"channel 'chat' of 'joe'": ["capacity: 6 -> 5"]}
    assert 'update channel "chat" of "joe"' in str(plan(shop, FILE))
    assert "channel chat of joe" in plan(shop, FILE)._repr_html_()
    pushes = shop.client.conversations.v1.services.list()[1].sid
    shop.client.conversations.v1.services(pushes).configuration.notifications().update(
        new_message_template="Other", added_to_conversation_enabled=True
    )
    assert changes(shop, FILE)["push notifications of 'Second'"] == [
        "new_message_template: Other -> A message",
        "added_to_conversation_enabled: True -> False",
    ]


def test_a_channel_comes_and_goes_with_its_task_channel(shop: Account) -> None:
    less = FILE.replace(
        "      parcels: {friendly_name: Parcels}\n", "      chat: {friendly_name: C}\n"
    )
    kept = {step.title: step.note for step in plan(shop, less, delete=True).steps}
    assert kept["task channel 'parcels'"] == (
        "not in the file, but channel 'parcels' of 'zoe' names it"
    )
    none = less.replace("parcels: {capacity: 7, available: false}", "chat:")
    planned = plan(shop, none, delete=True)
    assert not [one for one in planned.operations if str(one).startswith("delete channel")]
    assert "delete task channel 'parcels'" in [
        str(one).partition(" (")[0] for one in planned.operations
    ]
    planned.apply()
    assert plan(shop, none).is_empty
    assert list(plan(shop, FILE).apply().done)[-2:] == [
        "create task channel 'parcels'",
        "create channel 'parcels' of 'zoe'",
    ]
    assert plan(shop, FILE).is_empty


def test_no_plan_deletes_a_channel_but_with_its_worker(shop: Account) -> None:
    gone = {
        step.title: step.note
        for step in plan(shop, FILE, destroy=True).steps
        if step.action == "delete"
    }
    assert gone["channel 'parcels' of 'zoe'"] == "with what it is within"
    plan(shop, FILE, destroy=True).apply()
    assert not shop.client.taskrouter.v1.workspaces.list(friendly_name="Shop")


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        (
            "chat: {capacity: 5}",
            "cat: {capacity: 5}",
            "line 13: 'cat': the account has no task channel 'cat' (did you mean 'chat'?)",
        ),
        (
            "activity: Here",
            "activity: There",
            "line 10: 'zoe' activity: the account has no activity",
        ),
        ("capacity: 7", "capacity: -7", "line 12: .*capacity: must be greater than or equal to 0"),
        ("capacity: 7", "capacity: '7'", "line 12: .*capacity: must be a whole number"),
        ("log_enabled", "log_enable", "line 17: .*log_enable: is not known here; did you mean"),
        (
            "invited_to_channel_sound: bell",
            "new_message_sound: bell",
            "line 24: 'Second' new_message_sound: belongs to conversation_services as well",
        ),
    ],
)
def test_what_is_wrong_is_refused_with_its_line_and_the_fix(
    account: Account, before: str, after: str, problem: str
) -> None:
    with pytest.raises(FlowProblem) as caught:
        plan(account, FILE.replace(before, after))
    caught.match(problem.replace("(", r"\(").replace(")", r"\)").replace("?", r"\?"))


def test_an_unknown_starting_activity_of_a_worker_who_is_there_is_refused(shop: Account) -> None:
    with pytest.raises(FlowProblem, match="line 10: 'zoe' activity: the account has no activity"):
        plan(shop, FILE.replace("activity: Here", "activity: There"))
