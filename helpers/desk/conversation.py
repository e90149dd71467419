"""A task that an agent has accepted, with its chat."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..chat import Channel
from .gone import gone_is_fine
from .offer import Offer

if TYPE_CHECKING:
    from .desk import AgentDesk


class Conversation:
    """An accepted task.

    Attributes:
        desk: The agent's desk.
        offer: The reservation that was accepted.
        channel: The agent's view of the chat; None for a task without one.
    """

    def __init__(self, desk: AgentDesk, offer: Offer, channel: Channel | None) -> None:
        self.desk = desk
        self.offer = offer
        self.channel = channel

    def __repr__(self) -> str:
        return f"Conversation(with {self.offer.name!r}, {self.status})"

    @property
    def status(self) -> str:
        """The task's assignment status: `assigned`, `wrapping`, `completed` or `canceled`."""
        return str(self._task().fetch().assignment_status)

    def reply(self, body: str) -> int:
        """Send a message to the customer; its index.

        Raises:
            ValueError: The task has no chat.
        """
        if self.channel is None:
            raise ValueError("this task has no chat channel")
        return self.channel.send_message(body)

    def wrap_up(self) -> None:
        """End the chat as Flex UI does: the task to wrapping, the channel to INACTIVE.

        A long-lived channel stays ACTIVE.
        """
        self._task().update(assignment_status="wrapping", reason="Ended by the agent")
        if self.offer.channel_sid is not None:
            with gone_is_fine():
                self._end_chat(self.desk.service.channels(self.offer.channel_sid))

    def _end_chat(self, channel: Any) -> None:
        attributes = json.loads(channel.fetch().attributes)
        if not attributes.get("long_lived"):
            ended = json.dumps({**attributes, "status": "INACTIVE"})
            channel.update(attributes=ended, x_twilio_webhook_enabled="true")

    def complete(self, reason: str = "Completed by the agent") -> None:
        """Finish the task, wrapping up first if need be, and leave the channel."""
        if self.status == "assigned":
            self.wrap_up()
        self._task().update(assignment_status="completed", reason=reason)
        self.desk.leave(self)

    def _task(self) -> Any:
        return self.desk.workspace.tasks(self.offer.task_sid)
