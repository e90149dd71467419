"""Send & Wait For Reply: replies, time-outs, and messages that an execution swallows."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from studio_lab import DAY, Lab, ask, send, to, widget

HOUR = 3600


def advance(lab: Lab, seconds: float) -> None:
    lab.account.clock.advance(seconds)
    assert lab.studio.settle()


QUESTION = ask("name", "Your name?", then="greet", late="sorry", timeout="3600")
GREETING = send("greet", "Hello {{widgets.name.inbound.Body}}")
SORRY = send("sorry", "Too late")


@pytest.fixture
def channel(lab: Lab) -> Any:
    """A channel where the customer has been asked a question."""
    made = lab.channel(lab.flow(QUESTION, GREETING, SORRY))
    lab.say(made, "hi")
    return made


# -- replies


def test_the_next_message_is_the_reply(lab: Lab, channel: Any) -> None:
    assert lab.execution().status == "active"
    lab.say(channel, "Jane")
    assert lab.answers(channel) == ["Your name?", "Hello Jane"]
    assert (lab.execution().status, lab.outcomes()) == ("ended", ["started", "replied"])


def test_a_parked_execution_is_seen_in_its_last_step(lab: Lab, channel: Any) -> None:
    assert lab.way()[-1] == (None, "name", None)
    assert lab.context()["widgets"]["name"]["outbound"]["Body"] == "Your name?"


def test_after_an_execution_has_ended_the_next_message_starts_another(
    lab: Lab, channel: Any
) -> None:
    lab.say(channel, "Jane")
    lab.say(channel, "hi again")
    assert lab.answers(channel)[-1] == "Your name?"
    assert lab.outcomes() == ["started", "replied", "started"]


def test_the_reply_may_be_posted_by_a_server_if_it_asks_for_webhooks(
    lab: Lab, channel: Any
) -> None:
    channel.messages.create(from_="jane", body="unheard")
    assert lab.studio.settle()
    assert lab.execution().status == "active"
    channel.messages.create(from_="jane", body="Jane", x_twilio_webhook_enabled="true")
    assert lab.studio.settle()
    assert lab.answers(channel)[-1] == "Hello Jane"


def test_without_the_webhook_header_a_servers_message_starts_nothing(lab: Lab) -> None:
    channel = lab.channel(lab.flow(QUESTION, GREETING, SORRY))
    channel.messages.create(from_="jane", body="hi")
    assert lab.studio.settle()
    assert (lab.answers(channel), lab.studio.log) == ([], [])


def test_what_studio_says_is_no_message_for_studio(lab: Lab) -> None:
    flow = lab.flow(send("echo", "You said {{trigger.message.Body}}"))
    channel = lab.channel(flow)
    lab.say(channel, "hi")
    assert lab.answers(channel) == ["You said hi"]
    assert lab.outcomes() == ["started"]


# -- time-outs


def test_who_does_not_reply_in_time_is_past_it(lab: Lab, channel: Any) -> None:
    advance(lab, HOUR - 1)
    assert lab.execution().status == "active"
    advance(lab, 1)
    assert lab.answers(channel) == ["Your name?", "Too late"]
    assert lab.way()[1:] == [("timeout", "name", "sorry"), ("sent", "sorry", "Ended")]


def test_after_a_reply_the_time_out_does_nothing(lab: Lab, channel: Any) -> None:
    lab.say(channel, "Jane")
    advance(lab, 2 * HOUR)
    assert lab.answers(channel) == ["Your name?", "Hello Jane"]


def test_by_default_a_reply_is_awaited_for_an_hour(lab: Lab) -> None:
    question = ask("name", "Your name?", late="sorry")
    del question["properties"]["timeout"]
    channel = lab.channel(lab.flow(question, SORRY))
    lab.say(channel, "hi")
    advance(lab, HOUR - 1)
    assert lab.execution().status == "active"
    advance(lab, 1)
    assert lab.answers(channel)[-1] == "Too late"


def test_time_outs_follow_one_another_each_at_its_own_moment(lab: Lab) -> None:
    noon = datetime(2026, 1, 5, 12, tzinfo=UTC)
    lab.account.clock.freeze(noon)
    first = ask("first", "There?", late="second", timeout="600")
    second = ask("second", "Still there?", late="sorry", timeout="1200")
    channel = lab.channel(lab.flow(first, second, SORRY))
    lab.say(channel, "hi")
    advance(lab, HOUR)
    spoken = [(each.body, each.date_created - noon) for each in channel.messages.list()[1:]]
    assert spoken == [
        ("There?", timedelta(0)),
        ("Still there?", timedelta(minutes=10)),
        ("Too late", timedelta(minutes=30)),
    ]


def test_a_time_out_that_is_no_number_ends_the_execution_with_an_error(lab: Lab) -> None:
    question = ask("name", "Your name?", timeout="{{flow.variables.patience}}s")
    assert lab.heard(question) == []
    assert "number of seconds, not 's'" in lab.the_error().message


def test_an_execution_lives_thirty_days_whatever_it_waits_for(lab: Lab) -> None:
    question = ask("name", "Your name?", late="sorry", timeout=str(60 * DAY))
    channel = lab.channel(lab.flow(question, SORRY))
    lab.say(channel, "hi")
    advance(lab, 30 * DAY - 1)
    assert lab.execution().status == "active"
    advance(lab, 1)
    assert lab.execution().status == "ended"
    assert lab.answers(channel) == ["Your name?"]


# -- one execution a contact


def test_a_parked_execution_swallows_what_its_contact_writes_elsewhere(lab: Lab) -> None:
    flow = lab.flow(QUESTION, GREETING, SORRY)
    abandoned = lab.channel(flow, **{"from": "+15550142"})
    lab.say(abandoned, "hi")
    fresh = lab.channel(flow, **{"from": "+15550142"})
    lab.say(fresh, "hi again")
    assert (lab.answers(fresh), lab.outcomes()) == ([], ["started", "swallowed"])
    [execution] = lab.client.studio.v2.flows(flow.sid).executions.list()
    assert (execution.status, execution.contact_channel_address) == ("active", "+15550142")
    assert lab.studio.log[1].execution_sid == execution.sid


def test_once_the_parked_execution_is_ended_its_contact_is_heard_again(lab: Lab) -> None:
    flow = lab.flow(QUESTION, GREETING, SORRY)
    lab.say(lab.channel(flow, **{"from": "+15550142"}), "hi")
    fresh = lab.channel(flow, **{"from": "+15550142"})
    lab.say(fresh, "lost")
    lab.execution(flow).update(status="ended")
    lab.say(fresh, "found")
    assert lab.answers(fresh) == ["Your name?"]
    assert lab.outcomes() == ["started", "swallowed", "started"]


def test_other_contacts_and_other_flows_are_not_held_up(lab: Lab) -> None:
    flow = lab.flow(QUESTION, GREETING, SORRY)
    lab.say(lab.channel(flow, **{"from": "+15550142"}), "hi")
    other_contact = lab.channel(flow, **{"from": "+15550199"})
    lab.say(other_contact, "hi")
    assert lab.answers(other_contact) == ["Your name?"]
    other_flow = lab.channel(lab.flow(QUESTION, GREETING, SORRY), **{"from": "+15550142"})
    lab.say(other_flow, "hi")
    assert lab.answers(other_flow) == ["Your name?"]


def test_without_an_address_in_the_channel_the_author_is_the_contact(lab: Lab) -> None:
    flow = lab.flow(QUESTION, GREETING, SORRY)
    lab.say(lab.channel(flow), "hi")
    assert lab.execution(flow).contact_channel_address == "jane"


# -- ended from outside


def test_ending_an_execution_stops_the_wait(lab: Lab, channel: Any) -> None:
    assert lab.execution().update(status="ended").status == "ended"
    assert lab.way()[-1] == (None, "name", "Ended")
    advance(lab, 2 * HOUR)
    assert lab.answers(channel) == ["Your name?"]


def test_deleting_the_flow_ends_what_waits_in_it(lab: Lab, channel: Any) -> None:
    flow = lab.client.studio.v2.flows.list()[-1]
    assert lab.client.studio.v2.flows(flow.sid).delete()
    advance(lab, 2 * HOUR)
    lab.say(channel, "Jane")
    assert lab.answers(channel) == ["Your name?"]
    assert lab.outcomes() == ["started", "ignored"]


def test_a_snapshot_puts_a_waiting_execution_and_its_time_out_back(lab: Lab, channel: Any) -> None:
    with lab.mock.snapshot():
        lab.say(channel, "Jane")
        assert lab.execution().status == "ended"
    assert lab.execution().status == "active"
    advance(lab, HOUR)
    assert lab.answers(channel) == ["Your name?", "Too late"]


def test_a_reset_leaves_nothing_to_wait_for(lab: Lab, channel: Any) -> None:
    lab.mock.reset()
    assert lab.studio.settle()
    assert (lab.studio.log, lab.studio.errors) == ([], [])
    advance(lab, 2 * HOUR)
    assert lab.service.channels.list() == []


# -- never in the way


class Slow:
    """A flow that asks a function which answers only when it is let go, and a channel of it."""

    URL = "https://slow.example.com/"

    def __init__(self, lab: Lab) -> None:
        self.asked, self.released = threading.Event(), threading.Event()
        lab.studio.register_function(self.URL, self._function)
        transitions = (to("success", "done"), to("fail"))
        fetch = widget("fetch", "run-function", *transitions, url=self.URL)
        self.flow = lab.flow(fetch, send("done", "Done"))
        self.channel = lab.channel(self.flow)
        self._lab = lab

    def _function(self, request: Any) -> None:
        self.asked.set()
        self.released.wait(9)

    def go(self) -> None:
        """Have the customer write, and wait until the function is asked."""
        self.channel.messages.create(from_="jane", body="go", x_twilio_webhook_enabled="true")
        assert self.asked.wait(9)

    def let_go(self) -> list[str]:
        """Let the function answer; what the customer has heard then."""
        self.released.set()
        assert self._lab.studio.settle()
        return self._lab.answers(self.channel)


@pytest.fixture
def slow(lab: Lab) -> Iterator[Slow]:
    made = Slow(lab)
    yield made
    made.released.set()


def test_a_slow_function_holds_up_neither_the_message_nor_other_channels(
    lab: Lab, slow: Slow
) -> None:
    slow.go()
    quick = lab.channel(lab.flow(ask("name", "Name?")))
    quick.messages.create(from_="jane", body="hello", x_twilio_webhook_enabled="true")
    deadline = time.monotonic() + 9
    while not lab.answers(quick) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert (lab.answers(quick), lab.answers(slow.channel)) == (["Name?"], [])
    assert lab.studio.settle(0.01) is False
    assert slow.let_go() == ["Done"]


def test_while_a_request_is_under_way_its_step_is_open(lab: Lab, slow: Slow) -> None:
    slow.go()
    assert lab.way(lab.execution(slow.flow))[-1] == (None, "fetch", None)
    assert slow.let_go() == ["Done"]
    assert lab.way(lab.execution(slow.flow))[1] == ("success", "fetch", "done")


def test_an_execution_that_is_ended_during_a_request_goes_no_further(lab: Lab, slow: Slow) -> None:
    slow.go()
    lab.execution(slow.flow).update(status="ended")
    assert slow.let_go() == []
    assert lab.way(lab.execution(slow.flow))[-1] == (None, "fetch", "Ended")


def test_what_was_put_back_is_not_moved_by_a_request_from_before(lab: Lab, slow: Slow) -> None:
    with lab.mock.snapshot():
        slow.go()
    assert slow.let_go() == []
    assert (lab.studio.log, lab.studio.errors) == ([], [])


def test_a_request_that_was_under_way_is_made_again_when_the_account_is_put_back(
    lab: Lab, slow: Slow
) -> None:
    slow.go()
    with lab.mock.snapshot():
        assert slow.let_go() == ["Done"]
    assert slow.let_go() == ["Done"]
    assert len(lab.execution(slow.flow).steps.list()) == 3


def test_a_message_that_comes_during_a_request_is_taken_after_it(lab: Lab, slow: Slow) -> None:
    slow.go()
    slow.channel.messages.create(from_="jane", body="again", x_twilio_webhook_enabled="true")
    assert lab.outcomes() == ["started", "pending"]
    assert slow.let_go() == ["Done", "Done"]
    assert lab.outcomes() == ["started", "started"]


def test_messages_in_quick_succession_are_taken_in_order(lab: Lab) -> None:
    count = ask("more", "{{widgets.more.inbound.Body}}?", then="more")
    channel = lab.channel(lab.flow(ask("first", "Go", then="more"), count))
    for number in range(6):
        body = f"number {number}"
        channel.messages.create(from_="jane", body=body, x_twilio_webhook_enabled="true")
    assert lab.studio.settle()
    assert lab.answers(channel) == ["Go", "?", "number 2?", "number 3?", "number 4?", "number 5?"]


def test_two_hundred_customers_are_served_and_nothing_is_left_behind(lab: Lab) -> None:
    flow = lab.flow(QUESTION, GREETING, SORRY)
    channels = [lab.channel(flow, f"user-{n}") for n in range(200)]
    for said in ("hi", "Jane"):
        for number, channel in enumerate(channels):
            author = f"user-{number}"
            channel.messages.create(from_=author, body=said, x_twilio_webhook_enabled="true")
        assert lab.studio.settle()
    executions = lab.client.studio.v2.flows(flow.sid).executions.list()
    assert [each.status for each in executions] == ["ended"] * 200
    assert all(channel.fetch().messages_count == 4 for channel in channels)
    assert lab.outcomes().count("replied") == 200
