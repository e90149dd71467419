"""A TaskRouter workspace with one of everything, for operations to work on."""

from __future__ import annotations

from typing import Any


class Floor:
    """What exists before an operation is tried: each attribute is an instance of the SDK's.

    Alice is available, takes one task at a time and has been offered one, so that further tasks
    wait; Bob is offline.

    Args:
        workspace: The account's own workspace.
    """

    def __init__(self, workspace: Any) -> None:
        self.workspace = workspace
        self.workflow = workspace.workflows.list()[0]
        self.queue = workspace.task_queues.list()[0]
        self.task_channel = workspace.task_channels.list()[0]
        activities = {one.friendly_name: one for one in workspace.activities.list()}
        self.available, self.away = activities["Available"], activities["Break"]
        self.lunch = workspace.activities.create("Lunch")
        self.worker, self.other_worker = workspace.workers.list()
        self.worker_channel = self.worker.worker_channels.list()[0]
        self.worker.update(activity_sid=self.available.sid)
        self.reserved = workspace.tasks.create(priority=9, attributes='{"topic": "billing"}')
        self.reservation = self.reserved.reservations.list()[0]
        self.worker_reservation = self.worker.reservations.list()[0]
        self.for_worker = workspace.tasks.create(
            routing_target=self.other_worker.sid, ignore_capacity="false"
        )
        self.task = workspace.tasks.create(attributes='{"topic": "shipping"}')
        self.event = workspace.events.list(event_type="reservation.created")[0]
        self.spare_queue = workspace.task_queues.create("Spare")
        self.spare_channel = workspace.task_channels.create("Spare", "spare")
        self.spare_workflow = workspace.workflows.create("Spare", self.workflow.configuration)
