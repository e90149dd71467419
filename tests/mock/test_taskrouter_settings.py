"""What a workspace is set up with: activities, channels, queues, workflows, workers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from office import Office, routing
from support import refused

from helpers import Account

NOBODY = "0" * 32


def compact(text: str) -> str:
    return json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False)


@pytest.fixture
def new(account: Account) -> Office:
    """A workspace made just now."""
    return Office(account, account.client.taskrouter.v1.workspaces.create("Second floor"))


# -- what is there at the start


def test_the_account_has_a_workspace_with_two_agents_offline(office: Office) -> None:
    workspace = office.workspace.fetch()
    assert (workspace.friendly_name, workspace.multi_task_enabled) == ("Flex Task Assignment", True)
    assert (workspace.default_activity_name, workspace.timeout_activity_name) == (
        "Offline",
        "Offline",
    )
    assert list(office.activities) == ["Offline", "Available", "Unavailable", "Break"]
    agents = office.workspace.workers.list()
    assert [(one.friendly_name, one.activity_name, one.available) for one in agents] == [
        ("alice", "Offline", False),
        ("bob", "Offline", False),
    ]
    assert json.loads(agents[0].attributes)["contact_uri"] == "client:alice"
    channels = office.worker("alice").worker_channels.list()
    assert [(own.task_channel_unique_name, own.configured_capacity) for own in channels] == [
        ("default", 1),
        ("voice", 1),
        ("sms", 3),
        ("chat", 3),
        ("video", 1),
    ]


def test_work_of_every_channel_reaches_an_agent_of_the_account(office: Office) -> None:
    queue = office.workspace.task_queues.list()[0].sid
    target = {"queue": queue, "expression": "worker.channel.voice.assigned_tasks == 0"}
    workflow = office.workflow(("1==1", [target]))
    office.go("alice")
    calls = [office.task(workflow_sid=workflow, task_channel="voice") for _ in range(2)]
    office.accept(calls[0])
    assert [office.offers(call) for call in calls] == [["alice"], []]
    text = office.task(workflow_sid=workflow, task_channel="sms")
    assert office.offers(text) == []
    calls[0].update(assignment_status="completed")
    assert office.offers(calls[1]) == ["alice"]


def test_a_flex_flow_can_use_any_of_the_five_channels(office: Office) -> None:
    client = office.account.client
    for name in ("default", "voice", "sms", "chat", "video"):
        flow = client.flex_api.v1.flex_flow.create(
            friendly_name=name,
            chat_service_sid=office.account.credentials.chat_service_sid,
            channel_type="custom",
            contact_identity=name,
            integration_type="task",
            integration_workspace_sid=office.workspace.fetch().sid,
            integration_workflow_sid=office.workspace.workflows.list()[0].sid,
            integration_channel=name,
        )
        assert flow.integration["channel"] == name


def test_a_new_accounts_workspace_has_no_past(office: Office) -> None:
    assert office.happened() == []


def test_a_new_workspace_has_the_default_activities_and_channels_and_nobody_in_it(
    new: Office,
) -> None:
    activities = [(one.friendly_name, one.available) for one in new.workspace.activities.list()]
    assert activities == [("Offline", False), ("Available", True), ("Unavailable", False)]
    channels = [one.unique_name for one in new.workspace.task_channels.list()]
    assert channels == ["default", "voice", "sms", "chat", "video"]
    for name in ("workers", "task_queues", "workflows", "tasks"):
        assert getattr(new.workspace, name).list() == []


def test_a_fifo_workspace_has_a_queue_for_everybody_and_a_workflow_into_it(
    account: Account,
) -> None:
    made = account.client.taskrouter.v1.workspaces.create("Fifo", template="FIFO")
    office = Office(account, made)
    office.hire("Carol")
    task = office.task()
    assert office.offers(task) == ["Carol"]


def test_workspaces_know_nothing_of_each_other(office: Office, new: Office) -> None:
    sid = office.worker("alice").fetch().sid
    with refused(404, 20404):
        new.workspace.workers(sid).fetch()
    with refused(400, 20001, "ActivitySid"):
        new.workspace.workers.create("Carol", activity_sid=office.activities["Break"])
    assert new.hire("alice") != sid


def test_a_workspace_goes_with_everything_in_it(account: Account, new: Office) -> None:
    new.hire("Carol")
    new.workflow(default=new.queue("Everyone"))
    task = new.task()
    assert new.workspace.delete()
    with refused(404, 20404):
        task.fetch()
    account.clock.advance(1_000_000)
    assert [one.friendly_name for one in new.workspaces.list()] == ["Flex Task Assignment"]


def test_a_workspaces_settings_change(office: Office) -> None:
    away = office.activities["Break"]
    changed = office.workspace.update(
        friendly_name="Ground floor",
        default_activity_sid=away,
        timeout_activity_sid=away,
        event_callback_url="https://example.com/events",
        events_filter="task.created",
        prioritize_queue_order="LIFO",
    )
    assert (changed.friendly_name, changed.default_activity_name) == ("Ground floor", "Break")
    assert (changed.timeout_activity_name, changed.prioritize_queue_order) == ("Break", "LIFO")
    assert office.workspace.workers.create("Carol").activity_name == "Break"


@pytest.mark.parametrize(
    "values",
    [
        {"default_activity_sid": "WA" + NOBODY},
        {"timeout_activity_sid": ""},
        {"event_callback_url": "not an address"},
        {"friendly_name": "x" * 65},
        {"prioritize_queue_order": "RANDOM"},
    ],
)
def test_a_setting_that_is_not_acceptable_changes_nothing(
    office: Office, values: dict[str, Any]
) -> None:
    before = vars(office.workspace.fetch())
    with refused(400, 20001):
        office.workspace.update(**values)
    after = vars(office.workspace.fetch())
    assert {k: v for k, v in after.items() if k[0] != "_"} == {
        k: v for k, v in before.items() if k[0] != "_"
    }


# -- activities


@pytest.mark.parametrize(
    ("given", "available"), [("true", True), ("1", True), ("YES", True), ("on", False)]
)
def test_an_activity_is_available_if_the_parameter_says_yes(
    office: Office, given: str, available: bool
) -> None:
    made = office.workspace.activities.create("Lunch", available=given)
    assert made.available is available
    renamed = office.workspace.activities(made.sid).update(friendly_name="Dinner")
    assert (renamed.friendly_name, renamed.available) == ("Dinner", available)


def test_an_activity_in_use_is_not_deleted(office: Office) -> None:
    office.go("alice", "Break")
    with refused(409, 20409, "workers are in it"):
        office.workspace.activities(office.activities["Break"]).delete()
    with refused(409, 20409, "default_activity_sid"):
        for name in ("alice", "bob"):
            office.go(name, "Break")
        office.workspace.activities(office.activities["Offline"]).delete()
    lunch = office.workspace.activities.create("Lunch").sid
    office.queue("Q", reservation_activity_sid=lunch)
    with refused(409, 20409, "reservation_activity_sid"):
        office.workspace.activities(lunch).delete()
    assert office.workspace.activities(office.activities["Unavailable"]).delete()


# -- task channels


def test_a_new_channel_is_open_to_every_worker_with_a_capacity_of_one(office: Office) -> None:
    made = office.workspace.task_channels.create("E-mail", "email", channel_optimized_routing=True)
    assert (made.unique_name, made.channel_optimized_routing) == ("email", True)
    assert office.capacity("alice", "email") == (0, 100)
    office.go("alice")
    tasks = [office.task(task_channel="email") for _ in range(2)]
    assert [office.offers(task) for task in tasks] == [["alice"], []]


def test_a_channel_is_found_by_its_unique_name(office: Office) -> None:
    by_name = office.workspace.task_channels("chat")
    assert by_name.fetch().friendly_name == "Programmable Chat"
    assert by_name.update(friendly_name="Chats").friendly_name == "Chats"


@pytest.mark.parametrize("name", ["carrier-pigeon", "2fast", "", "two words"])
def test_a_channels_unique_name_is_an_identifier(office: Office, name: str) -> None:
    with refused(400, 20001):
        office.workspace.task_channels.create("Pigeon", name)


def test_a_channel_that_is_taken_or_in_use_is_neither_made_nor_deleted(office: Office) -> None:
    with refused(409, 20409):
        office.workspace.task_channels.create("Chat", "chat")
    office.task(task_channel="chat")
    with refused(409, 20409, "open tasks"):
        office.workspace.task_channels("chat").delete()
    with refused(409, 20409):
        office.workspace.task_channels("default").delete()
    made = office.workspace.task_channels.create("E-mail", "email")
    assert office.workspace.task_channels(made.sid).delete()
    with refused(404, 20404):
        office.worker("alice").worker_channels("email").fetch()


# -- queues and workflows


def test_a_queue_has_what_is_specified(office: Office) -> None:
    made = office.workspace.task_queues.create(
        "Spanish",
        target_workers='languages HAS "es"',
        reservation_activity_sid=office.activities["Break"],
    )
    assert (made.max_reserved_workers, made.task_order) == (1, "FIFO")
    assert (made.reservation_activity_name, made.assignment_activity_name) == ("Break", None)
    assert made.links["assignment_activity"] is None
    assert made.links["reservation_activity"].endswith(office.activities["Break"])


@pytest.mark.parametrize(
    "values",
    [
        {"target_workers": "languages HAS"},
        {"target_workers": "full-name == 'x'"},
        {"max_reserved_workers": 0},
        {"max_reserved_workers": 51},
        {"task_order": "RANDOM"},
        {"assignment_activity_sid": "WA" + NOBODY},
    ],
)
def test_a_queue_that_is_not_acceptable_is_neither_made_nor_changed(
    office: Office, values: dict[str, Any]
) -> None:
    with refused(400, 20001):
        office.workspace.task_queues.create("Q", **values)
    [everyone] = office.workspace.task_queues.list()
    with refused(400, 20001):
        office.workspace.task_queues(everyone.sid).update(**values)
    [unchanged] = office.workspace.task_queues.list()
    assert (unchanged.target_workers, unchanged.max_reserved_workers) == ("1==1", 1)


def test_a_queue_or_workflow_in_use_is_not_deleted(office: Office) -> None:
    [everyone], [workflow] = office.workspace.task_queues.list(), office.workspace.workflows.list()
    with refused(409, 20409, "names it"):
        office.workspace.task_queues(everyone.sid).delete()
    task = office.task()
    with refused(409, 20409, "tasks wait in it"):
        office.workspace.workflows(workflow.sid).delete()
    spare = office.queue("Spare")
    waiting = office.task(task_queue_sid=spare)
    with refused(409, 20409, "tasks wait in it"):
        office.workspace.task_queues(spare).delete()
    for one in (task, waiting):
        one.update(assignment_status="canceled")
    assert office.workspace.workflows(workflow.sid).delete()
    assert office.workspace.task_queues(everyone.sid).delete()


def test_a_workflow_has_what_is_specified(office: Office) -> None:
    configuration = routing(default=office.workspace.task_queues.list()[0].sid)
    made = office.workspace.workflows.create(
        "Routes", configuration, assignment_callback_url="https://example.com/assigned"
    )
    assert (made.configuration, made.task_reservation_timeout) == (compact(configuration), 120)
    assert made.document_content_type is None
    assert (made.assignment_callback_url, made.fallback_assignment_callback_url) == (
        "https://example.com/assigned",
        None,
    )
    cleared = office.workspace.workflows(made.sid).update(assignment_callback_url="")
    assert cleared.assignment_callback_url is None


def test_expressions_that_twilio_has_stored_are_stored_and_match_as_they_are_meant(
    office: Office,
) -> None:
    queue = office.queue("Away", "away! = true")
    numbers = "number == 'a:1', 'b:2'"
    workflow = office.workflow((numbers, [{"queue": queue}]), default=office.queue("Others"))
    assert json.loads(office.workspace.workflows(workflow).fetch().configuration)["task_routing"][
        "filters"
    ][0]["expression"] == (numbers)
    queues = []
    for number in ("a:1", "b:2", "c:3"):
        office.task(workflow_sid=workflow, attributes={"number": number})
        queues.append(office.workspace.tasks.list()[-1].task_queue_friendly_name)
    assert queues == ["Away", "Away", "Others"]


QUEUE = "WQ" + NOBODY


@pytest.mark.parametrize(
    ("configuration", "message"),
    [
        ("not JSON", "it must be JSON such as"),
        ("[]", "it must be JSON such as"),
        ('{"task_routing": NaN}', "it must be JSON such as"),
        ("{}", "task_routing is missing"),
        ('{"task_routing": []}', "task_routing must be an object"),
        ('{"task_routing": {"filters": {}}}', "task_routing.filters must be a list"),
        (
            '{"task_routing": {"filters": [{"expression": "1==1"}]}}',
            "filters[0].targets is missing",
        ),
        (routing(("1==1", [])), "task_routing.filters[0].targets must not be empty"),
        (routing((None, [{"queue": QUEUE}])), "filters[0].expression must be text"),
        (routing(("1==1", [{"timeout": 5}])), "names no queue"),
        (routing(("vip = = = 1", [{"queue": QUEUE}])), "filters[0].expression"),
        (routing(("1==1", [{"queue": QUEUE, "expression": "("}])), "filters[0].targets[0]"),
        (routing(("1==1", [{"queue": QUEUE, "skip_if": "often"}])), "skip_if"),
        (routing(("1==1", [{"queue": QUEUE, "order_by": "level UP"}])), "order_by"),
        (routing(("1==1", [{"queue": QUEUE, "timeout": 0}])), "timeout must be 1 or more"),
        (routing(("1==1", [{"queue": QUEUE, "priority": 2**31}])), "must be 2147483647 or less"),
        (
            routing(("1==1", [{"queue": QUEUE, "priority": "high"}])),
            "filters[0].targets[0].priority must be a whole number",
        ),
        ('{"task_routing": {"default_filter": {"priority": 1}}}', "default_filter"),
        (routing(default=QUEUE), f"has no task queue {QUEUE}"),
        (routing(("1==1", [{"queue": QUEUE}])), f"has no task queue {QUEUE}"),
    ],
)
def test_a_configuration_that_cannot_be_followed_is_refused_with_the_place_at_fault(
    office: Office, configuration: str, message: str
) -> None:
    with refused(400, 20001, message):
        office.workspace.workflows.create("Routes", configuration)
    [workflow] = office.workspace.workflows.list()
    with refused(400, 20001, message):
        office.workspace.workflows(workflow.sid).update(configuration=configuration)


@pytest.mark.parametrize(
    "sent",
    [
        '{ "b" : 1,\n "a": [ 1.50, "x  y" ] }',
        '{"name": "J\\u00f6rg \U0001f600"}',
        '{"half": "\\ud83d"}',
    ],
)
def test_attributes_and_configurations_are_answered_as_compact_json(
    office: Office, sent: str
) -> None:
    task = office.workspace.tasks.create(attributes=sent)
    worker = office.workspace.workers.create("Carol", attributes=sent)
    for answered in (task, task.update(attributes=sent), worker, worker.update(attributes=sent)):
        assert json.loads(answered.attributes) == json.loads(sent)
        assert ": " not in answered.attributes
        assert ", " not in answered.attributes
        assert "\n" not in answered.attributes
    assert task.attributes == worker.attributes == task.fetch().attributes


# -- workers


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda it: it.tasks.create(priority="high"), "Priority: it must be a whole number"),
        (lambda it: it.tasks.create(priority=-1), "Priority: it must be 0 or more"),
        (lambda it: it.tasks.create(timeout=1_209_601), "Timeout: it must be 1209600 or less"),
        (
            lambda it: it.tasks.create(virtual_start_time="soon"),
            "VirtualStartTime: it must be an ISO 8601 date",
        ),
        (lambda it: it.workers.create(""), "FriendlyName: it must not be empty"),
        (
            lambda it: it.task_queues.create("Q", task_order="ANY"),
            "TaskOrder: it must be 'FIFO' or 'LIFO'",
        ),
    ],
)
def test_a_bad_parameter_is_refused_in_the_apis_own_terms(
    office: Office, make: Any, message: str
) -> None:
    with refused(400, 20001, f"Invalid parameter {message}"):
        make(office.workspace)


def test_a_worker_starts_in_the_default_activity(office: Office) -> None:
    made = office.workspace.workers.create("Carol", attributes='{"skills": ["chat"]}')
    assert (made.activity_name, made.available) == ("Offline", False)
    assert made.attributes == '{"skills":["chat"]}'
    assert made.date_status_changed == made.date_created


def test_a_worker_changes_activity_and_that_is_told(office: Office) -> None:
    office.account.clock.advance(60)
    changed = office.worker("alice").update(activity_sid=office.activities["Available"])
    assert (changed.activity_name, changed.available) == ("Available", True)
    assert changed.date_status_changed > changed.date_created
    [told] = office.workspace.events.list(event_type="worker.activity.update")
    assert told.description == "Worker alice updated to Available Activity"
    assert told.event_data["worker_previous_activity_sid"] == office.activities["Offline"]
    assert told.event_data["worker_time_in_previous_activity"] == "60"
    office.go("alice")
    assert office.happened(event_type="worker.activity.update") == ["worker.activity.update"]


def test_names_of_workers_differ_whatever_their_case(office: Office) -> None:
    with refused(409, 20409, "exists already"):
        office.workspace.workers.create("ALICE")
    with refused(409, 20409, "exists already"):
        office.worker("bob").update(friendly_name="Alice")
    assert office.worker("alice").update(friendly_name="Alice").friendly_name == "Alice"


@pytest.mark.parametrize(
    "values", [{"attributes": "none"}, {"attributes": "1"}, {"activity_sid": "WA" + NOBODY}]
)
def test_a_worker_that_is_not_acceptable_is_not_made(
    office: Office, values: dict[str, Any]
) -> None:
    with refused(400, 20001):
        office.workspace.workers.create("Carol", **values)
    with refused(400, 20001):
        office.worker("alice").update(**values)
    assert len(office.workspace.workers.list()) == 2


def test_a_worker_does_not_leave_pending_reservations_behind(office: Office) -> None:
    for name in ("alice", "bob"):
        office.go(name)
    task = office.task()
    with refused(400, 20001, "since it has 1 pending reservations"):
        office.go("alice", "Break")
    assert office.doing("alice") == "Available"
    office.go("alice", "Break", reject_pending_reservations=True)
    assert office.offers(task) == ["alice", "bob"]
    assert office.offers(task, "rejected") == ["alice"]


def test_reservations_are_only_rejected_by_leaving(office: Office) -> None:
    with refused(400, 20001, "RejectPendingReservations"):
        office.go("alice", reject_pending_reservations=True)
    with refused(400, 20001, "RejectPendingReservations"):
        office.worker("alice").update(reject_pending_reservations=True)


def test_a_worker_with_a_task_is_not_deleted(office: Office) -> None:
    office.go("alice")
    task = office.task()
    with refused(409, 20409, "open reservations"):
        office.worker("alice").delete()
    office.work(task)
    assert office.worker("alice").delete()
    [past] = task.reservations.list()
    assert (past.worker_name, past.reservation_status) == (None, "completed")


def test_a_workers_channel_is_found_by_its_name_its_channel_or_its_own_sid(office: Office) -> None:
    by_name = office.worker("alice").worker_channels("chat").fetch()
    for key in (by_name.sid, by_name.task_channel_sid):
        assert office.worker("alice").worker_channels(key).fetch().sid == by_name.sid
    with refused(400, 20001):
        office.set_capacity("alice", -1)


def test_changes_of_capacity_are_told(office: Office) -> None:
    own = office.worker("alice").worker_channels("chat")
    own.update(capacity=5, available=False)
    assert office.happened() == ["worker.capacity.update", "worker.channel.availability.update"]
    data = office.workspace.events.list()[0].event_data
    assert (
        data["worker_channel_previous_capacity"],
        data["worker_channel_available_capacity"],
    ) == (
        "3",
        "5",
    )
