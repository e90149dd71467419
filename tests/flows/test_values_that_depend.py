"""Values that an account refuses because of others: refused when the file is read, with a line."""

from __future__ import annotations

import pytest

from helpers import Account
from helpers.flows import FlowProblem, load, plan
from helpers.mock import CHAT_GRANTS, CONVERSATIONS_GRANTS

SERVICE = """\
%s_services:
  Second:
    %s: %s
    roles:
      helper:
        type: %s
        permissions: [%s]
"""
CONVERSATIONS = ("conversation", "default_conversation_role", "channel user", "conversation")
CHAT = ("chat", "default_channel_role", "channel user", "channel")


def refusal(text: str) -> str:
    with pytest.raises(FlowProblem) as refused:
        load(text)
    (problem,) = refused.value.problems
    return str(problem)


@pytest.mark.parametrize("product", [CONVERSATIONS, CHAT], ids=["conversations", "chat"])
@pytest.mark.parametrize("permission", ["bogus", "joinChannel", "joinConversation", "''"])
def test_a_permission_that_no_role_of_the_type_has_is_refused(
    product: tuple[str, ...], permission: str
) -> None:
    said = refusal(SERVICE % (*product, f"sendMessage, {permission}"))
    of = f"{product[0]}_services.Second.roles.helper"
    assert said.startswith(f"line 7: {of}.permissions[1]: is none that type {product[3]} can have;")


def test_a_permission_misspelled_is_guessed() -> None:
    assert "did you mean sendMessage?" in refusal(SERVICE % (*CHAT, "sendMesage"))


@pytest.mark.parametrize(
    ("grants", "product"),
    [(CONVERSATIONS_GRANTS, CONVERSATIONS), (CHAT_GRANTS, CHAT)],
    ids=["conversations", "chat"],
)
def test_every_permission_of_a_type_is_taken_by_the_account_as_well(
    grants: dict[str, tuple[str, ...]], product: tuple[str, ...], account: Account
) -> None:
    for kind, known in grants.items():
        text = SERVICE % (*product[:3], kind, ", ".join(known))
        plan(account, text.replace("helper", kind)).apply()
        assert plan(account, text.replace("helper", kind)).is_empty


@pytest.mark.parametrize(
    ("field", "role", "kind"),
    [
        ("default_conversation_role", "service user", "conversation"),
        ("default_conversation_creator_role", "service admin", "conversation"),
        ("default_chat_service_role", "channel admin", "service"),
        ("default_chat_service_role", "helper", "service"),
    ],
)
def test_a_default_role_of_another_type_is_refused(field: str, role: str, kind: str) -> None:
    text = SERVICE % ("conversation", field, role, "conversation", "sendMessage")
    assert refusal(text).startswith(f"line 3: {role!r}: names a role of type ")
    assert refusal(text).endswith(f"; name one of {kind}")


def test_a_role_that_every_service_has_keeps_its_type() -> None:
    text = SERVICE % (*CHAT[:3], "channel", "sendMessage")
    assert refusal(text.replace("helper", "service user")) == (
        "line 6: role 'service user': is deployment of this one, which is always there; write"
        " `type: deployment`"
    )


def test_a_blank_in_a_target_stands_for_nothing(account: Account) -> None:
    text = (
        "workspaces:\n  Shop:\n    queues: {A: {}}\n    workflows:\n      Main:\n        filters:\n"
        "          - filter_friendly_name: ''\n            expression: 1==1\n"
        "            targets: [{queue: A, expression: '', skip_if: '', known_worker_sid: ''}]\n"
    )
    plan(account, text).apply()
    assert plan(account, text).is_empty


def test_a_capacity_beyond_64_bits_is_refused() -> None:
    text = (
        "workspaces:\n  S:\n    task_channels: {post: {friendly_name: P}}\n    workers:\n"
        "      zoe: {channels: {post: {capacity: 9223372036854775808}}}\n"
    )
    assert "line 5: " in refusal(text)
    assert "less than" in refusal(text)
