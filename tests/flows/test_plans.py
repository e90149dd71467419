"""Plans: the changes that a file would make, shown before any is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from samples import EXTERNAL, STUDIO, TASK, furnished, raw_flows
from support import everything

from helpers import Account, connect
from helpers.flows import FlowProblem, plan

WEB = "Flex Web Channel Flow"
"""The flow that a new account has."""


def actions(planned: Any) -> dict[str, str]:
    """Return the action for each flow."""
    return {step.name: step.action for step in planned.steps}


def changes(planned: Any, name: str) -> dict[str, tuple[Any, Any]]:
    """Return the changes of a flow: field, before, after."""
    step = next(step for step in planned.steps if step.name == name)
    return {change.field: (change.before, change.after) for change in step.changes}


def test_planning_changes_nothing(account: Account) -> None:
    before = everything(account)
    plan(account, TASK, delete=True)
    assert everything(account) == before


def test_a_flow_that_is_not_there_is_created_and_one_not_in_the_file_is_left(
    account: Account,
) -> None:
    planned = plan(account, TASK)
    assert actions(planned) == {"Custom chat": "create", WEB: "leave"}
    assert planned.steps[1].note == "not in the file"
    assert [str(one) for one in planned.operations] == ["create 'Custom chat'"]


def test_flows_not_in_the_file_are_deleted_only_on_request(account: Account) -> None:
    planned = plan(account, TASK, delete=True)
    assert actions(planned) == {"Custom chat": "create", WEB: "delete"}


def test_an_update_says_each_field_before_and_after_by_name(account: Account) -> None:
    plan(account, TASK).apply()
    changed = TASK.replace("channel: chat", "priority: 3").replace(
        "integration_type", "long_lived: true\n    integration_type"
    )
    planned = plan(account, changed)
    assert actions(planned)["Custom chat"] == "update"
    assert changes(planned, "Custom chat") == {
        "long_lived": (False, True),
        "integration.channel": ("chat", "default"),
        "integration.priority": (0, 3),
    }


def test_another_handler_says_which_settings_go_and_come(account: Account) -> None:
    plan(account, EXTERNAL).apply()
    assert changes(plan(account, STUDIO), "Custom chat") == {
        "integration_type": ("external", "studio"),
        "integration.url": ("https://bot.example.com/messages", None),
        "integration.retry_count": (0, 3),
        "integration.flow": (None, "Webchat Flow"),
    }


def test_a_name_and_its_sid_are_the_same_and_so_is_what_goes_without_saying(
    account: Account, task_settings: dict[str, Any]
) -> None:
    plan(account, TASK).apply()
    workspace = account.client.taskrouter.v1.workspaces(task_settings["integration_workspace_sid"])
    chat = next(one for one in workspace.task_channels.list() if one.unique_name == "chat")
    by_sid = TASK.replace("channel: chat", f"channel: {chat.sid}").replace(
        "Assign to Anyone", task_settings["integration_workflow_sid"]
    )
    named = "    chat_service: Flex Chat Service\n    enabled: true\n"
    for text in (by_sid, TASK + named, TASK + "      timeout: 86400\n"):
        assert plan(account, text).is_empty


def test_a_flow_that_was_made_with_sids_is_left_as_it_is(
    make_flow: Callable[..., Any], account: Account, studio_settings: dict[str, Any]
) -> None:
    make_flow(**studio_settings)
    assert plan(account, STUDIO).is_empty


# -- names


def test_a_former_name_makes_a_rename_of_it(account: Account) -> None:
    plan(account, TASK).apply()
    sid = plan(account, TASK).steps[0].sid
    renamed = TASK.replace("Custom chat", "Chat\n    formerly: Custom chat")
    planned = plan(account, renamed)
    assert (planned.steps[0].action, planned.steps[0].sid) == ("update", sid)
    assert changes(planned, "Chat") == {"friendly_name": ("Custom chat", "Chat")}
    planned.apply()
    assert raw_flows(account)[sid]["friendly_name"] == "Chat"
    assert plan(account, renamed).is_empty


def test_without_a_former_name_it_is_another_flow(account: Account) -> None:
    plan(account, TASK).apply()
    other = TASK.replace("Custom chat", "Chat\n    enabled: false")
    assert actions(plan(account, other)) == {
        "Chat": "create",
        "Custom chat": "leave",
        WEB: "leave",
    }


def test_a_name_that_two_flows_of_the_account_have_is_refused(
    make_flow: Callable[..., Any], account: Account
) -> None:
    sids = [make_flow(enabled=False).sid, make_flow(enabled=False).sid]
    with pytest.raises(FlowProblem) as caught:
        plan(account, TASK)
    assert str(caught.value) == (
        f"line 2: 'Custom chat': is the name of 2 flows of the account ({sids[0]}, {sids[1]});"
        " rename or delete one"
    )
    assert plan(account, TASK.replace("Custom chat", "Chat")).counts["leave"] == 3


def test_what_the_account_lacks_is_refused_with_line_and_what_to_create(account: Account) -> None:
    with pytest.raises(FlowProblem) as caught:
        plan(account, TASK.replace("Assign to Anyone", "Second line"))
    assert str(caught.value) == (
        "line 7: 'Custom chat' integration.workflow: the account has no workflow 'Second line'."
        " It has 'Assign to Anyone'; create the workflow there first, or name another"
    )


# -- one enabled flow for a contact


def test_a_flow_the_file_leaves_out_that_holds_the_contact_is_refused(
    make_flow: Callable[..., Any], account: Account
) -> None:
    other = make_flow(friendly_name="Old bot")
    with pytest.raises(FlowProblem) as caught:
        plan(account, TASK)
    [problem] = caught.value.problems
    assert problem.where == "line 2"
    assert f"as is 'Old bot' ({other.sid}); put `enabled: false` on one" in problem.fix
    assert problem.fix.endswith("; or, if this is 'Old bot' renamed, add `formerly: Old bot`")
    renamed = TASK.replace("channel_type", "formerly: Old bot\n    channel_type")
    assert actions(plan(account, renamed))["Custom chat"] == "update"
    assert actions(plan(account, TASK, delete=True))["Old bot"] == "delete"


def test_a_contact_is_given_up_before_it_is_taken(account: Account) -> None:
    plan(account, EXTERNAL).apply()
    swapped = EXTERNAL + "    enabled: false\n" + TASK.partition("\n")[2].replace("Custom", "New")
    swapped = "flex_flows:\n" + "".join(reversed(_flows_of(swapped)))
    planned = plan(account, swapped)
    assert [str(one).partition(" (")[0] for one in planned.operations] == [
        "update 'Custom chat'",
        "create 'New chat'",
    ]
    planned.apply()
    assert plan(account, swapped).is_empty


def test_two_flows_that_swap_contacts_do_so_with_one_disabled_for_a_moment(
    account: Account,
) -> None:
    both = _pair("shop", "help")
    plan(account, both).apply()
    planned = plan(account, _pair("help", "shop"))
    assert [str(one).partition(" (")[0] for one in planned.operations] == [
        "disable for a moment 'A'",
        "update 'B'",
        "update 'A'",
    ]
    planned.apply()
    found = {flow["friendly_name"]: flow for flow in raw_flows(account).values()}
    assert (found["A"]["contact_identity"], found["A"]["enabled"]) == ("help", True)
    assert (found["B"]["contact_identity"], found["B"]["enabled"]) == ("shop", True)


def _flows_of(text: str) -> list[str]:
    return ["  - " + one for one in text.removeprefix("flex_flows:\n  - ").split("\n  - ")]


def _pair(first: str, second: str) -> str:
    flows = EXTERNAL.partition("\n")[2]
    one = flows.replace("Custom chat", f"A\n    contact_identity: {first}")
    two = flows.replace("Custom chat", f"B\n    contact_identity: {second}")
    return f"flex_flows:\n{one}{two}"


# -- conversations in progress


@pytest.mark.parametrize(
    ("line", "note"),
    [
        ("    janitor_enabled: true", "janitor_enabled changes for them at once"),
        ("    long_lived: true", "long_lived stays as it was for them"),
        ("    enabled: false", "nothing changes for them"),
        ("      priority: 3", "integration.priority applies from their next task"),
    ],
)
def test_a_plan_says_what_it_does_to_conversations_in_progress(
    account: Account, make_channel: Callable[..., Any], client: Any, line: str, note: str
) -> None:
    plan(account, TASK).apply()
    flow = next(f for f in client.flex_api.v1.flex_flow.list() if f.friendly_name != WEB)
    make_channel(flow)
    make_channel(flow, identity="user-43")
    ended = make_channel(flow, identity="user-44")
    channels = client.chat.v2.services(account.credentials.chat_service_sid).channels
    channels(ended.sid).update(attributes='{"status": "INACTIVE"}')
    planned = plan(account, f"{TASK}{line}\n")
    assert planned.steps[0].note == f"2 conversations in progress: {note} (inferred)"
    assert planned.steps[0].note in str(planned)


def test_a_conversation_in_progress_goes_on_with_the_server_it_began_with(
    account: Account, make_channel: Callable[..., Any], client: Any
) -> None:
    plan(account, EXTERNAL).apply()
    flow = next(f for f in client.flex_api.v1.flex_flow.list() if f.friendly_name != WEB)
    began = make_channel(flow)
    changed = plan(account, EXTERNAL.replace("bot.example", "new.example"))
    assert "integration.url stays as it was for them" in changed.steps[0].note
    changed.apply()
    channels = client.chat.v2.services(account.credentials.chat_service_sid).channels
    urls = [
        channels(one.sid).webhooks.list()[0].configuration["url"]
        for one in (began, make_channel(flow, identity="user-43"))
    ]
    assert urls == ["https://bot.example.com/messages", "https://new.example.com/messages"]


def test_a_conversation_that_waits_for_its_first_message_feels_the_change_at_once(
    account: Account, make_channel: Callable[..., Any], client: Any, tasks: Callable[[], list[Any]]
) -> None:
    plan(account, TASK + "      creation_on_message: true\n").apply()
    flow = next(f for f in client.flex_api.v1.flex_flow.list() if f.friendly_name != WEB)
    began = make_channel(flow)
    changed = plan(account, TASK)
    note = "integration.creation_on_message changes for them at once"
    assert note in changed.steps[0].note
    changed.apply()
    channels = client.chat.v2.services(account.credentials.chat_service_sid).channels
    channels(began.sid).messages.create(from_="user-42", body="Hello?")
    assert tasks() == []


def test_a_deletion_says_what_becomes_of_its_conversations(
    account: Account, make_flow: Callable[..., Any], make_channel: Callable[..., Any]
) -> None:
    make_channel(make_flow(friendly_name="Old bot"))
    planned = plan(account, TASK, delete=True)
    notes = {step.name: step.note for step in planned.steps}
    assert notes["Old bot"] == (
        "1 conversation in progress: open as before, but no janitor and no further task will come"
        " to them (inferred)"
    )
    assert notes[WEB] == ""


def test_another_handler_is_one_change_and_not_one_for_each_of_its_settings(
    account: Account, make_channel: Callable[..., Any], client: Any
) -> None:
    plan(account, TASK).apply()
    make_channel(next(f for f in client.flex_api.v1.flex_flow.list() if f.friendly_name != WEB))
    assert plan(account, STUDIO).steps[0].note == (
        "1 conversation in progress: integration_type applies once their task has ended (inferred)"
    )


def test_where_not_all_conversations_were_looked_at_it_says_at_least(
    account: Account,
    make_flow: Callable[..., Any],
    make_channel: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    flow = make_flow(friendly_name="Old bot")
    for identity in ("a", "b", "c"):
        make_channel(flow, identity=identity)
    monkeypatch.setattr("helpers.flows.plans.impact.LOOKED_AT", 2)
    planned = plan(account, TASK, delete=True)
    notes = {step.name: step.note for step in planned.steps}
    assert notes["Old bot"].startswith("at least 2 conversations in progress: ")


# -- how a plan shows


def test_a_plan_reads_as_text_and_as_a_table_and_as_json(account: Account) -> None:
    planned = plan(account, EXTERNAL)
    assert str(planned).splitlines()[1:4] == [
        '  + create "Custom chat"',
        '      friendly_name: "Custom chat"',
        '      channel_type: "custom"',
    ]
    table = planned.table()
    assert list(table.columns) == ["action", "flow", "sid", "field", "before", "after", "note"]
    assert list(table.iloc[-1][["action", "flow", "note"]]) == ["leave", WEB, "not in the file"]
    document = planned.as_json()
    assert (document["mode"], document["code"]) == ("mock", planned.code)
    assert [step["action"] for step in document["steps"]] == ["create", "leave"]
    assert document["order"] == ["create 'Custom chat'"]


def test_in_a_notebook_a_flow_and_its_note_are_named_once(
    account: Account, make_channel: Callable[..., Any], client: Any
) -> None:
    plan(account, TASK).apply()
    make_channel(next(f for f in client.flex_api.v1.flex_flow.list() if f.friendly_name != WEB))
    planned = plan(account, STUDIO)
    assert len(planned.steps[0].changes) > 1
    shown = planned._repr_html_()
    table, _, _ = shown.partition("</table>")
    assert [table.count(text) for text in (str(planned.steps[0].sid), "in progress")] == [1, 1]


def test_names_are_text_in_a_notebook_and_never_html(account: Account) -> None:
    planned = plan(account, EXTERNAL.replace("Custom chat", "<b onclick=x>"))
    shown = planned._repr_html_()
    assert "&lt;b onclick=x&gt;" in shown
    assert "<b onclick" not in shown


def test_a_password_in_a_url_is_shown_nowhere(account: Account) -> None:
    planned = plan(account, EXTERNAL.replace("https://", "https://bot:s3cret@"))
    shown = [str(planned), repr(planned), planned._repr_html_(), planned.table().to_string()]
    assert not any("s3cret" in text for text in (*shown, str(planned.as_json())))
    planned.apply()
    flow = next(f for f in raw_flows(account).values() if f["friendly_name"] != WEB)
    assert flow["integration"]["url"] == "https://bot:s3cret@bot.example.com/messages"


def test_the_code_stands_for_one_plan_on_one_account() -> None:
    one, again, other = connect(), connect(), furnished(seed=7)
    assert plan(one, TASK).code == plan(again, TASK).code
    assert plan(one, TASK).code != plan(other, TASK).code
    assert plan(one, TASK).code != plan(one, TASK + "      priority: 3\n").code
    assert plan(one, TASK).code != plan(one, TASK, delete=True).code
