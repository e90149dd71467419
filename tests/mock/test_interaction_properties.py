"""Whatever happens to an interaction, its tasks, channel, conversation and people agree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from contact_center import Contact
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from twilio.base.exceptions import TwilioRestException

from helpers import connect
from helpers.mock import TwilioError

AGENTS = ("alice", "bob")
OPEN = {"pending", "reserved", "assigned"}
agents = st.sampled_from(AGENTS)


def attempt(act: Callable[..., Any], *given: Any, **named: Any) -> None:
    """Do what may be refused."""
    try:
        act(*given, **named)
    except (TwilioRestException, TwilioError) as error:
        if error.status not in (400, 404):
            raise


class Interactions(RuleBasedStateMachine):
    """One contact, two agents, and everything that they, a server and TaskRouter can do."""

    @initialize()
    def ask(self) -> None:
        self.account = connect()
        self.account.clock.freeze()
        self.contact = Contact(self.account)
        self.contact.ask()
        for agent in AGENTS:
            self.contact.office.go(agent)

    @rule(agent=agents, answer=st.sampled_from(["accepted", "accepted", "rejected"]))
    def answer(self, agent: str, answer: str) -> None:
        worker = self.contact.office.worker(agent)
        for offer in worker.reservations.list(reservation_status="pending"):
            attempt(worker.reservations(offer.sid).update, reservation_status=answer)

    @rule(status=st.sampled_from(["closed", "inactive"]), completes=st.booleans())
    def update_channel(self, status: str, completes: bool) -> None:
        routing = {"routing": {"status": "closed"}} if completes else {}
        attempt(self.contact.channel.update, status=status, **routing)

    @rule(status=st.sampled_from(["closed", "wrapup"]), at=st.integers(0, 3))
    def update_participant(self, status: str, at: int) -> None:
        for each in self.contact.channel.participants.list()[at : at + 1]:
            attempt(self.contact.channel.participants(each.sid).update, status=status)

    @rule(agent=agents, is_direct=st.booleans())
    def invite(self, agent: str, is_direct: bool) -> None:
        worker = self.contact.office.worker(agent).fetch().sid
        target = {"worker_sid": worker} if is_direct else {}
        attempt(self.contact.channel.invites.create, routing=self.contact.properties(**target))

    @rule(author=st.sampled_from(["jane", "alice", "Bot"]))
    def write(self, author: str) -> None:
        attempt(self.contact.conversation.messages.create, author=author, body="Hello")

    @rule(act=st.sampled_from(["pause_interaction", "resume_interaction"]), at=st.integers(0, 2))
    def pause(self, act: str, at: int) -> None:
        people = self.contact.channel.participants.list()
        for each in [one for one in people if one.type == "agent"][at : at + 1]:
            attempt(getattr(self.account.mock, act), each.sid)

    @rule(at=st.integers(0, 3))
    def cancel(self, at: int) -> None:
        for task in self.contact.workspace.tasks.list()[at : at + 1]:
            attempt(task.update, assignment_status="canceled")

    @rule()
    def close_the_conversation(self) -> None:
        attempt(self.contact.conversation.update, state="closed")

    @rule(seconds=st.sampled_from([1, 121, 86_401]))
    def wait(self, seconds: int) -> None:
        self.account.clock.advance(seconds)

    @invariant()
    def nobody_is_left_behind(self) -> None:
        members = {each.identity for each in self.contact.conversation.participants.list()}
        served = set()
        for each in self.contact.channel.participants.list():
            if each.type == "agent":
                worker = each.routing_properties["worker_sid"]
                served.add(self.contact.workspace.workers(worker).fetch().friendly_name)
        assert members & set(AGENTS) <= served

    @invariant()
    def a_channel_that_has_ended_has_no_open_task(self) -> None:
        tasks, status, _, _ = self.contact.state
        assert status in ("active", "inactive", "pause", "closed")
        if status == "closed":
            assert not OPEN & set(tasks)

    @invariant()
    def capacity_is_taken_by_open_reservations_only(self) -> None:
        taken = sum(self.contact.office.capacity(agent, "chat")[0] for agent in AGENTS)
        assert taken == self.contact.tasks.count("assigned")

    @invariant()
    def every_invite_shows_its_task_or_none(self) -> None:
        known = {task.sid for task in self.contact.workspace.tasks.list()}
        for invite in self.contact.channel.invites.list():
            if invite.routing is not None:
                assert invite.routing["properties"]["sid"] in known


TestInteractions = Interactions.TestCase
TestInteractions.settings = settings(max_examples=15, stateful_step_count=15, deadline=None)
