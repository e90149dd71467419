"""A workflow's assignment callback: its request, the instructions, the fallback, failures."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hooks import Gate, Hook, registered
from office import Office, status
from twilio.request_validator import RequestValidator

from helpers.mock import WebhookAnswer

URL = "https://bots.example.com/assign?desk=1"
FALLBACK = "https://spare.example.com/assign"
MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)


@pytest.fixture
def asked(office: Office, webhooks: Any) -> Any:
    """Makes a workflow whose server gives these answers; returns the server and a new task."""

    def ask(*answers: Any, spare: tuple[Any, ...] | None = None, **settings: Any) -> Any:
        office.account.clock.freeze(MONDAY)
        hook = registered(webhooks, *answers, url=URL)
        workflow = office.workflow(
            default=office.workspace.task_queues.list()[0].sid,
            assignment_callback_url=URL,
            **({} if spare is None else {"fallback_assignment_callback_url": FALLBACK}),
            **settings,
        )
        if spare is not None:
            hook.spare = registered(webhooks, *spare, url=FALLBACK)
        office.go("alice")
        office.account.clock.advance(2)
        task = office.task(workflow_sid=workflow, attributes={"topic": "billing"}, priority=3)
        assert webhooks.settle()
        return hook, task

    return ask


def test_the_server_is_told_of_a_reservation_in_twilios_terms(office: Office, asked: Any) -> None:
    hook, task = asked()
    [request] = hook.requests
    shown, worker = task.fetch(), office.worker("alice").fetch()
    assert dict(request.parameters) == {
        "Timestamp": str(int(MONDAY.timestamp()) + 2),
        "AccountSid": shown.account_sid,
        "WorkspaceSid": shown.workspace_sid,
        "WorkflowSid": shown.workflow_sid,
        "TaskQueueSid": shown.task_queue_sid,
        "WorkerSid": worker.sid,
        "WorkerAttributes": worker.attributes,
        "TaskSid": task.fetch().sid,
        "TaskAttributes": '{"topic":"billing"}',
        "TaskAge": "0",
        "TaskPriority": "3",
        "ReservationSid": office.offer(task).fetch().sid,
    }
    validator = RequestValidator(office.account.credentials.auth_token)
    signature = request.headers["X-Twilio-Signature"]
    assert (request.method, request.url) == ("POST", URL)
    assert validator.validate(URL, dict(request.parameters), signature)


def test_an_accept_assigns_the_task(office: Office, asked: Any) -> None:
    _, task = asked({"instruction": "accept"})
    assert status(task) == "assigned"
    assert office.offers(task, "accepted") == ["alice"]


def test_a_reject_moves_the_worker_and_offers_the_task_to_another(
    office: Office, webhooks: Any, asked: Any
) -> None:
    office.go("bob", "Break")
    answers = (
        {"instruction": "reject", "activity_sid": office.activities["Break"]},
        {"instruction": "accept"},
    )
    hook, task = asked(*answers)
    assert (status(task), office.doing("alice")) == ("pending", "Break")
    office.go("bob")
    assert webhooks.settle()
    assert office.offers(task) == ["alice", "bob"]
    assert (status(task), len(hook.requests)) == ("assigned", 2)


@pytest.mark.parametrize("answer", [None, {}, 200, (200, "")])
def test_an_empty_answer_leaves_the_reservation_to_be_answered_later(
    office: Office, asked: Any, answer: Any
) -> None:
    hook, task = asked(answer, spare=({"instruction": "accept"},))
    assert status(task) == "reserved"
    assert hook.spare.requests == []
    office.accept(task)
    assert status(task) == "assigned"


@pytest.mark.parametrize("name", ["dequeue", "call", "redirect", "conference"])
def test_an_instruction_to_place_a_call_is_refused_by_name_in_the_log(
    webhooks: Any, asked: Any, name: str
) -> None:
    answer = {"instruction": name, "from": "+15550100", "url": "https://x.example.com", "to": "a"}
    _, task = asked(answer, spare=({"instruction": "accept"},))
    assert status(task) == "reserved"
    [attempt] = webhooks.log
    assert (attempt.status, attempt.event) == (200, "assignment")
    assert f"Instruction={name} places a call" in attempt.problem


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ({"instruction": "dance"}, "55555: Invalid instruction 'dance'"),
        ({"instruction": ["accept"]}, "55555: Invalid instruction '[\"accept\"]'"),
        ({"intruction": "accept"}, "40005"),
        ({"instruction": "reject", "activity_sid": "WA" + "0" * 32}, "WorkerActivitySid"),
    ],
)
def test_an_instruction_that_cannot_be_followed_changes_nothing(
    office: Office, webhooks: Any, asked: Any, answer: Any, problem: str
) -> None:
    _, task = asked(answer, spare=({"instruction": "accept"},))
    assert (status(task), office.doing("alice")) == ("reserved", "Available")
    [attempt] = webhooks.log
    assert problem in attempt.problem


@pytest.mark.parametrize(
    "answer",
    [
        500,
        404,
        204,
        (302, ""),
        '{"instruction": "reject"}',
        (201, {"instruction": "reject"}),
        ["reject"],
        WebhookAnswer(None, problem="nobody there"),
        WebhookAnswer(200, "{", content_type="application/json"),
    ],
)
def test_what_is_no_answer_leads_to_the_fallback_which_decides(
    webhooks: Any, asked: Any, answer: Any
) -> None:
    hook, task = asked(answer, spare=({"instruction": "accept"},))
    assert status(task) == "assigned"
    assert [attempt.url for attempt in webhooks.log] == [URL, FALLBACK]
    assert hook.spare.last == hook.last


def test_a_json_answer_may_name_its_charset(asked: Any) -> None:
    content_type = "Application/JSON; charset=utf-8"
    _, task = asked(WebhookAnswer(200, '{"instruction":"Accept"}', content_type=content_type))
    assert status(task) == "assigned"


@pytest.mark.parametrize("spare", [None, (503, 503)])
def test_a_reservation_nobody_answers_for_times_out(
    office: Office, webhooks: Any, asked: Any, spare: Any
) -> None:
    _, task = asked(503, spare=spare, task_reservation_timeout=30)
    assert status(task) == "reserved"
    assert len(webhooks.log) == (1 if spare is None else 2)
    office.account.clock.advance(30)
    assert (status(task), office.offers(task, "timeout")) == ("pending", ["alice"])


def test_a_server_has_as_long_as_any_webhook(webhooks: Any, office: Office) -> None:
    assert webhooks.timeout == 5
    webhooks.timeout = 0.05
    slow = Gate({"instruction": "reject"})
    webhooks.register(FALLBACK, Hook({"instruction": "accept"}))
    webhooks.register("https://slow.example.com", slow)
    workflow = office.workflow(
        default=office.workspace.task_queues.list()[0].sid,
        assignment_callback_url="https://slow.example.com",
        fallback_assignment_callback_url=FALLBACK,
    )
    office.go("alice")
    started = time.monotonic()
    task = office.task(workflow_sid=workflow)
    assert webhooks.settle()
    slow.open.set()
    assert time.monotonic() - started < 4
    assert status(task) == "assigned"
    assert "no answer within 0.05 s" in webhooks.log[0].problem


def test_an_answer_that_comes_after_the_agents_changes_nothing(
    webhooks: Any, office: Office
) -> None:
    late = Gate({"instruction": "reject"})
    webhooks.register(URL, late)
    workflow = office.workflow(
        default=office.workspace.task_queues.list()[0].sid, assignment_callback_url=URL
    )
    office.go("alice")
    task = office.task(workflow_sid=workflow)
    assert late.reached.wait(30)
    office.accept(task)
    late.open.set()
    assert webhooks.settle()
    assert status(task) == "assigned"
    assert "not currently in a Pending state" in webhooks.log[0].problem


def test_workers_are_asked_for_at_once(webhooks: Any, office: Office) -> None:
    gate = Gate()
    webhooks.register(URL, gate)
    workflow = office.workflow(
        default=office.workspace.task_queues.list()[0].sid, assignment_callback_url=URL
    )
    for name in ("alice", "bob"):
        office.go(name)
    for _ in range(2):
        office.task(workflow_sid=workflow)
    deadline = time.monotonic() + 30
    while len(gate.requests) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    gate.open.set()
    assert len(gate.requests) == 2
    assert webhooks.settle()


def test_a_workflow_without_a_callback_asks_nobody(webhooks: Any, office: Office) -> None:
    office.go("alice")
    office.task()
    assert webhooks.settle()
    assert webhooks.log == []
