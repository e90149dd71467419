"""Services of chats and conversations in a flow file, in both views."""

from __future__ import annotations

import pytest
from samples import refusal
from shop_file import BOT, FILE, changes

from helpers import Account
from helpers.flows import (
    FlowProblem,
    check,
    export,
    load,
    plan,
)

SERVICES = """\
conversation_services:
  Second:
    default_conversation_role: helper
    roles:
      helper: {type: conversation, permissions: [sendMessage]}
      channel user: {type: conversation, permissions: [leaveConversation, sendMessage]}
    webhooks: {post_webhook_url: "https://a.example/x", filters: [onMessageAdded]}
chat_services:
  Second:
    typing_indicator_timeout: 8
    webhooks: {post_webhook_url: "https://a.example/y", filters: [onMessageSent]}
  Third:
flex_flows:
  - {friendly_name: Chat, channel_type: custom, chat_service: Second, integration: {flow: bot}}
"""


def test_services_are_made_with_their_roles_and_webhooks_in_both_views(account: Account) -> None:
    text = SERVICES + BOT + FILE.partition("flex_flows")[0]
    plan(account, text).apply()
    assert plan(account, text).is_empty
    services = account.client.conversations.v1.services
    made = [one.friendly_name for one in services.list()]
    assert made == ["Flex Chat Service", "Second", "Third"]
    second = services(services.list()[1].sid)
    hooks = second.configuration.webhooks().fetch()
    assert (hooks.post_webhook_url, hooks.filters) == ("https://a.example/x", ["onMessageAdded"])
    roles = {role.sid: role.friendly_name for role in second.roles.list()}
    assert roles[second.configuration().fetch().default_conversation_role_sid] == "helper"
    old = account.client.chat.v2.services(services.list()[1].sid).fetch()
    assert (old.typing_indicator_timeout, old.webhook_filters) == (8, ["onMessageSent"])
    exported = export(account, everything=True)
    assert plan(account, exported, delete=True).is_empty
    assert "chat_services:\n  Second:\n    typing_indicator_timeout: 8\n" in exported.text


def test_what_cannot_be_undone_or_shown_is_not(account: Account) -> None:
    text = SERVICES.partition("chat_services")[0].replace("//a", "//bot:s3cret@a")
    plan(account, text).apply()
    with pytest.raises(FlowProblem, match="line 7: 'Second' filters: cannot be emptied again"):
        plan(account, text.replace(", filters: [onMessageAdded]", ""))
    file = load(text)
    planned = plan(account, text.replace("/x", "/y"))
    shown = f"{file!r}{file.resources!r}{planned}{planned.steps!r}{planned.as_json()}"
    assert "s3cret" not in shown
    attributes = "workspaces: {W: {workers: {a: {attributes: {key: {url: 'http://u:s3cret@h'}}}}}}"
    assert "s3cret" not in repr(load(f"{attributes}\n").resources)


def test_what_two_views_of_a_service_share_is_said_once() -> None:
    text = SERVICES.replace("    typing_", "    default_channel_role: helper\n    typing_")
    assert refusal(text) == [
        "line 10: 'Second' default_channel_role: belongs to conversation_services as well, which"
        " the file has; move it there"
    ]


def test_an_account_without_the_legacy_api_has_its_services_exported(account: Account) -> None:
    assert account.mock is not None
    account.mock.faults.end_legacy_api()
    exported = export(account, everything=True)
    assert "chat_services" not in exported.text
    assert plan(account, exported, delete=True).is_empty


def test_drift_of_a_service_is_shown_and_its_own_service_never_deleted(account: Account) -> None:
    plan(account, SERVICES.partition("flex_flows")[0]).apply()
    services = account.client.conversations.v1.services
    second = services(services.list()[1].sid)
    second.configuration.webhooks().update(method="GET")
    [role] = [role for role in second.roles.list() if role.friendly_name == "helper"]
    second.roles(role.sid).update(permission=["sendMessage", "leaveConversation"])
    assert changes(account, SERVICES.partition("flex_flows")[0]) == {
        "helper": ["permissions: ['leaveConversation', 'sendMessage'] -> ['sendMessage']"],
        "Second": ["method: GET -> POST"],
    }
    planned = plan(account, "conversation_services: {}\n\n", delete=True)
    assert [str(one).partition(" (")[0] for one in planned.operations] == [
        "delete conversation service 'Second'",
        "delete conversation service 'Third'",
    ]


def test_flows_are_checked_with_what_the_file_has_beside_them(account: Account) -> None:
    text = FILE.replace("workflow: Main", "workflow: Man") + "    enabled: false\n"
    [unknown] = check(text, account).errors
    assert (unknown.id, unknown.where) == ("unknown-name", "line 27")
    assert "no workflow 'Man' (did you mean 'Main'?)" in unknown.reason
    nobody = FILE.replace("Everyone:\n", 'Everyone: {target_workers: "1==2"}\n')
    [found] = check(nobody.replace("level: 5", "level: 1"), account).errors
    assert found.id == "nobody-matches"
    sound = FILE.replace("    integration_type: task\n", "").replace(
        "{workspace: Shop, workflow: Main, channel: chat}", "{flow: bot}"
    )
    assert list(check(BOT + sound, account).errors) == []
    draft = BOT.replace("  bot:\n", "  bot:\n    status: draft\n")
    assert [one.id for one in check(draft + sound, account).errors] == ["studio-draft"]
    assert plan(account, FILE).counts["create"] == 9
