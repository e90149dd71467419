"""TaskRouter's lists: filtered, sorted, paged; and changes that depend on what was seen."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from office import Office, status
from support import refused


def numbers(found: list[Any]) -> list[int]:
    return [json.loads(one.attributes)["number"] for one in found]


def names(found: list[Any]) -> list[str]:
    return [one.friendly_name for one in found]


@pytest.fixture
def tasks(office: Office) -> list[Any]:
    """Five tasks of different priorities, languages and states: the third assigned."""
    made = []
    for number, priority in enumerate((3, 1, 9, 1, 5)):
        attributes = {"number": number, "language": "es" if number % 2 else "en"}
        made.append(office.task(attributes=attributes, priority=priority))
        office.account.clock.advance(1)
    office.go("alice")
    office.accept(made[2])
    return made


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({}, [0, 1, 2, 3, 4]),
        ({"priority": 1}, [1, 3]),
        ({"assignment_status": ["assigned"]}, [2]),
        ({"assignment_status": ["assigned", "canceled"]}, [2]),
        ({"assignment_status": ["pending,assigned"]}, [0, 1, 2, 3, 4]),
        ({"workflow_name": "Assign to Anyone"}, [0, 1, 2, 3, 4]),
        ({"workflow_name": "Another"}, []),
        ({"task_queue_name": "Everyone", "priority": 9}, [2]),
        ({"task_queue_sid": "WQ" + "0" * 32}, []),
        ({"evaluate_task_attributes": "language == 'es'"}, [1, 3]),
        ({"evaluate_task_attributes": "number > 1 AND language == 'en'"}, [2, 4]),
        ({"evaluate_task_attributes": "language == 'es'", "priority": 9}, []),
        ({"has_addons": True}, []),
        ({"has_addons": False}, [0, 1, 2, 3, 4]),
        ({"ordering": "DateCreated:desc"}, [4, 3, 2, 1, 0]),
        ({"ordering": "Priority:asc"}, [1, 3, 0, 4, 2]),
        ({"ordering": "Priority:desc,DateCreated:desc"}, [2, 4, 0, 3, 1]),
        ({"ordering": "VirtualStartTime:desc", "priority": 1}, [3, 1]),
    ],
)
def test_tasks_are_chosen_and_sorted(
    office: Office, tasks: list[Any], chosen: dict[str, Any], expected: list[int]
) -> None:
    assert numbers(office.workspace.tasks.list(**chosen)) == expected


@pytest.mark.parametrize(
    "chosen",
    [
        {"assignment_status": ["sleeping"]},
        {"priority": "high"},
        {"evaluate_task_attributes": "language"},
        {"ordering": "Name:asc"},
        {"ordering": "Priority:up"},
    ],
)
def test_a_choice_of_tasks_that_cannot_be_made_is_refused(
    office: Office, chosen: dict[str, Any]
) -> None:
    with refused(400, 20001):
        office.workspace.tasks.list(**chosen)


@pytest.mark.parametrize(
    "chosen",
    [
        {},
        {"evaluate_task_attributes": "number >= 0"},
        {"ordering": "Priority:desc"},
        {"ordering": "Priority:desc", "evaluate_task_attributes": "number >= 0"},
    ],
)
@pytest.mark.parametrize("size", [1, 2, 3, 5, 50])
def test_every_task_is_visited_once_whatever_the_page_size(
    office: Office, tasks: list[Any], chosen: dict[str, Any], size: int
) -> None:
    whole = numbers(office.workspace.tasks.list(**chosen))
    assert numbers(office.workspace.tasks.list(page_size=size, **chosen)) == whole
    assert sorted(whole) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("chosen", [{}, {"ordering": "Priority:desc"}])
def test_tasks_that_come_and_go_while_paging_do_not_disturb_it(
    office: Office, tasks: list[Any], chosen: dict[str, Any]
) -> None:
    page = office.workspace.tasks.page(page_size=2, **chosen)
    seen = numbers(list(page))
    office.workspace.tasks(office.workspace.tasks.list(**chosen)[0].sid).delete()
    office.task(attributes={"number": 5}, priority=0)
    while (page := page.next_page()) is not None:
        seen += numbers(list(page))
    assert sorted(seen) == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("chosen", [{}, {"ordering": "Priority:desc"}])
def test_pages_lead_back_to_the_first(
    office: Office, tasks: list[Any], chosen: dict[str, Any]
) -> None:
    first = office.workspace.tasks.page(page_size=2, **chosen)
    shown = numbers(list(first))
    second = first.next_page()
    last = second.next_page()
    assert len(list(last)) == 1
    back = last.previous_page().previous_page()
    assert numbers(list(back)) == shown
    assert back.previous_page() is None


def test_a_page_is_only_reached_by_its_token(office: Office, tasks: list[Any]) -> None:
    with refused(400, 40153):
        list(office.workspace.tasks.page(page_number=1, page_size=2))
    for token in ("nonsense", "PAR00", "PAR" + b"[[]]".hex()):
        with refused(400, 20001, "PageToken"):
            list(
                office.workspace.tasks.page(
                    page_token=token, page_number=1, ordering="Priority:desc"
                )
            )


# -- workers and queues


@pytest.fixture
def staffed(office: Office) -> Office:
    """Carol and Dave, who speak Spanish, and a queue for each of two skills."""
    office.hire("Carol", "Available", languages=["es"], level=3)
    office.hire("Dave", "Break", languages=["es", "en"], level=9)
    office.queue("Spanish", "languages HAS 'es'")
    office.queue("Senior", "level > 5")
    office.queue("Nobody", "")
    return office


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({"friendly_name": "Carol"}, ["Carol"]),
        ({"activity_name": "Break"}, ["Dave"]),
        ({"available": "true"}, ["Carol"]),
        ({"available": "1"}, ["Carol"]),
        ({"available": "no"}, ["alice", "bob", "Dave"]),
        ({"available": "false", "activity_name": "Offline"}, ["alice", "bob"]),
        ({"available": "true", "activity_name": "Offline"}, []),
        ({"target_workers_expression": "languages HAS 'en' OR level == 3"}, ["Carol", "Dave"]),
        ({"target_workers_expression": "activity_name CONTAINS 'Br'"}, ["Dave"]),
        ({"target_workers_expression": "friendly_name IN ['bob']"}, ["bob"]),
        ({"task_queue_name": "Spanish"}, ["Carol", "Dave"]),
        ({"task_queue_name": "Senior", "available": "false"}, ["Dave"]),
        ({"task_queue_name": "Nobody"}, []),
        ({"ordering": "DateCreated:desc"}, ["Dave", "Carol", "bob", "alice"]),
    ],
)
def test_workers_are_chosen(staffed: Office, chosen: dict[str, Any], expected: list[str]) -> None:
    assert names(staffed.workspace.workers.list(**chosen)) == expected


def test_workers_are_chosen_by_the_sid_of_what_they_do_and_where(staffed: Office) -> None:
    workers = staffed.workspace.workers
    assert names(workers.list(activity_sid=staffed.activities["Break"])) == ["Dave"]
    senior = staffed.workspace.task_queues.list(friendly_name="Senior")[0].sid
    assert names(workers.list(task_queue_sid=senior)) == ["Dave"]


def test_workers_are_sorted_by_when_they_last_changed_activity(staffed: Office) -> None:
    staffed.account.clock.advance(5)
    staffed.go("alice")
    found = staffed.workspace.workers.list(ordering="DateStatusChanged:desc")
    assert names(found)[0] == "alice"


def test_queues_are_chosen_by_whom_they_are_for(staffed: Office) -> None:
    queues = staffed.workspace.task_queues
    carol = staffed.worker("Carol").fetch().sid
    assert names(queues.list(worker_sid=carol)) == ["Everyone", "Spanish"]
    assert names(queues.list(evaluate_worker_attributes="level == 9")) == [
        "Everyone",
        "Spanish",
        "Senior",
    ]
    assert names(queues.list(evaluate_worker_attributes="level == 1")) == []
    assert names(queues.list(friendly_name="Nobody")) == ["Nobody"]
    assert names(queues.list(ordering="DateCreated:desc"))[0] == "Nobody"


def test_activities_are_chosen_by_name_and_availability(office: Office) -> None:
    activities = office.workspace.activities
    assert names(activities.list(available="yes")) == ["Available"]
    assert names(activities.list(available="off")) == ["Offline", "Unavailable", "Break"]
    assert names(activities.list(friendly_name="Break")) == ["Break"]


def test_reservations_are_chosen_by_status_and_worker(office: Office) -> None:
    for name in ("alice", "bob"):
        office.go(name)
    task = office.task()
    office.reject(task)
    alice = office.worker("alice").fetch()
    assert office.offers(task, "rejected") == ["alice"]
    [own] = task.reservations.list(worker_sid=alice.sid)
    assert own.worker_sid == alice.sid
    [same] = office.worker("alice").reservations.list(reservation_status="rejected")
    assert (same.sid, same.task_sid) == (own.sid, own.task_sid)
    assert office.worker("alice").reservations.list(reservation_status="pending") == []
    assert office.worker("alice").reservations(own.sid).fetch().url == (
        f"{alice.url}/Reservations/{own.sid}"
    )


# -- events


def test_events_say_what_happened_to_what(office: Office) -> None:
    office.go("alice")
    task = office.task(task_channel="chat", attributes={"name": "Jane"})
    office.accept(task)
    task.update(assignment_status="completed", reason="Solved")
    sid = task.fetch().sid
    reservation = office.offer(task).fetch()
    [told] = office.workspace.events.list(event_type="reservation.accepted")
    assert told.event_data["task_attributes"] == '{"name":"Jane"}'
    assert told.event_data["task_assignment_status"] == "assigned"
    assert told.event_data["task_channel_unique_name"] == "chat"
    assert told.event_data["task_queue_name"] == "Everyone"
    assert told.event_data["workflow_name"] == "Assign to Anyone"
    assert told.event_data["worker_name"] == "alice"
    assert told.event_data["worker_activity_name"] == "Available"
    assert told.event_data["reservation_sid"] == reservation.sid
    assert told.event_data["workspace_name"] == "Flex Task Assignment"
    assert (told.resource_type, told.resource_sid) == ("reservation", reservation.sid)
    assert told.resource_url == reservation.url
    assert (told.actor_type, told.actor_sid) == ("workspace", reservation.workspace_sid)
    assert told.description == f"Reservation {reservation.sid} accepted"
    [ended] = office.workspace.events.list(event_type="task.completed")
    assert ended.event_data["task_completed_reason"] == "Solved"
    assert (ended.resource_type, ended.resource_sid) == ("task", sid)
    assert office.workspace.events(ended.sid).fetch().event_data == ended.event_data


def test_events_are_chosen_by_whom_they_concern(office: Office) -> None:
    office.go("alice")
    task, other = office.task(task_channel="chat").fetch(), office.task().fetch()
    alice = office.worker("alice").fetch().sid
    created = "task.created"
    assert office.happened(task_sid=task.sid)[0] == created
    assert created not in office.happened(worker_sid=alice)
    assert office.happened(event_type=created) == [created, created]
    assert office.happened(task_queue_sid=task.task_queue_sid).count("reservation.created") == 2
    assert office.happened(workflow_sid=task.workflow_sid).count("workflow.entered") == 2
    for channel in ("chat", task.task_channel_sid):
        assert office.happened(task_channel=channel) == office.happened(task_sid=task.sid)
    [reservation] = office.workspace.tasks(other.sid).reservations.list()
    assert office.happened(reservation_sid=reservation.sid) == ["reservation.created"]
    [told] = office.workspace.events.list(event_type=created, task_sid=other.sid)
    assert office.happened(sid=told.sid) == [created]


def test_events_of_the_last_quarter_of_an_hour_are_read_unless_told_otherwise(
    office: Office,
) -> None:
    office.account.clock.freeze(datetime(2026, 1, 5, 9, tzinfo=UTC))
    office.go("alice")
    office.account.clock.advance(timedelta(minutes=14).total_seconds())
    office.go("bob")
    office.account.clock.advance(timedelta(minutes=2).total_seconds())
    events = office.workspace.events
    assert [event.event_data["worker_name"] for event in events.list()] == ["bob"]
    assert len(events.list(minutes=16)) == 2
    assert events.list(minutes=1) == []
    [first, second] = events.list(start_date=datetime(2026, 1, 5, tzinfo=UTC))
    assert events.list(end_date=first.event_date)[0].sid == first.sid
    assert [event.sid for event in events.list(start_date=second.event_date)] == [second.sid]
    assert first.event_date_ms == 1_767_603_600_000
    assert events(first.sid).fetch().sid == first.sid
    with refused(400, 20001, "StartDate"):
        events.list(start_date="yesterday")
    with refused(400, 20001, "Minutes"):
        events.list(minutes="few")


# -- changes that depend on what was seen


def etag(office: Office, url: str) -> str:
    return str(office.account.client.request("GET", url).headers["ETag"])


def test_a_change_goes_through_only_if_nothing_has_changed_since(office: Office) -> None:
    office.go("alice")
    task = office.task()
    seen = etag(office, task.fetch().url)
    task.update(attributes='{"topic": "billing"}', if_match=seen)
    with refused(412, 20412, "fetch it and try again"):
        task.update(attributes='{"topic": "shipping"}', if_match=seen)
    assert task.fetch().attributes == '{"topic":"billing"}'


def test_a_deletion_may_depend_on_what_was_seen(office: Office) -> None:
    task = office.task()
    url = task.fetch().url
    seen = etag(office, url)
    task.update(priority=1)

    def delete(tag: str) -> int:  # the SDK takes if_match here, and does not send it
        answer = office.account.client.request("DELETE", url, headers={"If-Match": tag})
        return int(answer.status_code)

    assert delete(seen) == 412
    assert status(task) == "pending"
    assert delete(etag(office, url)) == 204


def test_workers_and_reservations_have_an_etag_too(office: Office) -> None:
    office.go("alice")
    alice, task = office.worker("alice"), office.task()
    seen = etag(office, alice.fetch().url)
    offer = office.offer(task)
    taken = etag(office, offer.fetch().url)
    alice.update(attributes="{}", if_match=seen)
    with refused(412, 20412):
        alice.update(attributes='{"level": 1}', if_match=seen)
    offer.update(reservation_status="accepted", if_match=taken)
    with refused(412, 20412):
        offer.update(reservation_status="completed", if_match=taken)
    offer.update(reservation_status="completed", if_match="*")
    assert status(task) == "completed"


def test_a_task_that_was_reserved_meanwhile_has_changed(office: Office) -> None:
    task = office.task()
    seen = etag(office, task.fetch().url)
    office.go("alice")
    with refused(412, 20412):
        task.update(priority=1, if_match=seen)
