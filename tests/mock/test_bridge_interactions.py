"""Interactions through the event bridge, as Flex UI 2.x has them: whose, and what follows."""

from __future__ import annotations

import json
from typing import Any

import pytest
from contact_center import Contact

from helpers import Account, create_worker_token
from helpers.mock import MockTwilio
from helpers.mock.rest.http import Reply, Request

HOST, PATH = "event-bridge.twilio.com", "/v1/wschannels"


class Desktop:
    """What Flex UI asks for a worker."""

    def __init__(self, contact: Contact, worker: str = "alice", role: str = "worker") -> None:
        assert isinstance(contact.account.mock, MockTwilio)
        self._mock = contact.account.mock
        self._token = contact.account.worker_token(worker, role=role)
        kd, uo = contact.kd._solution["sid"], contact.channel._solution["sid"]
        self.channel = f"v1/Interactions/{kd}/Channels/{uo}"

    def ask(self, method: str, path: str, **params: Any) -> Reply:
        body = {"url": path, "method": method, "params": params, "token": self._token}
        request = Request("POST", HOST, PATH, body=json.dumps(body).encode())
        reply = self._mock.handle(request)
        for answered in request.when_answered:
            answered()
        return reply

    def answer(self, invite: str, reservation: str, action: str = "accept") -> Reply:
        routing = {"type": "taskrouter", "reservation": {"sid": reservation}}
        return self.ask("POST", f"{self.channel}/Invites/{invite}", action=action, routing=routing)


@pytest.fixture
def contact(account: Account) -> Contact:
    """An interaction that is offered to alice."""
    contact = Contact(account)
    contact.ask()
    contact.office.go("alice")
    return contact


def offer(contact: Contact) -> tuple[str, str]:
    """The invitation and the reservation of what alice is offered."""
    [reservation] = contact.office.worker("alice").reservations.list()
    task = contact.office.workspace.tasks(reservation.task_sid).fetch()
    return json.loads(task.attributes)["flexChannelInviteSid"], reservation.sid


def test_an_agent_accepts_wraps_up_and_completes(contact: Contact) -> None:
    desktop = Desktop(contact)
    invite, reservation = offer(contact)
    before = desktop.ask("GET", f"{desktop.channel}/Participants").json["payload"]
    assert before["channel_type"] == "web"
    assert [each["type"] for each in before["participants"]] == ["customer"]
    assert desktop.answer(invite, reservation).status == 200
    assert contact.people == ["jane", "alice"]
    now = desktop.ask("GET", f"{desktop.channel}/Participants").json["payload"]["participants"]
    assert [each["type"] for each in now] == ["customer", "agent"]
    assert now[1]["routing_properties"]["reservation_sid"] == reservation
    [channel] = desktop.ask("GET", desktop.channel.rpartition("/")[0]).json["payload"]["channels"]
    assert (channel["type"], channel["status"]) == ("web", "active")
    wrap_up = {"status": "closed", "routing": {"status": "wrapup"}}
    assert desktop.ask("POST", desktop.channel, **wrap_up).status == 200
    assert contact.tasks == ["wrapping"]
    complete = {"status": "closed", "routing": {"status": "closed"}}
    assert desktop.ask("POST", desktop.channel, **complete).status == 200
    assert (contact.tasks, contact.people) == (["completed"], ["jane"])


def test_an_agent_declines(contact: Contact) -> None:
    invite, reservation = offer(contact)
    assert Desktop(contact).answer(invite, reservation, action="decline").status == 200
    declined = contact.office.worker("alice").reservations(reservation).fetch()
    assert declined.reservation_status == "rejected"


def test_an_agent_leaves_the_channel_to_the_customer(contact: Contact) -> None:
    desktop = Desktop(contact)
    desktop.answer(*offer(contact))
    leave = {"status": "inactive", "routing": {"status": "closed"}}
    assert desktop.ask("POST", desktop.channel, **leave).status == 200
    assert contact.channel.fetch().status == "inactive"


def test_an_answer_that_names_no_reservation_of_the_invitation_changes_nothing(
    contact: Contact,
) -> None:
    desktop = Desktop(contact)
    invite, reservation = offer(contact)
    for reply in (
        desktop.answer(invite, "WR" + "0" * 32),
        desktop.answer(invite, reservation, action="forget"),
        desktop.ask("POST", f"{desktop.channel}/Invites/{invite}", action="accept"),
        desktop.ask("POST", f"{desktop.channel}/Invites/{invite}", action="accept", routing="[["),
    ):
        assert (reply.status, reply.json["code"]) == (400, 20001)
    assert desktop.answer("KG" + "0" * 32, reservation).status == 404
    [known] = contact.office.worker("alice").reservations.list()
    assert known.reservation_status == "pending"


def test_a_worker_has_the_interactions_of_its_own_tasks_alone(contact: Contact) -> None:
    invite, reservation = offer(contact)
    bob = Desktop(contact, "bob")
    for reply in (
        bob.ask("GET", f"{bob.channel}/Participants"),
        bob.ask("POST", bob.channel, status="closed"),
        bob.answer(invite, reservation),
        bob.ask("GET", "v1/Interactions/KD" + "0" * 32 + "/Channels"),
    ):
        assert (reply.status, reply.json["code"]) == (403, 20403)
    assert contact.tasks == ["reserved"]
    supervisor = Desktop(contact, "bob", role="supervisor")
    assert supervisor.ask("GET", f"{supervisor.channel}/Participants").status == 200


def test_a_supervisor_of_another_workspace_has_none(account: Account, contact: Contact) -> None:
    assert isinstance(account.mock, MockTwilio)
    other = account.client.taskrouter.v1.workspaces.create("Other")
    desktop, own = Desktop(contact), account.credentials
    desktop._token = create_worker_token(
        account_sid=own.account_sid,
        api_key=own.api_key,
        api_secret=own.api_secret,
        workspace_sid=other.sid,
        worker_sid=None,
        role="admin",
    )
    assert desktop.ask("GET", f"{desktop.channel}/Participants").status == 403
