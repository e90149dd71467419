"""Webhooks of Interactions."""

from __future__ import annotations

from typing import Any

from contact_center import CLOSED, HOOK, Contact
from support import refused

from helpers.mock.calibration_conversations import InstanceHooks


def test_every_step_of_an_interaction_is_reported(contact: Contact, webhooks: Any) -> None:
    _, heard = contact.hooked()
    contact.serve()
    contact.agent().update(status="wrapup")
    contact.close(routing=CLOSED)
    assert webhooks.settle()
    assert heard == [
        ("onInteractionCreated",),
        ("onChannelCreated",),
        ("onParticipantJoined", "customer"),
        ("onParticipantJoined", "agent"),
        ("onParticipantUpdated", "agent"),
        ("onParticipantLeft", "agent"),
        ("onChannelStatusUpdated", "closed"),
    ]


def test_a_channel_that_fails_is_reported_with_its_code(contact: Contact, webhooks: Any) -> None:
    _, heard = contact.hooked()
    contact.conversation.update(state="closed")
    contact.ask()
    assert webhooks.settle()
    assert heard == [("onInteractionCreated",), ("onChannelCreateFailed", "45354")]


def test_a_webhook_of_interactions_has_two_spellings(contact: Contact) -> None:
    hooks = InstanceHooks(contact.client)
    made = hooks.create("ours")
    changed = made.update(Url=HOOK, Method="get", Filters="onChannelCreated")
    assert (changed["webhook_url"], changed["webhook_method"]) == (HOOK, "GET")
    assert changed["webhook_events"] == ["onChannelCreated"]


def test_a_webhook_of_interactions_hears_of_those_that_name_it(
    contact: Contact, webhooks: Any
) -> None:
    ttid, heard = contact.hooked("interaction", "onInteractionCreated", "onParticipantLeft")
    contact.serve()
    assert webhooks.settle()
    assert heard == []
    contact.kd.update(webhook_ttid=ttid)
    contact.agent().update(status="closed")
    assert webhooks.settle()
    assert heard == [("onParticipantLeft", "agent")]
    assert HOOK in {delivery.url for delivery in webhooks.log}


def test_an_unknown_webhook_is_refused(contact: Contact) -> None:
    with refused(400, 45366):
        contact.ask(webhook_ttid="flex_interactionwebhook_none")
