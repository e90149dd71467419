"""Address configurations and chats of one's own server in flow files: read, planned, applied."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import TASK, furnished, names, refusal
from support import examples

from helpers import Account
from helpers.flows import (
    AddressConfig,
    ApplyStopped,
    AutoCreation,
    CustomChatConfig,
    FlowFile,
    FlowProblem,
    check,
    command,
    export,
    load,
    plan,
)
from helpers.migrate import rewrite

FILE = """\
address_configurations:
  - friendly_name: Texts
    type: sms
    address: "+15550100"
    auto_creation:
      type: studio
      studio_flow: Webchat Flow
  - type: chat
    address: shop
    auto_creation:
      type: webhook
      webhook_url: https://bot.example.com/messages
    interaction:
      workspace: Flex Task Assignment
      workflow: Assign to Anyone
custom_chats:
  - friendly_name: Support
    interaction:
      workspace: Flex Task Assignment
      workflow: Assign to Anyone
"""
ONE, OTHER = furnished(), furnished(seed=99)


def addresses(account: Account) -> dict[str, Any]:
    """The account's address configurations, by address."""
    found = account.client.conversations.v1.address_configurations.list()
    return {one.address: one for one in found}


# -- the file


def test_an_entry_is_found_by_its_name_or_by_its_address() -> None:
    file = load(FILE)
    assert file["Texts"] is file["sms +15550100"]
    assert [one.label for one in file.entries] == ["sms +15550100", "chat shop", "Support"]
    assert file.lists == ("address_configurations", "custom_chats")
    with pytest.raises(KeyError, match="no flow 'Mail'; it has 'sms \\+15550100', 'chat shop'"):
        file["Mail"]


def test_fields_know_their_lines_whatever_list_they_are_in() -> None:
    file = load(FILE)
    assert file.where(file["Texts"], "auto_creation", "studio_flow") == "line 7"
    assert file.where(file["Support"], "interaction", "workflow") == "line 20"


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        (
            "studio_flow: Web",
            "studio_fow: Web",
            "line 7: address_configurations[0].auto_creation.studio_fow: is not known here; did"
            " you mean studio_flow?",
        ),
        (
            "type: sms",
            "type: pigeon",
            "line 3: address_configurations[0].type: must be 'sms', 'whatsapp', 'messenger', 'gbm',"
            " 'email', 'rcs', 'apple' or 'chat'; got 'pigeon'",
        ),
        (
            '"+15550100"',
            "+15550100",
            "line 4: address_configurations[0].address: must be text; put it in quotes:"
            " '+15550100'",
        ),
        (
            "      studio_flow: Webchat Flow\n",
            "",
            "line 5: address_configurations[0].auto_creation: auto_creation.studio_flow is required"
            " for type studio; add it",
        ),
        (
            "type: webhook\n",
            "type: default\n",
            "line 12: address_configurations[1].auto_creation: auto_creation.webhook_url does not"
            " apply to type default; remove it. What applies: none",
        ),
        (
            "      webhook_url: https",
            "      webhook_filters: [onMessageSent]\n      webhook_url: https",
            "line 12: address_configurations[1].auto_creation.webhook_filters: names"
            " 'onMessageSent', which is no event of a conversation; there are",
        ),
        (
            "    interaction:\n",
            "    creation: {type: studio, studio_flow: x}\n    interaction:\n",
            "line 13: address_configurations[1].creation: is not known here; did you mean"
            " auto_creation?",
        ),
        (
            "custom_chats:\n  - friendly_name: Support\n",
            "custom_chats:\n  - friendly_name: Support\n    creation:\n      type: studio\n"
            "      studio_flow: x\n",
            "line 21: custom_chats[0]: interaction does not apply to type studio, whose Send to"
            " Flex creates one; remove it",
        ),
        (
            "type: chat\n    address: shop",
            'type: sms\n    address: "+15550100"',
            "address 'sms +15550100': is given above too (line 4); remove one",
        ),
        (
            "type: chat\n    address: shop\n    auto_creation:\n      type: webhook\n"
            "      webhook_url: https://bot.example.com/messages\n",
            "type: sms\n    address: shop\n",
            "address_configurations[1]: interaction does not apply to type default, which notifies"
            " nobody of new conversations; set `type: webhook` under auto_creation",
        ),
    ],
)
def test_what_is_wrong_is_refused_with_its_line_and_the_fix(
    before: str, after: str, problem: str
) -> None:
    text = FILE.replace(before, after, 1)
    assert text != FILE
    assert any(problem in line for line in refusal(text)), refusal(text)


def test_a_password_in_a_url_is_not_shown() -> None:
    file = load(FILE.replace("https://bot", "https://bot:s3cret@bot"))
    assert "s3cret" not in f"{file!r}{file['chat shop']!r}{file._repr_html_()}"


# -- plan and apply


def test_addresses_are_created_and_then_there_is_nothing_to_do(account: Account) -> None:
    planned = plan(account, FILE)
    assert [(step.action, step.name) for step in planned.steps] == [
        ("create", "sms +15550100"),
        ("create", "chat shop"),
        ("leave", "Support"),
    ]
    assert planned.steps[-1].note == (
        "not kept in the account: your server creates its conversations"
    )
    planned.apply()
    made = addresses(account)
    assert made["+15550100"].friendly_name == "Texts"
    assert made["+15550100"].auto_creation == {
        "conversation_service_sid": account.credentials.chat_service_sid,
        "enabled": True,
        "studio_flow_sid": account.client.studio.v2.flows.list()[0].sid,
        "studio_retry_count": 0,
        "type": "studio",
    }
    assert made["shop"].auto_creation["webhook_filters"] == ["onMessageAdded"]
    assert plan(account, FILE).is_empty
    assert planned.apply().done == ()


def test_a_new_handler_is_shown_field_by_field_and_made(account: Account) -> None:
    plan(account, FILE).apply()
    text = FILE.replace("studio\n", "webhook\n", 1).replace(
        "studio_flow: Webchat Flow", "webhook_url: https://x.example.com", 1
    )
    [step] = [step for step in plan(account, text).steps if step.action == "update"]
    assert [change.field for change in step.changes] == [
        f"auto_creation.{name}"
        for name in (
            "type",
            "studio_flow",
            "studio_retry_count",
            "webhook_url",
            "webhook_method",
            "webhook_filters",
        )
    ]
    assert "they keep the webhook that they began with" in step.note
    plan(account, text).apply()
    assert addresses(account)["+15550100"].auto_creation["webhook_url"] == "https://x.example.com"
    assert plan(account, text).is_empty
    plan(account, FILE).apply()
    assert plan(account, FILE).is_empty


def test_a_file_without_addresses_is_not_concerned_with_them(account: Account) -> None:
    plan(account, FILE).apply()
    planned = plan(account, TASK, delete=True)
    assert {step.kept_in for step in planned.steps} == {"flex_flows"}
    planned.apply()
    assert set(addresses(account)) == {"+15550100", "shop"}


def test_addresses_that_the_list_does_not_name_are_deleted_if_asked(account: Account) -> None:
    plan(account, FILE).apply()
    text = "address_configurations: []\n"
    assert plan(account, text).is_empty
    planned = plan(account, text, delete=True)
    assert all("reaches nobody at this address" in step.note for step in planned.steps)
    planned.apply()
    assert addresses(account) == {}
    assert len(account.client.flex_api.v1.flex_flow.list()) == 1


def test_an_address_that_has_changed_since_the_plan_stops_it(account: Account) -> None:
    plan(account, FILE).apply()
    planned = plan(account, FILE.replace("Texts", "Messages"))
    sid = addresses(account)["shop"].sid
    one = account.client.conversations.v1.address_configurations(sid)
    one.update(auto_creation_enabled=False)
    with pytest.raises(ApplyStopped, match=r"auto_creation_enabled: True -> False"):
        planned.apply()


def test_the_country_of_an_address_cannot_be_changed(account: Account) -> None:
    text = FILE.replace("    type: sms\n", "    type: sms\n    address_country: US\n", 1)
    plan(account, text).apply()
    assert addresses(account)["+15550100"].address_country == "US"
    assert plan(account, FILE).is_empty
    with pytest.raises(FlowProblem, match="line 4: address_country: is 'US' in the account"):
        plan(account, text.replace("US", "GB"))


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("Webchat Flow", "Nil", "'sms +15550100' auto_creation.studio_flow: the account has no"),
        ("workflow: Assign to Anyone", "workflow: Nil", "'chat shop' interaction.workflow: the"),
        (
            "studio_flow:",
            "conversation_service: Nil\n      studio_flow:",
            "no conversation service",
        ),
        (
            "Support\n",
            "Support\n    creation:\n      conversation_service: Nil\n",
            "'Support' creat",
        ),
    ],
)
def test_a_name_that_stands_for_nothing_is_refused_by_check_and_plan(
    before: str, after: str, problem: str
) -> None:
    text = FILE.replace(before, after, 1)
    with pytest.raises(FlowProblem, match=problem.replace("+", r"\+")):
        plan(ONE, text)
    assert "unknown-name" in {one.id for one in check(text, ONE).errors}


def test_a_flow_that_incoming_conversation_does_not_start_is_found(account: Account) -> None:
    flows = account.client.studio.v2.flows
    flow = flows.list()[0].fetch()
    found = {one.id: one for one in check(FILE, account)}
    assert set(found) == {"no-send-to-flex", "studio-astray"}
    assert found["studio-astray"].where == "line 7"
    assert "incomingConversationMessage leads nowhere" in found["studio-astray"].reason
    flows(flow.sid).update(status="published", definition=rewrite(flow.definition).after)
    assert list(check(FILE, account)) == []


def test_a_workflow_that_takes_no_such_task_is_found(account: Account) -> None:
    client = account.client
    workspace = client.taskrouter.v1.workspaces.list()[0]
    queue = {"queue": client.taskrouter.v1.workspaces(workspace.sid).task_queues.list()[0].sid}
    routing = {"filters": [{"expression": "channelType == 'custom'", "targets": [queue]}]}
    client.taskrouter.v1.workspaces(workspace.sid).workflows.create(
        "Custom only",
        f'{{"task_routing": {routing}}}'.replace("'", '"').replace('"custom"', "'custom'"),
    )
    text = FILE.partition("custom_chats")[0].replace("Assign to Anyone", "Custom only")
    [found] = [one for one in check(text, account).errors if one.id == "nobody-matches"]
    assert (found.where, found.field) == ("line 15", "interaction.workflow")
    fitting = text + "      attributes: {channelType: custom}\n"
    assert "nobody-matches" not in {one.id for one in check(fitting, account)}


# -- there and back


@st.composite
def address_files(draw: Any) -> FlowFile:
    """Address configurations that Twilio can take."""
    keys = st.tuples(st.sampled_from(["sms", "chat", "whatsapp"]), st.sampled_from("abc"))
    found = []
    for type_, address in draw(st.lists(keys, max_size=4, unique=True)):
        kind = draw(st.sampled_from(["studio", "webhook", "default"]))
        settings_: dict[str, Any] = {"type": kind, "enabled": draw(st.booleans())}
        if kind == "studio":
            settings_["studio_flow"] = draw(st.sampled_from(["Webchat Flow", "Menu bot"]))
            settings_["studio_retry_count"] = draw(st.sampled_from([None, 0, 3]))
        elif kind == "webhook":
            settings_["webhook_url"] = draw(st.sampled_from(["https://a.example/x", "http://b.de"]))
            settings_["webhook_method"] = draw(st.sampled_from([None, "get"]))
            filters = st.sampled_from([None, ("onMessageAdded", "onConversationStateUpdated")])
            settings_["webhook_filters"] = draw(filters)
        service = st.sampled_from([None, "Flex Chat Service", "Second service"])
        settings_["conversation_service"] = draw(service)
        found.append(
            AddressConfig(
                type=type_,
                address=address,
                friendly_name=draw(st.one_of(st.none(), st.composite(names)())),
                auto_creation=AutoCreation(**settings_),
            )
        )
    return FlowFile((), addresses=tuple(found), lists=("address_configurations",))


@settings(max_examples=examples(20), deadline=None)
@given(address_files(), address_files(), st.data())
def test_any_addresses_lead_to_any_others_there_and_back_even_when_interrupted(
    first: FlowFile, second: FlowFile, data: st.DataObject
) -> None:
    assert ONE.mock is not None
    assert OTHER.mock is not None
    assert load(first.text).addresses == first.addresses
    with ONE.mock.snapshot(), OTHER.mock.snapshot():
        plan(ONE, first, delete=True).apply()
        assert plan(ONE, first, delete=True).is_empty
        planned = plan(ONE, second, delete=True)
        if planned.operations:
            at = data.draw(st.integers(0, len(planned.operations) - 1))
            phase = data.draw(st.sampled_from(["before", "after"]))
            fault = ONE.mock.faults.add("[CUD]*Address", skip=at, kind="timeout", phase=phase)
            with fault, pytest.raises(ApplyStopped):
                planned.apply()
            plan(ONE, second, delete=True).apply()
        exported = export(ONE)
        plan(OTHER, load(exported.text), delete=True).apply()
        assert export(OTHER).text == exported.text
        for account in (ONE, OTHER):
            assert plan(account, exported, delete=True).is_empty
            assert plan(account, second, delete=True).is_empty


def test_an_account_without_the_legacy_api_is_exported_and_planned(
    account: Account,
) -> None:
    assert account.mock is not None
    plan(account, FILE).apply()
    account.mock.faults.end_legacy_api()
    exported = export(account)
    assert exported.lists == ("address_configurations",)
    assert exported.text.startswith("address_configurations:\n- type: chat\n  address: shop\n")
    assert plan(account, exported).is_empty
    assert plan(account, FILE).is_empty


def test_chats_of_your_own_server_are_read_and_written() -> None:
    chats = load(FILE).custom_chats
    assert load(FlowFile((), custom_chats=chats).text).custom_chats == chats
    assert isinstance(chats[0], CustomChatConfig)


# -- the command


def test_the_command_plans_applies_and_exports_them(
    account: Account, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    account.mode = "shared"
    monkeypatch.setattr(command.arguments, "connect", lambda *_, **__: account)
    file = tmp_path / "flows.yaml"
    file.write_text(FILE)
    arguments = [str(file), "--to", "http://mock"]
    assert command.main(["plan", *arguments, "--detailed-exitcode"]) == command.PENDING
    assert command.main(["apply", *arguments]) == command.OK
    assert command.main(["plan", *arguments, "--detailed-exitcode"]) == command.OK
    capsys.readouterr()
    played = ["--flow", "Support", "--script", "answered", "--json"]
    assert command.main(["rehearse", *arguments, *played]) == command.OK
    [found] = json.loads(capsys.readouterr().out)
    assert (found["flow"], found["outcome"]["channel"]) == ("Support", "closed")
    assert command.main(["export", str(tmp_path / "out.yaml"), "--to", "x"]) == command.OK
    assert capsys.readouterr().out.startswith("1 flow and 2 addresses written to ")
