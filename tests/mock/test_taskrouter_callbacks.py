"""A workspace's event callback: told of what happens, signed, in order."""

from __future__ import annotations

from typing import Any

import pytest
from office import Office, status
from twilio.request_validator import RequestValidator

URL = "https://example.com/taskrouter?from=lab"


@pytest.fixture
def told(office: Office, webhooks: Any) -> list[Any]:
    """The requests that the workspace's event callback has received."""
    requests: list[Any] = []
    webhooks.register(URL, requests.append)
    office.workspace.update(event_callback_url=URL)
    webhooks.settle()
    requests.clear()
    return requests


def test_everything_that_happens_is_told_in_order(
    office: Office, webhooks: Any, told: list[Any]
) -> None:
    office.go("alice")
    task = office.task()
    office.work(task)
    assert webhooks.settle()
    assert [request.parameters["EventType"] for request in told] == [
        "worker.activity.update",
        "task.created",
        "workflow.entered",
        "workflow.target-matched",
        "task-queue.entered",
        "reservation.created",
        "reservation.accepted",
        "reservation.completed",
        "task.completed",
    ]
    assert office.happened()[-len(told) :] == [one.parameters["EventType"] for one in told]


def test_an_event_is_told_with_what_it_is_about(
    office: Office, webhooks: Any, told: list[Any]
) -> None:
    office.account.clock.freeze(1_767_603_600.25)
    office.task(attributes={"name": "Jane"}, task_channel="chat").update(
        assignment_status="canceled", reason="Gone"
    )
    webhooks.settle()
    [cancelled] = [one for one in told if one.parameters["EventType"] == "task.canceled"]
    task = office.workspace.tasks.list()[0]
    assert (
        cancelled.parameters.items()
        >= {
            "AccountSid": office.account.credentials.account_sid,
            "WorkspaceSid": task.workspace_sid,
            "WorkspaceName": "Flex Task Assignment",
            "EventDescription": "Gone",
            "ResourceType": "task",
            "ResourceSid": task.sid,
            "Timestamp": "1767603600",
            "TimestampMs": "1767603600250",
            "TaskSid": task.sid,
            "TaskAttributes": '{"name":"Jane"}',
            "TaskAge": "0",
            "TaskPriority": "0",
            "TaskAssignmentStatus": "canceled",
            "TaskCanceledReason": "Gone",
            "TaskChannelUniqueName": "chat",
            "TaskQueueName": "Everyone",
            "WorkflowName": "Assign to Anyone",
        }.items()
    )
    assert "RetryCount" not in cancelled.parameters


def test_a_callback_is_signed(office: Office, webhooks: Any, told: list[Any]) -> None:
    office.go("alice")
    webhooks.settle()
    [request] = told
    validator = RequestValidator(office.account.credentials.auth_token)
    signature = request.headers["X-Twilio-Signature"]
    assert request.method == "POST"
    assert validator.validate(URL, dict(request.parameters), signature)


def test_only_what_the_filter_names_is_told(office: Office, webhooks: Any, told: list[Any]) -> None:
    office.workspace.update(events_filter="reservation.created, task.canceled")
    office.go("alice")
    office.task().update(assignment_status="canceled")
    webhooks.settle()
    names = [request.parameters["EventType"] for request in told]
    assert names == ["reservation.created", "task.canceled"]


def test_a_receiver_that_fails_holds_nothing_up(office: Office, webhooks: Any) -> None:
    webhooks.register(URL, lambda request: 500)
    office.workspace.update(event_callback_url=URL)
    office.go("alice")
    task = office.task()
    office.work(task)
    assert webhooks.settle()
    assert status(task) == "completed"
    assert {attempt.status for attempt in webhooks.log} == {500}


def test_without_history_the_same_is_told_and_nothing_is_kept(
    office: Office, webhooks: Any, told: list[Any]
) -> None:
    mock = office.account.mock
    office.go("alice")
    listed, journal = office.happened(), len(mock.journal)
    mock.stop_history()
    task = office.task(attributes={"name": "Jane"})
    office.work(task)
    assert webhooks.settle()
    created = next(one for one in told if one.parameters["EventType"] == "task.created")
    assert created.parameters["TaskSid"] == task.fetch().sid
    assert created.parameters["TaskAttributes"] == '{"name":"Jane"}'
    assert [one.parameters["EventType"] for one in told][-1] == "task.completed"
    assert (office.happened(), len(mock.journal)) == (listed, journal)


def test_without_history_an_assignment_callback_has_its_data(office: Office, webhooks: Any) -> None:
    asked: list[Any] = []
    webhooks.register("https://example.com/assign", asked.append)
    office.account.mock.stop_history()
    office.go("alice")
    queue = office.queue("Everybody")
    sid = office.workflow(default=queue, assignment_callback_url="https://example.com/assign")
    office.task(workflow_sid=sid, attributes={"name": "Jane"})
    assert webhooks.settle()
    assert asked[0].parameters["TaskAttributes"] == '{"name":"Jane"}'
    assert asked[0].parameters["WorkerSid"].startswith("WK")
