"""Interactions with several agents: paused and resumed, invited, transferred."""

from __future__ import annotations

from typing import Any

import pytest
from contact_center import BOTH, CLOSED, JANE, Contact
from support import refused

from helpers.mock import TwilioError

# -- pause


def paused(contact: Contact) -> str:
    """The agent's SID, once she has paused."""
    agent = str(contact.serve()._solution["sid"])
    assert contact.account.mock is not None
    contact.account.mock.pause_interaction(agent)
    return agent


def test_pausing_completes_the_task_and_keeps_the_agent_in_the_conversation(
    contact: Contact,
) -> None:
    paused(contact)
    assert contact.state == (["completed"], "pause", "active", BOTH)
    assert contact.office.capacity("alice", "chat") == (0, 100)


def test_a_customer_who_writes_to_a_paused_chat_makes_no_task(contact: Contact) -> None:
    paused(contact)
    contact.conversation.messages.create(author="jane", body="Are you there?")
    assert contact.state == (["completed"], "pause", "active", BOTH)


def test_the_agent_takes_a_paused_chat_up_again_with_a_new_task(contact: Contact) -> None:
    agent = paused(contact)
    assert contact.account.mock is not None
    contact.account.mock.resume_interaction(agent)
    assert contact.state == (["completed", "assigned"], "active", "active", BOTH)
    assert contact.types == ["customer", "agent"]
    assert contact.agent()._solution["sid"] != agent


def test_a_chat_that_is_paused_for_too_long_goes_back_to_its_queue(contact: Contact) -> None:
    agent = paused(contact)
    contact.office.go("alice", "Offline")
    contact.account.clock.advance(14 * 86_400 - 60)
    assert contact.state == ([], "pause", "active", BOTH)
    contact.account.clock.advance(120)
    assert contact.state == (["pending"], "active", "active", JANE)
    assert contact.account.mock is not None
    with pytest.raises(TwilioError, match="No interaction has an agent"):
        contact.account.mock.resume_interaction(agent)
    contact.accept("bob")
    assert contact.people == ["jane", "bob"]


def test_a_paused_chat_of_a_snapshot_goes_back_to_its_queue(contact: Contact) -> None:
    assert contact.account.mock is not None
    paused(contact)
    contact.office.go("alice", "Offline")
    with contact.account.mock.snapshot():
        contact.close()
        contact.account.clock.advance(15 * 86_400)
        assert contact.tasks == []
    assert contact.state[1:] == ("active", "active", JANE)
    assert contact.tasks[-1:] == ["pending"]


def test_an_agent_without_capacity_gets_a_resumed_chat_later(contact: Contact) -> None:
    agent = paused(contact)
    contact.office.set_capacity("alice", 0, "chat")
    assert contact.account.mock is not None
    contact.account.mock.resume_interaction(agent)
    assert contact.tasks == ["completed", "pending"]
    contact.office.set_capacity("alice", 1, "chat")
    assert contact.tasks == ["completed", "assigned"]


@pytest.mark.parametrize("act", ["pause_interaction", "resume_interaction"])
def test_only_what_is_active_is_paused_and_only_what_is_paused_resumed(
    contact: Contact, act: str
) -> None:
    agent = paused(contact)
    change = getattr(contact.account.mock, act)
    with pytest.raises(TwilioError, match="No interaction has an agent"):
        change("UT" + "0" * 32)
    if act == "resume_interaction":
        change(agent)
        agent = str(contact.agent()._solution["sid"])
    with pytest.raises(TwilioError) as caught:
        change(agent)
    assert caught.value.code == 45354


# -- invites


def test_a_second_agent_is_invited_with_a_task_of_its_own(contact: Contact) -> None:
    contact.serve()
    bob = contact.office.worker("bob").fetch().sid
    contact.channel.invites.create(routing=contact.properties(worker_sid=bob))
    contact.accept("bob")
    assert contact.people == ["jane", "alice", "bob"]
    contact.agent("alice").update(status="closed")
    assert contact.state == (["completed", "assigned"], "active", "active", ["jane", "bob"])
    assert len(contact.channel.invites.list()) == 2


def test_an_invited_worker_who_declines_cancels_the_task_and_nothing_else(
    contact: Contact,
) -> None:
    contact.serve()
    bob = contact.office.worker("bob")
    routing = contact.properties(worker_sid=bob.fetch().sid)
    contact.channel.invites.create(routing=routing)
    contact.office.go("bob")
    [offer] = bob.reservations.list()
    bob.reservations(offer.sid).update(reservation_status="rejected")
    assert contact.state == (["assigned", "canceled"], "active", "active", BOTH)


def test_nobody_is_invited_into_a_channel_that_has_ended(contact: Contact) -> None:
    contact.serve()
    contact.close(routing=CLOSED)
    with refused(400, 45354):
        contact.channel.invites.create(routing=contact.properties())


# -- transfers


class Body(dict[str, Any]):
    """JSON as the SDK takes it."""

    to_dict = dict.copy


def hand(contact: Contact, **more: Any) -> Any:
    agent = contact.agent()._solution["sid"]
    made = contact.channel.transfers.create(Body({"from": agent, "to": "", **more}))
    return contact.channel.transfers(made.sid)


@pytest.mark.parametrize("target", ["queue", "worker", "workflow"])
def test_a_cold_transfer_brings_the_chat_to_another_agent(contact: Contact, target: str) -> None:
    bob = contact.office.worker("bob").fetch().sid
    everyone = contact.office.queue("Second line")
    to = {
        "queue": everyone,
        "worker": bob,
        "workflow": contact.office.workspace.workflows.list()[0].sid,
    }
    contact.serve()
    contact.office.go("alice", "Offline")
    transfer = hand(contact, to=to[target])
    assert transfer.fetch().status == "active"
    assert contact.state == (["completed", "pending"], "transfer", "active", JANE)
    contact.accept("bob")
    assert (transfer.fetch().status, transfer.fetch().to) == ("completed", to[target])
    expected = (["completed", "assigned"], "active", "active", ["jane", "bob"])
    assert contact.state == expected


def consulted(contact: Contact) -> Any:
    """A warm transfer of alice's to bob, who has accepted."""
    contact.serve()
    bob = contact.office.worker("bob").fetch().sid
    made = hand(contact, type="warm", to=bob)
    assert contact.state == (["assigned", "pending"], "transfer", "active", BOTH)
    with refused(400, 45366, "Nobody has accepted"):
        made.update(Body(status="completed"))
    contact.accept("bob")
    assert made.fetch().status == "active"
    assert contact.state == (["assigned"] * 2, "active", "active", [*BOTH, "bob"])
    return made


def test_the_agent_of_a_warm_transfer_stays_until_it_is_completed(contact: Contact) -> None:
    made = consulted(contact)
    assert made.update(Body(status="completed")).status == "completed"
    left = (["completed", "assigned"], "active", "active", ["jane", "bob"])
    assert contact.state == left
    with refused(400, 45354):
        made.update(Body(status="failed"))
    assert contact.state == left


def test_the_agent_of_a_warm_transfer_completes_it_by_leaving(contact: Contact) -> None:
    made = consulted(contact)
    contact.agent("alice").update(status="closed")
    assert made.fetch().status == "completed"
    assert contact.people == ["jane", "bob"]


def test_a_warm_transfer_that_is_given_up_leaves_the_first_agent(contact: Contact) -> None:
    made = consulted(contact)
    assert made.update(Body(status="failed")).status == "failed"
    assert contact.state == (["assigned", "completed"], "active", "active", BOTH)


def test_a_warm_transfer_that_nobody_has_accepted_can_be_given_up(contact: Contact) -> None:
    contact.serve()
    made = hand(contact, type="warm", to=contact.office.queue("Second line"))
    assert made.update(Body(status="failed", note_sid="KQ" + "1" * 32)).status == "failed"
    assert contact.state == (["assigned", "canceled"], "active", "active", BOTH)


def test_an_agent_who_declines_a_warm_transfer_fails_it(contact: Contact) -> None:
    contact.serve()
    bob = contact.office.worker("bob")
    made = hand(contact, type="warm", to=bob.fetch().sid)
    contact.office.go("bob")
    [offer] = bob.reservations.list()
    bob.reservations(offer.sid).update(reservation_status="rejected")
    assert made.fetch().status == "failed"
    assert contact.state == (["assigned", "canceled"], "active", "active", BOTH)


def test_an_external_transfer_leaves_the_chat_to_another_person(contact: Contact) -> None:
    contact.serve()
    made = hand(contact, type="external", to="specialist")
    assert made.fetch().status == "completed"
    assert contact.state == (["completed"], "active", "active", ["jane", "specialist"])
    assert contact.types == ["customer", "external"]


def test_an_external_transfer_to_a_phone_needs_a_number_of_the_account(contact: Contact) -> None:
    contact.serve()
    with refused(400, 45366, "no configured number for sms"):
        hand(contact, type="external", to="+15550142")
    assert contact.state == (["assigned"], "active", "active", BOTH)
    contact.address("sms")
    hand(contact, type="external", to="+15550142")
    binding = contact.conversation.participants.list()[-1].messaging_binding
    assert binding == {"type": "sms", "address": "+15550142", "proxy_address": "+15550100"}
    assert contact.tasks == ["completed"]


def test_a_transfer_that_nobody_takes_fails(contact: Contact) -> None:
    contact.serve()
    contact.office.go("alice", "Offline")
    transfer = hand(contact, to=contact.office.queue("Second line"))
    waiting = contact.workspace.tasks.list()[-1].sid
    contact.workspace.tasks(waiting).update(assignment_status="canceled")
    assert transfer.fetch().status == "failed"
    assert contact.state == (["completed", "canceled"], "active", "active", JANE)


@pytest.mark.parametrize(
    ("status", "code", "changes"),
    [
        (400, 45366, {"to": "alice"}),
        (400, 45366, {"from": "UT" + "0" * 32}),
        (400, 20001, {"type": "lukewarm"}),
        (400, 20001, {"to": 5}),
    ],
)
def test_another_transfer_is_refused(
    contact: Contact, status: int, code: int, changes: dict[str, Any]
) -> None:
    contact.serve()
    with refused(status, code):
        hand(contact, **{"to": contact.office.queue("Second line"), **changes})
    assert contact.state == (["assigned"], "active", "active", BOTH)
