"""pandas views of what happened: chats, requests, webhooks, tasks, reservations, executions."""

from .chat import deliveries, requests, transcript
from .flex import flows
from .studio import MockOnly, executions, steps, swallowed
from .taskrouter import events, reservations, tasks

__all__ = [
    "MockOnly",
    "deliveries",
    "events",
    "executions",
    "flows",
    "requests",
    "reservations",
    "steps",
    "swallowed",
    "tasks",
    "transcript",
]
